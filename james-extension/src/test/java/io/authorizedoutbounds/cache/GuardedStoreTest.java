// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.google.common.collect.ImmutableList;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.MemoryAuthorizedOutboundStore;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.james.metrics.api.TimeMetric;
import org.junit.jupiter.api.Test;

class GuardedStoreTest {
    private static final Duration TIMEOUT = Duration.ofMinutes(1);
    private static final Duration BOUND = Duration.ofSeconds(10);

    /** As {@code System.nanoTime()} may be: far from zero, and negative. */
    private static final long START = -Duration.ofDays(10_000).toNanos();

    private final AtomicLong nanos = new AtomicLong(START);
    private final List<Boolean> outcomes = new ArrayList<>();
    private final CompletableFuture<ImmutableList<AuthorizedOutbound>> answer = new CompletableFuture<>();
    private final GuardedStore store = new GuardedStore(
            new MemoryAuthorizedOutboundStore(Clock.systemUTC()),
            FixedDomainList.internalDomains(FixedDomainList.of()),
            TIMEOUT,
            nanos::get,
            new RecordedOutcomes());

    /** Keeps whether each query was answered in time. */
    private final class RecordedOutcomes implements LookupMetrics {
        @Override
        public void countHit() {}

        @Override
        public void countMiss() {}

        @Override
        public TimeMetric startLookup() {
            return null;
        }

        @Override
        public void endLookup(TimeMetric lookup, boolean answered) {
            outcomes.add(answered);
        }
    }

    private CompletableFuture<ImmutableList<AuthorizedOutbound>> load() {
        return store.load(lists -> answer);
    }

    @Test
    void answerWithinTheTimeoutShouldBeCountedAsAnswered() {
        CompletableFuture<ImmutableList<AuthorizedOutbound>> query = load();
        nanos.addAndGet(TIMEOUT.toNanos());

        answer.complete(ImmutableList.of());

        assertThat(query).isCompletedWithValue(ImmutableList.of());
        assertThat(outcomes).containsExactly(true);
    }

    @Test
    void lateAnswerShouldBeGivenButCountedAsFailed() {
        CompletableFuture<ImmutableList<AuthorizedOutbound>> query = load();
        nanos.addAndGet(TIMEOUT.toNanos() + 1);

        answer.complete(ImmutableList.of());

        assertThat(query).isCompletedWithValue(ImmutableList.of());
        assertThat(outcomes).containsExactly(false);
    }

    @Test
    void failureShouldBeCountedAsFailed() {
        CompletableFuture<ImmutableList<AuthorizedOutbound>> query = load();

        answer.completeExceptionally(new IOException("down"));

        assertThat(query).isCompletedExceptionally();
        assertThat(outcomes).containsExactly(false);
    }

    /** A refresh fails in the background: decisions still have the cached list. */
    @Test
    void reloadsThatFailShouldNotOpenTheBreaker() {
        for (int i = 0; i < 10; i++) {
            assertThat(store.reload(lists -> CompletableFuture.failedFuture(new IOException("down"))))
                    .isCompletedExceptionally();
        }

        assertThat(store.isBreakerOpen()).isFalse();
        assertThat(outcomes).hasSize(10).containsOnly(false);
    }

    @Test
    void waitShouldEndAtTheTimeoutOfTheQuery() {
        CompletableFuture<ImmutableList<AuthorizedOutbound>> query = load();
        nanos.addAndGet(TIMEOUT.minusMillis(20).toNanos());

        assertThat(assertTimeoutPreemptively(BOUND, () -> store.await(() -> query)))
                .isEmpty();
    }

    @Test
    void probeShouldRepeatTheQueryThatFailedLast() {
        AtomicInteger repeated = new AtomicInteger();
        for (int i = 0; i < 2; i++) {
            assertThat(store.await(() -> store.load(lists -> CompletableFuture.failedFuture(new IOException("down")))))
                    .isEmpty();
        }
        assertThat(store.await(() -> store.load(lists -> repeated.incrementAndGet() == 1
                        ? CompletableFuture.failedFuture(new IOException("down"))
                        : CompletableFuture.completedFuture("answer"))))
                .isEmpty();
        assertThat(store.isBreakerOpen()).isTrue();

        await().until(() -> {
            store.probeWhileOpen();
            return !store.isBreakerOpen();
        });

        assertThat(repeated).hasValue(2);
    }

    @Test
    void nothingShouldBeProbedWhileTheBreakerIsClosed() {
        AtomicInteger queries = new AtomicInteger();
        assertThat(store.await(() -> {
                    queries.incrementAndGet();
                    return store.load(lists -> CompletableFuture.failedFuture(new IOException("down")));
                }))
                .isEmpty();

        store.probeWhileOpen();

        assertThat(queries).hasValue(1);
    }
}
