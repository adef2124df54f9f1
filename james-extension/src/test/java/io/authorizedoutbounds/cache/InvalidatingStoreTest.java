// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Ticker;
import com.google.common.collect.ImmutableList;
import io.authorizedoutbounds.monitoring.TestMetrics;
import io.authorizedoutbounds.policy.Author;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.DomainListing;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.ListReplacement;
import io.authorizedoutbounds.policy.Listing;
import io.authorizedoutbounds.policy.MemoryAuthorizedOutboundStore;
import io.authorizedoutbounds.policy.OutboundAddress;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.apache.james.core.Domain;
import org.junit.jupiter.api.Test;

/** No poll of the change log: a change must hold at once on the node that makes it. */
class InvalidatingStoreTest {
    private static final Domain DOMAIN = Domain.of("a.example");
    private static final OutboundAddress CLIENT = OutboundAddress.parse("192.0.2.1");

    private final MemoryAuthorizedOutboundStore store = new MemoryAuthorizedOutboundStore(Clock.systemUTC());
    private final CachedLookup lookup = new CachedLookup(
            store,
            FixedDomainList.internalDomains(FixedDomainList.of("a.example")),
            TestCacheSettings.patient(),
            Clock.systemUTC(),
            Ticker.systemTicker(),
            TestMetrics.unseen());
    private final AuthorizedOutboundStore invalidating = new InvalidatingStore(store, lookup);

    private void save(AuthorizedOutboundStore into) {
        into.save(entry(CLIENT)).toCompletableFuture().join();
    }

    private static AuthorizedOutbound entry(OutboundAddress address) {
        return AuthorizedOutbound.builder()
                .domain(DOMAIN)
                .address(address)
                .addedAt(Instant.now())
                .build();
    }

    private void assertBoth(Listing expected) {
        assertThat(lookup.listedFor(DOMAIN, CLIENT).listing()).isEqualTo(expected);
        assertThat(lookup.listedForAny(CLIENT)).isEqualTo(expected);
    }

    @Test
    void savedEntryShouldHoldAtOnce() {
        assertBoth(Listing.UNLISTED);

        save(invalidating);

        assertBoth(Listing.LISTED);
    }

    @Test
    void removedEntryShouldNotHoldAnyMore() {
        save(store);
        assertBoth(Listing.LISTED);

        invalidating
                .remove(DOMAIN, CLIENT, Author.unknown())
                .toCompletableFuture()
                .join();

        assertBoth(Listing.UNLISTED);
    }

    @Test
    void replacedListShouldHoldAtOnce() {
        AuthorizedOutbound removed = entry(CLIENT);
        AuthorizedOutbound added = entry(OutboundAddress.parse("192.0.2.2"));
        store.save(removed).toCompletableFuture().join();
        assertBoth(Listing.LISTED);
        assertThat(lookup.listedForAny(added.address())).isEqualTo(Listing.UNLISTED);

        ImmutableList<AuthorizedOutbound> list = invalidating
                .replace(
                        DOMAIN,
                        new ListReplacement(
                                ImmutableList.of(added), ImmutableList.of(), ImmutableList.of(removed.address())),
                        Author.unknown())
                .toCompletableFuture()
                .join();

        assertThat(list).containsExactly(added);
        assertBoth(Listing.UNLISTED);
        assertThat(lookup.listedFor(DOMAIN, added.address()).listing()).isEqualTo(Listing.LISTED);
        assertThat(lookup.listedForAny(added.address())).isEqualTo(Listing.LISTED);
    }

    @Test
    void orphanedEntryShouldNotHoldAnyMore() {
        save(store);
        assertBoth(Listing.LISTED);

        ImmutableList<AuthorizedOutbound> orphaned = invalidating
                .orphan(DOMAIN, Author.unknown())
                .toCompletableFuture()
                .join();

        assertThat(orphaned).extracting(AuthorizedOutbound::address).containsExactly(CLIENT);
        assertBoth(Listing.UNLISTED);
    }

    @Test
    void changedEnforcementShouldHoldAtOnce() {
        save(store);
        assertBoth(Listing.LISTED);

        invalidating
                .setEnforcement(DOMAIN, Enforcement.REPORT, Author.unknown())
                .toCompletableFuture()
                .join();
        DomainListing reported = lookup.listedFor(DOMAIN, CLIENT);
        invalidating
                .resetEnforcement(DOMAIN, Author.unknown())
                .toCompletableFuture()
                .join();
        DomainListing inherited = lookup.listedFor(DOMAIN, CLIENT);

        assertThat(reported).isEqualTo(DomainListing.of(Listing.LISTED, Enforcement.REPORT));
        assertThat(inherited).isEqualTo(DomainListing.of(Listing.LISTED));
    }

    /** What is cached may be all there is while the store fails. */
    @Test
    void changeThatFailsShouldInvalidateNothing() {
        save(store);
        assertBoth(Listing.LISTED);
        long cached = lookup.size();
        long generation = lookup.generation();
        AuthorizedOutboundStore failing = (AuthorizedOutboundStore) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {AuthorizedOutboundStore.class},
                (proxy, method, arguments) -> CompletableFuture.failedFuture(new IOException("down")));

        CompletableFuture<Void> change = new InvalidatingStore(failing, lookup)
                .remove(DOMAIN, CLIENT, Author.unknown())
                .toCompletableFuture();

        assertThat(change).isCompletedExceptionally();
        assertThat(lookup.size()).isEqualTo(cached);
        assertThat(lookup.generation()).isEqualTo(generation);
    }
}
