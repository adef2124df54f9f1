// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import com.github.benmanes.caffeine.cache.AsyncCacheLoader;
import com.github.benmanes.caffeine.cache.AsyncLoadingCache;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import com.google.common.annotations.VisibleForTesting;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.failsafe.CircuitBreaker;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.Listing;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundLookup;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.apache.james.core.Domain;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers from memory; asks the store for what is not there, once however many threads miss, and waits for it no longer
 * than the timeout.
 *
 * <p>What is in memory counts as long as {@link #followed} says that no change was missed, and for the stale maximum
 * after. James 3.8 runs hooks on the threads that serve all connections of a listener: when the store has failed some
 * times in a row, it is left alone for a moment and nobody waits.
 */
public class CachedLookup implements OutboundLookup {
    private static final Logger LOGGER = LoggerFactory.getLogger(CachedLookup.class);
    private static final int FAILURES_IN_A_ROW = 3;
    private static final Duration MOMENT = Duration.ofSeconds(1);

    /** Mends, with the use after, what no change told of; while the store is down the old answer stays. */
    private static final Duration REFRESH = Duration.ofMinutes(10);

    /** So many entries of one list weigh as much as one more list. */
    private static final int ENTRIES_OF_ONE_WEIGHT = 8;

    private final InternalDomains domains;
    private final Duration timeout;
    private final long staleMaximumNanos;
    private final Clock clock;
    private final Ticker ticker;
    private final AsyncLoadingCache<Domain, ImmutableMap<OutboundAddress, AuthorizedOutbound>> byDomain;
    private final AsyncLoadingCache<OutboundAddress, ImmutableList<AuthorizedOutbound>> byAddress;

    /** Apart from the listed, which a flood of addresses that nobody lists must not push out. */
    private final Cache<OutboundAddress, Boolean> unlisted;

    /** Counts what was forgotten, so that an answer that was under way meanwhile is not remembered. */
    private final AtomicLong forgotten = new AtomicLong();

    private final CircuitBreaker<Object> breaker = CircuitBreaker.builder()
            .withFailureThreshold(FAILURES_IN_A_ROW)
            .withDelay(MOMENT)
            .onOpen(event -> LOGGER.warn(
                    "The lists of authorized outbounds have failed {} times in a row:"
                            + " they are tried again every {}, mail that depends on them is put off",
                    FAILURES_IN_A_ROW,
                    MOMENT))
            .onClose(event -> LOGGER.info("The lists of authorized outbounds answer again"))
            .build();

    private volatile long followedAt;

    public CachedLookup(
            AuthorizedOutboundStore store,
            InternalDomains domains,
            AuthorizedOutboundsConfiguration configuration,
            Clock clock,
            Ticker ticker) {
        this.domains = domains;
        this.timeout = configuration.lookupTimeout();
        this.staleMaximumNanos = configuration.staleMaximum().toNanos();
        this.clock = clock;
        this.ticker = ticker;
        this.followedAt = ticker.read();
        this.byDomain = Caffeine.newBuilder()
                .maximumWeight(configuration.cacheDomainsMaximum())
                .weigher((Domain domain, ImmutableMap<OutboundAddress, AuthorizedOutbound> list) -> weight(list.size()))
                .refreshAfterWrite(REFRESH)
                .ticker(ticker)
                .buildAsync(loading(domain -> store.list(domain).thenApply(CachedLookup::byAddress)));
        this.byAddress = Caffeine.newBuilder()
                .maximumWeight(configuration.cacheAddressesMaximum())
                .weigher((OutboundAddress address, ImmutableList<AuthorizedOutbound> listings) ->
                        weight(listings.size()))
                .refreshAfterWrite(REFRESH)
                .ticker(ticker)
                .buildAsync(loading(store::listings));
        this.unlisted = Caffeine.newBuilder()
                .maximumSize(configuration.cacheAddressesMaximum())
                .expireAfterWrite(configuration.staleMaximum())
                .ticker(ticker)
                .build();
    }

    private static <K, V> AsyncCacheLoader<K, V> loading(Function<K, CompletionStage<V>> question) {
        return new AsyncCacheLoader<>() {
            @Override
            public CompletableFuture<V> asyncLoad(K key, Executor executor) {
                return question.apply(key).toCompletableFuture();
            }

            @Override
            public CompletableFuture<V> asyncReload(K key, V old, Executor executor) {
                return question.apply(key).exceptionally(failure -> old).toCompletableFuture();
            }
        };
    }

    private static int weight(int entries) {
        return 1 + entries / ENTRIES_OF_ONE_WEIGHT;
    }

    private static ImmutableMap<OutboundAddress, AuthorizedOutbound> byAddress(Collection<AuthorizedOutbound> list) {
        return list.stream()
                .collect(ImmutableMap.toImmutableMap(AuthorizedOutbound::address, AuthorizedOutbound::bare));
    }

    @Override
    public Listing listedFor(Domain domain, OutboundAddress client) {
        return answer(byDomain, domain, list -> {
            AuthorizedOutbound entry = list.get(client);
            return entry != null && isActive(entry) ? Listing.LISTED : Listing.UNLISTED;
        });
    }

    @Override
    public Listing listedForAny(OutboundAddress client) {
        if (isFollowed() && unlisted.getIfPresent(client) != null) {
            return Listing.UNLISTED;
        }
        long before = forgotten.get();
        return answer(byAddress, client, listings -> {
            if (listings.isEmpty()) {
                remember(client, before);
            }
            return anyInternal(listings);
        });
    }

    private void remember(OutboundAddress client, long before) {
        // Within the lock of the key, so that nobody sees what is about to be taken back.
        unlisted.asMap().compute(client, (address, known) -> forgotten.get() == before ? Boolean.TRUE : null);
        byAddress.synchronous().invalidate(client);
        if (forgotten.get() != before) {
            unlisted.invalidate(client);
        }
    }

    /** A domain that has left James keeps its entries, but they count no more. */
    private Listing anyInternal(ImmutableList<AuthorizedOutbound> listings) {
        boolean undecided = false;
        for (AuthorizedOutbound entry : listings) {
            if (isActive(entry)) {
                switch (domains.localityOf(entry.domain())) {
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

    private boolean isActive(AuthorizedOutbound entry) {
        return entry.expiresAt().isEmpty() || entry.isActiveAt(clock.instant());
    }

    private <K, V> Listing answer(AsyncLoadingCache<K, V> cache, K key, Function<V, Listing> reading) {
        if (!isFollowed()) {
            forgetAll();
        }
        CompletableFuture<V> cached = cache.getIfPresent(key);
        if (cached != null && cached.isDone() && !cached.isCompletedExceptionally()) {
            return reading.apply(cached.join());
        }
        if (!breaker.tryAcquirePermit()) {
            return Listing.UNKNOWN;
        }
        try {
            V answer = cache.get(key).get(timeout.toNanos(), TimeUnit.NANOSECONDS);
            breaker.recordSuccess();
            return reading.apply(answer);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return unreadable(e);
        } catch (TimeoutException e) {
            return unreadable(e);
        } catch (ExecutionException e) {
            return unreadable(e.getCause());
        } catch (RuntimeException e) {
            // A cancelled answer, or a store that throws instead of failing: the caller is promised no exception.
            return unreadable(e);
        } catch (Error e) {
            // A permit that is never given back would keep the breaker half open.
            breaker.recordFailure();
            throw e;
        }
    }

    private Listing unreadable(Throwable reason) {
        breaker.recordFailure();
        LOGGER.warn("Cannot read the lists of authorized outbounds, mail is put off: {}", reason.toString());
        return Listing.UNKNOWN;
    }

    /** Whether what is in memory counts. */
    private boolean isFollowed() {
        return ticker.read() - followedAt <= staleMaximumNanos;
    }

    /**
     * Says that every change until then has been {@link #forget told}.
     *
     * @param at nanoseconds, of the ticker
     */
    void followed(long at) {
        if (!isFollowed()) {
            forgetAll();
        }
        followedAt = at;
    }

    /** Asks the store anew for this domain and this address. */
    void forget(Domain domain, OutboundAddress address) {
        // Counted after the answers under way are dropped: who has one of them still has the count of before.
        byDomain.synchronous().invalidate(domain);
        byAddress.synchronous().invalidate(address);
        forgotten.incrementAndGet();
        unlisted.invalidate(address);
    }

    /** Asks the store anew for everything. */
    void forgetAll() {
        byDomain.synchronous().invalidateAll();
        byAddress.synchronous().invalidateAll();
        forgotten.incrementAndGet();
        unlisted.invalidateAll();
    }

    /** Lists and addresses in memory. */
    @VisibleForTesting
    long size() {
        byDomain.synchronous().cleanUp();
        byAddress.synchronous().cleanUp();
        unlisted.cleanUp();
        return byDomain.synchronous().estimatedSize()
                + byAddress.synchronous().estimatedSize()
                + unlisted.estimatedSize();
    }
}
