// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import com.github.benmanes.caffeine.cache.AsyncCacheLoader;
import com.github.benmanes.caffeine.cache.AsyncLoadingCache;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import com.google.common.collect.ImmutableMap;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundList;
import io.authorizedoutbounds.policy.OutboundLists;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.apache.james.core.Domain;

/**
 * The lists that are cached: of domains, of listed addresses, and which addresses are on no list. Each is bounded.
 * Thread-safe.
 *
 * <p>A list that is missing is loaded from the store, once however many threads miss it. What no longer holds is {@linkplain
 * #invalidate dropped} or {@linkplain #refresh read again}; whether the change log is still polled is not known here.
 */
final class ListCaches {
    /** What is in use is read again after this time, for rows that no change is of; without an answer the old one stays. */
    private static final Duration REFRESH_INTERVAL = Duration.ofMinutes(10);

    /** A longer list weighs more than one. */
    private static final int ENTRIES_PER_WEIGHT = 4;

    /** What is cached of an address that may be on no list. */
    enum Unlisted {
        /** Nothing. */
        NOT_CACHED,
        /** It is on no list. */
        CACHED,
        /** It was on no list, and is to be read again. */
        DUE
    }

    private final GuardedStore store;
    private final Ticker ticker;

    private final AsyncLoadingCache<Domain, CachedList> byDomain;
    private final AsyncLoadingCache<OutboundAddress, ImmutableMap<Domain, Instant>> byAddress;

    /**
     * Since when an address is known to be on no list, in nanoseconds of the ticker. Apart from the listed, which a flood
     * of addresses that nobody lists must not evict.
     */
    private final Cache<OutboundAddress, Long> unlisted;

    /**
     * The own enforcements of domains whose lists were dropped, until they are read again: a domain that is to be reported
     * must not be refused because its list cannot be read.
     */
    private final Cache<Domain, Enforcement> droppedEnforcements;

    /** Counts invalidations, so that an answer that was under way meanwhile is not cached as unlisted. */
    private final AtomicLong invalidations = new AtomicLong();

    /** Raised last, when nobody can get an earlier answer any more and take it for one of the new generation. */
    private final AtomicLong generation = new AtomicLong();

    /** Caches that are empty. */
    ListCaches(GuardedStore store, int maximumDomains, int maximumAddresses, Ticker ticker) {
        this.ticker = ticker;
        this.store = store;
        this.byDomain = newCache(maximumDomains, CachedList::size, ListCaches::queryDomain);
        this.byAddress = newCache(maximumAddresses, ImmutableMap::size, ListCaches::queryAddress);
        this.unlisted = Caffeine.newBuilder().maximumSize(maximumAddresses).build();
        this.droppedEnforcements =
                Caffeine.newBuilder().maximumSize(maximumDomains).build();
    }

    private static CompletionStage<CachedList> queryDomain(OutboundLists lists, Domain domain) {
        return lists.read(domain).thenApply(ListCaches::cachedList);
    }

    private static CompletionStage<ImmutableMap<Domain, Instant>> queryAddress(
            OutboundLists lists, OutboundAddress address) {
        return lists.listings(address).thenApply(list -> endsBy(AuthorizedOutbound::domain, list));
    }

    private <K, V> AsyncLoadingCache<K, V> newCache(
            int maximum, ToIntFunction<V> size, BiFunction<OutboundLists, K, CompletionStage<V>> query) {
        return Caffeine.newBuilder()
                .maximumWeight(maximum)
                .weigher((K key, V list) -> 1 + (size.applyAsInt(list) - 1) / ENTRIES_PER_WEIGHT)
                .refreshAfterWrite(REFRESH_INTERVAL)
                .ticker(ticker)
                .buildAsync(new AsyncCacheLoader<>() {
                    @Override
                    public CompletableFuture<V> asyncLoad(K key, Executor executor) {
                        return store.load(key, lists -> query.apply(lists, key));
                    }

                    @Override
                    public CompletableFuture<V> asyncReload(K key, V old, Executor executor) {
                        return store.reload(lists -> query.apply(lists, key))
                                .exceptionally(failure -> old)
                                .toCompletableFuture();
                    }
                });
    }

