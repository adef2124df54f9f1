// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * Gives each change a time after every change that was acknowledged before, on whatever node and whatever the clock of
 * that node said.
 *
 * <p>A hybrid logical clock (Kulkarni and others, 2014). The change log is its memory: every acknowledged change has a row
 * there. Thread-safe.
 */
final class ChangeClock {
    private final Clock clock;
    private final Function<Instant, CompletionStage<List<ChangeTime>>> lastChanges;

    /** The last time that this node gave, in microseconds: two changes at once do not have the same. */
    private final AtomicLong lastTime = new AtomicLong();

    /** @param lastChanges reads the times of the last changes in the change log, given the time of the clock */
    ChangeClock(Clock clock, Function<Instant, CompletionStage<List<ChangeTime>>> lastChanges) {
        this.clock = clock;
        this.lastChanges = lastChanges;
    }

    /** The time of the next change; fails when the last changes cannot be read, since that time is then unknown. */
    CompletionStage<ChangeTime> next() {
        Instant now = clock.instant();
        return lastChanges.apply(now).thenApply(last -> {
            long next = ChangeTime.after(last, now).asMicroseconds();
            return ChangeTime.ofMicroseconds(
                    lastTime.accumulateAndGet(next, (previous, candidate) -> Math.max(previous + 1, candidate)));
        });
    }
}
