// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import static io.authorizedoutbounds.james.XmlFiles.processor;
import static io.authorizedoutbounds.james.XmlFiles.smtpServer;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.apache.james.server.core.configuration.FileConfigurationProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigurationGapsTest {
    private static final String MISSING = "conf/smtpserver.xml: smtp (0.0.0.0:2525,127.0.0.1:2526) has no"
            + " AuthorizedOutboundHook, so no list of authorized outbounds holds for what it takes; add"
            + " <handler class=\"io.authorizedoutbounds.smtp.AuthorizedOutboundHook\"/> at the beginning of its"
            + " <handlerchain>";
    private static final String NOT_FIRST = "conf/smtpserver.xml: a handler of smtp (0.0.0.0:2525,127.0.0.1:2526) comes"
            + " before the AuthorizedOutboundHook and may let mail pass that no list allows; move"
            + " <handler class=\"io.authorizedoutbounds.smtp.AuthorizedOutboundHook\"/> to the beginning of its"
            + " <handlerchain>";
    private static final String NO_MAILET =
            "conf/mailetcontainer.xml: BlockExternalSenders is in no processor, so mail of"
                    + " external senders to external recipients is refused (451 4.7.1), from listed addresses too; add"
                    + " <mailet match=\"All\" class=\"io.authorizedoutbounds.mailets.BlockExternalSenders\"/> at the beginning of"
                    + " <processor state=\"root\"> and the processors blocked-sender and block-policy-unavailable";

    @Test
    void nothingShouldBeSaidOfTheShippedFiles() throws Exception {
        Path shipped = Path.of("../james-config/src/main/conf");

        ConfigurationGaps gaps = new ConfigurationGaps((file, logged) -> {
            try {
                return FileConfigurationProvider.getConfig(Files.newInputStream(shipped.resolve(file + ".xml")));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });

        assertThat(gaps.descriptions()).isEmpty();
    }

    private static Stream<Arguments> smtpServers() {
        return Stream.of(
                Arguments.of(smtpServer("enabled=\"true\"", "smtp", "HOOK", "ValidRcptHandler"), ""),
                // Its own second instance takes nothing from the first.
                Arguments.of(smtpServer("enabled=\"true\"", "smtp", "HOOK", "ValidRcptHandler", "HOOK"), ""),
                Arguments.of(smtpServer("enabled=\"true\"", "smtp"), MISSING),
                Arguments.of(smtpServer("enabled=\"true\"", "smtp", "ValidRcptHandler"), MISSING),
                // James takes a server without the attribute as enabled.
                Arguments.of(smtpServer("", "smtp", "ValidRcptHandler"), MISSING),
                Arguments.of(smtpServer("enabled=\"false\"", "smtp", "ValidRcptHandler"), ""),
                Arguments.of(smtpServer("enabled=\"true\"", "smtp", "ValidRcptHandler", "HOOK"), NOT_FIRST),
                Arguments.of(smtpServer("enabled=\"true\"", "smtp", "other.AuthorizedOutboundHook"), MISSING));
    }

    @ParameterizedTest
    @MethodSource("smtpServers")
    void enabledServerShouldHaveTheHookFirst(String server, String description) {
        ConfigurationGaps gaps = XmlFiles.complete().smtpServers(server).gaps();

        assertThat(String.join("|", gaps.descriptions())).isEqualTo(description);
    }

    @Test
    void serverWithoutNameAndBindShouldBeNamedAsJamesNamesIt() {
        ConfigurationGaps gaps = XmlFiles.complete()
                .smtpServers("<smtpserver><handlerchain/></smtpserver>")
                .gaps();

        assertThat(gaps.descriptions())
                .singleElement()
                .asString()
                .startsWith("conf/smtpserver.xml: smtpserver (0.0.0.0:25) has no AuthorizedOutboundHook");
    }

    @Test
    void everyServerShouldBeNamed() {
        ConfigurationGaps gaps = XmlFiles.complete()
                .smtpServers(
                        smtpServer("enabled=\"true\"", "first", "HOOK"),
                        smtpServer("enabled=\"true\"", "second"),
                        smtpServer("enabled=\"false\"", "third"),
                        smtpServer("enabled=\"true\"", "fourth", "A", "HOOK"))
                .gaps();

        assertThat(gaps.descriptions())
                .containsExactly(MISSING.replace("smtp (", "second ("), NOT_FIRST.replace("smtp (", "fourth ("));
    }

    @Test
    void mailetShouldBeMissingWhenItIsInNoProcessor() {
        ConfigurationGaps gaps = XmlFiles.complete()
                .processors(processor("root", "ToProcessor"), processor("transport", "RemoteDelivery"))
                .gaps();

        assertThat(gaps.descriptions()).containsExactly(NO_MAILET);
    }

    /** Also of a file without processors, for which James takes its own. */
    @Test
    void mailetShouldBeMissingWhenThereIsNoProcessor() {
        assertThat(XmlFiles.complete().processors().gaps().descriptions()).containsExactly(NO_MAILET);
    }

    @ParameterizedTest
    @ValueSource(strings = {"root", "policy"})
    void mailetShouldCountInAnyProcessor(String state) {
        ConfigurationGaps gaps = XmlFiles.complete()
                .processors(processor("transport", "RemoteDelivery"), processor(state, "LogMessage", "MAILET"))
                .gaps();

        assertThat(gaps.descriptions()).isEmpty();
    }
}
