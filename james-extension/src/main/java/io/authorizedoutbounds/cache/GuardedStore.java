// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import com.google.common.annotations.VisibleForTesting;
import com.google.common.util.concurrent.RateLimiter;
import io.authorizedoutbounds.policy.OutboundLists;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.james.core.Domain;
import org.apache.james.metrics.api.TimeMetric;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store as decisions may use it. James runs hooks on the threads that serve all connections of a listener, so:
 *
 * <ul>
 *   <li>nobody waits longer than the timeout;
 *   <li>a key whose last query failed is queried once a {@link Breaker#PROBE_INTERVAL} only, and hardly waited for;
 *   <li>nobody waits at all once the queries of several keys have failed in a row ({@link Breaker});
 *   <li>only so many threads wait at once for a store that is slow ({@link WaitLimit}).
 * </ul>
 *
 * <p>Counts and times each query. Thread-safe.
 */
final class GuardedStore {
    private static final Logger LOGGER = LoggerFactory.getLogger(GuardedStore.class);
    private static final double MAX_WARNINGS_PER_SECOND = 10;

    /** Keys that are known to fail; of more than that the failures are counted again. */
    private static final int MAX_FAILING_KEYS = 10_000;

    /** A key that nobody has looked up for so long may be waited for again. */
    private static final Duration FAILING_KEY_LIFETIME = Duration.ofMinutes(1);

    /** Of the domains that the probes read: so many that each replica of the store has some. */
    private static final int PROBE_KEYS = 64;

    /** Enough for a store that is back, and too short for a flood of such keys to hold all threads of a listener. */
    private static final Duration FAILING_KEY_TIMEOUT = Duration.ofMillis(20);

    private final OutboundLists lists;
    private final InternalDomains domains;
    private final Duration timeout;
    private final Ticker ticker;
    private final LookupMetrics metrics;

    private final Breaker breaker;

    /** The keys whose last query failed, each with the time at which its last query began, in nanoseconds of the ticker. */
    private final Cache<Object, Long> failingKeys;

    private final AtomicInteger probes = new AtomicInteger();
    private final RateLimiter warnings = RateLimiter.create(MAX_WARNINGS_PER_SECOND);

    /**
     * A store that is not known to fail.
     *
     * @param timeout the longest that a decision waits
     */
    GuardedStore(OutboundLists lists, InternalDomains domains, Duration timeout, Ticker ticker, LookupMetrics metrics) {
        this.lists = lists;
        this.domains = domains;
        this.timeout = timeout;
        this.ticker = ticker;
        this.breaker = new Breaker(
                "The lists of authorized outbounds have failed " + Breaker.MAX_FAILURES_IN_A_ROW
                        + " times in a row: they are queried again every " + Breaker.PROBE_INTERVAL.toSeconds()
                        + " s, mail that depends on them is deferred",
                "The lists of authorized outbounds answer again",
                ticker);
        this.metrics = metrics;
        this.failingKeys = Caffeine.newBuilder()
                .maximumSize(MAX_FAILING_KEYS)
                .expireAfterWrite(FAILING_KEY_LIFETIME)
                .ticker(ticker)
                .build();
    }

    /** A query that is under way; the timeout counts from its start, however many wait for it. */
    private static final class Query<V> extends CompletableFuture<V> {
        private final long startedAt;

        private Query(long startedAt) {
            this.startedAt = startedAt;
        }
    }

    /** A timeout, since Caffeine logs all other failures of a load with their stack traces. */
    private static final class NoAnswerException extends TimeoutException {
        private static final long serialVersionUID = 1L;

        private NoAnswerException(Throwable reason) {
            super((reason instanceof CompletionException ? reason.getCause() : reason).toString());
        }
    }

    /**
     * Starts a query for {@link #await}. Its outcome counts for the breaker, a failure only if the key did not fail before.
     * A query that is answered late has failed, but its answer is given.
     */
    <V> CompletableFuture<V> load(Object key, Function<OutboundLists, CompletionStage<V>> call) {
        Query<V> query = new Query<>(ticker.read());
        var unused = reload(call).whenComplete((value, failure) -> {
            if (failure == null) {
                failingKeys.invalidate(key);
                query.complete(value);
            } else {
                query.completeExceptionally(new NoAnswerException(failure));
            }
        });
        breaker.count(query, timeout, () -> failingKeys.asMap().put(key, query.startedAt) == null);
        return query;
    }

    /** Starts a query that no decision waits for: the breaker neither prevents it nor counts its outcome. */
    <V> CompletionStage<V> reload(Function<OutboundLists, CompletionStage<V>> call) {
        long startedAt = ticker.read();
        TimeMetric lookup = metrics.startLookup();
        return apply(call)
                .whenComplete((answer, failure) ->
                        metrics.endLookup(lookup, failure == null && ticker.read() - startedAt <= timeout.toNanos()));
    }

    private <V> CompletionStage<V> apply(Function<OutboundLists, CompletionStage<V>> call) {
        try {
            return call.apply(lists);
        } catch (RuntimeException e) {
            // A store that throws instead of failing.
            return CompletableFuture.failedFuture(e);
        }
    }

    /**
     * Waits for a query, no longer than the rest of its timeout; empty when there is no answer by then. A key whose last query
     * failed is waited for no longer than {@link #FAILING_KEY_TIMEOUT}.
     *
     * @param start starts the query by {@link #load}, or returns one that is under way
     */
    <V> Optional<V> await(Object key, Supplier<CompletableFuture<V>> start, WaitLimit limit) {
        if (breaker.isOpen()) {
            probe();
            return Optional.empty();
        }
        Long failedAt = failingKeys.getIfPresent(key);
        if (failedAt != null && !isDue(key, failedAt)) {
            return Optional.empty();
        }
        try {
            CompletableFuture<V> query = start.get();
            long nanos = remaining(query);
            return Optional.of(
                    failedAt == null
                            ? limit.await(query, nanos)
                            : query.get(Math.min(nanos, FAILING_KEY_TIMEOUT.toNanos()), TimeUnit.NANOSECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            warn(e.toString());
        } catch (TimeoutException e) {
            warn(e.toString());
        } catch (ExecutionException e) {
            warn(e.getCause().getMessage());
        }
        return Optional.empty();
    }

    /** Whether this thread is to query a key that failed: one does, once an interval. */
    private boolean isDue(Object key, Long failedAt) {
        long now = ticker.read();
        return now - failedAt >= Breaker.PROBE_INTERVAL.toNanos()
                && failingKeys.asMap().replace(key, failedAt, now);
    }

    /**
     * The timeout is the query's: who comes later waits for the rest of it, and nobody for one that is overdue. Less
     * while James's domain list fails, which this decision may have waited for already.
     */
    private long remaining(CompletableFuture<?> query) {
        long whole = domains.isFailing()
                ? Math.min(timeout.toNanos(), DomainLocalityCache.TIMEOUT_WHILE_FAILING.toNanos())
                : timeout.toNanos();
        long elapsed = query instanceof Query ? ticker.read() - ((Query<?>) query).startedAt : 0;
        return Math.max(0, whole - elapsed);
    }

    private void warn(String reason) {
        // One key that keeps failing does not open the breaker, and any client can repeat it.
        if (warnings.tryAcquire()) {
            LOGGER.warn("Cannot read the lists of authorized outbounds, mail is deferred: {}", reason);
        }
    }

    /**
     * Finds out without mail whether the store answers again; does nothing while the breaker is closed. To be called now
     * and then: a load balancer may send no mail to a node that is unhealthy.
     */
    void probeWhileOpen() {
        if (breaker.isOpen()) {
            probe();
        }
    }

    /**
     * Reads a list that is of no domain, another one each time: a store that has lost a part answers some of them. After an
     * answer every key may be waited for again, since the outage is over.
     */
    private void probe() {
        breaker.probe(
                () -> reload(lists ->
                                lists.read(Domain.of("probe" + probes.getAndIncrement() % PROBE_KEYS + ".invalid")))
                        .thenRun(this::resetFailures)
                        .toCompletableFuture(),
                timeout,
                () -> true);
    }

    /** Whether the store has failed so often that nobody waits for it. */
    boolean isBreakerOpen() {
        return breaker.isOpen();
    }

    /** Has the next lookup of this key wait for its query, though the last one failed: the key has changed. */
    void resetFailure(Object key) {
        failingKeys.invalidate(key);
    }

    /** The same for all keys. */
    void resetFailures() {
        failingKeys.invalidateAll();
    }

    /** Whether nobody waits for this key, because its last query failed. */
    @VisibleForTesting
    boolean isFailing(Object key) {
        return failingKeys.getIfPresent(key) != null;
    }
}
