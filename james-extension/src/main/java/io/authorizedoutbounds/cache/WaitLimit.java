// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import com.google.common.annotations.VisibleForTesting;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Bounds how many threads wait at once for a store that is slow without failing: each listener of James serves all its
 * connections with a few threads. Thread-safe.
 */
final class WaitLimit {
    /** For threads that serve no connections. */
    static final WaitLimit NONE = new WaitLimit(Integer.MAX_VALUE);

    /**
     * A store in good health answers within this time, while it collects garbage or James has just started too, so a wait
     * that is as short needs no permit.
     */
    static final Duration SHORT_WAIT = Duration.ofMillis(100);

    private final Semaphore permits;

    /** @param maximum the threads that wait at once, at least one */
    WaitLimit(int maximum) {
        this.permits = new Semaphore(maximum);
    }

    /** Whether another thread may wait longer than a {@link #SHORT_WAIT} now. */
    @VisibleForTesting
    boolean hasPermit() {
        return permits.availablePermits() > 0;
    }

    /**
     * Waits for an answer.
     *
     * @param nanos the longest that this thread waits
     * @throws TimeoutException when there is no answer by then, or when too many threads wait
     */
    <V> V await(CompletableFuture<V> query, long nanos)
            throws InterruptedException, ExecutionException, TimeoutException {
        if (nanos <= SHORT_WAIT.toNanos()) {
            return query.get(nanos, TimeUnit.NANOSECONDS);
        }
        try {
            return query.get(SHORT_WAIT.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            if (!permits.tryAcquire()) {
                throw new TimeoutException("too many threads wait for the lists of authorized outbounds");
            }
        }
        try {
            return query.get(nanos - SHORT_WAIT.toNanos(), TimeUnit.NANOSECONDS);
        } finally {
            permits.release();
        }
    }
}
