// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;

/**
 * How old what is cached may be: as old as the last poll of the change log, since every change until then has been
 * invalidated. Thread-safe.
 */
final class CacheFreshness {
    private final long staleMaximumNanos;
    private final Ticker ticker;

    private volatile long polledAt;
    private volatile boolean everPolled;

    /** Nothing is cached yet, so the time counts from now. */
    CacheFreshness(Duration staleMaximum, Ticker ticker) {
        this.staleMaximumNanos = staleMaximum.toNanos();
        this.ticker = ticker;
        this.polledAt = ticker.read();
    }

    /** Whether what is cached holds: the last poll is no longer ago than the stale maximum. */
    boolean isCurrent() {
        return ticker.read() - polledAt <= staleMaximumNanos;
    }

    /**
     * Records a poll.
     *
     * @param at when it began, in nanoseconds of the ticker
     */
    void recordPoll(long at) {
        polledAt = at;
        everPolled = true;
    }

    /** How long ago the last poll began, or this object was made. */
    Duration lag() {
        return Duration.ofNanos(ticker.read() - polledAt);
    }

    /** How long what is cached holds without another poll; zero when it does not. */
    Duration remaining() {
        return Duration.ofNanos(Math.max(0, staleMaximumNanos - (ticker.read() - polledAt)));
    }

    boolean isEverPolled() {
        return everPolled;
    }
}
