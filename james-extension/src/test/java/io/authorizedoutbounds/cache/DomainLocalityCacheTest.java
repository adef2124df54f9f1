// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.authorizedoutbounds.policy.Locality;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.james.core.Domain;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DomainLocalityCacheTest {
    private static final Domain DOMAIN = Domain.of("a.example");
    private static final Domain OTHER_DOMAIN = Domain.of("b.example");
    private static final Domain THIRD_DOMAIN = Domain.of("c.example");

    private static final Duration LONG_TIMEOUT = Duration.ofMinutes(1);
    private static final Duration SHORT_TIMEOUT = Duration.ofMillis(100);
    private static final Duration REFRESH_AFTER = Duration.ofSeconds(1);
    private static final Duration STALE_MAXIMUM = Duration.ofHours(1);
    private static final Duration BOUND = Duration.ofSeconds(10);
    private static final int MAXIMUM = 100;

    /** As {@code System.nanoTime()} may be: far from zero, and negative. */
    private static final long START = -Duration.ofDays(10_000).toNanos();

    @RegisterExtension
    final RecordedLog log = RecordedLog.of(DomainLocalityCache.class);

    private final AtomicLong nanos = new AtomicLong(START);
    private final JamesDomains james = new JamesDomains();

    /** A list that can fail and hang. */
    private static final class JamesDomains implements DomainLocalityCache.Source {
        private final Set<Domain> domains = ConcurrentHashMap.newKeySet();
        private final AtomicInteger reads = new AtomicInteger();
        private final CountDownLatch end = new CountDownLatch(1);
        private volatile boolean hanging;
        private volatile Throwable failure;

        @Override
        public boolean contains(Domain domain) throws Exception {
            reads.incrementAndGet();
            boolean contained = domains.contains(domain);
            if (hanging) {
                end.await();
            }
            if (failure instanceof Error) {
                throw (Error) failure;
            }
            if (failure != null) {
                throw (Exception) failure;
            }
            return contained;
        }
    }

    @AfterEach
    void endHangingReads() {
        james.end.countDown();
        // A failed test may have interrupted the thread of the next one.
        Thread.interrupted();
    }

    private DomainLocalityCache cache(Duration timeout) {
        return new DomainLocalityCache(james, timeout, REFRESH_AFTER, STALE_MAXIMUM, MAXIMUM, nanos::get);
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    @Nested
    class WhileTheListAnswers {
        private final DomainLocalityCache cache = cache(LONG_TIMEOUT);

        @Test
        void domainOfTheListShouldBeInternalAndAnotherExternal() {
            james.domains.add(DOMAIN);

            assertThat(cache.localityOf(DOMAIN)).isEqualTo(Locality.INTERNAL);
            assertThat(cache.localityOf(OTHER_DOMAIN)).isEqualTo(Locality.EXTERNAL);
        }

        @ParameterizedTest
        @ValueSource(longs = {0, Long.MAX_VALUE - 1_000, Long.MIN_VALUE, -1_000})
        void localitiesShouldBeCachedWhateverTheTickerShows(long start) {
            nanos.set(start);
            DomainLocalityCache started = cache(LONG_TIMEOUT);
            james.domains.add(DOMAIN);
            started.localityOf(DOMAIN);
            started.localityOf(OTHER_DOMAIN);

            pass(REFRESH_AFTER.minusMillis(1));

            assertThat(started.localityOf(DOMAIN)).isEqualTo(Locality.INTERNAL);
            assertThat(started.localityOf(OTHER_DOMAIN)).isEqualTo(Locality.EXTERNAL);
            assertThat(james.reads).hasValue(2);
        }

        @Test
        void localityInUseShouldBeRefreshedInTheBackground() {
            cache.localityOf(DOMAIN);
            james.domains.add(DOMAIN);
            james.hanging = true;
            pass(REFRESH_AFTER);

            Locality locality = assertTimeoutPreemptively(BOUND, () -> cache.localityOf(DOMAIN));
            james.end.countDown();

            assertThat(locality).isEqualTo(Locality.EXTERNAL);
            await().until(() -> cache.localityOf(DOMAIN) == Locality.INTERNAL);
        }

        @Test
        void localityOlderThanTheMaximumAgeShouldNotHold() {
            cache.localityOf(DOMAIN);
            james.domains.add(DOMAIN);

            pass(DomainLocalityCache.MAX_AGE);

            assertThat(cache.localityOf(DOMAIN)).isEqualTo(Locality.INTERNAL);
        }

        @Test
        void maximumAgeShouldHoldWithALongerPropagationInterval() {
            DomainLocalityCache slow = new DomainLocalityCache(
                    james, LONG_TIMEOUT, Duration.ofMinutes(1), STALE_MAXIMUM, MAXIMUM, nanos::get);
            slow.localityOf(DOMAIN);
            james.domains.add(DOMAIN);

            pass(DomainLocalityCache.MAX_AGE);

            assertThat(slow.localityOf(DOMAIN)).isEqualTo(Locality.INTERNAL);
        }

        @Test
        void freshLocalityShouldComeFromTheCacheUntilTheMaximumAge() {
            james.domains.add(DOMAIN);
            cache.localityOf(DOMAIN);
            pass(DomainLocalityCache.MAX_AGE.minusNanos(1));

            assertThat(cache.freshLocalityOf(DOMAIN)).isEqualTo(Locality.INTERNAL);

            assertThat(james.reads).hasValue(1);
        }

        @ParameterizedTest
        @EnumSource(names = {"INTERNAL", "EXTERNAL"})
        void domainShouldBeCachedOnceWhateverItWasBefore(Locality before) {
            cache.put(DOMAIN, before);

            cache.put(DOMAIN, before == Locality.INTERNAL ? Locality.EXTERNAL : Locality.INTERNAL);

            assertThat(cache.size()).isEqualTo(1);
        }

        @Test
        void internalDomainsShouldBeBounded() {
            for (int i = 0; i < 3 * MAXIMUM; i++) {
                cache.put(Domain.of("d" + i + ".example"), Locality.INTERNAL);
            }

            assertThat(cache.size()).isEqualTo(MAXIMUM);
        }

        @Test
        void concurrentMissesShouldShareOneRead() throws Exception {
            james.domains.add(DOMAIN);
            james.hanging = true;
            ExecutorService threads = Executors.newFixedThreadPool(2);
            try {
                Future<Locality> one = threads.submit(() -> cache.localityOf(DOMAIN));
                Future<Locality> other = threads.submit(() -> cache.localityOf(DOMAIN));
                await().until(() -> james.reads.get() > 0);
                james.end.countDown();

                assertThat(one.get()).isEqualTo(Locality.INTERNAL);
                assertThat(other.get()).isEqualTo(Locality.INTERNAL);
                assertThat(james.reads).hasValue(1);
            } finally {
                threads.shutdownNow();
            }
        }

        @Test
        void floodOfExternalDomainsShouldBeBoundedAndEvictNoInternalOne() {
            for (int i = 0; i < MAXIMUM; i++) {
                Domain ours = Domain.of("d" + i + ".example");
                james.domains.add(ours);
                cache.localityOf(ours);
            }

            for (int i = 0; i < 50 * MAXIMUM; i++) {
                cache.localityOf(Domain.of("forged" + i + ".example"));
            }

            james.failure = new IllegalStateException("down");
            for (int i = 0; i < MAXIMUM; i++) {
                assertThat(cache.localityOf(Domain.of("d" + i + ".example"))).isEqualTo(Locality.INTERNAL);
            }
            assertThat(cache.size()).isBetween((long) MAXIMUM, 2L * MAXIMUM);
        }
    }

    @Nested
    class AfterAChangeOnThisNode {
        private final DomainLocalityCache cache = cache(LONG_TIMEOUT);

        @Test
        void addedDomainShouldBeInternalAtOnce() {
            cache.localityOf(DOMAIN);

            cache.put(DOMAIN, Locality.INTERNAL);

            assertThat(cache.localityOf(DOMAIN)).isEqualTo(Locality.INTERNAL);
        }

        @Test
        void removedDomainShouldBeExternalAtOnce() {
            james.domains.add(DOMAIN);
            cache.localityOf(DOMAIN);

            cache.put(DOMAIN, Locality.EXTERNAL);

            assertThat(cache.localityOf(DOMAIN)).isEqualTo(Locality.EXTERNAL);
        }

        @Test
        void readThatWasUnderWayShouldNotUndoTheChange() throws Exception {
            james.hanging = true;
            ExecutorService thread = Executors.newSingleThreadExecutor();
            try {
                Future<Locality> read = thread.submit(() -> cache.localityOf(DOMAIN));
                await().until(() -> james.reads.get() == 1);

                cache.put(DOMAIN, Locality.INTERNAL);
                james.end.countDown();
                read.get();

                assertThat(cache.localityOf(DOMAIN)).isEqualTo(Locality.INTERNAL);
                assertThat(james.reads).hasValue(1);
            } finally {
                thread.shutdownNow();
            }
        }
    }

    /** Each read has an answer of its own. */
    @Nested
    class ReadsOfOneDomain {
        private final Queue<CompletableFuture<Boolean>> answers = new ConcurrentLinkedQueue<>();
        private final DomainLocalityCache cache = new DomainLocalityCache(
                domain -> {
                    CompletableFuture<Boolean> answer = new CompletableFuture<>();
                    answers.add(answer);
                    return answer.get();
                },
                LONG_TIMEOUT,
                REFRESH_AFTER,
                STALE_MAXIMUM,
                MAXIMUM,
                nanos::get);

        /** Starts a read in the background. */
        private CompletableFuture<Boolean> refresh(Domain domain) {
            cache.put(domain, Locality.EXTERNAL);
            pass(REFRESH_AFTER);
            cache.localityOf(domain);
            await().until(() -> !answers.isEmpty());
            return answers.remove();
        }

        @Test
        void readThatAChangeHasOvertakenShouldNotDiscardTheNextOne() {
            refresh(OTHER_DOMAIN).completeExceptionally(new IOException("down"));
            await().until(cache::isFailing);
            CompletableFuture<Boolean> overtaken = refresh(DOMAIN);
            CompletableFuture<Boolean> next = refresh(DOMAIN);

            overtaken.complete(false);
            await().until(() -> !cache.isFailing());
            next.complete(true);

            await().until(() -> cache.localityOf(DOMAIN) == Locality.INTERNAL);
        }
    }

    @Nested
    class WhileTheListFails {
        private final DomainLocalityCache cache = cache(SHORT_TIMEOUT);

        @Test
        void domainThatIsNotCachedShouldBeUnknownWithinTheTimeout() {
            james.hanging = true;

            Locality locality = assertTimeoutPreemptively(BOUND, () -> cache.localityOf(DOMAIN));

            assertThat(locality).isEqualTo(Locality.UNKNOWN);
            assertThat(cache.isFailing()).isTrue();
        }

        @Test
        void cachedLocalityShouldHoldForTheStaleMaximumAndNoLonger() {
            james.domains.add(DOMAIN);
            cache.localityOf(DOMAIN);
            cache.localityOf(OTHER_DOMAIN);
            james.failure = new IllegalStateException("down");

            pass(STALE_MAXIMUM);

            assertThat(cache.localityOf(DOMAIN)).isEqualTo(Locality.INTERNAL);
            assertThat(cache.localityOf(OTHER_DOMAIN)).isEqualTo(Locality.EXTERNAL);

            pass(Duration.ofNanos(1));

            assertThat(cache.localityOf(DOMAIN)).isEqualTo(Locality.UNKNOWN);
            assertThat(cache.localityOf(OTHER_DOMAIN)).isEqualTo(Locality.UNKNOWN);
        }

        @Test
        void freshLocalityShouldNotBeAStaleOne() {
            james.domains.add(DOMAIN);
            cache.localityOf(DOMAIN);
            cache.localityOf(OTHER_DOMAIN);
            james.failure = new IllegalStateException("down");

            pass(DomainLocalityCache.MAX_AGE);

            assertThat(cache.freshLocalityOf(DOMAIN)).isEqualTo(Locality.UNKNOWN);
            assertThat(cache.freshLocalityOf(OTHER_DOMAIN)).isEqualTo(Locality.UNKNOWN);
        }

        @Test
        void nobodyShouldWaitLongAfterAFailure() {
            DomainLocalityCache patient = cache(LONG_TIMEOUT);
            james.failure = new IllegalStateException("down");
            patient.localityOf(DOMAIN);
            james.hanging = true;

            assertThat(assertTimeoutPreemptively(BOUND, () -> patient.localityOf(OTHER_DOMAIN)))
                    .isEqualTo(Locality.UNKNOWN);
        }

        /** The timeout is that of the read, however late another thread comes to it. */
        @Test
        void nobodyShouldWaitForAReadThatIsOverdue() {
            DomainLocalityCache patient = cache(LONG_TIMEOUT);
            james.hanging = true;
            ExecutorService thread = Executors.newSingleThreadExecutor();
            try {
                var unused = thread.submit(() -> patient.localityOf(DOMAIN));
                await().until(() -> james.reads.get() == 1);

                pass(LONG_TIMEOUT);

                assertThat(assertTimeoutPreemptively(BOUND, () -> patient.localityOf(DOMAIN)))
                        .isEqualTo(Locality.UNKNOWN);
                assertThat(james.reads).hasValue(1);
                assertThat(patient.isFailing()).isTrue();
            } finally {
                thread.shutdownNow();
            }
        }

        /** A permit that is never given back would keep the breaker half open for good. */
        @Test
        void listShouldBeReadAgainAfterAProbeThatThrew() {
            AtomicInteger ticksUntilAnError = new AtomicInteger();
            DomainLocalityCache failing =
                    new DomainLocalityCache(james, SHORT_TIMEOUT, REFRESH_AFTER, STALE_MAXIMUM, MAXIMUM, () -> {
                        if (ticksUntilAnError.getAndDecrement() == 1) {
                            throw new NoClassDefFoundError("made up");
                        }
                        return nanos.get();
                    });
            failThreeTimes(failing);
            james.failure = null;
            pass(Breaker.PROBE_INTERVAL);
            // The first shows that a probe is due, the second is the time of its read.
            ticksUntilAnError.set(2);
            assertThatThrownBy(failing::poll).isInstanceOf(NoClassDefFoundError.class);

            pass(Breaker.PROBE_INTERVAL);

            await().until(() -> failing.localityOf(DOMAIN) == Locality.EXTERNAL);
        }

        @Test
        void pollsShouldNotProbeMoreThanOnceAnInterval() {
            failThreeTimes(cache);
            int reads = james.reads.get();
            pass(Breaker.PROBE_INTERVAL);

            for (int i = 0; i < 100; i++) {
                cache.poll();
            }

            await().until(() -> james.reads.get() > reads);
            assertThat(james.reads).hasValue(reads + 1);
        }

        @Test
        void cachedLocalityShouldNotWaitAfterAFailure() {
            DomainLocalityCache patient = cache(LONG_TIMEOUT);
            james.domains.add(DOMAIN);
            patient.localityOf(DOMAIN);
            james.failure = new IllegalStateException("down");
            patient.localityOf(OTHER_DOMAIN);
            james.hanging = true;

            pass(DomainLocalityCache.MAX_AGE);

            assertThat(assertTimeoutPreemptively(BOUND, () -> patient.localityOf(DOMAIN)))
                    .isEqualTo(Locality.INTERNAL);
        }

        /** The list answers again, which nobody knows yet. */
        @Test
        void localityInUseShouldHoldWhileItIsReadInTheBackground() {
            DomainLocalityCache patient = cache(LONG_TIMEOUT);
            james.domains.add(DOMAIN);
            patient.localityOf(DOMAIN);
            james.failure = new IllegalStateException("down");
            patient.localityOf(OTHER_DOMAIN);
            james.failure = null;
            james.domains.remove(DOMAIN);
            pass(DomainLocalityCache.MAX_AGE);

            assertThat(patient.localityOf(DOMAIN)).isEqualTo(Locality.INTERNAL);

            await().until(() -> !patient.isFailing());
            assertThat(patient.localityOf(DOMAIN)).isEqualTo(Locality.EXTERNAL);
        }

        @Test
        void readThatFindsNoRoomShouldFail() {
            int room = DomainLocalityCache.MAX_CONCURRENT_READS + DomainLocalityCache.MAX_QUEUED_READS;
            DomainLocalityCache flooded =
                    new DomainLocalityCache(james, LONG_TIMEOUT, REFRESH_AFTER, STALE_MAXIMUM, 2 * room, nanos::get);
            List<Domain> domains = IntStream.rangeClosed(0, room)
                    .mapToObj(i -> Domain.of("d" + i + ".example"))
                    .collect(Collectors.toList());
            domains.forEach(domain -> flooded.put(domain, Locality.INTERNAL));
            james.hanging = true;
            pass(REFRESH_AFTER);
            domains.subList(0, room).forEach(flooded::localityOf);
            assertThat(flooded.isFailing()).isFalse();

            Locality last = flooded.localityOf(domains.get(room));

            assertThat(last).isEqualTo(Locality.INTERNAL);
            assertThat(flooded.isFailing()).isTrue();
        }

        @Test
        void localityShouldBeUnknownAndTheThreadStayInterruptedWhenItIsInterrupted() {
            DomainLocalityCache patient = cache(LONG_TIMEOUT);
            james.hanging = true;
            Thread.currentThread().interrupt();

            Locality locality = patient.localityOf(DOMAIN);

            assertThat(locality).isEqualTo(Locality.UNKNOWN);
            assertThat(Thread.interrupted()).isTrue();
        }

        @Test
        void errorOfTheListShouldNotPreventTheNextRead() {
            james.failure = new NoClassDefFoundError("broken");
            assertThat(cache.localityOf(DOMAIN)).isEqualTo(Locality.UNKNOWN);
            james.failure = null;

            // After a failure nobody waits long, and a busy machine may take longer.
            await().until(() -> cache.localityOf(DOMAIN) == Locality.EXTERNAL);
            assertThat(cache.isFailing()).isFalse();
        }

        @Test
        void nobodyShouldWaitOnceTheListHasFailedThreeTimesInARow() {
            DomainLocalityCache patient = cache(LONG_TIMEOUT);
            failThreeTimes(patient);
            int reads = james.reads.get();
            james.failure = null;
            james.hanging = true;

            assertThat(assertTimeoutPreemptively(BOUND, () -> patient.localityOf(Domain.of("new.example"))))
                    .isEqualTo(Locality.UNKNOWN);
            assertThat(patient.isBreakerOpen()).isTrue();
            assertThat(james.reads).hasValue(reads);
        }

        @Test
        void oneDomainThatKeepsFailingShouldNotOpenTheBreakerForOthers() {
            james.domains.add(OTHER_DOMAIN);
            james.failure = new IllegalStateException("unreadable");
            for (int i = 0; i < 10; i++) {
                assertThat(cache.localityOf(DOMAIN)).isEqualTo(Locality.UNKNOWN);
            }
            james.failure = null;

            assertThat(cache.isBreakerOpen()).isFalse();
            await().until(() -> cache.localityOf(OTHER_DOMAIN) == Locality.INTERNAL);
        }

        @Test
        void listThatHangsShouldBeFoundOutWithoutMail() {
            james.domains.add(DOMAIN);
            cache.localityOf(DOMAIN);
            james.hanging = true;

            cache.poll();

            await().until(cache::isFailing);
            pass(DomainLocalityCache.MAX_AGE);
            assertThat(cache.localityOf(DOMAIN)).isEqualTo(Locality.INTERNAL);
        }

        @Test
        void listThatAnswersAgainShouldBeFoundOutWithoutMail() {
            failThreeTimes(cache);
            james.failure = null;
            pass(Breaker.PROBE_INTERVAL);

            cache.poll();

            await().until(() -> !cache.isBreakerOpen());

            assertThat(cache.localityOf(DOMAIN)).isEqualTo(Locality.EXTERNAL);
        }

        @Test
        void waitAfterAFailureShouldNotBeLongerThanTheTimeout() {
            String line = "WARN Cannot read James's domain list, mail that depends on it is deferred: "
                    + "no answer within 20 ms";
            DomainLocalityCache impatient = cache(Duration.ofMillis(20));
            james.hanging = true;
            impatient.localityOf(DOMAIN);
            pass(Duration.ofSeconds(10));

            impatient.localityOf(OTHER_DOMAIN);

            assertThat(log.lines()).containsExactly(line, line);
        }

        /** That read was counted when it was overdue, and has no other outcome. */
        @Test
        void probeThatJoinsAReadThatHangsShouldNotPreventTheNextOne() {
            james.hanging = true;
            cache.localityOf(DOMAIN);
            cache.localityOf(OTHER_DOMAIN);
            cache.localityOf(THIRD_DOMAIN);
            await().until(cache::isBreakerOpen);
            int reads = james.reads.get();
            pass(Breaker.PROBE_INTERVAL);
            cache.localityOf(DOMAIN);

            await().until(() -> {
                pass(Breaker.PROBE_INTERVAL);
                cache.poll();
                return james.reads.get() > reads;
            });
        }

        /** Each decision may fail, and any client can repeat it. */
        @Test
        void failureShouldBeLoggedOnceInTenSeconds() {
            DomainLocalityCache patient = cache(LONG_TIMEOUT);
            String line = "WARN Cannot read James's domain list, mail that depends on it is deferred: ";
            james.failure = new IllegalStateException("down");
            patient.localityOf(DOMAIN);
            assertThat(log.lines()).containsExactly(line + "java.lang.IllegalStateException: down");

            pass(Duration.ofSeconds(10).minusNanos(1));
            patient.localityOf(DOMAIN);
            assertThat(log.lines()).hasSize(1);

            pass(Duration.ofNanos(1));
            patient.localityOf(DOMAIN);
            assertThat(log.lines()).hasSize(2).allMatch(logged -> logged.startsWith(line));
        }

        private void failThreeTimes(DomainLocalityCache failing) {
            int readsBefore = james.reads.get();
            james.failure = new IllegalStateException("down");
            failing.localityOf(DOMAIN);
            failing.localityOf(OTHER_DOMAIN);
            failing.localityOf(THIRD_DOMAIN);
            // A read may be late before it has begun.
            await().until(() -> failing.isBreakerOpen() && james.reads.get() == readsBefore + 3);
        }
    }
}
