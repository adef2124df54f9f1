// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.Listing;
import io.authorizedoutbounds.policy.MemoryAuthorizedOutboundStore;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundLookup;
import io.authorizedoutbounds.policy.SettableClock;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.james.core.Domain;
import org.apache.james.domainlist.api.DomainList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class StoreLookupTest {
    private static final Domain DOMAIN = Domain.of("a.example");
    private static final Domain OTHER_DOMAIN = Domain.of("b.example");
    private static final OutboundAddress CLIENT = OutboundAddress.parse("192.0.2.1");
    private static final OutboundAddress OTHER_CLIENT = OutboundAddress.parse("192.0.2.2");
    private static final Instant NOW = Instant.parse("2024-05-01T10:00:00Z");

    private static final Duration PATIENT = Duration.ofMinutes(1);
    private static final Duration IMPATIENT = Duration.ofMillis(50);
    private static final Duration BOUND = Duration.ofSeconds(10);

    private final SettableClock clock = new SettableClock(NOW);
    private final MemoryAuthorizedOutboundStore store = new MemoryAuthorizedOutboundStore(clock);

    @AfterEach
    void leaveTheThreadUninterrupted() {
        // What a failed test may have left to the next.
        Thread.interrupted();
    }

    @Nested
    class ListedFor {
        @Test
        void addressOfTheDomainShouldBeListed() {
            save(DOMAIN, CLIENT, Optional.empty());

            assertThat(lookup(FixedDomainList.of("a.example")).listedFor(DOMAIN, CLIENT))
                    .isEqualTo(Listing.LISTED);
        }

        @Test
        void addressThatTheDomainDoesNotListShouldBeUnlisted() {
            save(DOMAIN, OTHER_CLIENT, Optional.empty());
            save(OTHER_DOMAIN, CLIENT, Optional.empty());

            assertThat(lookup(FixedDomainList.of("a.example", "b.example")).listedFor(DOMAIN, CLIENT))
                    .isEqualTo(Listing.UNLISTED);
        }

        @Test
        void expiredAddressShouldBeUnlisted() {
            save(DOMAIN, CLIENT, Optional.of(NOW.plusSeconds(60)));

            clock.set(NOW.plusSeconds(60));

            assertThat(lookup(FixedDomainList.of("a.example")).listedFor(DOMAIN, CLIENT))
                    .isEqualTo(Listing.UNLISTED);
        }
    }

    @Nested
    class ListedForAny {
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
        void addressShouldBeUnlistedWhenEveryDomainThatListsItHasLeftJames() {
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
        void addressShouldBeListedWhenADomainIsInternalAndAnotherBeforeItCannotBeTold() {
            assertThat(listedForAny(ImmutableSet.of(DOMAIN, OTHER_DOMAIN), oneInternalAndOneUnknown()))
                    .isEqualTo(Listing.LISTED);
        }

        @Test
        void addressShouldBeListedWhenADomainIsInternalAndAnotherAfterItCannotBeTold() {
            assertThat(listedForAny(ImmutableSet.of(OTHER_DOMAIN, DOMAIN), oneInternalAndOneUnknown()))
                    .isEqualTo(Listing.LISTED);
        }

        @Test
        void listingShouldBeUnknownWhenADomainHasLeftAndAnotherCannotBeTold() {
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
            AuthorizedOutboundStore answering = new StubStore(
                    () -> CompletableFuture.completedFuture(Optional.empty()),
                    () -> CompletableFuture.completedFuture(listing));
            return lookup(answering, list, PATIENT).listedForAny(CLIENT);
        }
    }

    @Nested
    class StoreOutOfReach {
        @Test
        void listingShouldBeUnknownWithinTheTimeoutWhenTheStoreNeverAnswers() {
            OutboundLookup lookup = lookup(
                    new StubStore(CompletableFuture::new, CompletableFuture::new),
                    FixedDomainList.of("a.example"),
                    IMPATIENT);

            assertTimeoutPreemptively(BOUND, () -> assertUnknown(lookup));
        }

        @Test
        void listingShouldBeUnknownWhenTheStoreFails() {
            OutboundLookup lookup = lookup(
                    new StubStore(
                            () -> CompletableFuture.failedFuture(new IOException("no route to host")),
                            () -> CompletableFuture.failedFuture(new IOException("no route to host"))),
                    FixedDomainList.of("a.example"),
                    PATIENT);

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
                    PATIENT);

            assertUnknown(lookup);
        }

        @Test
        void listingShouldBeUnknownWhenTheStoreGivesUpTheCall() {
            OutboundLookup lookup = lookup(
                    new StubStore(StoreLookupTest::cancelled, StoreLookupTest::cancelled),
                    FixedDomainList.of("a.example"),
                    PATIENT);

            assertUnknown(lookup);
        }

        @Test
        void listingShouldBeUnknownAndTheThreadStayInterruptedWhenItIsToStop() {
            OutboundLookup lookup = lookup(
                    new StubStore(CompletableFuture::new, CompletableFuture::new),
                    FixedDomainList.of("a.example"),
                    PATIENT);
            Thread.currentThread().interrupt();

            Listing listing = lookup.listedFor(DOMAIN, CLIENT);

            assertThat(listing).isEqualTo(Listing.UNKNOWN);
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
        }

        @Test
        void storeThatFailsThreeTimesInARowShouldBeLeftAlone() {
            AtomicInteger questions = new AtomicInteger();
            OutboundLookup lookup = lookup(
                    new StubStore(
                            () -> {
                                questions.incrementAndGet();
                                return CompletableFuture.failedFuture(new IOException("down"));
                            },
                            CompletableFuture::new),
                    FixedDomainList.of("a.example"),
                    PATIENT);

            for (int i = 0; i < 100; i++) {
                assertThat(lookup.listedFor(DOMAIN, CLIENT)).isEqualTo(Listing.UNKNOWN);
            }

            // A slow machine may get to a second try after the moment has passed.
            assertThat(questions.get()).isBetween(3, 10);
        }

        @Test
        void storeThatFailsNowAndThenShouldBeAskedEachTime() {
            AtomicInteger questions = new AtomicInteger();
            OutboundLookup lookup = lookup(
                    new StubStore(
                            () -> questions.incrementAndGet() % 3 == 0
                                    ? CompletableFuture.completedFuture(Optional.empty())
                                    : CompletableFuture.failedFuture(new IOException("hiccup")),
                            CompletableFuture::new),
                    FixedDomainList.of("a.example"),
                    PATIENT);

            for (int i = 0; i < 99; i++) {
                lookup.listedFor(DOMAIN, CLIENT);
            }

            assertThat(questions.get()).isEqualTo(99);
        }

        @Test
        void storeThatIsBackShouldBeAskedAgain() {
            AtomicBoolean up = new AtomicBoolean();
            OutboundLookup lookup = lookup(
                    new StubStore(
                            () -> up.get()
                                    ? CompletableFuture.completedFuture(Optional.empty())
                                    : CompletableFuture.failedFuture(new IOException("down")),
                            CompletableFuture::new),
                    FixedDomainList.of("a.example"),
                    PATIENT);
            for (int i = 0; i < 10; i++) {
                lookup.listedFor(DOMAIN, CLIENT);
            }

            up.set(true);

            assertTimeoutPreemptively(BOUND, () -> {
                while (lookup.listedFor(DOMAIN, CLIENT) == Listing.UNKNOWN) {
                    Thread.onSpinWait();
                }
            });
            assertThat(lookup.listedFor(DOMAIN, CLIENT)).isEqualTo(Listing.UNLISTED);
        }

        private void assertUnknown(OutboundLookup lookup) {
            assertThat(lookup.listedFor(DOMAIN, CLIENT)).isEqualTo(Listing.UNKNOWN);
            assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.UNKNOWN);
        }
    }

    private static <T> CompletableFuture<T> cancelled() {
        CompletableFuture<T> future = new CompletableFuture<>();
        future.cancel(true);
        return future;
    }

    private void save(Domain domain, OutboundAddress address, Optional<Instant> expiresAt) {
        store.save(new AuthorizedOutbound(domain, address, Optional.empty(), Optional.empty(), NOW, expiresAt))
                .toCompletableFuture()
                .join();
    }

    private OutboundLookup lookup(DomainList list) {
        return lookup(store, list, PATIENT);
    }

    private static OutboundLookup lookup(AuthorizedOutboundStore store, DomainList list, Duration timeout) {
        return new StoreLookup(store, new InternalDomains(list), timeout);
    }

    /** A store that answers as told, whatever it is asked. */
    private static final class StubStore implements AuthorizedOutboundStore {
        private final Supplier<CompletionStage<Optional<AuthorizedOutbound>>> find;
        private final Supplier<CompletionStage<ImmutableSet<Domain>>> domainsListing;

        private StubStore(
                Supplier<CompletionStage<Optional<AuthorizedOutbound>>> find,
                Supplier<CompletionStage<ImmutableSet<Domain>>> domainsListing) {
            this.find = find;
            this.domainsListing = domainsListing;
        }

        @Override
        public CompletionStage<Optional<AuthorizedOutbound>> find(Domain domain, OutboundAddress address) {
            return find.get();
        }

        @Override
        public CompletionStage<ImmutableSet<Domain>> domainsListing(OutboundAddress address) {
            return domainsListing.get();
        }

        @Override
        public CompletionStage<ImmutableList<AuthorizedOutbound>> list(Domain domain) {
            throw new UnsupportedOperationException("A lookup needs no list");
        }

        @Override
        public CompletionStage<Void> save(AuthorizedOutbound entry) {
            throw new UnsupportedOperationException("A lookup writes nothing");
        }

        @Override
        public CompletionStage<Void> remove(Domain domain, OutboundAddress address, Optional<String> removedBy) {
            throw new UnsupportedOperationException("A lookup writes nothing");
        }
    }
}
