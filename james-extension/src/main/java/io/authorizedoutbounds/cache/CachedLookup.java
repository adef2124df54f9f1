// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import com.github.benmanes.caffeine.cache.AsyncCacheLoader;
import com.github.benmanes.caffeine.cache.AsyncLoadingCache;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import com.google.common.annotations.VisibleForTesting;
import com.google.common.collect.ImmutableMap;
import com.google.common.util.concurrent.RateLimiter;
import dev.failsafe.CircuitBreaker;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.Listing;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundLists;
import io.authorizedoutbounds.policy.OutboundLookup;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.james.core.Domain;
import org.apache.james.metrics.api.TimeMetric;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers from memory; asks the store for what is not there, once however many threads miss, and waits for it no longer
 * than the timeout.
 *
 * <p>What is in memory counts as long as {@link #polled} says that no change was missed, and for the stale maximum
 * after. James 3.8 runs hooks on the threads that serve all connections of a listener: when the store has failed some
 * times in a row, it is left alone for a moment and nobody waits.
 */
public class CachedLookup implements OutboundLookup {
    private static final Logger LOGGER = LoggerFactory.getLogger(CachedLookup.class);
    private static final int FAILURES_IN_A_ROW = 3;
    private static final Duration MOMENT = Duration.ofSeconds(1);

    /** What is in use is asked for anew after so long, for what no change tells of; without an answer the old one stays. */
    private static final Duration REFRESH = Duration.ofMinutes(10);

    private static final double MAX_WARNINGS_PER_SECOND = 10;

    /** A longer list counts as more than one. */
    private static final int ENTRIES_OF_A_LIST = 4;

    private final InternalDomains domains;
    private final Duration timeout;
    private final long staleMaximumNanos;
    private final Clock clock;
    private final Ticker ticker;
    private final LookupMetrics metrics;

    /** The addresses of a domain, each with the instant at which it stops to count; MAX for none. */
    private final AsyncLoadingCache<Domain, ImmutableMap<OutboundAddress, Instant>> byDomain;

    /** The domains that list an address, each with the instant at which that stops to count; MAX for none. */
    private final AsyncLoadingCache<OutboundAddress, ImmutableMap<Domain, Instant>> byAddress;

    /**
     * Since when an address is known to be on no list, in nanoseconds of the ticker. Apart from the listed, which a flood
     * of addresses that nobody lists must not push out.
     */
    private final Cache<OutboundAddress, Long> unlisted;

    // Made once: a decision allocates nothing for them.
    private final BiFunction<ImmutableMap<OutboundAddress, Instant>, OutboundAddress, Listing> readList =
            this::readList;
    private final BiFunction<ImmutableMap<Domain, Instant>, OutboundAddress, Listing> readListings = this::readListings;

    /** Counts what was invalidations, so that an answer that was under way meanwhile is not remembered. */
    private final AtomicLong invalidations = new AtomicLong();

    /** Raised last, when nobody can get an answer of before any more and take it for one of the new generation. */
    private final AtomicLong generation = new AtomicLong();

    private final CircuitBreaker<Object> breaker = CircuitBreaker.builder()
            .withFailureThreshold(FAILURES_IN_A_ROW)
            // One try a moment, or there would be as many as failures.
            .withSuccessThreshold(1)
            .withDelay(MOMENT)
            .onOpen(event -> {
                if (event.getPreviousState() == CircuitBreaker.State.CLOSED) {
                    LOGGER.warn(
                            "The lists of authorized outbounds have failed {} times in a row:"
                                    + " they are tried again every {}, mail that depends on them is deferred",
                            FAILURES_IN_A_ROW,
                            MOMENT);
                }
            })
            .onClose(event -> LOGGER.info("The lists of authorized outbounds answer again"))
            .build();

    /** Asks for what failed last, since a store may have lost a part only; before, gives the permit back. */
    private volatile Runnable probe = breaker::recordFailure;

    private final RateLimiter warnings = RateLimiter.create(MAX_WARNINGS_PER_SECOND);

    private volatile long polledAt;
    private volatile boolean everPolled;

    public CachedLookup(
            OutboundLists lists,
            InternalDomains domains,
            CacheSettings settings,
            Clock clock,
            Ticker ticker,
            LookupMetrics metrics) {
        this.domains = domains;
        this.timeout = settings.lookupTimeout();
        this.staleMaximumNanos = settings.staleMaximum().toNanos();
        this.clock = clock;
        this.ticker = ticker;
        this.metrics = metrics;
        this.polledAt = ticker.read();
        this.byDomain = lists(settings.maximumDomains(), domain -> lists.list(domain)
                .thenApply(list -> ends(list, AuthorizedOutbound::address)));
        this.byAddress = lists(settings.maximumAddresses(), address -> lists.listings(address)
                .thenApply(list -> ends(list, AuthorizedOutbound::domain)));
        this.unlisted =
                Caffeine.newBuilder().maximumSize(settings.maximumAddresses()).build();
    }

    private <K, E> AsyncLoadingCache<K, ImmutableMap<E, Instant>> lists(
            int maximum, Function<K, CompletionStage<ImmutableMap<E, Instant>>> question) {
        return Caffeine.newBuilder()
                .maximumWeight(maximum)
                .weigher((K key, ImmutableMap<E, Instant> list) -> 1 + (list.size() - 1) / ENTRIES_OF_A_LIST)
                .refreshAfterWrite(REFRESH)
                .ticker(ticker)
                .buildAsync(loading(question));
    }

    /** No more than a decision needs, since there may be many. */
    private static <E> ImmutableMap<E, Instant> ends(
            Collection<AuthorizedOutbound> entries, Function<AuthorizedOutbound, E> key) {
        return entries.stream()
                .filter(entry -> entry.orphanedAt().isEmpty())
                .collect(ImmutableMap.toImmutableMap(
                        key,
                        entry -> entry.expiresAt().orElse(Instant.MAX),
                        // Two rows that another program spelled differently.
                        (one, other) -> one.isAfter(other) ? one : other));
    }

    private <K, V> AsyncCacheLoader<K, V> loading(Function<K, CompletionStage<V>> store) {
        return new AsyncCacheLoader<>() {
            @Override
            public CompletableFuture<V> asyncLoad(K key, Executor executor) {
                Question<V> question = new Question<>(ticker.read());
                var unused = ask(store, key).whenComplete((value, failure) -> {
                    if (failure == null) {
                        question.complete(value);
                    } else {
                        question.completeExceptionally(new UnansweredException(failure));
                    }
                });
                count(question);
                return question;
            }

            @Override
            public CompletableFuture<V> asyncReload(K key, V old, Executor executor) {
                return ask(store, key).exceptionally(failure -> old).toCompletableFuture();
            }
        };
    }

    private <K, V> CompletionStage<V> ask(Function<K, CompletionStage<V>> store, K key) {
        long askedAt = ticker.read();
        TimeMetric lookup = metrics.startLookup();
        return answerOf(store, key)
                .whenComplete((answer, failure) ->
                        metrics.endLookup(lookup, failure == null && ticker.read() - askedAt <= timeout.toNanos()));
    }

    private static <K, V> CompletionStage<V> answerOf(Function<K, CompletionStage<V>> store, K key) {
        try {
            return store.apply(key);
        } catch (RuntimeException e) {
            // A store that throws instead of failing.
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Once for each question, however many wait for it. One that comes late has failed, but is remembered. */
    private void count(CompletableFuture<?> question) {
        var unused = question.copy()
                .orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS)
                .whenComplete((answer, failure) -> {
                    if (failure == null) {
                        breaker.recordSuccess();
                    } else {
                        breaker.recordFailure();
                    }
                });
    }

    /** What the store was asked, and when, in nanoseconds of the ticker. */
    private static final class Question<V> extends CompletableFuture<V> {
        private final long askedAt;

        private Question(long askedAt) {
            this.askedAt = askedAt;
        }
    }

    /** A timeout, since Caffeine logs all other failures of a load with their stack traces. */
    private static final class UnansweredException extends TimeoutException {
        private static final long serialVersionUID = 1L;

        private UnansweredException(Throwable reason) {
            super((reason instanceof CompletionException ? reason.getCause() : reason).toString());
        }
    }

    @Override
    public Listing listedFor(Domain domain, OutboundAddress client) {
        return answer(byDomain, domain, readList, client);
    }

    private Listing readList(ImmutableMap<OutboundAddress, Instant> list, OutboundAddress client) {
        Instant end = list.get(client);
        return end != null && isActive(end) ? Listing.LISTED : Listing.UNLISTED;
    }

    @Override
    public Listing listedForAny(OutboundAddress client) {
        Long unlistedSince = unlisted.getIfPresent(client);
        if (unlistedSince == null || !isCurrent()) {
            return ask(client);
        }
        if (ticker.read() - unlistedSince < REFRESH.toNanos()) {
            metrics.countHit();
            return Listing.UNLISTED;
        }
        Listing anew = ask(client);
        // Not when the store has answered, and James's domain list has not.
        boolean unanswered = anew == Listing.UNKNOWN && !isAnswered(byAddress.getIfPresent(client));
        return unanswered ? Listing.UNLISTED : anew;
    }

    private Listing ask(OutboundAddress client) {
        long before = invalidations.get();
        Listing listing = answer(byAddress, client, readListings, client);
        if (listing == Listing.UNLISTED) {
            CompletableFuture<ImmutableMap<Domain, Instant>> answer = byAddress.getIfPresent(client);
            if (isAnswered(answer) && answer.join().isEmpty()) {
                remember(client, before);
            }
        }
        return listing;
    }

    private void remember(OutboundAddress client, long before) {
        // Within the lock of the key, so that nobody sees what is about to be taken back.
        unlisted.asMap().compute(client, (address, known) -> invalidations.get() == before ? ticker.read() : null);
        byAddress.synchronous().invalidate(client);
        if (invalidations.get() != before) {
            unlisted.invalidate(client);
        }
    }

    @Override
    public long generation() {
        // Both only grow, so that their sum changes with each.
        return generation.get() + domains.generation();
    }

    /** A domain that has left James keeps its entries, but they count no more. */
    private Listing readListings(ImmutableMap<Domain, Instant> listings, OutboundAddress client) {
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

    private <K, V> Listing answer(
            AsyncLoadingCache<K, V> cache,
            K key,
            BiFunction<V, OutboundAddress, Listing> reading,
            OutboundAddress client) {
        CompletableFuture<V> cached = cache.getIfPresent(key);
        if (isAnswered(cached)) {
            if (isCurrent()) {
                metrics.countHit();
                return reading.apply(cached.join(), client);
            }
            // It counts no more. One that is under way still does.
            cache.asMap().remove(key, cached);
        }
        metrics.countMiss();
        if (!breaker.isClosed()) {
            if (breaker.tryAcquirePermit()) {
                tryAgain(cache, key);
            }
            return Listing.UNKNOWN;
        }
        try {
            CompletableFuture<V> question = cache.get(key);
            return reading.apply(question.get(patience(question), TimeUnit.NANOSECONDS), client);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return unreadable(e.toString());
        } catch (TimeoutException e) {
            probe = () -> tryAgain(cache, key);
            return unreadable(e.toString());
        } catch (ExecutionException e) {
            probe = () -> tryAgain(cache, key);
            return unreadable(e.getCause().getMessage());
        }
    }

    /**
     * The timeout is the question's: who comes later waits for the rest of it, and nobody for one that is overdue. Less
     * while James's domain list fails, which this decision may have waited for already.
     */
    private long patience(CompletableFuture<?> question) {
        long patience = domains.isFailing()
                ? Math.min(timeout.toNanos(), DomainLocalityCache.TIMEOUT_WHILE_FAILING.toNanos())
                : timeout.toNanos();
        long asked = question instanceof Question ? ticker.read() - ((Question<?>) question).askedAt : 0;
        return Math.max(0, patience - asked);
    }

    private static boolean isAnswered(CompletableFuture<?> answer) {
        return answer != null && answer.isDone() && !answer.isCompletedExceptionally();
    }

    /** Whether the store answers again; no thread of James waits to see that it does not. */
    private <K> void tryAgain(AsyncLoadingCache<K, ?> cache, K key) {
        try {
            // Counted here too: it may be one that was under way and has been counted before.
            count(cache.get(key));
        } catch (RuntimeException | Error e) {
            // A permit that is never given back would keep the breaker half open.
            breaker.recordFailure();
            throw e;
        }
    }

    private Listing unreadable(String reason) {
        // One key that keeps failing does not open the breaker, and anybody may ask for it.
        if (warnings.tryAcquire()) {
            LOGGER.warn("Cannot read the lists of authorized outbounds, mail is deferred: {}", reason);
        }
        return Listing.UNKNOWN;
    }

    /** Whether what is in memory counts. */
    private boolean isCurrent() {
        return ticker.read() - polledAt <= staleMaximumNanos;
    }

    /**
     * Says that every change until then has been {@link #invalidate invalidated}.
     *
     * @param at nanoseconds, of the ticker
     */
    public void polled(long at) {
        if (!isCurrent()) {
            invalidateAll();
        }
        polledAt = at;
        everPolled = true;
        if (!breaker.isClosed() && breaker.tryAcquirePermit()) {
            // The breaker must not wait for mail to find out: none may come to a node that passes for ill.
            probe.run();
        }
    }

    /** How long ago the last good reading of the changes began, which is how old memory may be; before it, since the start. */
    public Duration lag() {
        return Duration.ofNanos(ticker.read() - polledAt);
    }

    /** How long what is in memory still counts if the changes are not read again. */
    public Duration remaining() {
        return Duration.ofNanos(Math.max(0, staleMaximumNanos - (ticker.read() - polledAt)));
    }

    /** Whether the changes have been read since the start. */
    public boolean isEverPolled() {
        return everPolled;
    }

    /** Whether the store has failed so often that nobody waits for it: what is not in memory is unknown. */
    public boolean isBreakerOpen() {
        return !breaker.isClosed();
    }

    /** Asks the store anew for this domain and this address. */
    void invalidate(Domain domain, OutboundAddress address) {
        // Counted after the answers under way are dropped: who has one of them still has the count of before.
        byDomain.synchronous().invalidate(domain);
        byAddress.synchronous().invalidate(address);
        invalidations.incrementAndGet();
        unlisted.invalidate(address);
        generation.incrementAndGet();
    }

    /**
     * Asks the store anew for what is in memory of this domain and this address, which counts until it answers: when it
     * does not, there may be nothing else for long.
     */
    void refresh(Domain domain, OutboundAddress address) {
        refresh(byDomain, domain);
        refresh(byAddress, address);
        invalidations.incrementAndGet();
        unlisted.asMap().computeIfPresent(address, (key, since) -> ticker.read() - REFRESH.toNanos());
        generation.incrementAndGet();
    }

    /**
     * Forgets, when the store would be asked anew; otherwise only mends, since what is in memory is all there is.
     *
     * @return whether it is invalidations
     */
    boolean tryInvalidate(Domain domain, OutboundAddress address) {
        if (breaker.isClosed()) {
            invalidate(domain, address);
            return true;
        }
        refresh(domain, address);
        return false;
    }

    private static <K, V> void refresh(AsyncLoadingCache<K, V> cache, K key) {
        CompletableFuture<V> cached = cache.getIfPresent(key);
        if (isAnswered(cached)) {
            var unused = cache.synchronous().refresh(key);
        } else if (cached != null) {
            // What is under way may have been read before.
            cache.asMap().remove(key, cached);
        }
    }

    /** Asks the store anew for everything. */
    void invalidateAll() {
        byDomain.synchronous().invalidateAll();
        byAddress.synchronous().invalidateAll();
        invalidations.incrementAndGet();
        unlisted.invalidateAll();
        generation.incrementAndGet();
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
