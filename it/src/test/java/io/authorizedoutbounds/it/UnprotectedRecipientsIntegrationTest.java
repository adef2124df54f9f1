// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code protect.local.recipients=false}. */
class UnprotectedRecipientsIntegrationTest {
    private static final String LISTED = "127.0.0.2";
    private static final String UNLISTED = "127.0.0.3";

    private static SmtpSink sink;
    private static JamesServer james;
    private static WebAdmin webAdmin;

    @BeforeAll
    static void start() {
        sink = new SmtpSink();
        james = Servers.jamesWith(sink)
                .setting("protect.local.recipients", "false")
                .start();
        webAdmin = WebAdmin.of(james).awaitLists();
    }

    @AfterAll
    static void stop() {
        james.close();
        sink.close();
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
