// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.outage;

import static org.assertj.core.api.Assertions.assertThat;

import io.authorizedoutbounds.it.junit.MostlyWaiting;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.server.Names;
import io.authorizedoutbounds.it.smtp.SmtpClient;
import io.authorizedoutbounds.it.smtp.SmtpSink;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import io.authorizedoutbounds.it.webadmin.WebAdmin.StoredMail;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Cassandra goes away between RCPT and the mailet, and cached answers do not count any more. */
@MostlyWaiting
class BlockPolicyOutageIntegrationTest {
    private static final String LISTED = "127.0.0.2";
    private static final String LISTED_UNTIL_THE_OUTAGE = "127.0.0.4";
    private static final String TRUSTED = "127.0.0.9";
    private static final String EXTERNAL_SENDER = "someone@remote.example.com";
    private static final Pattern DEFER = Pattern.compile("Deferred mail (\\S+):");
    private static final String DOMAIN = "outage.example";
    private static final String BOB = "bob@" + DOMAIN;
    private static final String BLOCKED = "blocked-sender";

    @AutoClose
    private CassandraServer cassandra;

    @AutoClose
    private SmtpSink sink;

    @AutoClose
    private JamesServer james;

    private WebAdmin webAdmin;

    @BeforeEach
    void start() {
        cassandra = new CassandraServer().start();
        sink = new SmtpSink();
        james = JamesServer.builder()
                .cassandra(cassandra, Names.newKeyspace())
                .sink(sink)
                .withDurableQueue()
                .setting("allow.private.addresses", "true")
                .setting("stale.maximum", "10s")
                .trusting(TRUSTED)
                .domain(DOMAIN)
                .edit("mailetcontainer.xml", "<delay>60s</delay>", "<delay>1s</delay>")
                .start();
        webAdmin = WebAdmin.of(james).awaitLists();
        webAdmin.put(DOMAIN, LISTED).then().statusCode(204);
        webAdmin.put(DOMAIN, LISTED_UNTIL_THE_OUTAGE).then().statusCode(204);
        webAdmin.put(DOMAIN, TRUSTED).then().statusCode(204);
        webAdmin.addUser(BOB, "secret");
    }

    @Test
    void mailShouldWaitThroughARestartOfJamesAndBeJudgedWhenCassandraIsBack() {
        try (SmtpClient springboard = fromAddressed(LISTED, "blocked@elsewhere.example.org");
                SmtpClient mixed = fromAddressed(LISTED, "blocked.too@elsewhere.example.org", BOB);
                SmtpClient removed = fromAddressed(LISTED_UNTIL_THE_OUTAGE, "removed@elsewhere.example.org");
                SmtpClient trusted = fromAddressed(TRUSTED, "sent@elsewhere.example.org")) {
            assertThat(webAdmin.delete(DOMAIN, LISTED_UNTIL_THE_OUTAGE).statusCode())
                    .isEqualTo(204);
            cassandra.kill();
            awaitRow8();

            for (SmtpClient client : List.of(springboard, mixed, removed)) {
                assertThat(client.data("judged later")).startsWith("250");
            }
            assertThat(trusted.data("above rule 2")).startsWith("250");
        }
        // CASES 49: at once, though its address is listed too and the lists cannot be asked.
        assertThat(sink.awaitMailTo("sent@elsewhere.example.org").sender()).isEqualTo(EXTERNAL_SENDER);
        awaitTurns(1, 0);
        int before = james.log().length();

        james.restart();
        // The memory app has lost it.
        webAdmin.addUser(BOB, "secret");

        awaitTurns(1, before);
        assertThat(webAdmin.mailsIn(BLOCKED)).isZero();
        assertThat(webAdmin.mailsIn("error")).isZero();
        assertThat(sink.received()).hasSize(1);
        assertThat(webAdmin.mailsOf(BOB)).isZero();
        // What needs no lookup does not notice.
        try (SmtpClient inbound = fromAddressed("127.0.0.3", BOB)) {
            assertThat(inbound.data("inbound")).startsWith("250");
        }
        webAdmin.awaitMailsOf(BOB, 1);

        cassandra.start();

        webAdmin.awaitMailsOf(BOB, 2);
        Awaitility.await("the others to be quarantined")
                .atMost(Duration.ofSeconds(30))
                .until(() -> webAdmin.mailsIn(BLOCKED) == 3);
        assertThat(webAdmin.mails(BLOCKED))
                .extracting(StoredMail::recipients)
                .containsExactlyInAnyOrder(
                        List.of("blocked@elsewhere.example.org"),
                        List.of("blocked.too@elsewhere.example.org"),
                        List.of("removed@elsewhere.example.org"));
        assertThat(sink.received()).hasSize(1);
        assertThat(webAdmin.mailsOf(BOB)).isEqualTo(2);
    }

    private SmtpClient fromAddressed(String client, String... recipients) {
        SmtpClient smtp = SmtpClient.from(client, james.smtpPort());
        assertThat(smtp.mail(EXTERNAL_SENDER)).startsWith("250");
        for (String recipient : recipients) {
            assertThat(smtp.rcpt(recipient)).startsWith("250");
        }
        return smtp;
    }

    /** Until no cached answer counts. */
    private void awaitRow8() {
        Awaitility.await("row 8").atMost(Duration.ofMinutes(1)).until(() -> {
            try (SmtpClient client = SmtpClient.from(LISTED, james.smtpPort())) {
                client.mail(EXTERNAL_SENDER);
                return client.rcpt("someone@elsewhere.example.org").startsWith("451 4.3.0");
            }
        });
    }

    /** So many turns of each of the three mails, in what James has logged from there on. */
    private void awaitTurns(int turns, int from) {
        Awaitility.await("mails to be deferred").atMost(Duration.ofMinutes(1)).until(() -> {
            Map<String, Long> times = deferrals(from);
            return times.size() == 3 && times.values().stream().allMatch(each -> each >= turns);
        });
    }

    /** By the name of the mail. */
    private Map<String, Long> deferrals(int from) {
        return DEFER.matcher(james.log().substring(from))
                .results()
                .collect(Collectors.groupingBy(line -> line.group(1), Collectors.counting()));
    }
}
