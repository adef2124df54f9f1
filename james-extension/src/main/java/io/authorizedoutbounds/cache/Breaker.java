// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.failsafe.CircuitBreaker;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens after {@value #MAX_FAILURES_IN_A_ROW} failures in a row: from then on nobody waits, and the source is only probed,
 * once a {@link #PROBE_INTERVAL}. One answer closes it. Thread-safe.
 *
 * <p>The caller checks {@link #isOpen} before each query, {@linkplain #count counts} each query once, however many threads
 * wait for it, and {@linkplain #probe probes} instead while the breaker is open.
 */
final class Breaker {
    static final int MAX_FAILURES_IN_A_ROW = 3;
    static final Duration PROBE_INTERVAL = Duration.ofSeconds(1);

    private static final Logger LOGGER = LoggerFactory.getLogger(Breaker.class);

    private final Ticker ticker;
    private final CircuitBreaker<Object> breaker;

    /** When the failure came with which it opened, in nanoseconds of the ticker; the failure of a probe opens it again. */
    private volatile long failedAt;

    /**
     * A breaker that is closed.
     *
     * @param opened logged as WARN when it opens
     * @param closed logged as INFO when it closes
     * @param ticker by which the interval between probes is measured
     */
    Breaker(String opened, String closed, Ticker ticker) {
        this.ticker = ticker;
        this.failedAt = ticker.read();
        this.breaker = CircuitBreaker.builder()
                .withFailureThreshold(MAX_FAILURES_IN_A_ROW)
                // One probe an interval: by default there would be as many as failures.
                .withSuccessThreshold(1)
                // It knows no ticker: the interval is observed in probe().
                .withDelay(Duration.ZERO)
                .onOpen(event -> {
                    // A probe that failed opens it again.
                    if (event.getPreviousState() == CircuitBreaker.State.CLOSED) {
                        LOGGER.warn(opened);
                    }
                })
                .onClose(event -> LOGGER.info(closed))
                .build();
    }

    /** Whether nobody waits for the source. */
    boolean isOpen() {
        return !breaker.isClosed();
    }

    /**
     * Counts the outcome of a query once it is known. A query that takes longer than the timeout has failed.
     *
     * @param failureCounts called when the query has failed: whether that counts
     */
    void count(CompletableFuture<?> query, Duration timeout, BooleanSupplier failureCounts) {
        // A copy, since the query itself may be answered late and is still of use then.
        var unused = query.copy()
                .orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS)
                .whenComplete((answer, failure) -> {
                    if (failure == null) {
                        breaker.recordSuccess();
                    } else if (failureCounts.getAsBoolean()) {
                        recordFailure();
                    }
                });
    }

    private synchronized void recordFailure() {
        if (!breaker.isOpen()) {
            // Before it opens, so that nobody probes at once.
            failedAt = ticker.read();
        }
        breaker.recordFailure();
    }

    /**
     * Starts a query that shows whether the source answers again, unless the last one is under way, or failed less than an
     * interval ago. The caller must not wait for it.
     *
     * @param start         starts the query, or returns one that is under way
     * @param failureCounts called when the query has failed: whether that counts
     */
    void probe(Supplier<? extends CompletableFuture<?>> start, Duration timeout, BooleanSupplier failureCounts) {
        // First without the lock, which all who ask in an outage would share.
        if (!isIntervalOver() || !tryAcquirePermit()) {
            return;
        }
        try {
            // One that was under way has been counted before, but not for this permit.
            count(start.get(), timeout, failureCounts);
        } catch (RuntimeException | Error e) {
            // A permit that is never given back would keep the breaker half open.
            recordFailure();
            throw e;
        }
    }

    /** In one step: a failure that is recorded between the two would allow a second probe at once. */
    private synchronized boolean tryAcquirePermit() {
        return isIntervalOver() && breaker.tryAcquirePermit();
    }

    private boolean isIntervalOver() {
        return ticker.read() - failedAt >= PROBE_INTERVAL.toNanos();
    }
}
