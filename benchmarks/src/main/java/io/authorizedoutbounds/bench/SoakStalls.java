// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.DriverException;
import com.datastax.oss.driver.api.core.config.DefaultDriverOption;
import com.datastax.oss.driver.api.core.config.DriverConfigLoader;
import com.datastax.oss.driver.internal.core.connection.ConstantReconnectionPolicy;
import io.authorizedoutbounds.it.server.CassandraServer;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/**
 * Notices when Cassandra is slow: it shares the machine with all else, and answers late when that is too busy. Reads one row
 * all the while, over a session of its own. Thread-safe.
 */
final class SoakStalls implements AutoCloseable {
    private static final long INTERVAL = TimeUnit.MILLISECONDS.toNanos(5);

    /** Any decision waits for so long. */
    private static final long TOLERATED = TimeUnit.MILLISECONDS.toNanos(100);

    private record Stall(long askedAt, long answeredAt) {}

    private final SoakRun run;
    private final CqlSession session;
    private final Queue<Stall> stalls = new ConcurrentLinkedQueue<>();

    SoakStalls(SoakRun run, CassandraServer cassandra) {
        this.run = run;
        this.session = cassandra.sessionBuilder().withConfigLoader(soonBack()).build();
    }

    /** It connects again a second after an outage, and gives up no query that is slow. */
    private static DriverConfigLoader soonBack() {
        return DriverConfigLoader.programmaticBuilder()
                .withDuration(DefaultDriverOption.REQUEST_TIMEOUT, Duration.ofSeconds(30))
                .withClass(DefaultDriverOption.RECONNECTION_POLICY_CLASS, ConstantReconnectionPolicy.class)
                .withDuration(DefaultDriverOption.RECONNECTION_BASE_DELAY, Duration.ofSeconds(1))
                .build();
    }

    /** Watches until the end of the soak. */
    void watch() {
        while (!run.isStopped()) {
            long askedAt = run.now();
            try {
                session.execute("SELECT key FROM system.local");
                long answeredAt = run.now();
                if (answeredAt - askedAt > TOLERATED) {
                    stalls.add(new Stall(askedAt, answeredAt));
                }
            } catch (DriverException e) {
                // In an outage.
            }
            run.pauseUntil(askedAt + INTERVAL);
        }
    }

    /** How often that was. */
    int count() {
        return stalls.size();
    }

    /** Whether Cassandra was slow at some time between these. */
    boolean anyBetween(long from, long until) {
        return stalls.stream().anyMatch(stall -> stall.askedAt <= until && stall.answeredAt >= from);
    }

    @Override
    public void close() {
        session.close();
    }
}