    private static CachedList cachedList(OutboundList list) {
        ImmutableMap<OutboundAddress, Instant> ends = endsBy(AuthorizedOutbound::address, list.entries());
        return list.enforcement().map(own -> CachedList.of(ends, own)).orElseGet(() -> CachedList.of(ends));
    }

    /** No more than a decision needs, since there may be many. */
    private static <E> ImmutableMap<E, Instant> endsBy(
            Function<AuthorizedOutbound, E> key, Collection<AuthorizedOutbound> entries) {
        return entries.stream()
                .filter(entry -> entry.orphanedAt().isEmpty())
                .collect(ImmutableMap.toImmutableMap(
                        key,
                        entry -> entry.expiresAt().orElse(Instant.MAX),
                        // Two rows that another program spelled differently.
                        (one, other) -> one.isAfter(other) ? one : other));
    }

    AsyncLoadingCache<Domain, CachedList> byDomain() {
        return byDomain;
    }

    /** The domains that list an address, each with the instant at which that stops to count; MAX for none. */
    AsyncLoadingCache<OutboundAddress, ImmutableMap<Domain, Instant>> byAddress() {
        return byAddress;
    }

    /** Whether what a cache returned for a key is a list, rather than a query that is under way, or nothing. */
    static boolean isLoaded(CompletableFuture<?> cached) {
        return cached != null && cached.isDone() && !cached.isCompletedExceptionally();
    }

    /** The domain's own enforcement in the list that is cached, or that was until it was dropped. */
    Optional<Enforcement> lastEnforcementOf(Domain domain) {
        CompletableFuture<CachedList> cached = byDomain.getIfPresent(domain);
        return isLoaded(cached)
                ? cached.join().enforcement()
                : Optional.ofNullable(droppedEnforcements.getIfPresent(domain));
    }

    /** Records that the list of a domain was read. */
    void recordRead(Domain domain) {
        droppedEnforcements.invalidate(domain);
    }

    /** Drops the list of a domain if it is still this one. */
    void drop(Domain domain, CompletableFuture<CachedList> cached) {
        if (byDomain.asMap().remove(domain, cached)) {
            recordDropped(domain, cached);
        }
    }

    private void recordDropped(Domain domain, CompletableFuture<CachedList> dropped) {
        if (isLoaded(dropped)) {
            dropped.join()
                    .enforcement()
                    .ifPresentOrElse(
                            own -> droppedEnforcements.put(domain, own), () -> droppedEnforcements.invalidate(domain));
        }
    }

    Unlisted unlisted(OutboundAddress address) {
        Long since = unlisted.getIfPresent(address);
        if (since == null) {
            return Unlisted.NOT_CACHED;
        }
        return ticker.read() - since < REFRESH_INTERVAL.toNanos() ? Unlisted.CACHED : Unlisted.DUE;
    }

    /** How many invalidations there were: to be read before the query whose answer goes to {@link #cacheUnlisted}. */
    long invalidations() {
        return invalidations.get();
    }

    /**
     * Moves an address to the unlisted ones if the store has said that it is on no list; does nothing otherwise.
     *
     * @param before the {@link #invalidations} before the store was queried
     */
    void cacheUnlisted(OutboundAddress address, long before) {
        CompletableFuture<ImmutableMap<Domain, Instant>> cached = byAddress.getIfPresent(address);
        if (!isLoaded(cached) || !cached.join().isEmpty()) {
            return;
        }
        // Within the lock of the key, so that nobody sees what is about to be taken back.
        unlisted.asMap().compute(address, (key, known) -> invalidations.get() == before ? ticker.read() : null);
        byAddress.synchronous().invalidate(address);
        if (invalidations.get() != before) {
            unlisted.invalidate(address);
        }
    }

    /** Another number after each invalidation or refresh. */
    long generation() {
        return generation.get();
    }

