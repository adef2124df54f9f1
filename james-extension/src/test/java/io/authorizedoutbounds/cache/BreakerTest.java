// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class BreakerTest {
    private static final Duration LONG_TIMEOUT = Duration.ofMinutes(1);
    private static final Duration SHORT_TIMEOUT = Duration.ofMillis(20);

    private final Breaker breaker = new Breaker("opened", "closed");
    private final AtomicInteger probes = new AtomicInteger();

    private static CompletableFuture<String> failed() {
        return CompletableFuture.failedFuture(new IOException("down"));
    }

    private void count(CompletableFuture<?> query) {
        breaker.count(query, LONG_TIMEOUT, () -> true);
    }

    private void open() {
        for (int i = 0; i < 3; i++) {
            count(failed());
        }
        assertThat(breaker.isOpen()).isTrue();
    }

    private void probe(CompletableFuture<?> query) {
        breaker.probe(
                () -> {
                    probes.incrementAndGet();
                    return query;
                },
                LONG_TIMEOUT,
                () -> true);
    }

    private void awaitProbe(CompletableFuture<?> query) {
        int before = probes.get();
        await().until(() -> {
            probe(query);
            return probes.get() > before;
        });
    }

    @Test
    void threeFailuresInARowShouldOpenIt() {
        count(failed());
        count(failed());
        assertThat(breaker.isOpen()).isFalse();

        count(failed());

        assertThat(breaker.isOpen()).isTrue();
    }

    @Test
    void anAnswerAmongFailuresShouldKeepItClosed() {
        count(failed());
        count(failed());
        count(CompletableFuture.completedFuture("answer"));

        count(failed());
        count(failed());

        assertThat(breaker.isOpen()).isFalse();
    }

    @Test
    void failureThatDoesNotCountShouldKeepItClosed() {
        for (int i = 0; i < 10; i++) {
            breaker.count(failed(), LONG_TIMEOUT, () -> false);
        }

        assertThat(breaker.isOpen()).isFalse();
    }

    @Test
    void queriesThatTakeLongerThanTheTimeoutShouldOpenIt() {
        for (int i = 0; i < 3; i++) {
            breaker.count(new CompletableFuture<>(), SHORT_TIMEOUT, () -> true);
        }

        await().until(breaker::isOpen);
    }

    /** Its answer is of use to the caches. */
    @Test
    void queryThatIsLateShouldNotBeCompletedByTheTimeout() {
        CompletableFuture<String> late = new CompletableFuture<>();
        for (int i = 0; i < 3; i++) {
            breaker.count(late, SHORT_TIMEOUT, () -> true);
        }
        await().until(breaker::isOpen);

        assertThat(late).isNotDone();
    }

    @Test
    void oneProbeShouldBeMadeInAnInterval() {
        open();

        // A slow machine may get to a second one.
        for (int i = 0; i < 100; i++) {
            probe(failed());
        }

        assertThat(probes.get()).isLessThan(10);
    }

    @Test
    void answerToAProbeShouldCloseIt() {
        open();

        awaitProbe(CompletableFuture.completedFuture("answer"));

        assertThat(breaker.isOpen()).isFalse();
    }

    @Test
    void probeThatFailsShouldKeepItOpen() {
        open();

        awaitProbe(failed());

        assertThat(breaker.isOpen()).isTrue();
    }

    @Test
    void noOtherProbeShouldBeMadeUntilTheFirstHasItsOutcome() {
        open();
        CompletableFuture<String> hanging = new CompletableFuture<>();
        awaitProbe(hanging);
        int before = probes.get();
        probe(failed());
        assertThat(probes).hasValue(before);

        hanging.completeExceptionally(new IOException("down"));

        awaitProbe(CompletableFuture.completedFuture("answer"));
        assertThat(breaker.isOpen()).isFalse();
    }

    /** A permit that is never given back would keep the breaker half open for good. */
    @Test
    void anotherProbeShouldBeMadeAfterOneThatThrew() {
        open();
        await().untilAsserted(() -> assertThatThrownBy(() -> breaker.probe(
                        () -> {
                            throw new NoClassDefFoundError("made up");
                        },
                        LONG_TIMEOUT,
                        () -> true))
                .isInstanceOf(NoClassDefFoundError.class));

        awaitProbe(CompletableFuture.completedFuture("answer"));

        assertThat(breaker.isOpen()).isFalse();
    }
}
