// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.outage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;

import io.authorizedoutbounds.it.junit.HostileCase;
import io.authorizedoutbounds.it.junit.OwnServers;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.server.Names;
import io.authorizedoutbounds.it.smtp.SmtpClient;
import io.authorizedoutbounds.it.webadmin.Metrics;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import io.authorizedoutbounds.it.webadmin.WebAdmin.Health;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A James that is started while its Cassandra is down. Each test puts Cassandra where it needs it. */
@OwnServers
class CassandraOutageIntegrationTest {
    /** Of the configuration. */
    private static final String DOMAIN = "outage.example";

    private static final String LISTED = "127.0.0.2";
    private static final String UNAVAILABLE = "451 4.3.0 Authorized outbounds temporarily unavailable, try again later";
    private static final String EXTERNAL_RECIPIENT = "someone@elsewhere.example.org";

    /** They are a second late. */
    private static final Duration COUNTERS = Duration.ofSeconds(10);

    private static final AtomicInteger CLIENTS = new AtomicInteger();

    @AutoClose
    private static CassandraServer cassandra;

    @AutoClose
    private static JamesServer james;

    private static WebAdmin webAdmin;

    @BeforeAll
    static void startWithoutCassandra() {
        cassandra = new CassandraServer();
        james = JamesServer.builder()
                .cassandra(cassandra, Names.newKeyspace())
                .setting("allow.private.addresses", "true")
                .domain(DOMAIN)
                .start();
        webAdmin = WebAdmin.of(james);
        assertThat(webAdmin.health().cause()).hasValueSatisfying(cause -> assertThat(cause)
                .startsWith("Cassandra has not been reached since James started"));
        assertOutage();
        cassandra.start();
        awaitDecisions();
    }

    private static String rcpt(String sender) {
        return rcpt(LISTED, sender);
    }

    private static String rcpt(String address, String sender) {
        try (SmtpClient client = SmtpClient.from(address, james.smtpPort())) {
            client.mail(sender);
            return client.rcpt(EXTERNAL_RECIPIENT);
        }
    }

    /** After an outage the first lookup of a list may take longer than a client waits. */
    private static String decision(String address, String sender) {
        return Awaitility.await("a decision")
                .atMost(Duration.ofMinutes(1))
                .until(() -> rcpt(address, sender), reply -> !reply.equals(UNAVAILABLE));
    }

    /** An address that James has never seen: nothing of it is cached. */
    private static String newClient() {
        int number = CLIENTS.incrementAndGet();
        return "127.2." + number / 250 + "." + (1 + number % 250);
    }

    /** Waits until James decides again, and finds out without being asked to decide. */
    private static void awaitDecisions() {
        Health healthy = webAdmin.awaitHealth("healthy");
        assertThat(healthy.statusCode()).isEqualTo(200);
        assertThat(webAdmin.metrics().value("authorizedOutbounds_breaker_open")).isZero();
        webAdmin.awaitLists();
        Awaitility.await("decisions")
                .atMost(Duration.ofMinutes(1))
                .until(() -> !rcpt(newClient(), "someone@remote.example.com").equals(UNAVAILABLE));
    }

    /** What must hold while Cassandra does not answer, whatever the reason. */
    private static void assertOutage() {
        String bob = "bob" + CLIENTS.incrementAndGet() + "@" + DOMAIN;
        webAdmin.addUser(bob, "secret");
        assertThat(rcpt("user@" + DOMAIN)).isEqualTo(UNAVAILABLE);
        assertThat(rcpt(newClient(), "someone@remote.example.com")).isEqualTo(UNAVAILABLE);
        assertThat(rcpt(newClient(), "")).isEqualTo(UNAVAILABLE);
        try (SmtpClient client = SmtpClient.from(LISTED, james.smtpPort())) {
            client.mail("someone@remote.example.com");
            assertThat(client.rcpt(bob)).startsWith("250");
            assertThat(client.data("inbound")).startsWith("250");
        }
        webAdmin.awaitMailsOf(bob, 1);
        webAdmin.put(DOMAIN, LISTED).then().statusCode(503).body("message", containsString("Cassandra"));
        webAdmin.delete(DOMAIN, LISTED).then().statusCode(503);
        webAdmin.list(DOMAIN).then().statusCode(503);
        webAdmin.get(DOMAIN, LISTED).then().statusCode(503);
        webAdmin.put(DOMAIN, "10.0.0.0/8").then().statusCode(400);
        webAdmin.put("unknown.example", LISTED).then().statusCode(404);
        // It may have been here before, with a list that must not count again.
        webAdmin.request().put("/domains/" + Names.newDomain()).then().statusCode(503);
        webAdmin.request().put("/domains/" + DOMAIN).then().statusCode(204);
        Health health = webAdmin.health();
        assertThat(health.statusCode()).isEqualTo(503);
        assertThat(health.status()).isEqualTo("unhealthy");
        assertThat(health.cause()).hasValueSatisfying(cause -> assertThat(cause).contains("(451 4.3.0)"));
        assertThat(webAdmin.metrics().value("authorizedOutbounds_breaker_open")).isEqualTo(1);
    }

