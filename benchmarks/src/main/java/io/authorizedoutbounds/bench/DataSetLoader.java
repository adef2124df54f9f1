// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.cql.ResultSet;
import com.datastax.oss.driver.api.core.cql.SimpleStatement;
import com.google.common.collect.ImmutableList;
import io.authorizedoutbounds.cassandra.CassandraAuthorizedOutboundStore;
import io.authorizedoutbounds.cassandra.CassandraConnection;
import io.authorizedoutbounds.policy.Author;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;

/**
 * Fills the lists through the store, as an import over WebAdmin does: each domain is one call and one logged batch, and the
 * change log has a row for each address, in the partition of one hour or of two. Two cores write some 1,500 domains a second.
 */
class DataSetLoader {
    private static final int ATTEMPTS = 10;
    private static final int PROGRESS_INTERVAL_SECONDS = 5;
    private static final Duration FLUSH = Duration.ofSeconds(2);
    private static final Duration QUIET = Duration.ofSeconds(5);
    private static final Duration TIMEOUT = Duration.ofMinutes(3);
    private static final Duration COMPACTIONS_TIMEOUT = Duration.ofMinutes(10);
    /** The default of {@code changes.retention}. */
    private static final Duration CHANGES_RETENTION = Duration.ofDays(90);

    private static final String AUTHOR = "bench";
    private static final ImmutableList<String> TABLES = ImmutableList.of(
            "authorized_outbound",
            "authorized_outbound_by_ip",
            "authorized_outbound_change",
            "authorized_outbound_change_by_domain");

    private final CqlSession session;
    private final AuthorizedOutboundStore store;
    private final String keyspace;
    private final DataSet data;
    private final AtomicInteger written = new AtomicInteger();

    private DataSetLoader(CqlSession session, AuthorizedOutboundStore store, String keyspace, DataSet data) {
        this.session = session;
        this.store = store;
        this.keyspace = keyspace;
        this.data = data;
    }

    /**
     * Opens the store and waits for its tables.
     *
     * @param session in that keyspace
     */
    static DataSetLoader open(CqlSession session, String keyspace, DataSet data) {
        AuthorizedOutboundStore store = new CassandraAuthorizedOutboundStore(
                CassandraConnection.shared(session), CHANGES_RETENTION, Clock.systemUTC());
        Awaitility.await("the tables")
                .atMost(Duration.ofMinutes(1))
                .until(() -> !store.list(data.domain(0)).toCompletableFuture().isCompletedExceptionally());
        return new DataSetLoader(session, store, keyspace, data);
    }

    AuthorizedOutboundStore store() {
        return store;
    }

    /** Writes all, then waits until all is on disk and Cassandra has put its files in order. */
    Duration load() throws InterruptedException {
        long start = System.nanoTime();
        // Without the commit log, which only a crash would need: the load is to be short.
        alterKeyspace("durable_writes = false");
        ScheduledExecutorService screen = Executors.newSingleThreadScheduledExecutor();
        var unused = screen.scheduleAtFixedRate(
                () -> progress(start), PROGRESS_INTERVAL_SECONDS, PROGRESS_INTERVAL_SECONDS, TimeUnit.SECONDS);
        try {
            ConcurrentWrites.writeAll(
                    data.domains(), domain -> write(domain, ATTEMPTS).thenRun(written::incrementAndGet));
        } finally {
            screen.shutdownNow();
        }
        alterKeyspace("durable_writes = true");
        progress(start);
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        awaitCompactions();
        return took;
    }

    private void progress(long start) {
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
        System.out.printf(
                "  %,d of %,d domains written, %d s, %,d a second%n",
                written.get(), data.domains(), seconds, written.get() / Math.max(1, seconds));
    }

    /** With a longer timeout than decisions have: Cassandra is busy. */
    private ResultSet execute(String cql) {
        return session.execute(SimpleStatement.newInstance(cql).setTimeout(TIMEOUT));
    }

    private void alterKeyspace(String option) {
        execute("ALTER KEYSPACE " + keyspace + " WITH " + option);
    }

    /** A Cassandra that has just started may take longer than its own timeout for some. */
    private CompletionStage<Void> write(int domain, int attempts) {
        CompletionStage<Void> result =
                store.change(data.domain(domain), entries(domain), ImmutableList.of(), Author.of(AUTHOR));
        return attempts == 1 ? result : result.exceptionallyCompose(reason -> write(domain, attempts - 1));
    }

    private ImmutableList<AuthorizedOutbound> entries(int domain) {
        Instant now = Instant.now();
        return IntStream.range(0, DataSet.ADDRESSES_OF_A_DOMAIN)
                .mapToObj(which -> AuthorizedOutbound.builder()
                        .domain(data.domain(domain))
                        .address(data.addressOf(domain, which))
                        .comment("mail server " + which)
                        .addedBy(Author.of(AUTHOR))
                        .addedAt(now)
                        .build())
                .collect(ImmutableList.toImmutableList());
    }

    private void awaitCompactions() {
        System.out.println("  Waiting for Cassandra to write its files and to put them in order ...");
        flushEvery(FLUSH);
        Awaitility.await("Cassandra to have no task for its files")
                .pollDelay(FLUSH.multipliedBy(2))
                .pollInterval(Duration.ofMillis(500))
                .during(QUIET)
                .atMost(COMPACTIONS_TIMEOUT)
                .until(() -> execute("SELECT task_id FROM system_views.sstable_tasks")
                        .all()
                        .isEmpty());
        flushEvery(Duration.ZERO);
    }

    /** The one way to have a table flushed that needs no JMX. */
    private void flushEvery(Duration period) {
        for (String table : TABLES) {
            execute("ALTER TABLE " + keyspace + "." + table + " WITH memtable_flush_period_in_ms = "
                    + period.toMillis());
        }
    }
}
