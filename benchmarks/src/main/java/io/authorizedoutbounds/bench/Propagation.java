// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.smtp.SmtpClient;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * How long after the 204 of one James another one, which has the earlier answer cached, answers accordingly on an open
 * connection.
 */
class Propagation {
    private static final String EXTERNAL_RECIPIENT = "someone@elsewhere.example.org";
    private static final int RECIPIENTS_PER_MAIL = 20;
    private static final int CHANGES_PER_PROGRESS_LINE = 10;
    private static final long TIMEOUT = TimeUnit.SECONDS.toNanos(30);

    /** A node polls a change for the last time after forty seconds: after that a key is at rest, as most are. */
    private static final Duration REST = Duration.ofSeconds(45);

    private final CassandraServer cassandra;
    private final String keyspace;
    private final DataSet data;
    private final int changes;

    /** @param changes how many, at most 200, a multiple of four */
    Propagation(CassandraServer cassandra, String keyspace, DataSet data, int changes) {
        this.cassandra = cassandra;
        this.keyspace = keyspace;
        this.data = data;
        this.changes = changes;
    }

    /** Nanoseconds. */
    Histogram measure() throws InterruptedException, ExecutionException {
        ScheduledExecutorService pace = Executors.newSingleThreadScheduledExecutor();
        try (JamesServer one = node();
                JamesServer other = node()) {
            List<JamesServer> nodes = List.of(one, other);
            nodes.forEach(this::addDomains);
            for (int change = 1; change < changes; change += 2) {
                expect(204, WebAdmin.of(one).put(domain(change), client(change)).statusCode());
            }
            pause(pace, REST);
            // The readings of a node are a second apart: changes must not keep step with them.
            Random random = new Random(20261124);
            Histogram nanoseconds = Decisions.newHistogram();
            for (int change = 0; change < changes; change++) {
                int changed = change / 2 % 2;
                nanoseconds.recordValue(measure(
                        change,
                        nodes.get(changed),
                        nodes.get(1 - changed),
                        () -> pause(pace, Duration.ofMillis(random.nextInt(1000)))));
                if ((change + 1) % CHANGES_PER_PROGRESS_LINE == 0) {
                    System.out.printf(
                            "  %d of %d changes, the slowest took %d ms%n",
                            change + 1, changes, TimeUnit.NANOSECONDS.toMillis(nanoseconds.getMaxValue()));
                }
            }
            return nanoseconds;
        } finally {
            pace.shutdownNow();
        }
    }

    private JamesServer node() {
        System.out.println("  Starting a James ...");
        return JamesServer.builder()
                .cassandra(cassandra, keyspace)
                // The clients have loopback addresses.
                .setting("allow.private.addresses", "true")
                .start();
    }

    private void addDomains(JamesServer node) {
        WebAdmin webAdmin = WebAdmin.of(node).awaitLists();
        for (int change = 0; change < changes; change++) {
            webAdmin.addDomain(domain(change));
        }
    }

    /** A key of its own for each change, that has not been changed for a while. */
    private String domain(int change) {
        return data.domain(change).asString();
    }

    private static String client(int change) {
        return "127.3.0." + (1 + change);
    }

    /** Does nothing for a moment. */
    private interface Pause {
        void pause() throws InterruptedException, ExecutionException;
    }

    private static void pause(ScheduledExecutorService pace, Duration duration)
            throws InterruptedException, ExecutionException {
        pace.schedule(() -> {}, duration.toMillis(), TimeUnit.MILLISECONDS).get();
    }

    private long measure(int change, JamesServer changed, JamesServer observed, Pause before)
            throws InterruptedException, ExecutionException {
        // The odd ones have been listed beforehand.
        boolean put = change % 2 == 0;
        try (SmtpClient smtp = SmtpClient.from(client(change), observed.smtpPort())) {
            smtp.mail("someone@" + domain(change));
            expectTaken(smtp, !put);
            before.pause();
            expectTaken(smtp, !put);
            WebAdmin webAdmin = WebAdmin.of(changed);
            expect(
                    204,
                    put
                            ? webAdmin.put(domain(change), client(change)).statusCode()
                            : webAdmin.delete(domain(change), client(change)).statusCode());
            long start = System.nanoTime();
            long now = start;
            for (int asked = 0; isTaken(smtp) != put; asked++) {
                now = System.nanoTime();
                if (now - start > TIMEOUT) {
                    throw new IllegalStateException("A node has not heard of change " + change);
                }
                if (asked % RECIPIENTS_PER_MAIL == 0) {
                    // The recipients of one mail are kept: not thousands of them.
                    smtp.send("RSET");
                    smtp.mail("someone@" + domain(change));
                }
            }
            return System.nanoTime() - start;
        }
    }

    private static void expectTaken(SmtpClient smtp, boolean expected) {
        if (isTaken(smtp) != expected) {
            throw new IllegalStateException("RCPT was " + (expected ? "deferred" : "accepted"));
        }
    }

    private static boolean isTaken(SmtpClient smtp) {
        String reply = smtp.rcpt(EXTERNAL_RECIPIENT);
        if (!reply.startsWith("250 ") && !reply.startsWith("451 4.7.1 ")) {
            throw new IllegalStateException("RCPT was answered '" + reply + "'");
        }
        return reply.startsWith("250 ");
    }

    private static void expect(int expected, int status) {
        if (status != expected) {
            throw new IllegalStateException("WebAdmin answered " + status + " instead of " + expected);
        }
    }
}