    private static void assertWorks() {
        String domain = webAdmin.addDomain();
        assertThat(decision(LISTED, "user@" + domain)).startsWith("451 4.7.1 Open relay not allowed");
        webAdmin.put(domain, LISTED).then().statusCode(204);
        assertThat(decision(LISTED, "user@" + domain)).startsWith("250");
    }

    @Test
    @HostileCase(35)
    void jamesShouldWorkWithoutARestartOnceCassandraIsThere() {
        assertWorks();
    }

    @Test
    @HostileCase(35)
    void cachedAnswersShouldHoldWhileCassandraIsStopped() {
        String client = newClient();
        String listing = webAdmin.addDomainListing(client);
        String other = webAdmin.addDomain();
        // What is cached from then on is refreshed, not dropped.
        webAdmin.awaitPoll();
        assertThat(decision(client, "user@" + other)).startsWith("451 4.7.1");
        assertThat(decision(client, "user@" + listing)).startsWith("250");
        assertThat(decision(client, "someone@remote.example.com")).startsWith("250");

        cassandra.stop();
        try {
            Health degraded = webAdmin.awaitHealth("degraded");
            assertThat(degraded.statusCode()).isEqualTo(200);
            assertThat(degraded.cause()).hasValueSatisfying(cause -> assertThat(cause)
                    .contains("what other nodes changed since is not seen"));
            Metrics stale = webAdmin.metrics();
            assertThat(stale.value("authorizedOutbounds_propagation_lag_seconds"))
                    .isBetween(5.0, 60.0);
            assertThat(stale.value("authorizedOutbounds_cache_remaining_seconds"))
                    .isBetween(3540.0, 3595.0);
            for (int i = 0; i < 10; i++) {
                assertThat(rcpt(client, "user@" + listing)).startsWith("250");
                assertThat(rcpt(client, "someone@remote.example.com")).startsWith("250");
                assertThat(rcpt(client, "user@" + other)).startsWith("451 4.7.1");
                assertThat(rcpt(newClient(), "user@" + listing)).startsWith("451 4.7.1");
            }
            Awaitility.await("the counters").atMost(COUNTERS).untilAsserted(() -> {
                Metrics metrics = webAdmin.metrics();
                assertThat(metrics.value("authorizedOutbounds_cache_hits_total"))
                        .isEqualTo(stale.value("authorizedOutbounds_cache_hits_total") + 40);
                assertThat(metrics.value("authorizedOutbounds_decisions_grant_total"))
                        .isEqualTo(stale.value("authorizedOutbounds_decisions_grant_total") + 20);
                assertThat(metrics.value("authorizedOutbounds_refusals_row3_total"))
                        .isEqualTo(stale.value("authorizedOutbounds_refusals_row3_total") + 20);
            });

            assertOutage();
            Awaitility.await("the counters").atMost(COUNTERS).untilAsserted(() -> {
                Metrics out = webAdmin.metrics();
                assertThat(out.value("authorizedOutbounds_decisions_defer_total"))
                        .isEqualTo(stale.value("authorizedOutbounds_decisions_defer_total") + 3);
                assertThat(out.value("authorizedOutbounds_lookups_failed_total"))
                        .isGreaterThanOrEqualTo(stale.value("authorizedOutbounds_lookups_failed_total") + 3);
            });
        } finally {
            cassandra.start();
        }

        awaitDecisions();
        webAdmin.delete(listing, client).then().statusCode(204);
        assertThat(decision(client, "user@" + listing)).startsWith("451 4.7.1");
    }

