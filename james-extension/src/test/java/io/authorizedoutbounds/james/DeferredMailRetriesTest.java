// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DeferredMailRetriesTest {
    private final AtomicLong nanos = new AtomicLong(Duration.ofDays(-1).toNanos());
    private final AtomicBoolean canJudge = new AtomicBoolean(true);
    private final AtomicInteger rounds = new AtomicInteger();
    private final DeferredMailRetries retries = new DeferredMailRetries(canJudge::get, nanos::get);

    @BeforeEach
    void register() {
        retries.register(judging -> rounds.incrementAndGet());
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
        retries.check();
    }

    @Test
    void mailOfAnEarlierRunOfJamesShouldBeTriedAtOnce() {
        retries.check();

        assertThat(rounds).hasValue(1);
    }

    @Test
    void mailThatStillCannotBeJudgedShouldBeTriedOnceAMinute() {
        retries.check();

        pass(Duration.ofSeconds(59));
        assertThat(rounds).hasValue(1);
        pass(Duration.ofSeconds(1));
        assertThat(rounds).hasValue(2);
        pass(Duration.ofSeconds(1));
        assertThat(rounds).hasValue(2);
    }

    @Test
    void mailShouldNotBeTriedDuringAnOutageAndAtOnceWhenItIsOver() {
        retries.check();
        canJudge.set(false);

        pass(Duration.ofMinutes(5));
        assertThat(rounds).hasValue(1);

        canJudge.set(true);
        pass(Duration.ofSeconds(1));
        assertThat(rounds).hasValue(2);
        pass(Duration.ofSeconds(1));
        assertThat(rounds).hasValue(2);
    }

    @Test
    void retryShouldLearnOfAnOutageThatBeginsMeanwhile() {
        retries.register(judging -> {
            canJudge.set(false);
            assertThat(judging.getAsBoolean()).isFalse();
            rounds.addAndGet(10);
        });

        retries.check();

        assertThat(rounds).hasValue(11);
    }
}
