// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.activity;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LineLimiterTest {
    private final LineLimiter<String> limiter = new LineLimiter<>(10, 100);

    private long admitted(String key, int times) {
        return IntStream.range(0, times).filter(i -> limiter.admits(key)).count();
    }

    @Test
    void tenLinesOfAKeyShouldBeAdmittedAndTheRestCounted() {
        assertThat(admitted("a", 10_000)).isEqualTo(10);

        LineLimiter.LeftOut<String> leftOut = limiter.reset();

        assertThat(leftOut.byKey()).containsExactly(Map.entry("a", 9_990L));
        assertThat(leftOut.others()).isZero();
    }

    @Test
    void keysShouldNotTakeLinesFromEachOther() {
        assertThat(admitted("a", 20)).isEqualTo(10);
        assertThat(admitted("b", 3)).isEqualTo(3);

        assertThat(limiter.reset().byKey()).containsExactly(Map.entry("a", 10L));
    }

    @Test
    void nothingShouldBeLeftOutWhenNoKeyHadMoreThanItsLines() {
        admitted("a", 10);

        LineLimiter.LeftOut<String> leftOut = limiter.reset();

        assertThat(leftOut.byKey()).isEmpty();
        assertThat(leftOut.others()).isZero();
    }

    @Test
    void linesShouldBeAdmittedAgainAfterAResetAndWhatWasLeftOutCountedOnce() {
        admitted("a", 20);
        limiter.reset();

        assertThat(limiter.reset().byKey()).isEmpty();
        assertThat(admitted("a", 20)).isEqualTo(10);
        assertThat(limiter.reset().byKey()).containsExactly(Map.entry("a", 10L));
    }

    @Test
    void hundredLinesOfAllKeysShouldBeAdmittedAndNoFurtherKeysHeld() {
        long admitted = IntStream.range(0, 100_000)
                .filter(i -> limiter.admits("key " + i))
                .count();

        LineLimiter.LeftOut<String> leftOut = limiter.reset();

        assertThat(admitted).isEqualTo(100);
        assertThat(leftOut.byKey()).isEmpty();
        assertThat(leftOut.others()).isEqualTo(99_900);
    }

    @Test
    void keyThatHadALineShouldBeCountedByItselfWhenTheOthersHaveTakenTheRest() {
        admitted("a", 1);
        for (int i = 0; i < 99; i++) {
            admitted("key " + i, 1);
        }

        assertThat(admitted("a", 7)).isZero();
        assertThat(admitted("b", 5)).isZero();

        LineLimiter.LeftOut<String> leftOut = limiter.reset();
        assertThat(leftOut.byKey()).containsExactly(Map.entry("a", 7L));
        assertThat(leftOut.others()).isEqualTo(5);
    }

    @Test
    void eachLineShouldBeAdmittedOrCountedThoughManyThreadsAsk() throws Exception {
        AtomicLong lines = new AtomicLong();
        AtomicLong leftOut = new AtomicLong();
        Callable<Void> flood = () -> {
            for (int i = 0; i < 10_000; i++) {
                if (limiter.admits("key " + i % 3)) {
                    lines.incrementAndGet();
                }
                if (i % 1000 == 0) {
                    leftOut.addAndGet(sum(limiter.reset()));
                }
            }
            return null;
        };

        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<Void>> floods = new ArrayList<>(threads.invokeAll(List.of(flood, flood, flood, flood)));
            for (Future<Void> done : floods) {
                done.get(10, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }

        assertThat(lines.get() + leftOut.get() + sum(limiter.reset())).isEqualTo(40_000);
    }

    private static long sum(LineLimiter.LeftOut<String> leftOut) {
        return leftOut.byKey().values().stream().mapToLong(count -> count).sum() + leftOut.others();
    }
}
