// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.configuration2.ex.ConfigurationException;
import org.apache.james.server.core.configuration.ConfigurationProvider;
import org.apache.james.server.core.configuration.FileConfigurationProvider;

/** {@code smtpserver.xml} and {@code mailetcontainer.xml}, parsed as James does it. Immutable. */
final class XmlFiles {
    private static final String HOOK = "io.authorizedoutbounds.smtp.AuthorizedOutboundHook";
    private static final String MAILET = "io.authorizedoutbounds.mailets.BlockExternalSenders";

    private final String smtpServers;
    private final String processors;

    private XmlFiles(String smtpServers, String processors) {
        this.smtpServers = smtpServers;
        this.processors = processors;
    }

    /** One SMTP server with the hook, one processor with the mailet. */
    static XmlFiles complete() {
        return new XmlFiles("", "").handlers(HOOK).mailets(MAILET);
    }

    /** One SMTP server with these handlers; {@code HOOK} is ours. */
    XmlFiles handlers(String... classes) {
        return smtpServers(smtpServer("enabled=\"true\"", "smtp", classes));
    }

    /** These {@code <smtpserver>} elements. */
    XmlFiles smtpServers(String... elements) {
        return new XmlFiles(String.join("", elements), processors);
    }

    /** One processor with these mailets; {@code MAILET} is ours. */
    XmlFiles mailets(String... classes) {
        return processors(processor("root", classes));
    }

    /** These {@code <processor>} elements. */
    XmlFiles processors(String... elements) {
        return new XmlFiles(smtpServers, String.join("", elements));
    }

    static String smtpServer(String attributes, String name, String... handlers) {
        return "<smtpserver " + attributes + "><jmxName>" + name + "</jmxName><bind>0.0.0.0:2525,127.0.0.1:2526</bind>"
                + "<handlerchain><!-- <handler class=\"a.comment.Handler\"/> -->"
                + Stream.of(handlers)
                        .map(handler -> "<handler class=\"" + handler.replaceAll("^HOOK$", HOOK) + "\"/>")
                        .collect(Collectors.joining())
                + "</handlerchain></smtpserver>";
    }

    static String processor(String state, String... mailets) {
        return "<processor state=\"" + state + "\">"
                + Stream.of(mailets)
                        .map(mailet -> "<mailet match=\"All\" class=\"" + mailet.replaceAll("^MAILET$", MAILET)
                                + "\"><processor>blocked-sender</processor></mailet>")
                        .collect(Collectors.joining())
                + "</processor>";
    }

    ConfigurationProvider provider() {
        return (file, logged) -> FileConfigurationProvider.getConfig(
                new ByteArrayInputStream(xml(file).getBytes(StandardCharsets.UTF_8)));
    }

    ConfigurationGaps gaps() {
        try {
            return new ConfigurationGaps(provider());
        } catch (ConfigurationException e) {
            throw new IllegalStateException(e);
        }
    }

    private String xml(String file) {
        switch (file) {
            case "smtpserver":
                return "<smtpservers>" + smtpServers + "</smtpservers>";
            case "mailetcontainer":
                return "<mailetcontainer><processors>" + processors + "</processors></mailetcontainer>";
            default:
                throw new IllegalArgumentException(file);
        }
    }
}
