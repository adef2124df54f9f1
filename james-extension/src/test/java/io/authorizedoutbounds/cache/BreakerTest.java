// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class BreakerTest {
    private static final Duration LONG_TIMEOUT = Duration.ofMinutes(1);
    private static final Duration SHORT_TIMEOUT = Duration.ofMillis(20);

    /** As {@code System.nanoTime()} may be: far from zero, and negative. */
    private static final long START = -Duration.ofDays(10_000).toNanos();

    @RegisterExtension
    final RecordedLog log = RecordedLog.of(Breaker.class);

    private final AtomicLong nanos = new AtomicLong(START);
    private final Breaker breaker = new Breaker("opened", "closed", nanos::get);
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

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
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
    void noProbeShouldBeMadeUntilAnIntervalAfterTheLastFailure() {
        pass(Breaker.PROBE_INTERVAL);
        open();

        pass(Breaker.PROBE_INTERVAL.minusNanos(1));
        probe(failed());

        assertThat(probes).hasValue(0);
    }

    @Test
    void oneProbeShouldBeMadeInAnInterval() {
        open();
        for (int interval = 1; interval <= 3; interval++) {
            pass(Breaker.PROBE_INTERVAL);

            for (int i = 0; i < 100; i++) {
                probe(failed());
            }

            assertThat(probes).hasValue(interval);
        }
    }

    /** A query may be slower than those that opened it. */
    @Test
    void lateFailureShouldNotDeferTheProbe() {
        CompletableFuture<String> late = new CompletableFuture<>();
        count(late);
        open();
        pass(Breaker.PROBE_INTERVAL);

        late.completeExceptionally(new IOException("down"));

        probe(failed());
        assertThat(probes).hasValue(1);
    }

    @Test
    void answerToAProbeShouldCloseIt() {
        open();
        pass(Breaker.PROBE_INTERVAL);

        probe(CompletableFuture.completedFuture("answer"));

        assertThat(breaker.isOpen()).isFalse();
    }

    @Test
    void probeThatFailsShouldKeepItOpen() {
        open();
        pass(Breaker.PROBE_INTERVAL);

        probe(failed());

        assertThat(probes).hasValue(1);
        assertThat(breaker.isOpen()).isTrue();
    }

    @Test
    void noOtherProbeShouldBeMadeUntilTheFirstHasItsOutcome() {
        open();
        CompletableFuture<String> hanging = new CompletableFuture<>();
        pass(Breaker.PROBE_INTERVAL);
        probe(hanging);
        pass(Breaker.PROBE_INTERVAL);
        probe(failed());
        assertThat(probes).hasValue(1);

        hanging.completeExceptionally(new IOException("down"));

        pass(Breaker.PROBE_INTERVAL);
        probe(CompletableFuture.completedFuture("answer"));
        assertThat(breaker.isOpen()).isFalse();
    }

    /** A permit that is never given back would keep the breaker half open for good. */
    @Test
    void anotherProbeShouldBeMadeAfterOneThatThrew() {
        open();
        pass(Breaker.PROBE_INTERVAL);
        assertThatThrownBy(() -> breaker.probe(
                        () -> {
                            throw new NoClassDefFoundError("made up");
                        },
                        LONG_TIMEOUT,
                        () -> true))
                .isInstanceOf(NoClassDefFoundError.class);
        assertThat(breaker.isOpen()).isTrue();

        pass(Breaker.PROBE_INTERVAL);
        probe(CompletableFuture.completedFuture("answer"));

        assertThat(breaker.isOpen()).isFalse();
    }

    @Test
    void openingAndClosingShouldBeLoggedOnce() {
        open();
        pass(Breaker.PROBE_INTERVAL);
        probe(failed());
        pass(Breaker.PROBE_INTERVAL);

        probe(CompletableFuture.completedFuture("answer"));

        assertThat(log.lines()).containsExactly("WARN opened", "INFO closed");
    }
}
