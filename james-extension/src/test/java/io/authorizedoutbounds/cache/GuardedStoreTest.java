// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.google.common.collect.ImmutableList;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundList;
import io.authorizedoutbounds.policy.OutboundLists;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.apache.james.core.Domain;
import org.apache.james.metrics.api.TimeMetric;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuardedStoreTest {
    private static final Duration TIMEOUT = Duration.ofMinutes(1);
    private static final Duration BOUND = Duration.ofSeconds(10);
    private static final Object KEY = "key";
    private static final String LINE = "WARN Cannot read the lists of authorized outbounds, mail is deferred: ";

    /** As {@code System.nanoTime()} may be: far from zero, and negative. */
    private static final long START = -Duration.ofDays(10_000).toNanos();

    @RegisterExtension
    final RecordedLog log = RecordedLog.of(GuardedStore.class);

    private final AtomicLong nanos = new AtomicLong(START);
    private final List<Boolean> outcomes = new ArrayList<>();
    private final CompletableFuture<ImmutableList<AuthorizedOutbound>> answer = new CompletableFuture<>();
    private final Queue<Domain> probed = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean probesFail = new AtomicBoolean();
    private final GuardedStore store = new GuardedStore(
            new ProbedLists(),
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

    /** Answers every probe with an empty list, unless probes are to fail. */
    private final class ProbedLists implements OutboundLists {
        @Override
        public CompletionStage<OutboundList> read(Domain domain) {
            probed.add(domain);
            return probesFail.get()
                    ? CompletableFuture.failedFuture(new IOException("down"))
                    : CompletableFuture.completedFuture(OutboundList.of(ImmutableList.of()));
        }

        @Override
        public CompletionStage<ImmutableList<AuthorizedOutbound>> listings(OutboundAddress address) {
            throw new UnsupportedOperationException("No probe reads the domains of " + address);
        }
    }

    private CompletableFuture<ImmutableList<AuthorizedOutbound>> load() {
        return store.load(KEY, lists -> answer);
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

        assertThat(assertTimeoutPreemptively(BOUND, () -> store.await(KEY, () -> query, WaitLimit.NONE)))
                .isEmpty();
    }

    /** Waits for a query of this key that has this outcome. */
    private Optional<String> await(Object key, Supplier<CompletableFuture<String>> outcome) {
        return store.await(key, () -> store.load(key, lists -> outcome.get()), WaitLimit.NONE);
    }

    private static CompletableFuture<String> down() {
        return CompletableFuture.failedFuture(new IOException("down"));
    }

    private void openTheBreaker() {
        for (int key = 0; key < 3; key++) {
            assertThat(await(key, GuardedStoreTest::down)).isEmpty();
        }
        assertThat(store.isBreakerOpen()).isTrue();
    }

    /** An unreadable partition must not defer the mail of all other domains. */
    @Test
    void keyThatKeepsFailingShouldNotOpenTheBreaker() {
        for (int i = 0; i < 100; i++) {
            assertThat(await(KEY, GuardedStoreTest::down)).isEmpty();
            assertThat(store.isBreakerOpen()).isFalse();
            nanos.addAndGet(Breaker.PROBE_INTERVAL.toNanos());
        }

        assertThat(await("another key", () -> CompletableFuture.completedFuture("answer")))
                .contains("answer");
    }

    @Test
    void keyThatFailsShouldBeQueriedOnceAnInterval() {
        AtomicInteger queries = new AtomicInteger();
        Supplier<CompletableFuture<String>> failing = () -> {
            queries.incrementAndGet();
            return down();
        };

        for (int i = 0; i < 100; i++) {
            assertThat(await(KEY, failing)).isEmpty();
        }
        assertThat(queries).hasValue(1);
        nanos.addAndGet(Breaker.PROBE_INTERVAL.toNanos() - 1);
        assertThat(await(KEY, failing)).isEmpty();
        assertThat(queries).hasValue(1);
        nanos.addAndGet(1);
        assertThat(await(KEY, failing)).isEmpty();
        assertThat(await(KEY, failing)).isEmpty();

        assertThat(queries).hasValue(2);
    }

    @Test
    void keyThatFailedShouldBeAnsweredOnceTheStoreHasIt() {
        assertThat(await(KEY, GuardedStoreTest::down)).isEmpty();
        assertThat(store.isFailing(KEY)).isTrue();
        nanos.addAndGet(Breaker.PROBE_INTERVAL.toNanos());

        assertThat(await(KEY, () -> CompletableFuture.completedFuture("answer")))
                .contains("answer");

        assertThat(store.isFailing(KEY)).isFalse();
        assertThat(await(KEY, () -> CompletableFuture.completedFuture("another answer")))
                .contains("another answer");
    }

    @Test
    void keyThatHasChangedShouldBeWaitedForAtOnce() {
        assertThat(await(KEY, GuardedStoreTest::down)).isEmpty();

        store.resetFailure(KEY);

        assertThat(await(KEY, () -> CompletableFuture.completedFuture("answer")))
                .contains("answer");
    }

    /** Nobody waits long for a key that is known to fail: a flood of one domain would hold James's threads. */
    @Test
    void keyThatFailedShouldHardlyBeWaitedFor() {
        assertThat(await(KEY, GuardedStoreTest::down)).isEmpty();
        nanos.addAndGet(Breaker.PROBE_INTERVAL.toNanos());

        assertThat(assertTimeoutPreemptively(BOUND, () -> await(KEY, CompletableFuture::new)))
                .isEmpty();
    }

    @Test
    void failuresOfThreeKeysInARowShouldOpenTheBreaker() {
        assertThat(await(1, GuardedStoreTest::down)).isEmpty();
        assertThat(await(2, GuardedStoreTest::down)).isEmpty();
        assertThat(store.isBreakerOpen()).isFalse();

        assertThat(await(3, GuardedStoreTest::down)).isEmpty();

        assertThat(store.isBreakerOpen()).isTrue();
    }

    /** The key that failed last may be one of a partition that is unreadable for good. */
    @Test
    void probeShouldReadAListOfNoDomain() {
        openTheBreaker();
        nanos.addAndGet(Breaker.PROBE_INTERVAL.toNanos());

        store.probeWhileOpen();

        assertThat(store.isBreakerOpen()).isFalse();
        assertThat(store.isFailing(0)).isFalse();
        assertThat(probed).containsExactly(Domain.of("probe0.invalid"));
    }

    /** Each replica of the store has some of them. */
    @Test
    void eachProbeShouldReadAnotherListOfSixtyFour() {
        openTheBreaker();
        probesFail.set(true);

        for (int i = 0; i < 65; i++) {
            nanos.addAndGet(Breaker.PROBE_INTERVAL.toNanos());
            store.probeWhileOpen();
        }

        assertThat(store.isBreakerOpen()).isTrue();
        assertThat(probed)
                .startsWith(Domain.of("probe0.invalid"), Domain.of("probe1.invalid"))
                .endsWith(Domain.of("probe63.invalid"), Domain.of("probe0.invalid"))
                .hasSize(65);
    }

    @Test
    void nothingShouldBeProbedWhileTheBreakerIsClosed() {
        assertThat(await(KEY, GuardedStoreTest::down)).isEmpty();

        store.probeWhileOpen();

        assertThat(probed).isEmpty();
    }

    /** The reason may be wrapped in another exception. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void failureShouldBeLoggedWithItsReason(boolean wrapped) {
        await(KEY, () -> wrapped ? down().thenApply(answer -> answer) : down());

        assertThat(log.lines()).containsExactly(LINE + "java.io.IOException: down");
    }

    @Test
    void timeoutShouldBeLogged() {
        CompletableFuture<ImmutableList<AuthorizedOutbound>> query = load();
        nanos.addAndGet(TIMEOUT.toNanos());

        assertThat(store.await(KEY, () -> query, WaitLimit.NONE)).isEmpty();

        assertThat(log.lines()).containsExactly(LINE + "java.util.concurrent.TimeoutException");
    }

    @Test
    void interruptShouldBeLogged() {
        Thread.currentThread().interrupt();

        assertThat(await(KEY, CompletableFuture::new)).isEmpty();

        assertThat(Thread.interrupted()).isTrue();
        assertThat(log.lines()).containsExactly(LINE + "java.lang.InterruptedException");
    }
}
