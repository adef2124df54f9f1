// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.google.common.collect.ImmutableList;
import io.authorizedoutbounds.monitoring.TestMetrics;
import io.authorizedoutbounds.policy.Author;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.DomainListing;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.Listing;
import io.authorizedoutbounds.policy.MemoryAuthorizedOutboundStore;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundChange;
import io.authorizedoutbounds.policy.SettableClock;
import io.authorizedoutbounds.policy.StoreNotReachedException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.james.core.Domain;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A node that polls what another one, which writes straight into the store, has changed. */
class ChangeLogPollerTest {
    private static final Domain DOMAIN = Domain.of("a.example");
    private static final Domain DOMAIN_OF_OTHERS = Domain.of("b.example");
    private static final OutboundAddress CLIENT = OutboundAddress.parse("192.0.2.1");
    private static final OutboundAddress OTHER_CLIENT = OutboundAddress.parse("192.0.2.2");
    private static final Instant NOW = Instant.parse("2024-05-01T10:59:59Z");
    private static final Duration STALE_MAXIMUM = Duration.ofMinutes(30);

    /** As {@code System.nanoTime()} may be: far from zero, and negative. */
    private static final long START = -Duration.ofDays(10_000).toNanos();

    @RegisterExtension
    final RecordedLog log = RecordedLog.of(ChangeLogPoller.class);

    private final SettableClock writersClock = new SettableClock(NOW);
    private final SettableClock clock = new SettableClock(NOW);
    private final AtomicLong nanos = new AtomicLong(START);
    private final AtomicBoolean up = new AtomicBoolean(true);
    private final AtomicBoolean listsUp = new AtomicBoolean(true);
    private final AtomicBoolean addressesUp = new AtomicBoolean(true);
    private final AtomicInteger listQueries = new AtomicInteger();
    private final MemoryAuthorizedOutboundStore store = new MemoryAuthorizedOutboundStore(writersClock);
    /** Where the lists are read: the store, unless a test says otherwise. */
    private MemoryAuthorizedOutboundStore listsOf = store;

    /** What a query of the change log that goes back further than five minutes returns, or null for that of the store. */
    private CompletableFuture<ImmutableList<OutboundChange>> farBack;

    private final AuthorizedOutboundStore readersView = whileUp();
    private final CachedLookup lookup = new CachedLookup(
            readersView,
            FixedDomainList.internalDomains(FixedDomainList.of("a.example")),
            settings(),
            clock,
            nanos::get,
            TestMetrics.unseen());
    private final ChangeLogPoller poller = new ChangeLogPoller(readersView, lookup, STALE_MAXIMUM, clock, nanos::get);

    private static CacheSettings settings() {
        return TestCacheSettings.patient().toBuilder()
                .staleMaximum(STALE_MAXIMUM)
                .build();
    }

