// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.net.InetAddresses;
import io.authorizedoutbounds.monitoring.AuthorizedOutboundsMetrics;
import io.authorizedoutbounds.monitoring.TestMetrics;
import io.authorizedoutbounds.policy.Author;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.DomainListing;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.Listing;
import io.authorizedoutbounds.policy.MemoryAuthorizedOutboundStore;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundList;
import io.authorizedoutbounds.policy.OutboundLists;
import io.authorizedoutbounds.policy.OutboundLookup;
import io.authorizedoutbounds.policy.SettableClock;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.james.core.Domain;
import org.apache.james.domainlist.api.DomainList;
import org.apache.james.metrics.tests.RecordingMetricFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CachedLookupTest {
    private static final Domain DOMAIN = Domain.of("a.example");
    private static final Domain OTHER_DOMAIN = Domain.of("b.example");
    private static final OutboundAddress CLIENT = OutboundAddress.parse("192.0.2.1");
    private static final OutboundAddress OTHER_CLIENT = OutboundAddress.parse("192.0.2.2");
    private static final Instant NOW = Instant.parse("2024-05-01T10:00:00Z");

    private static final Duration LONG_TIMEOUT = Duration.ofMinutes(1);
    private static final Duration SHORT_TIMEOUT = Duration.ofMillis(50);
    private static final Duration BOUND = Duration.ofSeconds(10);
    private static final Duration STALE_MAXIMUM = Duration.ofMinutes(30);
    private static final int ADDRESSES = 1000;
    private static final int DOMAINS = 1000;

    /** As {@code System.nanoTime()} may be: far from zero, and negative. */
    private static final long START = -Duration.ofDays(10_000).toNanos();

    private final AtomicLong nanos = new AtomicLong(START);
    private final SettableClock clock = new SettableClock(NOW);
    private final MemoryAuthorizedOutboundStore store = new MemoryAuthorizedOutboundStore(clock);
    private final RecordingMetricFactory counters = new RecordingMetricFactory();

    private final AuthorizedOutboundsMetrics metrics = TestMetrics.countedBy(counters);

    @AfterEach
    void clearTheInterrupt() {
        // A failed test may have interrupted the thread of the next one.
        Thread.interrupted();
    }

    @Nested
    class ListedFor {
        @Test
        void orphanedAddressShouldBeUnlistedAlthoughItsDomainIsBack() {
            AuthorizedOutbound orphaned = entry(DOMAIN, Optional.empty()).orphaned(NOW);
            OutboundLists lists = new StubStore(() -> CompletableFuture.completedFuture(ImmutableList.of(orphaned)));

            assertThat(lookup(lists, FixedDomainList.of("a.example"), LONG_TIMEOUT)
                            .listedFor(DOMAIN, CLIENT)
                            .listing())
                    .isEqualTo(Listing.UNLISTED);
        }

        @Test
        void addressOfTheDomainShouldBeListed() {
            save(DOMAIN, CLIENT, Optional.empty());

            assertThat(lookup(FixedDomainList.of("a.example"))
                            .listedFor(DOMAIN, CLIENT)
                            .listing())
                    .isEqualTo(Listing.LISTED);
        }

        @Test
        void addressThatTheDomainDoesNotListShouldBeUnlisted() {
            save(DOMAIN, OTHER_CLIENT, Optional.empty());
            save(OTHER_DOMAIN, CLIENT, Optional.empty());

            assertThat(lookup(FixedDomainList.of("a.example", "b.example"))
                            .listedFor(DOMAIN, CLIENT)
                            .listing())
                    .isEqualTo(Listing.UNLISTED);
        }

        @Test
        void expiredAddressShouldBeUnlisted() {
            save(DOMAIN, CLIENT, Optional.of(NOW.plusSeconds(60)));

            clock.set(NOW.plusSeconds(60));

            assertThat(lookup(FixedDomainList.of("a.example"))
                            .listedFor(DOMAIN, CLIENT)
                            .listing())
                    .isEqualTo(Listing.UNLISTED);
        }
    }

    @Nested
    class ListedForAny {
        @Test
        void orphanedAddressShouldBeUnlistedAlthoughItsDomainIsBack() {
            AuthorizedOutbound orphaned = entry(DOMAIN, Optional.empty()).orphaned(NOW);
            OutboundLists lists = new StubStore(() -> CompletableFuture.completedFuture(ImmutableList.of(orphaned)));

            assertThat(lookup(lists, FixedDomainList.of("a.example"), LONG_TIMEOUT)
                            .listedForAny(CLIENT))
                    .isEqualTo(Listing.UNLISTED);
        }

        @Test
        void addressOfAnInternalDomainShouldBeListed() {
            save(DOMAIN, CLIENT, Optional.empty());

            assertThat(lookup(FixedDomainList.of("a.example")).listedForAny(CLIENT))
                    .isEqualTo(Listing.LISTED);
        }

        @Test
        void addressThatNoDomainListsShouldBeUnlisted() {
            save(DOMAIN, OTHER_CLIENT, Optional.empty());

            assertThat(lookup(FixedDomainList.of("a.example")).listedForAny(CLIENT))
                    .isEqualTo(Listing.UNLISTED);
        }

        @Test
        void expiredAddressShouldBeUnlisted() {
            save(DOMAIN, CLIENT, Optional.of(NOW.plusSeconds(60)));

            clock.set(NOW.plusSeconds(60));

            assertThat(lookup(FixedDomainList.of("a.example")).listedForAny(CLIENT))
                    .isEqualTo(Listing.UNLISTED);
        }

        @Test
        void addressShouldBeUnlistedWhenEveryDomainThatListsItWasRemovedFromJames() {
            save(DOMAIN, CLIENT, Optional.empty());
            save(OTHER_DOMAIN, CLIENT, Optional.empty());

            assertThat(lookup(FixedDomainList.of("c.example")).listedForAny(CLIENT))
                    .isEqualTo(Listing.UNLISTED);
        }

        @Test
        void addressShouldBeListedWhenOneOfTheDomainsThatListItIsStillThere() {
            save(DOMAIN, CLIENT, Optional.empty());
            save(OTHER_DOMAIN, CLIENT, Optional.empty());

            assertThat(lookup(FixedDomainList.of("b.example")).listedForAny(CLIENT))
                    .isEqualTo(Listing.LISTED);
        }

        @Test
        void listingShouldBeUnknownWhenTheDomainListCannotBeRead() {
            save(DOMAIN, CLIENT, Optional.empty());

            assertThat(lookup(FixedDomainList.unreadable()).listedForAny(CLIENT))
                    .isEqualTo(Listing.UNKNOWN);
        }

        @Test
        void unreadableDomainListShouldNotMatterWhenNoDomainListsTheAddress() {
            assertThat(lookup(FixedDomainList.unreadable()).listedForAny(CLIENT))
                    .isEqualTo(Listing.UNLISTED);
        }

        @Test
        void addressShouldBeListedWhenADomainIsInternalAndAnotherBeforeItIsUnknown() {
            assertThat(listedForAny(ImmutableSet.of(DOMAIN, OTHER_DOMAIN), oneInternalAndOneUnknown()))
                    .isEqualTo(Listing.LISTED);
        }

        @Test
        void addressShouldBeListedWhenADomainIsInternalAndAnotherAfterItIsUnknown() {
            assertThat(listedForAny(ImmutableSet.of(OTHER_DOMAIN, DOMAIN), oneInternalAndOneUnknown()))
                    .isEqualTo(Listing.LISTED);
        }

        @Test
        void listingShouldBeUnknownWhenADomainWasRemovedAndAnotherIsUnknown() {
            DomainList list = FixedDomainList.of().unreadableFor("a.example");

            assertThat(listedForAny(ImmutableSet.of(OTHER_DOMAIN, DOMAIN), list))
                    .isEqualTo(Listing.UNKNOWN);
            assertThat(listedForAny(ImmutableSet.of(DOMAIN, OTHER_DOMAIN), list))
                    .isEqualTo(Listing.UNKNOWN);
        }

        private DomainList oneInternalAndOneUnknown() {
            return FixedDomainList.of("b.example").unreadableFor("a.example");
        }

        private Listing listedForAny(ImmutableSet<Domain> listing, DomainList list) {
            ImmutableList<AuthorizedOutbound> entries = listing.stream()
                    .map(domain -> entry(domain, Optional.empty()))
                    .collect(ImmutableList.toImmutableList());
            OutboundLists lists = new StubStore(() -> CompletableFuture.completedFuture(entries));
            return lookup(lists, list, LONG_TIMEOUT).listedForAny(CLIENT);
        }
    }

    @Nested
    class Cached {
        private final AtomicBoolean up = new AtomicBoolean(true);
        private final StubStore listing = new StubStore(() -> up.get()
                ? CompletableFuture.completedFuture(ImmutableList.of(entry(DOMAIN, Optional.empty())))
                : CompletableFuture.failedFuture(new IOException("down")));
        private final StubStore empty = new StubStore(() -> up.get()
                ? CompletableFuture.completedFuture(ImmutableList.of())
                : CompletableFuture.failedFuture(new IOException("down")));
        private final DomainList list = FixedDomainList.of("a.example", "b.example");

        private void pass(Duration time) {
            nanos.addAndGet(time.toNanos());
        }

        @Test
        void listedAddressShouldBeQueriedOnce() {
            CachedLookup lookup = lookup(listing, list, LONG_TIMEOUT);

            for (int i = 0; i < 10; i++) {
                assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.LISTED);
                assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.LISTED);
            }

            assertThat(listing.queries).hasValue(2);
        }

        @Test
        void unlistedAddressShouldBeQueriedOnce() {
            CachedLookup lookup = lookup(empty, list, LONG_TIMEOUT);

            for (int i = 0; i < 10; i++) {
                assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.UNLISTED);
                assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.UNLISTED);
            }

            assertThat(empty.queries).hasValue(2);
        }

        @Test
        void oneListShouldServeAllAddressesOfTheDomain() {
            CachedLookup lookup = lookup(listing, list, LONG_TIMEOUT);

            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.LISTED);
            assertThat(lookup.listedFor(DOMAIN, OTHER_CLIENT).listing()).isEqualTo(Listing.UNLISTED);

            assertThat(listing.queries).hasValue(1);
        }

        @Test
        void concurrentMissesShouldShareOneQuery() throws Exception {
            CompletableFuture<ImmutableList<AuthorizedOutbound>> answer = new CompletableFuture<>();
            StubStore slow = new StubStore(() -> answer);
            CachedLookup lookup = lookup(slow, list, LONG_TIMEOUT);
            ExecutorService threads = Executors.newFixedThreadPool(8);
            try {
                List<Future<Listing>> listings = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    listings.add(threads.submit(
                            () -> lookup.listedFor(DOMAIN, CLIENT).listing()));
                }
                answer.complete(ImmutableList.of(entry(DOMAIN, Optional.empty())));

                for (Future<Listing> future : listings) {
                    assertThat(future.get(10, TimeUnit.SECONDS)).isEqualTo(Listing.LISTED);
                }
            } finally {
                threads.shutdownNow();
            }
            assertThat(slow.queries).hasValue(1);
        }

        @Test
        void cachedEntryShouldExpireAtItsInstant() {
            Instant expiry = NOW.plusSeconds(60);
            StubStore expiring = new StubStore(
                    () -> CompletableFuture.completedFuture(ImmutableList.of(entry(DOMAIN, Optional.of(expiry)))));
            CachedLookup lookup = lookup(expiring, list, LONG_TIMEOUT);
            clock.set(expiry.minusMillis(1));
            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.LISTED);
            assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.LISTED);

            clock.set(expiry);

            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.UNLISTED);
            assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.UNLISTED);
        }

        @Test
        void invalidatedListShouldBeReadAgain() {
            CachedLookup lookup = lookup(store, list, LONG_TIMEOUT);
            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.UNLISTED);
            assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.UNLISTED);
            save(DOMAIN, CLIENT, Optional.empty());

            lookup.invalidate(DOMAIN, CLIENT);

            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.LISTED);
            assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.LISTED);
        }

        @Test
        void removalShouldHoldOnceItsListIsInvalidated() {
            CachedLookup lookup = lookup(store, list, LONG_TIMEOUT);
            save(DOMAIN, CLIENT, Optional.empty());
            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.LISTED);
            assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.LISTED);
            store.remove(DOMAIN, CLIENT, Author.unknown()).toCompletableFuture().join();

            lookup.invalidate(DOMAIN, CLIENT);

            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.UNLISTED);
            assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.UNLISTED);
        }

        /** The store may have read it before the change, and answer after. */
        @ParameterizedTest
        @EnumSource(Invalidation.class)
        void answerThatWasUnderWayAtAnInvalidationShouldNotBeCached(Invalidation invalidation) throws Exception {
            Deque<CompletableFuture<ImmutableList<AuthorizedOutbound>>> answers = new ConcurrentLinkedDeque<>();
            StubStore slow = new StubStore(() -> {
                CompletableFuture<ImmutableList<AuthorizedOutbound>> answer = new CompletableFuture<>();
                answers.add(answer);
                return answer;
            });
            for (Function<CachedLookup, Listing> query : List.<Function<CachedLookup, Listing>>of(
                    any -> any.listedFor(DOMAIN, CLIENT).listing(), any -> any.listedForAny(CLIENT))) {
                CachedLookup lookup = lookup(slow, list, LONG_TIMEOUT);
                Supplier<Listing> listing = () -> query.apply(lookup);
                CompletableFuture<Listing> early = CompletableFuture.supplyAsync(listing);
                awaitQuery(answers);
                await().until(() -> lookup.size() == 1);
                invalidation.apply(lookup);
                answers.remove().complete(ImmutableList.of());
                early.get(10, TimeUnit.SECONDS);

                CompletableFuture<Listing> late = CompletableFuture.supplyAsync(listing);
                awaitQuery(answers);
                answers.remove().complete(ImmutableList.of(entry(DOMAIN, Optional.empty())));

                assertThat(late.get(10, TimeUnit.SECONDS)).isEqualTo(Listing.LISTED);
                assertThat(listing.get()).isEqualTo(Listing.LISTED);
            }
        }

        private void awaitQuery(Deque<?> answers) {
            assertTimeoutPreemptively(BOUND, () -> {
                while (answers.isEmpty()) {
                    Thread.onSpinWait();
                }
            });
        }

        @Test
        void cachedListsShouldHoldWhileTheStoreIsDown() {
            CachedLookup lookup = lookup(listing, list, LONG_TIMEOUT);
            lookup.listedFor(DOMAIN, CLIENT);
            lookup.listedForAny(CLIENT);
            up.set(false);

            pass(STALE_MAXIMUM);

            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.LISTED);
            assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.LISTED);
            assertThat(lookup.listedFor(OTHER_DOMAIN, CLIENT).listing()).isEqualTo(Listing.UNKNOWN);
        }

        @Test
        void cachedListsShouldNotHoldAfterTheStaleMaximum() {
            CachedLookup lookup = lookup(listing, list, LONG_TIMEOUT);
            CachedLookup ofNobody = lookup(empty, list, LONG_TIMEOUT);
            lookup.listedFor(DOMAIN, CLIENT);
            lookup.listedForAny(CLIENT);
            ofNobody.listedForAny(CLIENT);
            up.set(false);

            pass(STALE_MAXIMUM.plusNanos(1));

            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.UNKNOWN);
            assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.UNKNOWN);
            assertThat(ofNobody.listedForAny(CLIENT)).isEqualTo(Listing.UNKNOWN);
        }

        @Test
        void cachedListsShouldHoldAsLongAsTheChangeLogIsPolled() {
            CachedLookup lookup = lookup(listing, list, LONG_TIMEOUT);
            lookup.listedFor(DOMAIN, CLIENT);
            pass(STALE_MAXIMUM);
            lookup.recordPoll(nanos.get());
            up.set(false);

            pass(STALE_MAXIMUM);

            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.LISTED);
        }

        @Test
        void cachedListsShouldHoldUntilTheStoreAnswersARefresh() {
            CachedLookup lookup = lookup(listing, list, LONG_TIMEOUT);
            CachedLookup ofNobody = lookup(empty, list, LONG_TIMEOUT);
            lookup.listedFor(DOMAIN, CLIENT);
            lookup.listedForAny(CLIENT);
            ofNobody.listedForAny(CLIENT);
            up.set(false);

            lookup.refresh(DOMAIN, CLIENT);
            ofNobody.refresh(DOMAIN, CLIENT);

            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.LISTED);
            assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.LISTED);
            assertThat(ofNobody.listedForAny(CLIENT)).isEqualTo(Listing.UNLISTED);
        }

        @Test
        void refreshShouldReadTheStoreAgain() {
            CachedLookup lookup = lookup(store, list, LONG_TIMEOUT);
            lookup.listedFor(DOMAIN, CLIENT);
            lookup.listedForAny(CLIENT);
            save(DOMAIN, CLIENT, Optional.empty());

            lookup.refresh(DOMAIN, CLIENT);

            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.LISTED);
            assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.LISTED);
            store.remove(DOMAIN, CLIENT, Author.unknown()).toCompletableFuture().join();
            lookup.refresh(DOMAIN, CLIENT);
            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.UNLISTED);
            assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.UNLISTED);
        }

        /** Without polls nobody knows whether the cached lists still hold. */
        @Test
        void eachDecisionShouldQueryTheStoreWhileTheChangeLogIsNotPolled() {
            CachedLookup lookup = lookup(listing, list, LONG_TIMEOUT);
            pass(STALE_MAXIMUM.plusNanos(1));

            for (int i = 0; i < 3; i++) {
                assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.LISTED);
                assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.LISTED);
            }

            assertThat(listing.queries).hasValue(6);
        }

        /** Another program may have written a row: no change is logged of it. */
        @Test
        void unlistedAddressShouldBeReadAgainAfterTenMinutes() {
            CachedLookup lookup = lookup(store, list, LONG_TIMEOUT);
            assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.UNLISTED);
            save(DOMAIN, CLIENT, Optional.empty());
            pass(Duration.ofMinutes(10).minusNanos(1));
            assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.UNLISTED);

            pass(Duration.ofNanos(1));

            assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.LISTED);
        }

        @Test
        void unlistedAddressShouldStayUnlistedWhileTheStoreIsDown() {
            CachedLookup lookup = lookup(empty, list, LONG_TIMEOUT);
            lookup.listedForAny(CLIENT);
            up.set(false);

            pass(STALE_MAXIMUM);

            assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.UNLISTED);
            assertThat(lookup.listedForAny(OTHER_CLIENT)).isEqualTo(Listing.UNKNOWN);
        }

        /** What is listed meanwhile may be of a domain that was removed. */
        @Test
        void unlistedAddressThatIsListedMeanwhileShouldBeUnknownWhileJamessListFails() {
            CachedLookup lookup = lookup(store, FixedDomainList.unreadable(), LONG_TIMEOUT);
            assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.UNLISTED);
            save(DOMAIN, CLIENT, Optional.empty());

            pass(Duration.ofMinutes(10));

            assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.UNKNOWN);
        }

        /** Another program may spell an address in two ways. */
        @ParameterizedTest
        @CsvSource({"60,120", "120,60"})
        void addressWithTwoRowsShouldBeListedUntilTheLaterExpiry(int expiry, int otherExpiry) {
            StubStore twice = new StubStore(() -> CompletableFuture.completedFuture(ImmutableList.of(
                    entry(DOMAIN, Optional.of(NOW.plusSeconds(expiry))),
                    entry(DOMAIN, Optional.of(NOW.plusSeconds(otherExpiry))))));
            CachedLookup lookup = lookup(twice, list, LONG_TIMEOUT);
            clock.set(NOW.plusSeconds(119));
            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.LISTED);
            assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.LISTED);

            clock.set(NOW.plusSeconds(120));

            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.UNLISTED);
            assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.UNLISTED);
        }

        @Test
        void firstReadOfAListShouldCountAsAMissAndTheOthersAsHits() {
            CachedLookup lookup = lookup(listing, list, LONG_TIMEOUT);

            for (int i = 0; i < 3; i++) {
                lookup.listedFor(DOMAIN, CLIENT);
            }

            assertCounted(1, 2);
        }

        @ParameterizedTest
        @ValueSource(booleans = {true, false})
        void firstReadOfAnAddressShouldCountAsAMissAndTheOthersAsHits(boolean listed) {
            CachedLookup lookup = lookup(listed ? listing : empty, list, LONG_TIMEOUT);

            for (int i = 0; i < 3; i++) {
                lookup.listedForAny(CLIENT);
            }

            assertCounted(1, 2);
        }

        private void assertCounted(int misses, int hits) {
            metrics.publish();
            assertThat(counters.countFor("authorizedOutbounds.cache.misses")).isEqualTo(misses);
            assertThat(counters.countFor("authorizedOutbounds.cache.hits")).isEqualTo(hits);
        }

        private ImmutableList<AuthorizedOutbound> entries(int count) {
            return IntStream.range(0, count)
                    .mapToObj(i -> entry(
                            DOMAIN, OutboundAddress.of(InetAddresses.fromInteger(0x0B00_0000 + i)), Optional.empty()))
                    .collect(ImmutableList.toImmutableList());
        }

        /** Each four entries weigh one. */
        @ParameterizedTest
        @CsvSource({"0, 1000", "1, 1000", "4, 1000", "5, 500", "8, 500", "9, 333"})
        void listShouldWeighByItsLength(int length, int cached) {
            CachedLookup lookup =
                    lookup(new StubStore(() -> CompletableFuture.completedFuture(entries(length))), list, LONG_TIMEOUT);

            for (int i = 0; i < DOMAINS; i++) {
                lookup.listedFor(Domain.of("d" + i + ".example"), CLIENT);
            }

            assertThat(lookup.size()).isEqualTo(cached);
        }

        @Test
        void longListShouldWeighAsMuchAsManyShortOnes() {
            ImmutableList<AuthorizedOutbound> fourHundred = entries(400);
            CachedLookup ofLong =
                    lookup(new StubStore(() -> CompletableFuture.completedFuture(fourHundred)), list, LONG_TIMEOUT);
            CachedLookup ofShort = lookup(listing, list, LONG_TIMEOUT);
            for (int i = 0; i < DOMAINS; i++) {
                ofLong.listedFor(Domain.of("d" + i + ".example"), CLIENT);
                ofShort.listedFor(Domain.of("d" + i + ".example"), CLIENT);
            }

            assertThat(ofShort.size()).isEqualTo(DOMAINS);
            assertThat(ofLong.size()).isLessThanOrEqualTo(DOMAINS / 100);
        }

        /** Changes may lie in the gap that no poll has read. */
        @Test
        void cachedListsShouldBeDroppedWhenPollingWasBrokenForTooLong() {
            CachedLookup lookup = lookup(listing, list, LONG_TIMEOUT);
            lookup.listedFor(DOMAIN, CLIENT);
            pass(STALE_MAXIMUM.plusNanos(1));

            lookup.recordPoll(nanos.get());

            up.set(false);
            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.UNKNOWN);
        }

        @Test
        void unlistedAddressShouldBeDroppedWhenPollingWasBrokenForTooLong() {
            CachedLookup lookup = lookup(empty, list, LONG_TIMEOUT);
            lookup.listedForAny(CLIENT);
            pass(STALE_MAXIMUM.plusNanos(1));

            lookup.recordPoll(nanos.get());

            up.set(false);
            assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.UNKNOWN);
        }

        @Test
        void everythingShouldBeReadAgainAfterEverythingIsInvalidated() {
            CachedLookup lookup = lookup(store, list, LONG_TIMEOUT);
            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.UNLISTED);
            assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.UNLISTED);
            save(DOMAIN, CLIENT, Optional.empty());

            lookup.invalidateAll();

            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.LISTED);
            assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.LISTED);
        }

        @Test
        void lagShouldBeTheTimeSinceTheLastPoll() {
            CachedLookup lookup = lookup(empty, list, LONG_TIMEOUT);
            pass(Duration.ofSeconds(7));
            lookup.recordPoll(nanos.get());

            pass(Duration.ofSeconds(3));

            assertThat(lookup.lag()).isEqualTo(Duration.ofSeconds(3));
            assertThat(lookup.remaining()).isEqualTo(STALE_MAXIMUM.minusSeconds(3));
        }

        /** Three missed polls, and five seconds at least. */
        @ParameterizedTest
        @CsvSource({"1, 5", "2, 6", "10, 30"})
        void changesShouldBeFollowedWhilePollsAreNotLate(int intervalSeconds, int toleratedSeconds) {
            CachedLookup lookup = new CachedLookup(
                    empty,
                    FixedDomainList.internalDomains(list),
                    TestCacheSettings.patient().toBuilder()
                            .propagationInterval(Duration.ofSeconds(intervalSeconds))
                            .build(),
                    clock,
                    nanos::get,
                    metrics);
            assertThat(lookup.isFollowingChanges()).isFalse();
            lookup.recordPoll(nanos.get());

            pass(Duration.ofSeconds(toleratedSeconds));
            assertThat(lookup.isFollowingChanges()).isTrue();

            pass(Duration.ofNanos(1));
            assertThat(lookup.isFollowingChanges()).isFalse();
        }

        @Test
        void changeLogShouldCountAsPolledAfterAPoll() {
            CachedLookup lookup = lookup(empty, list, LONG_TIMEOUT);
            assertThat(lookup.isEverPolled()).isFalse();

            lookup.recordPoll(nanos.get());

            assertThat(lookup.isEverPolled()).isTrue();
        }

        @Test
        void nothingShouldRemainAfterTheStaleMaximum() {
            CachedLookup lookup = lookup(empty, list, LONG_TIMEOUT);

            pass(STALE_MAXIMUM.plusSeconds(1));

            assertThat(lookup.lag()).isEqualTo(STALE_MAXIMUM.plusSeconds(1));
            assertThat(lookup.remaining()).isEqualTo(Duration.ZERO);
        }

        @Test
        void floodOfUnlistedAddressesShouldEvictNoListedOne() {
            CachedLookup lookup = lookup(store, list, LONG_TIMEOUT);
            save(DOMAIN, CLIENT, Optional.empty());
            lookup.listedFor(DOMAIN, CLIENT);
            lookup.listedForAny(CLIENT);
            InetAddress first = InetAddresses.forString("198.18.0.0");
            for (int i = 0; i < 100 * ADDRESSES; i++) {
                lookup.listedForAny(OutboundAddress.of(first));
                first = InetAddresses.increment(first);
            }

            assertThat(lookup.size()).isLessThanOrEqualTo(3L * ADDRESSES);
            store.remove(DOMAIN, CLIENT, Author.unknown()).toCompletableFuture().join();
            // Still cached: nothing has invalidated the removed entry.
            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.LISTED);
            assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.LISTED);
        }
    }

    @Nested
    class StoreOutOfReach {
        @Test
        void listingShouldBeUnknownWithinTheTimeoutWhenTheStoreNeverAnswers() {
            OutboundLookup lookup = lookup(
                    new StubStore(CompletableFuture::new, CompletableFuture::new),
                    FixedDomainList.of("a.example"),
                    SHORT_TIMEOUT);

            assertTimeoutPreemptively(BOUND, () -> assertUnknown(lookup));
        }

        @Test
        void listingShouldBeUnknownWhenTheStoreFails() {
            OutboundLookup lookup = lookup(
                    new StubStore(
                            () -> CompletableFuture.failedFuture(new IOException("no route to host")),
                            () -> CompletableFuture.failedFuture(new IOException("no route to host"))),
                    FixedDomainList.of("a.example"),
                    LONG_TIMEOUT);

            assertUnknown(lookup);
        }

        @Test
        void listingShouldBeUnknownWhenTheStoreThrows() {
            OutboundLookup lookup = lookup(
                    new StubStore(
                            () -> {
                                throw new IllegalStateException("closed");
                            },
                            () -> {
                                throw new IllegalStateException("closed");
                            }),
                    FixedDomainList.of("a.example"),
                    LONG_TIMEOUT);

            assertUnknown(lookup);
        }

        @Test
        void listingShouldBeUnknownWhenTheStoreCancelsTheQuery() {
            OutboundLookup lookup = lookup(
                    new StubStore(CachedLookupTest::cancelled, CachedLookupTest::cancelled),
                    FixedDomainList.of("a.example"),
                    LONG_TIMEOUT);

            assertUnknown(lookup);
        }

        @Test
        void listingShouldBeUnknownAndTheThreadStayInterruptedWhenItIsInterrupted() {
            OutboundLookup lookup = lookup(
                    new StubStore(CompletableFuture::new, CompletableFuture::new),
                    FixedDomainList.of("a.example"),
                    LONG_TIMEOUT);
            Thread.currentThread().interrupt();

            Listing listing = lookup.listedFor(DOMAIN, CLIENT).listing();

            assertThat(listing).isEqualTo(Listing.UNKNOWN);
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
        }

        @Test
        void storeThatFailsThreeTimesInARowShouldOnlyBeProbed() {
            AtomicInteger queries = new AtomicInteger();
            OutboundLookup lookup = lookup(
                    new StubStore(
                            () -> {
                                queries.incrementAndGet();
                                return CompletableFuture.failedFuture(new IOException("down"));
                            },
                            CompletableFuture::new),
                    FixedDomainList.of("a.example"),
                    LONG_TIMEOUT);

            for (int i = 0; i < 100; i++) {
                assertThat(lookup.listedFor(Domain.of("d" + i + ".example"), CLIENT)
                                .listing())
                        .isEqualTo(Listing.UNKNOWN);
            }

            assertThat(queries).hasValue(3);
        }

        @Test
        void storeThatFailsNowAndThenShouldBeQueriedEachTime() {
            AtomicInteger queries = new AtomicInteger();
            OutboundLookup lookup = lookup(
                    new StubStore(
                            () -> queries.incrementAndGet() % 3 == 0
                                    ? CompletableFuture.completedFuture(ImmutableList.of())
                                    : CompletableFuture.failedFuture(new IOException("hiccup")),
                            CompletableFuture::new),
                    FixedDomainList.of("a.example"),
                    LONG_TIMEOUT);

            for (int i = 0; i < 99; i++) {
                lookup.listedFor(Domain.of("d" + i + ".example"), CLIENT);
            }

            assertThat(queries.get()).isEqualTo(99);
        }

        /** Only one thread queries a key that failed, once a second. */
        @ParameterizedTest
        @EnumSource(Change.class)
        void keyThatFailedShouldBeReadAtOnceAfterItsChange(Change change) {
            AtomicBoolean up = new AtomicBoolean();
            CachedLookup lookup = lookup(
                    new StubStore(() -> up.get()
                            ? CompletableFuture.completedFuture(ImmutableList.of(entry(DOMAIN, Optional.empty())))
                            : CompletableFuture.failedFuture(new IOException("down"))),
                    FixedDomainList.of("a.example"),
                    LONG_TIMEOUT);
            assertUnknown(lookup);
            up.set(true);
            assertUnknown(lookup);

            change.apply(lookup);

            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.LISTED);
            assertThat(lookup.listedForAny(CLIENT)).isEqualTo(change.ofAddress ? Listing.LISTED : Listing.UNKNOWN);
        }

        /** A query that fails is one failure, however many threads have waited for it. */
        @Test
        void oneFailedQueryShouldCountOnce() throws Exception {
            CompletableFuture<ImmutableList<AuthorizedOutbound>> answer = new CompletableFuture<>();
            AtomicInteger queries = new AtomicInteger();
            CachedLookup lookup = lookup(
                    new StubStore(() -> queries.incrementAndGet() == 1
                            ? answer
                            : CompletableFuture.completedFuture(ImmutableList.of())),
                    FixedDomainList.of("a.example"),
                    LONG_TIMEOUT);
            List<Thread> threads = new ArrayList<>();
            Queue<Listing> listings = new ConcurrentLinkedQueue<>();
            for (int i = 0; i < 8; i++) {
                Thread thread = new Thread(
                        () -> listings.add(lookup.listedFor(DOMAIN, CLIENT).listing()));
                thread.start();
                threads.add(thread);
            }
            assertTimeoutPreemptively(BOUND, () -> {
                while (threads.stream().anyMatch(thread -> thread.getState() != Thread.State.TIMED_WAITING)) {
                    Thread.onSpinWait();
                }
            });
            nanos.incrementAndGet();

            answer.completeExceptionally(new IOException("hiccup"));

            for (Thread thread : threads) {
                thread.join(BOUND.toMillis());
            }
            assertThat(listings).hasSize(8).containsOnly(Listing.UNKNOWN);
            nanos.addAndGet(Breaker.PROBE_INTERVAL.toNanos());
            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.UNLISTED);
        }

        /** A busy server would otherwise wait three timeouts for a store that is frozen. */
        @Test
        void storeShouldOnlyBeProbedWhenThreeQueriesFailTogether() throws Exception {
            List<CompletableFuture<ImmutableList<AuthorizedOutbound>>> answers = new CopyOnWriteArrayList<>();
            CachedLookup lookup = lookup(
                    new StubStore(() -> {
                        CompletableFuture<ImmutableList<AuthorizedOutbound>> answer = new CompletableFuture<>();
                        answers.add(answer);
                        return answer;
                    }),
                    FixedDomainList.of("a.example"),
                    LONG_TIMEOUT);
            ExecutorService threads = Executors.newFixedThreadPool(3);
            try {
                List<Future<Listing>> listings = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    Domain domain = Domain.of("d" + i + ".example");
                    listings.add(threads.submit(
                            () -> lookup.listedFor(domain, CLIENT).listing()));
                }
                assertTimeoutPreemptively(BOUND, () -> {
                    while (answers.size() < 3) {
                        Thread.onSpinWait();
                    }
                });
                answers.forEach(answer -> answer.completeExceptionally(new IOException("frozen")));
                for (Future<Listing> listing : listings) {
                    assertThat(listing.get(10, TimeUnit.SECONDS)).isEqualTo(Listing.UNKNOWN);
                }
            } finally {
                threads.shutdownNow();
            }

            assertTimeoutPreemptively(
                    BOUND,
                    () -> assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.UNKNOWN));
        }

        /** The timeout is that of the query, however late another thread comes to it. */
        @Test
        void nobodyShouldWaitForAQueryThatIsOverdue() {
            CompletableFuture<ImmutableList<AuthorizedOutbound>> answer = new CompletableFuture<>();
            StubStore slow = new StubStore(() -> answer);
            CachedLookup lookup = lookup(slow, FixedDomainList.of("a.example"), LONG_TIMEOUT);
            ExecutorService threads = Executors.newSingleThreadExecutor();
            try {
                var unused =
                        threads.submit(() -> lookup.listedFor(DOMAIN, CLIENT).listing());
                assertTimeoutPreemptively(BOUND, () -> {
                    while (slow.queries.get() == 0) {
                        Thread.onSpinWait();
                    }
                });
                nanos.addAndGet(LONG_TIMEOUT.toNanos());

                assertTimeoutPreemptively(
                        BOUND, () -> assertThat(lookup.listedFor(DOMAIN, CLIENT).listing())
                                .isEqualTo(Listing.UNKNOWN));

                answer.complete(ImmutableList.of(entry(DOMAIN, Optional.empty())));
                assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.LISTED);
            } finally {
                threads.shutdownNow();
            }
        }

        /** Each listener of James has only a few threads for all its connections. */
        @Test
        void onlySoManyThreadsShouldWaitForASlowStore() throws Exception {
            OutboundLookup lookup = lookup(
                            new StubStore(CompletableFuture::new), FixedDomainList.of("a.example"), LONG_TIMEOUT)
                    .limitedTo(1);
            ExecutorService threads = Executors.newFixedThreadPool(3);
            try {
                List<Future<Listing>> listings = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    Domain domain = Domain.of("d" + i + ".example");
                    listings.add(threads.submit(
                            () -> lookup.listedFor(domain, CLIENT).listing()));
                }

                await().until(() -> listings.stream().filter(Future::isDone).count() == 2);

                for (Future<Listing> listing : listings) {
                    if (listing.isDone()) {
                        assertThat(listing.get()).isEqualTo(Listing.UNKNOWN);
                    }
                }
            } finally {
                threads.shutdownNow();
            }
        }

        @Test
        void storeThatIsBackShouldBeQueriedAgain() {
            AtomicBoolean up = new AtomicBoolean();
            CachedLookup lookup = lookup(
                    new StubStore(
                            () -> up.get()
                                    ? CompletableFuture.completedFuture(ImmutableList.of())
                                    : CompletableFuture.failedFuture(new IOException("down")),
                            CompletableFuture::new),
                    FixedDomainList.of("a.example"),
                    LONG_TIMEOUT);
            openTheBreaker(lookup);

            up.set(true);
            passAProbeInterval();

            // The answer to the probe comes too late for this decision.
            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.UNKNOWN);
            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.UNLISTED);
        }

        @Test
        void pollsShouldNotProbeMoreThanOnceAnInterval() {
            StubStore down = new StubStore(() -> CompletableFuture.failedFuture(new IOException("down")));
            CachedLookup lookup = lookup(down, FixedDomainList.of("a.example"), LONG_TIMEOUT);
            openTheBreaker(lookup);
            passAProbeInterval();

            for (int i = 0; i < 100; i++) {
                lookup.recordPoll(nanos.get());
            }

            assertThat(down.queries).hasValue(4);
        }

        @Test
        void pollShouldFindOutWithoutMailThatTheStoreIsBack() {
            AtomicBoolean up = new AtomicBoolean();
            CachedLookup lookup = lookup(
                    new StubStore(() -> up.get()
                            ? CompletableFuture.completedFuture(ImmutableList.of())
                            : CompletableFuture.failedFuture(new IOException("down"))),
                    FixedDomainList.of("a.example"),
                    LONG_TIMEOUT);
            openTheBreaker(lookup);

            up.set(true);

            passAProbeInterval();
            lookup.recordPoll(nanos.get());
            assertThat(lookup.isBreakerOpen()).isFalse();
        }

        /** A permit that is never given back would keep the breaker half open for good. */
        @Test
        void storeShouldBeReadAgainAfterAProbeThatThrew() {
            AtomicReference<Supplier<CompletionStage<ImmutableList<AuthorizedOutbound>>>> answer =
                    new AtomicReference<>(() -> CompletableFuture.failedFuture(new IOException("down")));
            CachedLookup lookup =
                    lookup(new StubStore(() -> answer.get().get()), FixedDomainList.of("a.example"), LONG_TIMEOUT);
            openTheBreaker(lookup);
            answer.set(() -> {
                throw new NoClassDefFoundError("made up");
            });
            passAProbeInterval();
            assertThatThrownBy(() -> lookup.listedFor(DOMAIN, CLIENT)).isInstanceOf(NoClassDefFoundError.class);
            answer.set(() -> CompletableFuture.completedFuture(ImmutableList.of()));

            passAProbeInterval();
            lookup.listedFor(DOMAIN, CLIENT);

            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.UNLISTED);
        }

        private void passAProbeInterval() {
            nanos.addAndGet(Breaker.PROBE_INTERVAL.toNanos());
        }

        @Test
        void refreshShouldSucceedWhenTheStoreAnswers() {
            AtomicReference<Supplier<CompletionStage<ImmutableList<AuthorizedOutbound>>>> answer =
                    new AtomicReference<>(() -> CompletableFuture.completedFuture(ImmutableList.of()));
            CachedLookup lookup =
                    lookup(new StubStore(() -> answer.get().get()), FixedDomainList.of("a.example"), LONG_TIMEOUT);
            lookup.listedFor(DOMAIN, CLIENT);
            lookup.listedForAny(CLIENT);
            answer.set(() -> CompletableFuture.completedFuture(ImmutableList.of(entry(DOMAIN, Optional.empty()))));

            assertThat(tryRefresh(lookup)).isTrue();

            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.LISTED);
            assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.LISTED);
        }

        @Test
        void refreshShouldSucceedWhenNothingIsCached() {
            CachedLookup lookup = lookup(FixedDomainList.of("a.example"));

            assertThat(tryRefresh(lookup)).isTrue();

            assertThat(lookup.size()).isZero();
        }

        /** The store may have read before the change what it answers late. */
        @Test
        void refreshShouldNotReplaceWhatWasInvalidatedMeanwhile() {
            AtomicReference<CompletableFuture<ImmutableList<AuthorizedOutbound>>> answer =
                    new AtomicReference<>(CompletableFuture.completedFuture(ImmutableList.of()));
            CachedLookup lookup =
                    lookup(new StubStore(() -> answer.get()), FixedDomainList.of("a.example"), LONG_TIMEOUT);
            lookup.listedFor(DOMAIN, CLIENT);
            CompletableFuture<ImmutableList<AuthorizedOutbound>> late = new CompletableFuture<>();
            answer.set(late);
            CompletionStage<Boolean> refreshed = lookup.tryRefresh(DOMAIN);
            lookup.invalidate(DOMAIN, CLIENT);
            answer.set(CompletableFuture.completedFuture(ImmutableList.of(entry(DOMAIN, Optional.empty()))));
            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.LISTED);

            late.complete(ImmutableList.of());

            assertThat(refreshed).isCompletedWithValue(false);
            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.LISTED);
        }

        private boolean tryRefresh(CachedLookup lookup) {
            return lookup.tryRefresh(DOMAIN).toCompletableFuture().join()
                    && lookup.tryRefresh(CLIENT).toCompletableFuture().join();
        }

        /** What is cached is all there is while nobody may query the store. */
        @Test
        void refreshThatFailsShouldLeaveWhatIsCached() {
            AtomicReference<Supplier<CompletionStage<ImmutableList<AuthorizedOutbound>>>> answer =
                    new AtomicReference<>(() -> CompletableFuture.completedFuture(ImmutableList.of()));
            CachedLookup lookup =
                    lookup(new StubStore(() -> answer.get().get()), FixedDomainList.of("a.example"), LONG_TIMEOUT);
            lookup.listedFor(DOMAIN, CLIENT);
            lookup.listedForAny(CLIENT);
            answer.set(() -> CompletableFuture.failedFuture(new IOException("down")));
            openTheBreaker(lookup);

            assertThat(tryRefresh(lookup)).isFalse();
            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.UNLISTED);
            assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.UNLISTED);

            answer.set(() -> CompletableFuture.completedFuture(ImmutableList.of(entry(DOMAIN, Optional.empty()))));
            assertThat(tryRefresh(lookup)).isTrue();
            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.LISTED);
        }

        private void openTheBreaker(CachedLookup lookup) {
            for (int i = 0; i < 3; i++) {
                lookup.listedFor(Domain.of("d" + i + ".example"), CLIENT);
            }
            assertThat(lookup.isBreakerOpen()).isTrue();
        }

        private void assertUnknown(OutboundLookup lookup) {
            assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.UNKNOWN);
            assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.UNKNOWN);
        }
    }

    @Nested
    class WhileJamessDomainListFails {
        @Test
        void missShouldNotWaitTheWholeTimeoutAgain() {
            InternalDomains domains = FixedDomainList.internalDomains(FixedDomainList.unreadable());
            domains.localityOf(DOMAIN);
            OutboundLookup lookup = lookup(new StubStore(CompletableFuture::new), domains, LONG_TIMEOUT);

            assertThat(assertTimeoutPreemptively(
                            BOUND, () -> lookup.listedFor(DOMAIN, CLIENT).listing()))
                    .isEqualTo(Listing.UNKNOWN);
        }
    }

    private static <T> CompletableFuture<T> cancelled() {
        CompletableFuture<T> future = new CompletableFuture<>();
        future.cancel(true);
        return future;
    }

    private void save(Domain domain, OutboundAddress address, Optional<Instant> expiresAt) {
        store.save(entry(domain, address, expiresAt)).toCompletableFuture().join();
    }

    private static AuthorizedOutbound entry(Domain domain, Optional<Instant> expiresAt) {
        return entry(domain, CLIENT, expiresAt);
    }

    private static AuthorizedOutbound entry(Domain domain, OutboundAddress address, Optional<Instant> expiresAt) {
        AuthorizedOutbound.Builder entry =
                AuthorizedOutbound.builder().domain(domain).address(address).addedAt(NOW);
        expiresAt.ifPresent(entry::expiresAt);
        return entry.build();
    }

    private CachedLookup lookup(DomainList list) {
        return lookup(store, list, LONG_TIMEOUT);
    }

    private CachedLookup lookup(OutboundLists lists, DomainList list, Duration timeout) {
        return lookup(lists, FixedDomainList.internalDomains(list), timeout);
    }

    private CachedLookup lookup(OutboundLists lists, InternalDomains domains, Duration timeout) {
        CacheSettings settings = TestCacheSettings.patient().toBuilder()
                .lookupTimeout(timeout)
                .staleMaximum(STALE_MAXIMUM)
                .maximumAddresses(ADDRESSES)
                .maximumDomains(DOMAINS)
                .build();
        return new CachedLookup(lists, domains, settings, clock, nanos::get, metrics);
    }

    /** Of a domain, of its own. */
    @Nested
    class OwnEnforcement {
        private final AtomicReference<Optional<Enforcement>> own =
                new AtomicReference<>(Optional.of(Enforcement.REPORT));
        private final AtomicBoolean up = new AtomicBoolean(true);
        private final CachedLookup lookup = lookup(
                new OutboundLists() {
                    @Override
                    public CompletionStage<OutboundList> read(Domain domain) {
                        ImmutableList<AuthorizedOutbound> entries = ImmutableList.of(entry(domain, Optional.empty()));
                        return up.get()
                                ? CompletableFuture.completedFuture(own.get()
                                        .map(enforcement -> OutboundList.of(entries, enforcement))
                                        .orElse(OutboundList.of(entries)))
                                : CompletableFuture.failedFuture(new IOException("down"));
                    }

                    @Override
                    public CompletionStage<ImmutableList<AuthorizedOutbound>> listings(OutboundAddress address) {
                        return CompletableFuture.failedFuture(new IOException("down"));
                    }
                },
                FixedDomainList.of("a.example"),
                LONG_TIMEOUT);

        @Test
        void enforcementShouldComeWithTheListing() {
            assertThat(lookup.listedFor(DOMAIN, CLIENT))
                    .isEqualTo(DomainListing.of(Listing.LISTED, Enforcement.REPORT));
            assertThat(lookup.listedFor(DOMAIN, OTHER_CLIENT))
                    .isEqualTo(DomainListing.of(Listing.UNLISTED, Enforcement.REPORT));
            assertThat(lookup.lastEnforcementOf(DOMAIN)).contains(Enforcement.REPORT);
        }

        @Test
        void domainShouldHaveNoEnforcementWhenNoneIsStored() {
            own.set(Optional.empty());

            assertThat(lookup.listedFor(DOMAIN, CLIENT)).isEqualTo(DomainListing.of(Listing.LISTED));
            assertThat(lookup.lastEnforcementOf(DOMAIN)).isEmpty();
        }

        @Test
        void enforcementShouldBeUnknownWhenTheListWasNeverRead() {
            up.set(false);

            assertThat(lookup.listedFor(DOMAIN, CLIENT)).isEqualTo(DomainListing.of(Listing.UNKNOWN));
        }

        @Test
        void staleEnforcementShouldHoldWhenTheListCannotBeRead() {
            lookup.listedFor(DOMAIN, CLIENT);
            up.set(false);

            nanos.addAndGet(STALE_MAXIMUM.toNanos() + 1);

            assertThat(lookup.listedFor(DOMAIN, CLIENT))
                    .isEqualTo(DomainListing.of(Listing.UNKNOWN, Enforcement.REPORT));
            assertThat(lookup.lastEnforcementOf(DOMAIN)).contains(Enforcement.REPORT);
        }

        @ParameterizedTest
        @EnumSource(Invalidation.class)
        void enforcementShouldHoldAfterAChangeOfTheListThatCannotBeRead(Invalidation invalidation) {
            lookup.listedFor(DOMAIN, CLIENT);
            up.set(false);

            invalidation.apply(lookup);

            assertThat(lookup.listedFor(DOMAIN, CLIENT).enforcement()).contains(Enforcement.REPORT);
        }

        @Test
        void enforcementShouldBeUnknownAfterAChangeOfItThatCannotBeRead() {
            lookup.listedFor(DOMAIN, CLIENT);
            lookup.invalidate(DOMAIN, CLIENT);
            up.set(false);

            lookup.invalidate(DOMAIN);

            assertThat(lookup.listedFor(DOMAIN, CLIENT)).isEqualTo(DomainListing.of(Listing.UNKNOWN));
        }

        @Test
        void changedEnforcementShouldBeReadAgain() {
            lookup.listedFor(DOMAIN, CLIENT);
            own.set(Optional.of(Enforcement.ENFORCE));
            long before = lookup.generation();

            lookup.invalidate(DOMAIN);

            assertThat(lookup.listedFor(DOMAIN, CLIENT))
                    .isEqualTo(DomainListing.of(Listing.LISTED, Enforcement.ENFORCE));
            assertThat(lookup.generation()).isNotEqualTo(before);
        }

        /** A list that is longer than the cache has room for is read, and not cached. */
        @Test
        void droppedEnforcementShouldNotHoldOnceAListWithoutOneWasRead() {
            AtomicReference<OutboundList> answer =
                    new AtomicReference<>(OutboundList.of(ImmutableList.of(), Enforcement.REPORT));
            CachedLookup small = new CachedLookup(
                    listsOf(domain -> CompletableFuture.completedFuture(answer.get())),
                    FixedDomainList.internalDomains(FixedDomainList.of("a.example")),
                    TestCacheSettings.patient().toBuilder().maximumDomains(1).build(),
                    clock,
                    nanos::get,
                    metrics);
            small.listedFor(DOMAIN, CLIENT);
            small.invalidateAll();
            assertThat(small.lastEnforcementOf(DOMAIN)).contains(Enforcement.REPORT);
            answer.set(OutboundList.of(IntStream.rangeClosed(1, 5)
                    .mapToObj(i -> entry(DOMAIN, OutboundAddress.parse("192.0.2." + i), Optional.empty()))
                    .collect(ImmutableList.toImmutableList())));

            small.listedFor(DOMAIN, CLIENT);

            assertThat(small.size()).isZero();
            assertThat(small.lastEnforcementOf(DOMAIN)).isEmpty();
        }

        /** Nobody has waited for the list without an enforcement, but it is the last one. */
        @Test
        void droppedEnforcementShouldNotHoldAfterALateListWithoutOneIsDropped() {
            AtomicReference<CompletableFuture<OutboundList>> answer = new AtomicReference<>(
                    CompletableFuture.completedFuture(OutboundList.of(ImmutableList.of(), Enforcement.REPORT)));
            CachedLookup slow =
                    lookup(listsOf(domain -> answer.get()), FixedDomainList.of("a.example"), Duration.ofNanos(1));
            slow.listedFor(DOMAIN, CLIENT);
            slow.invalidateAll();
            assertThat(slow.lastEnforcementOf(DOMAIN)).contains(Enforcement.REPORT);
            CompletableFuture<OutboundList> late = new CompletableFuture<>();
            answer.set(late);
            assertThat(slow.listedFor(DOMAIN, CLIENT)).isEqualTo(DomainListing.of(Listing.UNKNOWN, Enforcement.REPORT));
            late.complete(OutboundList.of(ImmutableList.of()));

            slow.invalidateAll();

            assertThat(slow.lastEnforcementOf(DOMAIN)).isEmpty();
        }

        private OutboundLists listsOf(Function<Domain, CompletionStage<OutboundList>> read) {
            return new OutboundLists() {
                @Override
                public CompletionStage<OutboundList> read(Domain domain) {
                    return read.apply(domain);
                }

                @Override
                public CompletionStage<ImmutableList<AuthorizedOutbound>> listings(OutboundAddress address) {
                    throw new UnsupportedOperationException("Nobody looks up " + address);
                }
            };
        }

        @Test
        void enforcementShouldBeTheOneThatWasReadLast() {
            lookup.listedFor(DOMAIN, CLIENT);
            lookup.invalidateAll();
            own.set(Optional.empty());
            lookup.listedFor(DOMAIN, CLIENT);
            up.set(false);

            lookup.invalidateAll();

            assertThat(lookup.listedFor(DOMAIN, CLIENT)).isEqualTo(DomainListing.of(Listing.UNKNOWN));
        }
    }

    @Nested
    class Generation {
        private final CachedLookup lookup = lookup(FixedDomainList.of("a.example"));

        @ParameterizedTest
        @EnumSource(Invalidation.class)
        void earlierAnswerShouldNotHoldAfterAnInvalidation(Invalidation invalidation) {
            long before = lookup.generation();

            invalidation.apply(lookup);

            assertThat(lookup.generation()).isNotEqualTo(before);
        }

        @Test
        void answerShouldHoldAfterOtherAnswers() {
            save(DOMAIN, CLIENT, Optional.empty());
            long before = lookup.generation();

            lookup.listedFor(DOMAIN, CLIENT);
            lookup.listedFor(OTHER_DOMAIN, CLIENT);
            lookup.listedForAny(OTHER_CLIENT);
            lookup.recordPoll(nanos.get());

            assertThat(lookup.generation()).isEqualTo(before);
        }

        @Test
        void earlierAnswerShouldNotHoldAfterAChangeOfTheDomainsOnThisNode() {
            InternalDomains domains = FixedDomainList.internalDomains(FixedDomainList.of("a.example"));
            CachedLookup withDomains =
                    new CachedLookup(store, domains, TestCacheSettings.patient(), clock, nanos::get, metrics);
            long before = withDomains.generation();

            domains.added(DOMAIN);

            assertThat(withDomains.generation()).isNotEqualTo(before);
        }

        @Test
        void earlierAnswerShouldNotHoldAfterAChangeOfBothTheDomainsAndTheLists() {
            InternalDomains domains = FixedDomainList.internalDomains(FixedDomainList.of("a.example"));
            CachedLookup withDomains =
                    new CachedLookup(store, domains, TestCacheSettings.patient(), clock, nanos::get, metrics);
            long before = withDomains.generation();

            domains.added(DOMAIN);
            long between = withDomains.generation();
            withDomains.invalidate(DOMAIN, CLIENT);

            assertThat(withDomains.generation()).isNotIn(before, between);
        }
    }

    /** A change of the list of a domain, or of its enforcement, or both and all others. */
    private enum Change {
        OF_ENTRY(true) {
            @Override
            void apply(CachedLookup lookup) {
                lookup.invalidate(DOMAIN, CLIENT);
            }
        },
        OF_ENFORCEMENT(false) {
            @Override
            void apply(CachedLookup lookup) {
                lookup.invalidate(DOMAIN);
            }
        },
        OF_ALL(true) {
            @Override
            void apply(CachedLookup lookup) {
                lookup.invalidateAll();
            }
        };

        /** Whether what is cached of the address is invalidated too. */
        private final boolean ofAddress;

        Change(boolean ofAddress) {
            this.ofAddress = ofAddress;
        }

        abstract void apply(CachedLookup lookup);
    }

    private enum Invalidation {
        INVALIDATE {
            @Override
            void apply(CachedLookup lookup) {
                lookup.invalidate(DOMAIN, CLIENT);
            }
        },
        REFRESH {
            @Override
            void apply(CachedLookup lookup) {
                lookup.refresh(DOMAIN, CLIENT);
            }
        },
        TRY_REFRESH {
            @Override
            void apply(CachedLookup lookup) {
                var domain = lookup.tryRefresh(DOMAIN);
                var address = lookup.tryRefresh(CLIENT);
                assertThat(domain).isNotNull();
                assertThat(address).isNotNull();
            }
        },
        INVALIDATE_ALL {
            @Override
            void apply(CachedLookup lookup) {
                lookup.invalidateAll();
            }
        };

        abstract void apply(CachedLookup lookup);
    }

    /** A store that gives a fixed answer to every query, and counts the queries. */
    private static final class StubStore implements OutboundLists {
        private final Supplier<CompletionStage<ImmutableList<AuthorizedOutbound>>> list;
        private final Supplier<CompletionStage<ImmutableList<AuthorizedOutbound>>> listings;
        private final AtomicInteger queries = new AtomicInteger();

        private StubStore(
                Supplier<CompletionStage<ImmutableList<AuthorizedOutbound>>> list,
                Supplier<CompletionStage<ImmutableList<AuthorizedOutbound>>> listings) {
            this.list = list;
            this.listings = listings;
        }

        /** A store that gives the same answer to every question. */
        private StubStore(Supplier<CompletionStage<ImmutableList<AuthorizedOutbound>>> answer) {
            this(answer, answer);
        }

        @Override
        public CompletionStage<OutboundList> read(Domain domain) {
            queries.incrementAndGet();
            return list.get().thenApply(OutboundList::of);
        }

        @Override
        public CompletionStage<ImmutableList<AuthorizedOutbound>> listings(OutboundAddress address) {
            queries.incrementAndGet();
            return listings.get();
        }
    }
}
