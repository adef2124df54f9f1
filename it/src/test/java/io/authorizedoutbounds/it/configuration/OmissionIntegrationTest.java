// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import io.authorizedoutbounds.it.junit.HostileCase;
import io.authorizedoutbounds.it.junit.JamesExtension;
import io.authorizedoutbounds.it.junit.OwnServers;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.smtp.SmtpClient;
import io.authorizedoutbounds.it.smtp.SmtpSink;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import io.authorizedoutbounds.it.webadmin.WebAdmin.Health;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** CASES 48 and 64: a James without rule 2, and with rule 1 in one of its three SMTP servers only. */
@OwnServers
class OmissionIntegrationTest {
    private static final String LISTED = "127.0.0.2";
    private static final String EXTERNAL_SENDER = "someone@remote.example.com";
    private static final String EXTERNAL_RECIPIENT = "someone@elsewhere.example.org";
    private static final String HOOK_ELEMENT =
            "<handler class=\"io.authorizedoutbounds.smtp.AuthorizedOutboundHook\"/>";

    private static SmtpSink sink;
    private static JamesServer james;
    private static WebAdmin webAdmin;
    private static String domain;
    private static List<String> warningsOfTheStart;
    private static Health health;

    @RegisterExtension
    static final JamesExtension SERVERS = JamesExtension.with(builder -> builder.setting(
                    "allow.private.addresses", "true")
            .withoutMailet()
            .edit(
                    "smtpserver.xml",
                    text -> inServer("smtpserver-TLS", text, server -> server.replace(HOOK_ELEMENT, "")))
            .edit(
                    "smtpserver.xml",
                    text -> inServer("smtpserver-authenticated", text, server -> server.replace(HOOK_ELEMENT, "")
                            .replace("ValidRcptHandler\"/>", "ValidRcptHandler\"/>" + HOOK_ELEMENT)))
            // A server that is not enabled needs no hook.
            .edit(
                    "smtpserver.xml",
                    "</smtpservers>",
                    "<smtpserver enabled=\"false\"><jmxName>smtpserver-disabled</jmxName><bind>127.0.0.1:1</bind>"
                            + "<handlerchain/></smtpserver></smtpservers>"));

    @BeforeAll
    static void useServers(JamesServer server, SmtpSink nextServer) {
        james = server;
        sink = nextServer;
        webAdmin = WebAdmin.of(james);
        health = webAdmin.awaitHealth("degraded");
        warningsOfTheStart = james.warnings();
        domain = webAdmin.awaitLists().addDomainListing(LISTED);
    }

    private static String inServer(String name, String text, UnaryOperator<String> edit) {
        return Stream.of(text.split("(?<=</smtpserver>)"))
                .map(server -> server.contains("<jmxName>" + name + "<") ? edit.apply(server) : server)
                .collect(Collectors.joining());
    }

    private static List<String> gaps() {
        return List.of(
                "conf/smtpserver.xml: smtpserver-TLS (127.0.0.1:" + james.tlsSubmissionPort()
                        + ") has no AuthorizedOutboundHook, so no list of authorized outbounds holds for what it takes;"
                        + " add " + HOOK_ELEMENT + " at the beginning of its <handlerchain>",
                "conf/smtpserver.xml: a handler of smtpserver-authenticated (127.0.0.1:" + james.submissionPort()
                        + ") comes before the AuthorizedOutboundHook and may let mail pass that no list allows; move "
                        + HOOK_ELEMENT + " to the beginning of its <handlerchain>",
                "conf/mailetcontainer.xml: BlockExternalSenders is in no processor, so mail of external senders to external"
                        + " recipients is refused (451 4.7.1), from listed addresses too; add <mailet match=\"All\""
                        + " class=\"io.authorizedoutbounds.mailets.BlockExternalSenders\"/> at the beginning of"
                        + " <processor state=\"root\"> and the processors blocked-sender and"
                        + " block-policy-unavailable");
    }

    @Test
    @HostileCase({48, 64})
    void startShouldWarnOfEachGapOnceAndOfNothingElse() {
        assertThat(warningsOfTheStart).containsExactlyElementsOf(gaps());
    }

    @Test
    @HostileCase({48, 64})
    void healthCheckShouldBeDegradedAndNameEachGap() {
        assertThat(health.statusCode()).isEqualTo(200);
        assertThat(health.cause()).contains(String.join(". ", gaps()));
    }

    @ParameterizedTest
    @ValueSource(strings = {EXTERNAL_SENDER, ""})
    @HostileCase(48)
    void listedClientShouldNotRelayForAnExternalSender(String sender) {
        try (SmtpClient client = SmtpClient.from(LISTED, james.smtpPort())) {
            client.mail(sender);

            assertThat(client.rcpt(EXTERNAL_RECIPIENT))
                    .isEqualTo(
                            "451 4.7.1 Open relay not allowed: " + LISTED + " is not an authorized outbound address");
        }
        assertThat(james.log())
                .contains("Refused: " + LISTED + " may not relay for external senders, as no processor has"
                        + " BlockExternalSenders (row 7 of rule 1): <" + sender + "> to <" + EXTERNAL_RECIPIENT + ">");
    }

    @Test
    void listedClientShouldSendFromItsDomain() {
        String recipient = "row2.without.rule2@elsewhere.example.org";

        try (SmtpClient client = SmtpClient.from(LISTED, james.smtpPort())) {
            client.mail("user@" + domain);
            assertThat(client.rcpt(recipient)).startsWith("250");
            assertThat(client.data("row 2")).startsWith("250");
        }

        assertThat(sink.awaitMailTo(recipient).sender()).isEqualTo("user@" + domain);
    }

    @Test
    void decisionShouldBeThatOfTheHookAndSayWhy() {
        webAdmin.request()
                .get("/authorizedOutbounds/decision?ip=" + LISTED + "&sender=" + EXTERNAL_SENDER + "&recipient="
                        + EXTERNAL_RECIPIENT)
                .then()
                .statusCode(200)
                .body("rule1.row", equalTo(7))
                .body(
                        "rule1.reply",
                        equalTo("451 4.7.1 Open relay not allowed: " + LISTED
                                + " is not an authorized outbound address"))
                .body(
                        "rule1.why",
                        equalTo("Sender and recipient are external, and mailetcontainer.xml has no"
                                + " BlockExternalSenders to judge such mail."));
    }
}
