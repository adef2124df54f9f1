// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import io.authorizedoutbounds.it.junit.HostileCase;
import io.authorizedoutbounds.it.junit.JamesExtension;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.server.Names;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a message ends, and which of its senders counts. */
class MessageBoundaryIntegrationTest {
    private static final String LISTED = "127.0.0.2";
    private static final String UNLISTED = "127.0.0.3";

    private static SmtpSink sink;
    private static JamesServer james;
    private static WebAdmin webAdmin;

    @RegisterExtension
    static final JamesExtension SERVERS = SmtpJames.shared();

    @BeforeAll
    static void useServers(JamesServer server, SmtpSink nextServer, WebAdmin client) {
        james = server;
        sink = nextServer;
        webAdmin = client;
    }

    private static String newRecipient() {
        return "someone@" + Names.newDomain();
    }

    /** SMTP smuggling: a second mail within the first one would have the permission of the first. */
    @ParameterizedTest
    @HostileCase(33)
    @ValueSource(strings = {"\n.\n", "\r.\r", "\n.\r\n", "\r.\r\n", "\r\n.\n", "\r\n.\r", "\r\n\0.\r\n"})
    void messageShouldNotEndWithoutCrLf(String end) {
        String domain = webAdmin.addDomainListing(LISTED);
        String smuggled = newRecipient();
        List<String> replies = new ArrayList<>();

        try (SmtpClient client = SmtpClient.from(LISTED, james.smtpPort())) {
            client.mail("user@" + domain);
            assertThat(client.rcpt(newRecipient())).startsWith("250");
            assertThat(client.send("DATA")).startsWith("354");
            client.write("Subject: one\r\n\r\nHello." + end + "MAIL FROM:<user@" + domain + ">\r\nRCPT TO:<" + smuggled
                    + ">\r\nDATA\r\nSubject: two\r\n\r\nHello.\r\n.\r\nQUIT\r\n");
            for (String reply = client.reply(); !reply.isEmpty(); reply = client.reply()) {
                replies.add(reply);
            }
        }

        assertThat(replies).noneMatch(reply -> reply.startsWith("354"));
        sendAnother(domain);
        assertThat(sink.mailTo(smuggled)).isEmpty();
    }

    /** Had the mail before been taken, it would have been on its way before this one. */
    private static void sendAnother(String domain) {
        String later = newRecipient();
        try (SmtpClient client = SmtpClient.from(LISTED, james.smtpPort())) {
            client.mail("user@" + domain);
            client.rcpt(later);
            assertThat(client.data("later")).startsWith("250");
        }
        sink.awaitMailTo(later);
    }

    @Test
    @HostileCase(34)
    void headerShouldNotDecide() {
        String mine = webAdmin.addDomainListing(LISTED);
        String others = webAdmin.addDomain();
        String recipient = newRecipient();

        try (SmtpClient client = SmtpClient.from(LISTED, james.smtpPort())) {
            client.mail("user@" + mine);
            client.rcpt(recipient);
            assertThat(client.message("From: boss@" + others + "\r\nSubject: header\r\n\r\nHello.\r\n"))
                    .startsWith("250");
        }
        try (SmtpClient client = SmtpClient.from(UNLISTED, james.smtpPort())) {
            client.mail("user@" + mine);
            assertThat(client.rcpt(recipient)).startsWith("451 4.7.1");
        }

        SmtpSink.Received received = sink.awaitMailTo(recipient);
        assertThat(received.sender()).isEqualTo("user@" + mine);
        assertThat(received.content()).contains("From: boss@" + others);
    }
}
