// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import io.authorizedoutbounds.it.build.Build;
import io.authorizedoutbounds.it.junit.OwnServers;
import io.authorizedoutbounds.it.junit.SharedCassandra;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.server.JamesServerBuilder;
import io.authorizedoutbounds.it.server.Names;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code enforcement=report} beside the same James without the extension: both must give the same replies. */
@OwnServers
@ExtendWith(SharedCassandra.class)
class ReportModeIntegrationTest {
    private static final String INTERNAL = "internal.example";
    private static final String LISTED = "127.0.0.2";
    private static final String UNLISTED = "127.0.0.3";
    private static final String TRUSTED = "127.0.0.9";
    private static final int REPORT_VERIFY_PORT = Build.freePort();
    private static final int STOCK_VERIFY_PORT = Build.freePort();

    @AutoClose
    private static JamesServer report;

    @AutoClose
    private static JamesServer stock;

    @BeforeAll
    static void start(CassandraServer cassandra) {
        report = withListeners(REPORT_VERIFY_PORT)
                .cassandra(cassandra, Names.newKeyspace())
                .setting("allow.private.addresses", "true")
                .patientLookups()
                .setting("enforcement", "report")
                .start();
        stock = withListeners(STOCK_VERIFY_PORT).withoutDropIn().start();
        WebAdmin.of(report).awaitLists();
        for (WebAdmin webAdmin : List.of(WebAdmin.of(report), WebAdmin.of(stock))) {
            webAdmin.addDomain(INTERNAL);
            webAdmin.addUser("bob@" + INTERNAL, "secret");
        }
        WebAdmin.of(report).put(INTERNAL, LISTED).then().statusCode(204);
    }

    private static JamesServerBuilder withListeners(int verifyPort) {
        return JamesServer.builder().trusting(TRUSTED).verifyingListener(verifyPort);
    }

    private static Stream<List<String>> conversations() {
        String external = "<someone@remote.example.com>";
        String internal = "<user@" + INTERNAL + ">";
        List<List<String>> conversations = new ArrayList<>();
        for (String sender : List.of(external, internal, "<>")) {
            for (String recipient : List.of("<someone@elsewhere.example.org>", "<bob@" + INTERNAL + ">")) {
                conversations.add(List.of("MAIL FROM:" + sender, "RCPT TO:" + recipient, "DATA", "RSET"));
            }
        }
        conversations.add(List.of(
                "MAIL FROM:" + internal,
                "RCPT TO:<bob@" + INTERNAL + ">",
                "MAIL FROM:" + external,
                "MAIL FROM:" + external,
                "DATA"));
        return conversations.stream();
    }

    private static List<String> replies(String client, int port, List<String> conversation) {
        try (SmtpClient smtp = SmtpClient.from(client, port)) {
            List<String> replies = new ArrayList<>();
            for (String command : conversation) {
                String reply = smtp.send(command);
                replies.add(reply);
                if (reply.startsWith("354")) {
                    smtp.write("Subject: report\r\n\r\nHello.\r\n.\r\n");
                    // The reply has an id of its own in each server.
                    replies.add(smtp.reply().substring(0, 3));
                }
            }
            return replies;
        }
    }

    @ParameterizedTest
    @MethodSource("conversations")
    void repliesShouldBeThoseOfJamesWithoutTheExtension(List<String> conversation) {
        for (String client : List.of(LISTED, UNLISTED, TRUSTED)) {
            assertThat(replies(client, report.smtpPort(), conversation))
                    .as("from %s", client)
                    .isEqualTo(replies(client, stock.smtpPort(), conversation));
            assertThat(replies(client, REPORT_VERIFY_PORT, conversation))
                    .as("from %s with verifyIdentity", client)
                    .isEqualTo(replies(client, STOCK_VERIFY_PORT, conversation));
        }
    }

    /** Nothing is granted, but the entry would have let the recipient through. */
    @Test
    void rcptFromAListedAddressShouldBeTheLastUseOfItsEntry() {
        WebAdmin webAdmin = WebAdmin.of(report);
        String domain = webAdmin.addDomainListing(LISTED);

        replies(
                LISTED,
                report.smtpPort(),
                List.of("MAIL FROM:<user@" + domain + ">", "RCPT TO:<someone@elsewhere.example.org>"));

        Awaitility.await("the last use").atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(
                        webAdmin.get(domain, LISTED).jsonPath().getString("lastUsedAt"))
                .isNotNull());
    }

    @Test
    void logShouldSayWhatWouldHaveBeenRefused() {
        replies(
                UNLISTED,
                report.smtpPort(),
                List.of("MAIL FROM:<user@" + INTERNAL + ">", "RCPT TO:<logged@elsewhere.example.org>"));

        assertThat(report.log())
                .contains("Would have refused: " + UNLISTED + " is not listed for " + INTERNAL
                        + " (row 3 of rule 1): <user@" + INTERNAL + "> to <logged@elsewhere.example.org>");
    }
}
