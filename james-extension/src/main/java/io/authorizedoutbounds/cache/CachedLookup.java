// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import com.github.benmanes.caffeine.cache.AsyncLoadingCache;
import com.github.benmanes.caffeine.cache.Ticker;
import com.google.common.annotations.VisibleForTesting;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Ordering;
import io.authorizedoutbounds.policy.DomainListing;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.Listing;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundLists;
import io.authorizedoutbounds.policy.OutboundLookup;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import org.apache.james.core.Domain;

/**
 * Decides by the {@linkplain ListCaches cached lists} while {@linkplain CacheFreshness they are fresh}, and queries the
 * {@linkplain GuardedStore store} for what is missing.
 *
 * <p>A {@link ChangeLogPoller} and an {@link InvalidatingStore} invalidate what has changed. Without polls of the change
 * log what is cached holds for the stale maximum.
 */
public class CachedLookup implements OutboundLookup {
    private static final int MAX_MISSED_POLLS = 3;

    /** A poll may take a while on a busy machine. */
    private static final Duration MIN_TOLERATED_LAG = Duration.ofSeconds(5);

    private final GuardedStore store;
    private final ListCaches caches;
    private final CacheFreshness freshness;
    private final InternalDomains domains;
    private final Clock clock;
    private final LookupMetrics metrics;
    private final WaitLimit limit;
    private final Duration toleratedLag;

    // Made once: a decision allocates nothing for them.
    private final Lookup<Domain, CachedList, DomainListing> ofDomain = new DomainLookup();
    private final Lookup<OutboundAddress, ImmutableMap<Domain, Instant>, Listing> ofAddress = new AddressLookup();
    private final Predicate<Instant> isActive = this::isActive;

    public CachedLookup(
            OutboundLists lists,
            InternalDomains domains,
            CacheSettings settings,
            Clock clock,
            Ticker ticker,
            LookupMetrics metrics) {
        this.store = new GuardedStore(lists, domains, settings.lookupTimeout(), ticker, metrics);
        this.caches = new ListCaches(store, settings.maximumDomains(), settings.maximumAddresses(), ticker);
        this.freshness = new CacheFreshness(settings.staleMaximum(), ticker);
        this.domains = domains;
        this.clock = clock;
        this.metrics = metrics;
        this.limit = WaitLimit.NONE;
        this.toleratedLag = Ordering.natural()
                .max(MIN_TOLERATED_LAG, settings.propagationInterval().multipliedBy(MAX_MISSED_POLLS));
    }

    private CachedLookup(CachedLookup other, WaitLimit limit) {
        this.store = other.store;
        this.caches = other.caches;
        this.freshness = other.freshness;
        this.domains = other.domains;
        this.clock = other.clock;
        this.metrics = other.metrics;
        this.limit = limit;
        this.toleratedLag = other.toleratedLag;
    }

    /** How the answers of one of the caches are read. */
    private interface Lookup<K, V, R> {
        AsyncLoadingCache<K, V> cache();

        R read(V list, OutboundAddress client);

        /** Records that a list was read from the store. */
        void recordRead(K key);

        /** Drops a list that no longer holds. A query that is under way does. */
        void drop(K key, CompletableFuture<V> cached);

        /** For a list that cannot be read. */
        R unknown(K key);
    }

    private final class DomainLookup implements Lookup<Domain, CachedList, DomainListing> {
        @Override
        public AsyncLoadingCache<Domain, CachedList> cache() {
            return caches.byDomain();
        }

        @Override
        public DomainListing read(CachedList list, OutboundAddress client) {
            return list.listing(client, isActive);
        }

        @Override
        public void recordRead(Domain domain) {
            caches.recordRead(domain);
        }

        @Override
        public void drop(Domain domain, CompletableFuture<CachedList> cached) {
            caches.drop(domain, cached);
        }

        @Override
        public DomainListing unknown(Domain domain) {
            return caches.lastEnforcementOf(domain)
                    .map(own -> DomainListing.of(Listing.UNKNOWN, own))
                    .orElse(DomainListing.of(Listing.UNKNOWN));
        }
    }

    private final class AddressLookup implements Lookup<OutboundAddress, ImmutableMap<Domain, Instant>, Listing> {
        @Override
        public AsyncLoadingCache<OutboundAddress, ImmutableMap<Domain, Instant>> cache() {
            return caches.byAddress();
        }

        @Override
        public Listing read(ImmutableMap<Domain, Instant> listings, OutboundAddress client) {
            return readListings(listings);
        }

        @Override
        public void recordRead(OutboundAddress address) {}

        @Override
        public void drop(OutboundAddress address, CompletableFuture<ImmutableMap<Domain, Instant>> cached) {
            caches.byAddress().asMap().remove(address, cached);
        }

        @Override
        public Listing unknown(OutboundAddress address) {
            return Listing.UNKNOWN;
        }
    }

    /**
     * The same for threads of which only some may wait for a slow store at once: for the others a listing that is not cached
     * is unknown.
     *
     * @param waitingThreads at least one
     */
    public OutboundLookup limitedTo(int waitingThreads) {
        return new CachedLookup(this, new WaitLimit(waitingThreads));
    }

    @Override
    public DomainListing listedFor(Domain domain, OutboundAddress client) {
        return find(ofDomain, domain, client);
    }

    @Override
    public Optional<Enforcement> lastEnforcementOf(Domain domain) {
        return caches.lastEnforcementOf(domain);
    }

