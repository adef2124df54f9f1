// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import io.authorizedoutbounds.it.junit.JamesExtension;
import io.authorizedoutbounds.it.junit.OwnServers;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code protect.local.recipients=false}. */
@OwnServers
class UnprotectedRecipientsIntegrationTest {
    private static final String LISTED = "127.0.0.2";
    private static final String UNLISTED = "127.0.0.3";

    private static SmtpSink sink;
    private static JamesServer james;
    private static WebAdmin webAdmin;

    @RegisterExtension
    static final JamesExtension SERVERS = JamesExtension.with(
            builder -> builder.setting("allow.private.addresses", "true").setting("protect.local.recipients", "false"));

    @BeforeAll
    static void useServers(JamesServer server, SmtpSink nextServer, WebAdmin client) {
        james = server;
        sink = nextServer;
        webAdmin = client;
    }

    @Test
    void row4UnlistedClientMayReachAnInternalRecipient() {
        String domain = webAdmin.addDomainListing(LISTED);
        webAdmin.addUser("bob@" + domain, "secret");

        try (SmtpClient client = SmtpClient.from(UNLISTED, james.smtpPort())) {
            client.mail("user@" + domain);
            assertThat(client.rcpt("bob@" + domain)).startsWith("250");
            assertThat(client.rcpt("someone@elsewhere.example.org"))
                    .isEqualTo("451 4.7.1 Open relay not allowed: " + UNLISTED
                            + " is not an authorized outbound address of " + domain);
            assertThat(client.data("row 4")).startsWith("250");
        }

        webAdmin.awaitMailsOf("bob@" + domain, 1);
        assertThat(sink.mailTo("someone@elsewhere.example.org")).isEmpty();
    }

    @Test
    void row2ListedClientMayStillReachEverybody() {
        String domain = webAdmin.addDomainListing(LISTED);
        webAdmin.addUser("bob@" + domain, "secret");

        try (SmtpClient client = SmtpClient.from(LISTED, james.smtpPort())) {
            client.mail("user@" + domain);
            assertThat(client.rcpt("bob@" + domain)).startsWith("250");
            assertThat(client.rcpt("row2@elsewhere.example.org")).startsWith("250");
            assertThat(client.data("row 2")).startsWith("250");
        }

        assertThat(sink.awaitMailTo("row2@elsewhere.example.org").sender()).isEqualTo("user@" + domain);
    }
}
