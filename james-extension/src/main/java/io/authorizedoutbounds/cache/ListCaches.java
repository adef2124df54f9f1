// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import com.github.benmanes.caffeine.cache.AsyncCacheLoader;
import com.github.benmanes.caffeine.cache.AsyncLoadingCache;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import com.google.common.collect.ImmutableMap;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundLists;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.Function;
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

    private final Ticker ticker;

    private final AsyncLoadingCache<Domain, ImmutableMap<OutboundAddress, Instant>> byDomain;
    private final AsyncLoadingCache<OutboundAddress, ImmutableMap<Domain, Instant>> byAddress;

    /**
     * Since when an address is known to be on no list, in nanoseconds of the ticker. Apart from the listed, which a flood
     * of addresses that nobody lists must not evict.
     */
    private final Cache<OutboundAddress, Long> unlisted;

    /** Counts invalidations, so that an answer that was under way meanwhile is not cached as unlisted. */
    private final AtomicLong invalidations = new AtomicLong();

    /** Raised last, when nobody can get an earlier answer any more and take it for one of the new generation. */
    private final AtomicLong generation = new AtomicLong();

    /** Caches that are empty. */
    ListCaches(GuardedStore store, int maximumDomains, int maximumAddresses, Ticker ticker) {
        this.ticker = ticker;
        this.byDomain = newCache(store, maximumDomains, (lists, domain) -> lists.list(domain)
                .thenApply(list -> endsBy(AuthorizedOutbound::address, list)));
        this.byAddress = newCache(store, maximumAddresses, (lists, address) -> lists.listings(address)
                .thenApply(list -> endsBy(AuthorizedOutbound::domain, list)));
        this.unlisted = Caffeine.newBuilder().maximumSize(maximumAddresses).build();
    }

    private <K, E> AsyncLoadingCache<K, ImmutableMap<E, Instant>> newCache(
            GuardedStore store,
            int maximum,
            BiFunction<OutboundLists, K, CompletionStage<ImmutableMap<E, Instant>>> query) {
        return Caffeine.newBuilder()
                .maximumWeight(maximum)
                .weigher((K key, ImmutableMap<E, Instant> list) -> 1 + (list.size() - 1) / ENTRIES_PER_WEIGHT)
                .refreshAfterWrite(REFRESH_INTERVAL)
                .ticker(ticker)
                .buildAsync(new AsyncCacheLoader<>() {
                    @Override
                    public CompletableFuture<ImmutableMap<E, Instant>> asyncLoad(K key, Executor executor) {
                        return store.load(key, lists -> query.apply(lists, key));
                    }

                    @Override
                    public CompletableFuture<ImmutableMap<E, Instant>> asyncReload(
                            K key, ImmutableMap<E, Instant> old, Executor executor) {
                        return store.reload(lists -> query.apply(lists, key))
                                .exceptionally(failure -> old)
                                .toCompletableFuture();
                    }
                });
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

    /** The addresses of a domain, each with the instant at which it stops to count; MAX for none. */
    AsyncLoadingCache<Domain, ImmutableMap<OutboundAddress, Instant>> byDomain() {
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
        byDomain.synchronous().invalidate(domain);
        byAddress.synchronous().invalidate(address);
        invalidations.incrementAndGet();
        unlisted.invalidate(address);
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

    private static <K, V> void reload(AsyncLoadingCache<K, V> cache, K key) {
        CompletableFuture<V> cached = cache.getIfPresent(key);
        if (isLoaded(cached)) {
            var unused = cache.synchronous().refresh(key);
        } else if (cached != null) {
            // The store may have read before the change what it has not answered yet.
            cache.asMap().remove(key, cached);
        }
    }

    /** Drops everything. */
    void invalidateAll() {
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
