// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/**
 * Notices when the machine is too busy to run a thread that is due: a Cassandra on the same machine does not answer in time
 * either then. Thread-safe.
 */
final class SoakStalls {
    private static final long INTERVAL = TimeUnit.MILLISECONDS.toNanos(5);

    /** As long as a decision waits for Cassandra at any rate. */
    private static final long TOLERATED = TimeUnit.MILLISECONDS.toNanos(20);

    private record Stall(long dueAt, long ranAt) {}

    private final SoakRun run;
    private final Queue<Stall> stalls = new ConcurrentLinkedQueue<>();

    SoakStalls(SoakRun run) {
        this.run = run;
    }

    /** Watches until the end of the soak. */
    void watch() {
        while (!run.isStopped()) {
            long dueAt = run.now() + INTERVAL;
            run.pauseUntil(dueAt);
            long ranAt = run.now();
            if (ranAt - dueAt > TOLERATED) {
                stalls.add(new Stall(dueAt, ranAt));
            }
        }
    }

    /** How often that was. */
    int count() {
        return stalls.size();
    }

    /** The longest, nanoseconds; zero without any. */
    long longest() {
        return stalls.stream()
                .mapToLong(stall -> stall.ranAt - stall.dueAt)
                .max()
                .orElse(0);
    }

    /** Whether the machine was too busy at some time between these. */
    boolean anyBetween(long from, long until) {
        return stalls.stream().anyMatch(stall -> stall.dueAt <= until && stall.ranAt >= from);
    }
}