    /** Both addresses are in the cached list of the domain; the second is used only while Cassandra is frozen. */
    @Test
    void useWhileCassandraIsFrozenShouldTakeNoTimeAndBeRecordedAfterTheThaw() {
        String seen = newClient();
        String client = newClient();
        String domain = webAdmin.addDomainListing(seen, client);
        // What is cached from then on is refreshed, not dropped.
        webAdmin.awaitPoll();
        assertThat(decision(seen, "user@" + domain)).startsWith("250");

        cassandra.freeze();
        try (SmtpClient smtp = SmtpClient.from(client, james.smtpPort())) {
            smtp.mail("user@" + domain);
            Instant start = Instant.now();
            assertThat(smtp.rcpts(EXTERNAL_RECIPIENT, 100)).allMatch(reply -> reply.startsWith("250"));
            // If each waited for lookup.timeout it would be 50 s, and for a request of the driver 200 s.
            assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofSeconds(4));
        } finally {
            cassandra.thaw();
        }

        awaitDecisions();
        Awaitility.await("the last use").atMost(Duration.ofMinutes(1)).untilAsserted(() -> assertThat(
                        webAdmin.get(domain, client).jsonPath().getString("lastUsedAt"))
                .isNotNull());
    }

    @Test
    @HostileCase(35)
    void outboundMailShouldBeDeferredWhileCassandraIsStopped() {
        String domain = webAdmin.addDomainListing(LISTED);

        cassandra.stop();
        try {
            assertOutage();
            assertThat(rcpt("user@" + domain)).isEqualTo(UNAVAILABLE);
        } finally {
            cassandra.start();
        }

        awaitDecisions();
        assertThat(decision(LISTED, "user@" + domain)).startsWith("250");
        assertWorks();
    }

    /** James serves many connections on few threads: those that wait for Cassandra must not keep it from the others. */
    @Test
    @HostileCase({8, 35})
    void frozenCassandraShouldNotKeepInboundMailWaiting() {
        int floods = 8;
        int recipients = 20;
        String flood = "MAIL FROM:<someone@remote.example.com>\r\n"
                + ("RCPT TO:<" + EXTERNAL_RECIPIENT + ">\r\n").repeat(recipients);
        List<SmtpClient> clients = IntStream.range(0, floods)
                .mapToObj(i -> SmtpClient.from(newClient(), james.smtpPort()))
                .toList();

        cassandra.freeze();
        try {
            clients.forEach(client -> client.write(flood));
            Instant start = Instant.now();
            try (SmtpClient inbound = SmtpClient.from("127.0.0.3", james.smtpPort())) {
                assertThat(inbound.mail("someone@remote.example.com")).startsWith("250");
            }
            // All that wait one after another would take tens of seconds.
            assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofSeconds(5));
            for (SmtpClient client : clients) {
                assertThat(client.reply()).startsWith("250");
                for (int i = 0; i < recipients; i++) {
                    assertThat(client.reply()).isEqualTo(UNAVAILABLE);
                }
            }
        } finally {
            cassandra.thaw();
            clients.forEach(SmtpClient::close);
        }

        awaitDecisions();
    }

    @Test
    @HostileCase(35)
    void outboundMailShouldBeDeferredInBoundedTimeWhileCassandraIsFrozen() {
        String domain = webAdmin.addDomainListing(LISTED);

        cassandra.freeze();
        try {
            Instant start = Instant.now();
            assertThat(rcpt("user@" + domain)).isEqualTo(UNAVAILABLE);
            // Far above lookup.timeout for a busy machine, far below what a hanging thread would take.
            assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofSeconds(5));
            assertOutage();
        } finally {
            cassandra.thaw();
        }

        awaitDecisions();
        assertThat(decision(LISTED, "user@" + domain)).startsWith("250");
    }
}