    @Override
    public Listing listedForAny(OutboundAddress client) {
        ListCaches.Unlisted unlisted = caches.unlisted(client);
        if (unlisted == ListCaches.Unlisted.NOT_CACHED || !freshness.isCurrent()) {
            return findListings(client);
        }
        if (unlisted == ListCaches.Unlisted.CACHED) {
            metrics.countHit();
            return Listing.UNLISTED;
        }
        Listing again = findListings(client);
        // Not when the store has answered, and James's domain list has not.
        boolean unanswered = again == Listing.UNKNOWN
                && !ListCaches.isLoaded(caches.byAddress().getIfPresent(client));
        return unanswered ? Listing.UNLISTED : again;
    }

    private Listing findListings(OutboundAddress client) {
        long before = caches.invalidations();
        Listing listing = find(ofAddress, client, client);
        if (listing == Listing.UNLISTED) {
            caches.cacheUnlisted(client, before);
        }
        return listing;
    }

    /** A cache hit allocates nothing and takes no lock; all else is in {@link #query}. */
    private <K, V, R> R find(Lookup<K, V, R> lookup, K key, OutboundAddress client) {
        CompletableFuture<V> cached = lookup.cache().getIfPresent(key);
        if (ListCaches.isLoaded(cached)) {
            if (freshness.isCurrent()) {
                metrics.countHit();
                return lookup.read(cached.join(), client);
            }
            lookup.drop(key, cached);
        }
        return query(lookup, key, client);
    }

    private <K, V, R> R query(Lookup<K, V, R> lookup, K key, OutboundAddress client) {
        metrics.countMiss();
        Optional<V> list = store.await(key, () -> lookup.cache().get(key), limit);
        if (list.isEmpty()) {
            return lookup.unknown(key);
        }
        lookup.recordRead(key);
        return lookup.read(list.get(), client);
    }

    /** The entries of a domain that was removed from James do not count, though they are still there. */
    private Listing readListings(ImmutableMap<Domain, Instant> listings) {
        boolean undecided = false;
        for (Map.Entry<Domain, Instant> listing : listings.entrySet()) {
            if (isActive(listing.getValue())) {
                switch (domains.localityOf(listing.getKey())) {
                    case INTERNAL:
                        return Listing.LISTED;
                    case UNKNOWN:
                        undecided = true;
                        break;
                    case EXTERNAL:
                        break;
                }
            }
        }
        return undecided ? Listing.UNKNOWN : Listing.UNLISTED;
    }

    private boolean isActive(Instant end) {
        return end.equals(Instant.MAX) || clock.instant().isBefore(end);
    }

    @Override
    public long generation() {
        // Both only grow, so that their sum changes with each.
        return caches.generation() + domains.generation();
    }

    /**
     * Records a poll of the change log: every change until then has been {@linkplain #invalidate invalidated}.
     *
     * @param at when the poll began, in nanoseconds of the ticker
     */
    void recordPoll(long at) {
        if (!freshness.isCurrent()) {
            caches.invalidateAll();
        }
        freshness.recordPoll(at);
        store.probeWhileOpen();
    }

    /** How long ago the last good poll of the change log began, which is how old cached lists may be; at first, since the start. */
    public Duration lag() {
        return freshness.lag();
    }

    /** How long cached lists hold if the change log is not polled again. */
    public Duration remaining() {
        return freshness.remaining();
    }

    /** Whether polls of the change log succeed: what other nodes change is seen. */
    public boolean isFollowingChanges() {
        return freshness.isEverPolled() && freshness.lag().compareTo(toleratedLag) <= 0;
    }

    /** Whether the change log has been polled since the start. */
    public boolean isEverPolled() {
        return freshness.isEverPolled();
    }

    /** Whether the store has failed so often that nobody waits for it: what is not cached is unknown. */
    public boolean isBreakerOpen() {
        return store.isBreakerOpen();
    }

    /** Drops what is cached of this domain and this address: the next decision queries the store. */
    void invalidate(Domain domain, OutboundAddress address) {
        caches.invalidate(domain, address);
        store.resetFailure(domain);
        store.resetFailure(address);
    }

    /** Drops what is cached of this domain and of its enforcement. */
    void invalidate(Domain domain) {
        caches.invalidate(domain);
        store.resetFailure(domain);
    }

    /** Reads what is cached of this domain and this address again; it holds until the store answers. */
    void refresh(Domain domain, OutboundAddress address) {
        caches.refresh(domain, address);
    }

    /**
     * Refreshes what is cached of this domain.
     *
     * @return whether the store has answered, so that nothing is cached that was read before
     */
    CompletionStage<Boolean> tryRefresh(Domain domain) {
        return caches.tryRefresh(domain);
    }

    /**
     * Refreshes what is cached of this address.
     *
     * @return whether the store has answered, so that nothing is cached that was read before
     */
    CompletionStage<Boolean> tryRefresh(OutboundAddress address) {
        return caches.tryRefresh(address);
    }

    /** Reads what is cached of this domain again; it holds until the store answers. */
    void refresh(Domain domain) {
        caches.refresh(domain);
    }

    /** Drops everything that is cached. */
    void invalidateAll() {
        caches.invalidateAll();
        store.resetFailures();
    }

    /** Lists and addresses that are cached. */
    @VisibleForTesting
    long size() {
        return caches.size();
    }
}