    /** Drops the list of this domain and what is cached of this address; an answer that is under way is not cached. */
    void invalidate(Domain domain, OutboundAddress address) {
        // Counted after the queries under way are dropped: whoever has one of them still has the earlier count.
        recordDropped(domain, byDomain.asMap().remove(domain));
        byAddress.synchronous().invalidate(address);
        invalidations.incrementAndGet();
        unlisted.invalidate(address);
        generation.incrementAndGet();
    }

    /** Drops the list of a domain whose own enforcement has changed; an answer that is under way is not cached. */
    void invalidate(Domain domain) {
        byDomain.synchronous().invalidate(domain);
        droppedEnforcements.invalidate(domain);
        generation.incrementAndGet();
    }

    /**
     * Reads again what is cached of this domain and this address, which holds until the store answers: when it does not,
     * there may be nothing else for long. An answer that is under way is not cached.
     */
    void refresh(Domain domain, OutboundAddress address) {
        reload(byDomain, domain);
        reload(byAddress, address);
        invalidations.incrementAndGet();
        unlisted.asMap().computeIfPresent(address, (key, since) -> ticker.read() - REFRESH_INTERVAL.toNanos());
        generation.incrementAndGet();
    }

    /** The same for a domain only. */
    void refresh(Domain domain) {
        reload(byDomain, domain);
        generation.incrementAndGet();
    }

    private static <K, V> void reload(AsyncLoadingCache<K, V> cache, K key) {
        CompletableFuture<V> cached = cache.getIfPresent(key);
        if (isLoaded(cached)) {
            var unused = cache.synchronous().refresh(key);
        } else if (cached != null) {
            // The store may have read before the change what it has not answered yet.
            cache.asMap().remove(key, cached);
        }
    }

    /**
     * Reads again what is cached of this domain, as {@link #refresh}.
     *
     * @return whether nothing is cached any more that was read before; false when the store has not answered, or when
     *     another query has answered meanwhile
     */
    CompletionStage<Boolean> tryRefresh(Domain domain) {
        CompletionStage<Boolean> refreshed = replace(byDomain, domain, lists -> queryDomain(lists, domain));
        generation.incrementAndGet();
        return refreshed;
    }

    /**
     * Reads again what is cached of this address, as {@link #refresh}.
     *
     * @return as of {@link #tryRefresh(Domain)}
     */
    CompletionStage<Boolean> tryRefresh(OutboundAddress address) {
        CompletionStage<Boolean> refreshed = replace(byAddress, address, lists -> queryAddress(lists, address));
        invalidations.incrementAndGet();
        // That it is due holds until the store has answered.
        unlisted.asMap().computeIfPresent(address, (key, since) -> ticker.read() - REFRESH_INTERVAL.toNanos());
        generation.incrementAndGet();
        return refreshed;
    }

    private <K, V> CompletionStage<Boolean> replace(
            AsyncLoadingCache<K, V> cache, K key, Function<OutboundLists, CompletionStage<V>> query) {
        CompletableFuture<V> cached = cache.getIfPresent(key);
        if (!isLoaded(cached)) {
            if (cached != null) {
                cache.asMap().remove(key, cached);
            }
            return CompletableFuture.completedFuture(true);
        }
        return store.reload(query)
                .handle((value, failure) -> failure == null
                        && cache.asMap().replace(key, cached, CompletableFuture.completedFuture(value)));
    }

    /** Drops everything. */
    void invalidateAll() {
        byDomain.asMap().forEach(this::recordDropped);
        byDomain.synchronous().invalidateAll();
        byAddress.synchronous().invalidateAll();
        invalidations.incrementAndGet();
        unlisted.invalidateAll();
        generation.incrementAndGet();
    }

    /** Lists and addresses that are cached. */
    long size() {
        byDomain.synchronous().cleanUp();
        byAddress.synchronous().cleanUp();
        unlisted.cleanUp();
        return byDomain.synchronous().estimatedSize()
                + byAddress.synchronous().estimatedSize()
                + unlisted.estimatedSize();
    }
}
