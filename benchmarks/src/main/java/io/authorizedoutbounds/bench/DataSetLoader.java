// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.cql.BoundStatement;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.ResultSet;
import com.datastax.oss.driver.api.core.cql.SimpleStatement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;

/** Fills the two list tables of a keyspace, bypassing the change log: this is a restore, not a change. */
class DataSetLoader {
    private static final int MAX_CONCURRENT_WRITES = 256;
    private static final int ATTEMPTS = 10;
    private static final int PROGRESS_INTERVAL_SECONDS = 5;
    private static final Duration FLUSH = Duration.ofSeconds(2);
    private static final Duration QUIET = Duration.ofSeconds(5);
    private static final Duration TIMEOUT = Duration.ofMinutes(3);

    private final CqlSession session;
    private final String keyspace;
    private final DataSet data;
    private final AtomicInteger written = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    DataSetLoader(CqlSession session, String keyspace, DataSet data) {
        this.session = session;
        this.keyspace = keyspace;
        this.data = data;
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
            writeAll();
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

    private void writeAll() throws InterruptedException {
        // One request a domain: the rows of its one partition, and those of its addresses.
        PreparedStatement batch = session.prepare("BEGIN UNLOGGED BATCH "
                + ("INSERT INTO " + keyspace + ".authorized_outbound (domain, ip, comment, added_by, added_at)"
                                + " VALUES (?, ?, ?, ?, ?); ")
                        .repeat(DataSet.ADDRESSES_OF_A_DOMAIN)
                + ("INSERT INTO " + keyspace + ".authorized_outbound_by_ip (ip, domain, added_at) VALUES (?, ?, ?); ")
                        .repeat(DataSet.ADDRESSES_OF_A_DOMAIN)
                + "APPLY BATCH");
        Instant now = Instant.now();
        Semaphore underWay = new Semaphore(MAX_CONCURRENT_WRITES);
        for (int domain = 0; domain < data.domains() && failure.get() == null; domain++) {
            underWay.acquire();
            write(batch.bind(rows(domain, now)).setTimeout(TIMEOUT), ATTEMPTS).whenComplete((result, reason) -> {
                if (reason == null) {
                    written.incrementAndGet();
                } else {
                    failure.compareAndSet(null, reason);
                }
                underWay.release();
            });
        }
        underWay.acquire(MAX_CONCURRENT_WRITES);
        if (failure.get() != null) {
            throw new IllegalStateException("Cassandra did not take the lists", failure.get());
        }
    }

    /** A Cassandra that has just started may take longer than its own timeout for some. */
    private CompletionStage<AsyncResultSet> write(BoundStatement batch, int attempts) {
        CompletionStage<AsyncResultSet> result = session.executeAsync(batch);
        return attempts == 1 ? result : result.exceptionallyCompose(reason -> write(batch, attempts - 1));
    }

    private Object[] rows(int domain, Instant now) {
        String name = data.domain(domain).asString();
        List<Object> values = new ArrayList<>();
        for (int which = 0; which < DataSet.ADDRESSES_OF_A_DOMAIN; which++) {
            values.add(name);
            values.add(data.addressOf(domain, which).asInetAddress());
            values.add("mail server " + which);
            values.add("bench");
            values.add(now);
        }
        for (int which = 0; which < DataSet.ADDRESSES_OF_A_DOMAIN; which++) {
            values.add(data.addressOf(domain, which).asInetAddress());
            values.add(name);
            values.add(now);
        }
        return values.toArray();
    }

    private void awaitCompactions() {
        System.out.println("  Waiting for Cassandra to write its files and to put them in order ...");
        flushEvery(FLUSH);
        Awaitility.await("Cassandra to have no task for its files")
                .pollDelay(FLUSH.multipliedBy(2))
                .pollInterval(Duration.ofMillis(500))
                .during(QUIET)
                .atMost(TIMEOUT)
                .until(() -> execute("SELECT task_id FROM system_views.sstable_tasks")
                        .all()
                        .isEmpty());
        flushEvery(Duration.ZERO);
    }

    /** The one way to have a table flushed that needs no JMX. */
    private void flushEvery(Duration period) {
        for (String table : new String[] {"authorized_outbound", "authorized_outbound_by_ip"}) {
            execute("ALTER TABLE " + keyspace + "." + table + " WITH memtable_flush_period_in_ms = "
                    + period.toMillis());
        }
    }
}
