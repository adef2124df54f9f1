// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.outage;

import static org.assertj.core.api.Assertions.assertThat;

import io.authorizedoutbounds.it.junit.HostileCase;
import io.authorizedoutbounds.it.junit.OwnServers;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.server.Names;
import io.authorizedoutbounds.it.smtp.SmtpClient;
import io.authorizedoutbounds.it.smtp.SmtpSink;
import io.authorizedoutbounds.it.smtp.SmtpSink.Received;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import io.authorizedoutbounds.it.webadmin.WebAdmin.StoredMail;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Cassandra goes away between RCPT and the mailet, and cached answers do not count any more. */
@OwnServers
class BlockPolicyOutageIntegrationTest {
    private static final String LISTED = "127.0.0.2";
    private static final String LISTED_UNTIL_THE_OUTAGE = "127.0.0.4";
    private static final String TRUSTED = "127.0.0.9";
    private static final String EXTERNAL_SENDER = "someone@remote.example.com";
    private static final String DOMAIN = "outage.example";
    private static final String BOB = "bob@" + DOMAIN;
    private static final String BLOCKED = "blocked-sender";
    private static final String DEFERRED = "block-policy-unavailable";
    private static final int MANY = 250;

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
                .patientLookups()
                .setting("stale.maximum", "10s")
                .trusting(TRUSTED)
                .domain(DOMAIN)
                .start();
        webAdmin = WebAdmin.of(james).awaitLists();
        webAdmin.put(DOMAIN, LISTED).then().statusCode(204);
        webAdmin.put(DOMAIN, LISTED_UNTIL_THE_OUTAGE).then().statusCode(204);
        webAdmin.put(DOMAIN, TRUSTED).then().statusCode(204);
        webAdmin.addUser(BOB, "secret");
    }

    /** CASES 61: James's queue on ActiveMQ reads 200 mails at a time, so that as many delayed ones hide all others. */
    @Test
    @HostileCase({49, 61})
    void mailShouldWaitThroughARestartOfJamesDelayNoOtherAndBeJudgedWhenCassandraIsBack() {
        List<SmtpClient> many = IntStream.range(0, MANY)
                .mapToObj(i -> fromAddressed(LISTED, "springboard" + i + "@elsewhere.example.org"))
                .toList();
        try (SmtpClient mixed = fromAddressed(LISTED, "blocked@elsewhere.example.org", BOB);
                SmtpClient removed = fromAddressed(LISTED_UNTIL_THE_OUTAGE, "removed@elsewhere.example.org");
                SmtpClient trusted = fromAddressed(TRUSTED, "sent@elsewhere.example.org")) {
            assertThat(webAdmin.delete(DOMAIN, LISTED_UNTIL_THE_OUTAGE).statusCode())
                    .isEqualTo(204);
            cassandra.kill();
            awaitRow8();

            Stream.concat(many.stream(), Stream.of(mixed, removed))
                    .forEach(client -> assertThat(client.data("judged later")).startsWith("250"));
            assertThat(trusted.data("above rule 2")).startsWith("250");
        }
        many.forEach(SmtpClient::close);
        // CASES 49: at once, though its address is listed too and the lists cannot be asked.
        assertThat(sink.awaitMailTo("sent@elsewhere.example.org").sender()).isEqualTo(EXTERNAL_SENDER);
        awaitDeferred();
        assertInboundMailIsDeliveredAtOnce();

        james.restart();
        // The memory app has lost it.
        webAdmin.addUser(BOB, "secret");

        assertInboundMailIsDeliveredAtOnce();
        awaitDeferred();
        assertThat(webAdmin.mailsIn(BLOCKED)).isZero();
        assertThat(webAdmin.mailsIn("error")).isZero();
        assertNothingElseWasSent();

        cassandra.start();

        Awaitility.await("all to be quarantined")
                .atMost(Duration.ofMinutes(3))
                .until(() -> webAdmin.mailsIn(BLOCKED) == MANY + 2);
        webAdmin.awaitMailsOf(BOB, 2);
        assertThat(webAdmin.mails(BLOCKED))
                .extracting(StoredMail::recipients)
                .doesNotHaveDuplicates()
                .contains(
                        List.of("springboard0@elsewhere.example.org"),
                        List.of("blocked@elsewhere.example.org"),
                        List.of("removed@elsewhere.example.org"));
        assertThat(webAdmin.mailsIn(DEFERRED)).isZero();
        assertNothingElseWasSent();
        assertThat(webAdmin.mailsOf(BOB)).isEqualTo(2);
    }

    /** James may send a mail again after a crash. */
    private void assertNothingElseWasSent() {
        assertThat(sink.received()).extracting(Received::recipient).containsOnly("sent@elsewhere.example.org");
    }

    private void awaitDeferred() {
        Awaitility.await("mails to be deferred")
                .atMost(Duration.ofMinutes(1))
                .until(() -> webAdmin.mailsIn(DEFERRED) == MANY + 2);
    }

    /** Mail that needs no lookup does not notice the outage. */
    private void assertInboundMailIsDeliveredAtOnce() {
        int before = webAdmin.mailsOf(BOB);
        // A bounce: if James is killed before it has recorded the delivery, it has lost BOB and would bounce another
        // mail.
        try (SmtpClient inbound = SmtpClient.from("127.0.0.3", james.smtpPort())) {
            assertThat(inbound.mail("")).startsWith("250");
            assertThat(inbound.rcpt(BOB)).startsWith("250");
            assertThat(inbound.data("inbound")).startsWith("250");
        }
        Awaitility.await("inbound mail")
                .atMost(Duration.ofSeconds(15))
                .until(() -> webAdmin.mailsOf(BOB) == before + 1);
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
}
