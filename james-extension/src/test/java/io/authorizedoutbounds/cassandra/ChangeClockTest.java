// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import static org.assertj.core.api.Assertions.assertThat;

import io.authorizedoutbounds.policy.SettableClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ChangeClockTest {
    private static final Instant NOW = Instant.parse("2024-05-01T10:00:00.123456Z");
    private static final Duration MICROSECOND = Duration.ofNanos(1000);

    private final SettableClock clock = new SettableClock(NOW);

    private ChangeClock changeClock(Instant... lastChanges) {
        return new ChangeClock(
                clock,
                now -> CompletableFuture.completedFuture(
                        Stream.of(lastChanges).map(ChangeClockTest::at).collect(Collectors.toList())));
    }

    private static ChangeTime at(Instant instant) {
        return ChangeTime.after(List.of(), instant);
    }

    private static Instant next(ChangeClock changeClock) {
        return changeClock.next().toCompletableFuture().join().asInstant();
    }

    @Test
    void timeShouldBeThatOfTheClockWhenThereIsNoChange() {
        assertThat(next(changeClock())).isEqualTo(NOW);
    }

    @Test
    void timeShouldBeThatOfTheClockWhenItIsAheadOfTheLastChange() {
        assertThat(next(changeClock(NOW.minusSeconds(20), NOW.minus(MICROSECOND))))
                .isEqualTo(NOW);
    }

    @Test
    void timeShouldBeAfterTheLastChangeWhenTheClockIsBehind() {
        Instant last = NOW.plusSeconds(20);

        assertThat(next(changeClock(last, NOW.minusSeconds(20)))).isEqualTo(last.plus(MICROSECOND));
    }

    @Test
    void timeShouldBeAfterALastChangeOfTheSameTime() {
        assertThat(next(changeClock(NOW))).isEqualTo(NOW.plus(MICROSECOND));
    }

    @Test
    void timeShouldBeExactFarFrom1970() {
        Instant last = Instant.parse("2037-12-31T23:59:59.999999Z");

        assertThat(next(changeClock(last))).isEqualTo(Instant.parse("2038-01-01T00:00:00Z"));
    }

    @Test
    void changesOfOneNodeAtOneTimeShouldFollowEachOther() {
        ChangeClock changeClock = changeClock();

        assertThat(Stream.generate(() -> next(changeClock)).limit(3))
                .containsExactly(
                        NOW, NOW.plus(MICROSECOND), NOW.plus(MICROSECOND).plus(MICROSECOND));
    }

    @Test
    void twoChangesThatReadTheSameLastChangeShouldNotHaveTheSameTime() {
        Instant last = NOW.plusSeconds(20);
        List<CompletableFuture<List<ChangeTime>>> reads = new ArrayList<>();
        ChangeClock changeClock = new ChangeClock(clock, now -> {
            CompletableFuture<List<ChangeTime>> read = new CompletableFuture<>();
            reads.add(read);
            return read;
        });
        CompletionStage<ChangeTime> one = changeClock.next();
        CompletionStage<ChangeTime> other = changeClock.next();

        reads.forEach(read -> read.complete(List.of(at(last))));

        assertThat(Stream.of(one, other)
                        .map(time -> time.toCompletableFuture().join().asInstant()))
                .containsExactly(last.plus(MICROSECOND), last.plus(MICROSECOND).plus(MICROSECOND));
    }

    @Test
    void timeShouldNotGoBackWithTheClockOfTheNode() {
        ChangeClock changeClock = changeClock();
        next(changeClock);
        clock.advance(Duration.ofSeconds(-20));

        assertThat(next(changeClock)).isEqualTo(NOW.plus(MICROSECOND));
    }

    @Test
    void timeShouldBeThatOfTheClockAgainOnceItHasCaughtUp() {
        ChangeClock changeClock = changeClock(NOW.plusSeconds(20));
        next(changeClock);
        clock.advance(Duration.ofSeconds(30));

        assertThat(next(changeClock)).isEqualTo(NOW.plusSeconds(30));
    }

    @Test
    void lastChangesShouldBeReadForTheTimeOfTheClock() {
        List<Instant> read = new ArrayList<>();
        ChangeClock changeClock = new ChangeClock(clock, now -> {
            read.add(now);
            return CompletableFuture.completedFuture(List.of());
        });

        next(changeClock);

        assertThat(read).containsExactly(NOW);
    }

    @Test
    void timeShouldNotBeHadWhenTheLastChangesCannotBeRead() {
        IllegalStateException unreachable = new IllegalStateException("no quorum");
        ChangeClock changeClock = new ChangeClock(clock, now -> CompletableFuture.failedFuture(unreachable));

        assertThat(changeClock.next().toCompletableFuture())
                .failsWithin(Duration.ZERO)
                .withThrowableOfType(ExecutionException.class)
                .withCause(unreachable);
    }
}
