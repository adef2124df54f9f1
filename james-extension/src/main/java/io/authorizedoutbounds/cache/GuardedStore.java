// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import com.github.benmanes.caffeine.cache.Ticker;
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
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.james.metrics.api.TimeMetric;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store as decisions may use it: nobody waits longer than the timeout, and nobody at all once the store has failed
 * some times in a row. James 3.8 runs hooks on the threads that serve all connections of a listener. Counts and times
 * each query. Thread-safe.
 */
final class GuardedStore {
    private static final Logger LOGGER = LoggerFactory.getLogger(GuardedStore.class);
    private static final double MAX_WARNINGS_PER_SECOND = 10;

    private final OutboundLists lists;
    private final InternalDomains domains;
    private final Duration timeout;
    private final Ticker ticker;
    private final LookupMetrics metrics;

    private final Breaker breaker = new Breaker(
            "The lists of authorized outbounds have failed " + Breaker.MAX_FAILURES_IN_A_ROW
                    + " times in a row: they are queried again every " + Breaker.PROBE_INTERVAL.toSeconds()
                    + " s, mail that depends on them is deferred",
            "The lists of authorized outbounds answer again");

    /** Repeats the query that failed last, since a store may have lost a part only. */
    private volatile Supplier<? extends CompletableFuture<?>> lastFailed =
            () -> CompletableFuture.failedFuture(new IllegalStateException("No query has failed yet"));

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
        this.metrics = metrics;
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
     * Starts a query for {@link #await}. Its outcome counts for the breaker. One that is answered late has failed, but
     * its answer is given.
     */
    <V> CompletableFuture<V> load(Function<OutboundLists, CompletionStage<V>> call) {
        Query<V> query = new Query<>(ticker.read());
        var unused = reload(call).whenComplete((value, failure) -> {
            if (failure == null) {
                query.complete(value);
            } else {
                query.completeExceptionally(new NoAnswerException(failure));
            }
        });
        breaker.count(query, timeout, () -> true);
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
     * Waits for a query, no longer than the rest of its timeout; empty when there is no answer by then. While the breaker
     * is open the answer is empty at once, and the query at most a probe.
     *
     * @param start starts the query by {@link #load}, or returns one that is under way
     */
    <V> Optional<V> await(Supplier<CompletableFuture<V>> start) {
        if (breaker.isOpen()) {
            probe(start);
            return Optional.empty();
        }
        try {
            CompletableFuture<V> query = start.get();
            return Optional.of(query.get(remaining(query), TimeUnit.NANOSECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            warn(e.toString());
        } catch (TimeoutException e) {
            lastFailed = start;
            warn(e.toString());
        } catch (ExecutionException e) {
            lastFailed = start;
            warn(e.getCause().getMessage());
        }
        return Optional.empty();
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
            probe(lastFailed);
        }
    }

    private void probe(Supplier<? extends CompletableFuture<?>> start) {
        breaker.probe(start, timeout, () -> true);
    }

    /** Whether the store has failed so often that nobody waits for it. */
    boolean isBreakerOpen() {
        return breaker.isOpen();
    }
}