    /** The store, as long as it is up; after that every call fails. */
    private AuthorizedOutboundStore whileUp() {
        return (AuthorizedOutboundStore) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {AuthorizedOutboundStore.class},
                (proxy, method, arguments) -> {
                    if (!method.getName().equals("changesSince")) {
                        listQueries.incrementAndGet();
                    }
                    if (!up.get()
                            || !(listsUp.get() || method.getName().equals("changesSince"))
                            || !(addressesUp.get() || !method.getName().equals("listings"))) {
                        return CompletableFuture.failedFuture(new IllegalStateException("down"));
                    }
                    if (farBack != null
                            && method.getName().equals("changesSince")
                            && ((Instant) arguments[0]).isBefore(clock.instant().minus(Duration.ofMinutes(5)))) {
                        return farBack;
                    }
                    try {
                        return method.invoke(method.getName().equals("changesSince") ? store : listsOf, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private void put() {
        store.save(entry()).toCompletableFuture().join();
    }

    private static AuthorizedOutbound entry() {
        return entryOf(CLIENT);
    }

    private static AuthorizedOutbound entryOf(OutboundAddress client) {
        return AuthorizedOutbound.builder()
                .domain(DOMAIN)
                .address(client)
                .addedAt(NOW)
                .build();
    }

    private void remove() {
        store.remove(DOMAIN, CLIENT, Author.unknown()).toCompletableFuture().join();
    }

    private void pass(Duration time) {
        clock.advance(time);
        writersClock.advance(time);
        nanos.addAndGet(time.toNanos());
    }

    private void assertBoth(Listing expected) {
        assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(expected);
        assertThat(lookup.listedForAny(CLIENT)).isEqualTo(expected);
    }

    @Test
    void changeOfAnotherNodeShouldHoldAfterOnePoll() {
        assertBoth(Listing.UNLISTED);
        put();
        poller.poll();
        assertBoth(Listing.LISTED);

        pass(Duration.ofSeconds(1));
        remove();
        poller.poll();

        assertBoth(Listing.UNLISTED);
    }

    @Test
    void enforcementThatAnotherNodeChangesShouldHoldAfterOnePoll() {
        put();
        assertBoth(Listing.LISTED);
        store.setEnforcement(DOMAIN, Enforcement.REPORT, Author.unknown())
                .toCompletableFuture()
                .join();
        poller.poll();
        assertThat(lookup.listedFor(DOMAIN, CLIENT).enforcement()).contains(Enforcement.REPORT);

        pass(Duration.ofSeconds(1));
        store.resetEnforcement(DOMAIN, Author.unknown()).toCompletableFuture().join();
        poller.poll();

        assertThat(lookup.listedFor(DOMAIN, CLIENT)).isEqualTo(DomainListing.of(Listing.LISTED));
    }

    /** Nothing else of the domain changes, which would have its list read again. */
    @Test
    void firstEnforcementOfADomainShouldHoldAfterOnePoll() {
        assertThat(lookup.listedFor(DOMAIN, CLIENT)).isEqualTo(DomainListing.of(Listing.UNLISTED));
        store.setEnforcement(DOMAIN, Enforcement.REPORT, Author.unknown())
                .toCompletableFuture()
                .join();

        poller.poll();

        assertThat(lookup.listedFor(DOMAIN, CLIENT)).isEqualTo(DomainListing.of(Listing.UNLISTED, Enforcement.REPORT));
    }

    /** A batch is not isolated: its row in the change log may be seen before the one of the domain. */
    @Test
    void enforcementShouldHoldWhenItIsReadableLaterThanItsChange() {
        listsOf = new MemoryAuthorizedOutboundStore(writersClock);
        store.setEnforcement(DOMAIN, Enforcement.REPORT, Author.unknown())
                .toCompletableFuture()
                .join();
        poller.poll();
        assertThat(lookup.listedFor(DOMAIN, CLIENT).enforcement()).isEmpty();
        listsOf = store;

        pass(Duration.ofSeconds(1));
        poller.poll();

        assertThat(lookup.listedFor(DOMAIN, CLIENT).enforcement()).contains(Enforcement.REPORT);
    }

    @Test
    void clockOfTheWriterShouldNotMatter() {
        for (Duration apart : new Duration[] {Duration.ofSeconds(-20), Duration.ofSeconds(20)}) {
            writersClock.set(clock.instant().plus(apart));
            assertBoth(Listing.UNLISTED);
            put();
            poller.poll();
            assertBoth(Listing.LISTED);
            remove();
            poller.poll();
            assertBoth(Listing.UNLISTED);
            pass(Duration.ofMinutes(5));
            poller.poll();
        }
    }

    /** A logged batch is atomic but not isolated: its row in the change log may be visible before those in the lists. */
    @Test
    void changeThatTheListsDoNotShowYetShouldBeRefreshed() {
        remove();
        poller.poll();
        assertBoth(Listing.UNLISTED);
        MemoryAuthorizedOutboundStore lists = new MemoryAuthorizedOutboundStore(writersClock);
        listsOf = lists;
        assertBoth(Listing.UNLISTED);
        lists.save(entry()).toCompletableFuture().join();

        pass(Duration.ofSeconds(5));
        poller.poll();

        assertBoth(Listing.LISTED);
    }

    /** A batch that was answered 503 keeps its time when Cassandra replays it. */
    @Test
    void changeThatIsReplayedLateShouldHoldWithinTenSeconds() {
        assertBoth(Listing.UNLISTED);
        writersClock.advance(Duration.ofMinutes(-20));
        put();
        writersClock.advance(Duration.ofMinutes(20));
        poller.poll();
        assertBoth(Listing.UNLISTED);

        pass(Duration.ofSeconds(10));
        poller.poll();

        assertBoth(Listing.LISTED);
    }

    /** The changes far back may be many, and what other nodes have just changed is to hold within two seconds. */
    @Test
    void pollShouldNotWaitForTheChangesFarBack() {
        AtomicBoolean waited = new AtomicBoolean();
        farBack = new CompletableFuture<>() {
            @Override
            public ImmutableList<OutboundChange> get(long timeout, TimeUnit unit) {
                waited.set(true);
                return ImmutableList.of();
            }
        };
        pass(Duration.ofSeconds(10));

        poller.poll();

        assertThat(waited).isFalse();
    }

    @Test
    void changesFarBackShouldHoldAfterTheNextPoll() {
        assertBoth(Listing.UNLISTED);
        writersClock.advance(Duration.ofMinutes(-20));
        put();
        writersClock.advance(Duration.ofMinutes(20));
        farBack = new CompletableFuture<>();
        pass(Duration.ofSeconds(10));
        poller.poll();
        assertBoth(Listing.UNLISTED);
        farBack.complete(store.changesSince(clock.instant().minus(STALE_MAXIMUM), 10)
                .toCompletableFuture()
                .join());

        poller.poll();

        assertBoth(Listing.LISTED);
    }

    @Test
    void changesFarBackShouldBeReadAgainAfterAFailure() {
        assertBoth(Listing.UNLISTED);
        writersClock.advance(Duration.ofMinutes(-20));
        put();
        writersClock.advance(Duration.ofMinutes(20));
        farBack = CompletableFuture.failedFuture(new IllegalStateException("down"));
        pass(Duration.ofSeconds(10));
        poller.poll();
        assertBoth(Listing.UNLISTED);
        farBack = null;

        pass(Duration.ofSeconds(10));
        poller.poll();

        assertBoth(Listing.LISTED);
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void everythingShouldBeInvalidatedWhenMoreHasChangedThanOneQueryReads() {
        put();
        assertBoth(Listing.LISTED);
        remove();
        for (int i = 0; i < ChangeLogPoller.MAX_CHANGES; i++) {
            store.remove(DOMAIN, OTHER_CLIENT, Author.unknown())
                    .toCompletableFuture()
                    .join();
        }

        poller.poll();

        assertThat(lookup.size()).isZero();
        assertBoth(Listing.UNLISTED);
        pass(STALE_MAXIMUM);
        up.set(false);
        assertBoth(Listing.UNLISTED);
    }

    /** The change log is in no order: what is cut off may be any change. */
    @Test
    void removalShouldHoldThoughATruncatedChangeLogDoesNotShowIt() {
        put();
        poller.poll();
        // Until the entry's own change refreshes nothing any more.
        pass(Duration.ofSeconds(20));
        assertBoth(Listing.LISTED);
        for (int i = 0; i < ChangeLogPoller.MAX_CHANGES; i++) {
            store.remove(DOMAIN_OF_OTHERS, OTHER_CLIENT, Author.unknown())
                    .toCompletableFuture()
                    .join();
        }
        remove();

        poller.poll();

        assertBoth(Listing.UNLISTED);
    }

    @Test
    void changesOfAPauseShouldHoldAfterThePause() {
        assertBoth(Listing.UNLISTED);
        up.set(false);
        put();
        for (int minute = 0; minute < 20; minute++) {
            pass(Duration.ofMinutes(1));
            poller.poll();
        }
        assertBoth(Listing.UNLISTED);

        up.set(true);
        poller.poll();

        assertBoth(Listing.LISTED);
    }

    @Test
    void everythingShouldBeInvalidatedAfterAGapThatIsTooLong() {
        put();
        assertBoth(Listing.LISTED);
        up.set(false);
        remove();
        pass(STALE_MAXIMUM.plusHours(100));
        poller.poll();
        assertBoth(Listing.UNKNOWN);

        up.set(true);
        poller.poll();

        assertThat(lookup.size()).isZero();
    }

    /** The ticker stands still while a machine is suspended, the wall clock does not. */
    @Test
    void everythingShouldBeInvalidatedAfterASuspendedMachineWakesUp() {
        put();
        pass(Duration.ofMinutes(5));
        poller.poll();
        assertBoth(Listing.LISTED);
        remove();
        clock.advance(Duration.ofHours(3));
        writersClock.advance(Duration.ofHours(3));

        poller.poll();

        assertBoth(Listing.UNLISTED);
    }

    /** The rows of a change log expire: what it no longer shows may have changed too. */
    @Test
    void everythingShouldBeInvalidatedAfterALongPauseOfWhichTheChangeLogShowsNothing() {
        ChangeLogPoller ofNothing =
                pollerOf((proxy, method, arguments) -> CompletableFuture.completedFuture(ImmutableList.of()));
        put();
        assertBoth(Listing.LISTED);
        remove();
        clock.advance(STALE_MAXIMUM);
        ofNothing.poll();
        assertBoth(Listing.LISTED);

        clock.advance(STALE_MAXIMUM.plusNanos(1));
        ofNothing.poll();

        assertBoth(Listing.UNLISTED);
    }

    @Test
    void changeShouldBeRefreshedAgainByAPollThatComesLate() {
        remove();
        poller.poll();
        MemoryAuthorizedOutboundStore lists = new MemoryAuthorizedOutboundStore(writersClock);
        listsOf = lists;
        assertBoth(Listing.UNLISTED);
        lists.save(entry()).toCompletableFuture().join();

        pass(Duration.ofSeconds(40));
        poller.poll();

        assertBoth(Listing.LISTED);
    }

    /** While the lists cannot be read, a refresh leaves the old list in the cache. */
    @Test
    void changeThatCouldNotBeRefreshedShouldBeRefreshedInTheEnd() {
        put();
        poller.poll();
        MemoryAuthorizedOutboundStore early = new MemoryAuthorizedOutboundStore(writersClock);
        listsOf = early;
        assertBoth(Listing.UNLISTED);
        listsUp.set(false);
        pass(Duration.ofSeconds(5));
        poller.poll();
        assertBoth(Listing.UNLISTED);
        listsUp.set(true);
        listsOf = store;
        pass(Duration.ofSeconds(30));
        poller.poll();
        assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.UNLISTED);

        pass(Duration.ofSeconds(5));
        poller.poll();

        assertBoth(Listing.LISTED);
    }

    /** Afterwards the lists show it. */
    private void pollRemovalThatTheListsDoNotShowYet() {
        put();
        remove();
        listsOf = new MemoryAuthorizedOutboundStore(writersClock);
        listsOf.save(entry()).toCompletableFuture().join();
        poller.poll();
        assertBoth(Listing.LISTED);
        listsOf = store;
    }

    @Test
    void removalThatTheListsDoNotShowYetShouldBeRefreshedInTheEnd() {
        pollRemovalThatTheListsDoNotShowYet();

        pass(Duration.ofSeconds(40));
        poller.poll();

        assertBoth(Listing.UNLISTED);
    }

    /** The lists of domains and those of addresses are different tables. */
    @Test
    void addressShouldBeReadForTheLastTimeUntilItIsAnswered() {
        pollRemovalThatTheListsDoNotShowYet();
        addressesUp.set(false);
        pass(Duration.ofSeconds(40));
        poller.poll();
        assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.UNLISTED);
        assertThat(lookup.listedForAny(CLIENT)).isEqualTo(Listing.LISTED);
        addressesUp.set(true);

        pass(Duration.ofSeconds(1));
        poller.poll();

        assertBoth(Listing.UNLISTED);
    }

    /** Forty seconds after an outage there may be many of them, and all mail would wait for a busy Cassandra. */
    @Test
    void listShouldStayCachedWhileItIsReadForTheLastTime() {
        put();
        poller.poll();
        assertBoth(Listing.LISTED);
        listsUp.set(false);
        pass(Duration.ofSeconds(40));

        poller.poll();

        assertBoth(Listing.LISTED);
    }

    @Test
    void listShouldBeReadForTheLastTimeUntilItIsAnswered() {
        put();
        poller.poll();
        listsOf = new MemoryAuthorizedOutboundStore(writersClock);
        assertBoth(Listing.UNLISTED);
        listsUp.set(false);
        pass(Duration.ofSeconds(40));
        poller.poll();
        assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(Listing.UNLISTED);
        listsOf = store;
        listsUp.set(true);
        pass(Duration.ofSeconds(1));

        poller.poll();

        assertBoth(Listing.LISTED);
    }

    @Test
    void listWithManyChangesShouldBeReadForTheLastTimeInOneQuery() {
        put();
        store.save(entryOf(OTHER_CLIENT)).toCompletableFuture().join();
        poller.poll();
        lookup.listedFor(DOMAIN, CLIENT);
        listQueries.set(0);
        pass(Duration.ofSeconds(40));

        poller.poll();

        assertThat(lookup.listedFor(DOMAIN, OTHER_CLIENT).listing()).isEqualTo(Listing.LISTED);
        assertThat(listQueries).hasValue(1);
    }

    /** As when an outage ends: the change log is polled again before a query of the lists was answered. */
    @Test
    void changeShouldNotBeInvalidatedInTheEndWhileTheListsAreNotQueried() {
        put();
        poller.poll();
        assertBoth(Listing.LISTED);
        listsUp.set(false);
        for (int i = 0; i < 3; i++) {
            lookup.listedFor(Domain.of("d" + i + ".example"), CLIENT);
        }
        listsUp.set(true);
        pass(Duration.ofSeconds(40));
        poller.poll();

        assertBoth(Listing.LISTED);
    }

    /** A refresh that failed leaves the old list, which no later change would correct. */
    @Test
    void changeShouldBeRefreshedOnceTheListsAreReadAgain() {
        put();
        poller.poll();
        listsOf = new MemoryAuthorizedOutboundStore(writersClock);
        assertBoth(Listing.UNLISTED);
        listsUp.set(false);
        openTheBreaker();
        pass(Duration.ofSeconds(40));
        poller.poll();
        assertBoth(Listing.UNLISTED);
        listsOf = store;
        listsUp.set(true);

        pass(Breaker.PROBE_INTERVAL);
        poller.poll();

        assertBoth(Listing.LISTED);
    }

    /** Each poll reads the change again for two minutes; each refresh is a query. */
    @ParameterizedTest
    @ValueSource(ints = {15, 39})
    void changeShouldCauseNoQueryBetweenItsRefreshesAndTheLastOne(int seconds) {
        put();
        poller.poll();
        assertBoth(Listing.LISTED);
        listQueries.set(0);

        pass(Duration.ofSeconds(seconds));
        poller.poll();

        assertBoth(Listing.LISTED);
        assertThat(listQueries).hasValue(0);
    }

    @Test
    void changeShouldBeRefreshedOnceInTheEnd() {
        put();
        poller.poll();
        assertBoth(Listing.LISTED);
        pass(Duration.ofSeconds(40));
        poller.poll();
        assertBoth(Listing.LISTED);
        listQueries.set(0);

        pass(Duration.ofSeconds(1));
        poller.poll();

        assertBoth(Listing.LISTED);
        assertThat(listQueries).hasValue(0);
    }

    private void openTheBreaker() {
        for (int i = 0; i < 3; i++) {
            lookup.listedFor(Domain.of("d" + i + ".example"), CLIENT);
        }
        assertThat(lookup.isBreakerOpen()).isTrue();
    }

    @Test
    void pollShouldSurviveAnError() {
        ChangeLogPoller broken = pollerOf((proxy, method, arguments) -> {
            throw new OutOfMemoryError("made up");
        });

        assertThatCode(broken::poll).doesNotThrowAnyException();
    }

    @Test
    void outageShouldBeLoggedOnceAndItsEndToo() {
        up.set(false);
        poller.poll();
        poller.poll();
        up.set(true);
        poller.poll();
        poller.poll();

        assertThat(log.lines())
                .containsExactly(
                        "WARN Cannot poll the change log of authorized outbounds, what is in the cache holds for"
                                + " stale.maximum: java.lang.IllegalStateException: down",
                        "INFO The change log of authorized outbounds is polled again");
    }

    @Test
    void pollShouldLogAnError() {
        pollerOf((proxy, method, arguments) -> {
                    throw new OutOfMemoryError("made up");
                })
                .poll();

        assertThat(log.lines())
                .containsExactly("WARN Cannot poll the change log of authorized outbounds, what is in the cache holds"
                        + " for stale.maximum: java.lang.OutOfMemoryError: made up");
    }

    /** As in the first second after the start. */
    @Test
    void storeThatIsNotReachedYetShouldNotBeLogged() {
        pollerOf((proxy, method, arguments) ->
                        CompletableFuture.failedFuture(new StoreNotReachedException("Cassandra")))
                .poll();

        assertThat(log.lines()).isEmpty();
    }

    private ChangeLogPoller pollerOf(InvocationHandler changes) {
        AuthorizedOutboundStore ofChanges = (AuthorizedOutboundStore) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {AuthorizedOutboundStore.class}, changes);
        return new ChangeLogPoller(ofChanges, lookup, STALE_MAXIMUM, clock, nanos::get);
    }

    @Test
    void threadShouldStayInterruptedWhenAPollIsInterrupted() {
        ChangeLogPoller hanging = pollerOf((proxy, method, arguments) -> new CompletableFuture<>());
        Thread.currentThread().interrupt();

        hanging.poll();

        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void pollsShouldKeepCachedListsFromGoingStale() {
        put();
        poller.poll();
        pass(Duration.ofMinutes(5));
        poller.poll();
        assertBoth(Listing.LISTED);
        for (int i = 0; i < 10; i++) {
            pass(STALE_MAXIMUM.dividedBy(2));
            poller.poll();
        }
        up.set(false);

        assertBoth(Listing.LISTED);
    }
}
