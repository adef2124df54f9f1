// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.outage;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import com.google.common.base.Stopwatch;
import com.google.common.collect.Iterables;
import io.authorizedoutbounds.it.junit.HostileCase;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.server.Names;
import io.authorizedoutbounds.it.smtp.SmtpClient;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** James's own {@code DomainList} hangs: its domains are in a Cassandra that is frozen, and so are our lists. */
@Isolated("measures how long a RCPT takes")
class DomainListOutageIntegrationTest {
    private static final String LISTED = "127.0.0.2";
    private static final String UNLISTED = "127.0.0.3";
    private static final String EXTERNAL_SENDER = "someone@remote.example.com";
    private static final String EXTERNAL_RECIPIENT = "someone@elsewhere.example.org";
    private static final String UNAVAILABLE = "451 4.3.0 Authorized outbounds temporarily unavailable, try again later";

    /** lookup.timeout with the way there and back: the median, since this machine may stall. */
    private static final Duration DEFERRED_WITHIN = Duration.ofMillis(600);

    /** The slowest; James itself waits for five seconds. */
    private static final Duration DEFERRED_WITHIN_IN_A_STALL = Duration.ofMillis(1500);

    /** Less than lookup.timeout. */
    private static final Duration AT_ONCE = Duration.ofMillis(400);

    private static final int CONNECTIONS = 8;

    private static final AtomicInteger DOMAINS = new AtomicInteger();

    @AutoClose
    private static CassandraServer cassandra;

    @AutoClose
    private static JamesServer james;

    private static String domain;
    private static String idleDomain;

    @BeforeAll
    static void start() {
        cassandra = new CassandraServer().start();
        james = JamesServer.builder()
                .withDomainsInCassandra()
                .cassandra(cassandra, Names.newKeyspace())
                .setting("allow.private.addresses", "true")
                .start();
        WebAdmin webAdmin = WebAdmin.of(james).awaitLists();
        domain = webAdmin.addDomainListing(LISTED);
        idleDomain = webAdmin.addDomainListing(LISTED);
    }

    private static String rcpt(String client, String sender) {
        try (SmtpClient smtp = SmtpClient.from(client, james.smtpPort())) {
            smtp.mail(sender);
            return smtp.rcpt(EXTERNAL_RECIPIENT);
        }
    }

    private static String neverSeen() {
        return "someone@new" + DOMAINS.incrementAndGet() + ".example.com";
    }

    /** Row 3: James's own handlers, which wait for Cassandra, are not reached. */
    private static void assertRefused(String domain) {
        assertThat(rcpt(UNLISTED, "user@" + domain))
                .isEqualTo("451 4.7.1 Open relay not allowed: " + UNLISTED
                        + " is not an authorized outbound address of " + domain);
    }

    /** Row 3 and row 7. */
    private static void assertCachedAnswers() {
        assertRefused(domain);
        assertThat(rcpt(UNLISTED, EXTERNAL_SENDER))
                .isEqualTo("451 4.7.1 Open relay not allowed: " + UNLISTED + " is not an authorized outbound address");
    }

    @Test
    @HostileCase(57)
    void decisionsShouldComeFromTheCacheOrBeDeferredWhileTheDomainListHangs() throws Exception {
        Awaitility.await("decisions").atMost(Duration.ofMinutes(1)).untilAsserted(() -> assertCachedAnswers());
        assertRefused(idleDomain);
        assertThat(rcpt(LISTED, "user@" + domain)).startsWith("250");

        CountDownLatch inUse = new CountDownLatch(50);
        ExecutorService mail = Executors.newSingleThreadExecutor();
        Future<Duration> slowest = mail.submit(() -> slowest(Duration.ofSeconds(6), () -> {
            assertCachedAnswers();
            inUse.countDown();
        }));
        while (!inUse.await(1, TimeUnit.SECONDS)) {
            assertThat(slowest).isNotDone();
        }
        cassandra.freeze();
        try {
            assertThat(slowest.get()).isLessThan(AT_ONCE);
            assertThat(slowest(Duration.ZERO, () -> assertRefused(idleDomain))).isLessThan(AT_ONCE);
            assertDeferredInTime(Duration.ofSeconds(1));
            assertNoThreadOfJamesWaitsForUs();
        } finally {
            cassandra.thaw();
            mail.shutdownNow();
        }

        Awaitility.await("decisions")
                .atMost(Duration.ofMinutes(1))
                .untilAsserted(() -> assertThat(rcpt(UNLISTED, neverSeen())).startsWith("451 4.7.1"));
    }

    @Test
    @HostileCase(57)
    void domainThatIsNotCachedShouldBeDeferredInTimeRightAfterTheFreeze() {
        Awaitility.await("decisions")
                .atMost(Duration.ofMinutes(1))
                .untilAsserted(() -> assertThat(rcpt(UNLISTED, neverSeen())).startsWith("451 4.7.1"));

        cassandra.freeze();
        try {
            assertDeferredInTime(Duration.ofSeconds(3));
        } finally {
            cassandra.thaw();
        }
    }

    private static void assertDeferredInTime(Duration time) {
        List<Duration> times =
                times(time, () -> assertThat(rcpt(LISTED, neverSeen())).isEqualTo(UNAVAILABLE));
        assertThat(times.get((times.size() - 1) / 2)).isLessThan(DEFERRED_WITHIN);
        assertThat(Iterables.getLast(times)).isLessThan(DEFERRED_WITHIN_IN_A_STALL);
    }

    private static Duration slowest(Duration time, Runnable exchange) {
        return Iterables.getLast(times(time, exchange));
    }

    /** What one exchange after another takes, sorted. */
    private static List<Duration> times(Duration time, Runnable exchange) {
        Stopwatch total = Stopwatch.createStarted();
        List<Duration> times = new ArrayList<>();
        do {
            Stopwatch one = Stopwatch.createStarted();
            exchange.run();
            times.add(one.elapsed());
        } while (total.elapsed().compareTo(time) < 0);
        Collections.sort(times);
        return times;
    }

    /** While some connections ask for domains that nobody has seen, and others reach James's own handlers. */
    private static void assertNoThreadOfJamesWaitsForUs() throws Exception {
        ExecutorService connections = Executors.newFixedThreadPool(CONNECTIONS);
        List<Future<?>> asked = new ArrayList<>();
        try {
            for (int i = 0; i < CONNECTIONS; i++) {
                asked.add(connections.submit(() -> rcpts(neverSeen())));
            }
            Stopwatch stopwatch = Stopwatch.createStarted();
            do {
                assertThat(threads(james.threadDump())).noneMatch(thread -> isOfJames(thread) && waitsForUs(thread));
            } while (stopwatch.elapsed().toMillis() < 1500);
        } finally {
            connections.shutdownNow();
        }
        for (Future<?> connection : asked) {
            connection.get();
        }
    }

    private static void rcpts(String sender) {
        try (SmtpClient smtp = SmtpClient.from(LISTED, james.smtpPort())) {
            smtp.mail(sender);
            assertThat(smtp.rcpts(EXTERNAL_RECIPIENT, 100)).containsOnly(UNAVAILABLE);
        }
    }

    private static List<String> threads(String dump) {
        return Splitter.on("\n\n").splitToList(dump);
    }

    private static boolean isOfJames(String thread) {
        return !thread.startsWith("\"authorized-outbounds-");
    }

    private static boolean waitsForUs(String thread) {
        return thread.contains("WAITING") && thread.contains("at io.authorizedoutbounds.");
    }
}
