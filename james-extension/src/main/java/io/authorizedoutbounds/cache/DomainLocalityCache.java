// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import com.google.common.annotations.VisibleForTesting;
import com.google.common.util.concurrent.ThreadFactoryBuilder;
import io.authorizedoutbounds.policy.Locality;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.james.core.Domain;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * James's {@code DomainList} behind a cache: most Jameses keep their domains in a database, and each read of it blocks
 * the thread that makes it.
 *
 * <p>A cached locality holds for {@link #MAX_AGE} while the list answers, and is refreshed in the background before. While the
 * list fails, it holds for {@code stale.maximum}; what is not cached is {@link Locality#UNKNOWN}. Nobody waits longer
 * than the timeout, and nobody at all once the list has failed some times in a row ({@link Breaker}). Thread-safe.
 */
public final class DomainLocalityCache {
    /** With the time that a hook keeps a verdict it stays below the two seconds within which a change holds. */
    @VisibleForTesting
    static final Duration MAX_AGE = Duration.ofMillis(1500);

    /** After a failure nobody waits longer than this, so that two waits of one decision do not add up. */
    public static final Duration TIMEOUT_WHILE_FAILING = Duration.ofMillis(50);

    private static final Logger LOGGER = LoggerFactory.getLogger(DomainLocalityCache.class);
    private static final Duration WARNING_INTERVAL = Duration.ofSeconds(10);

    /** Each may hang for as long as James's database does. */
    @VisibleForTesting
    static final int MAX_CONCURRENT_READS = 16;

    @VisibleForTesting
    static final int MAX_QUEUED_READS = 10_000;

    /** Reads James's list; blocks for as long as its database does. */
    @FunctionalInterface
    public interface Source {
        boolean contains(Domain domain) throws Exception;
    }

    /** What the list said, and when the read of it began, in nanoseconds of the ticker. */
    private static final class CachedLocality {
        private final Locality locality;
        private final long readAt;

        private CachedLocality(Locality locality, long readAt) {
            this.locality = locality;
            this.readAt = readAt;
        }
    }

    /** A read that is under way; the timeout counts from its start, however many wait for it. */
    private static final class Read extends CompletableFuture<CachedLocality> {
        private final long startedAt;
        private final Duration timeout;

        private Read(long startedAt, Duration timeout) {
            this.startedAt = startedAt;
            this.timeout = timeout;
        }
    }

    private final Source source;
    private final Duration timeout;
    private final Duration timeoutWhileFailing;
    private final long refreshNanos;
    private final long staleMaximumNanos;
    private final Ticker ticker;
    private final Executor executor;

    /** Apart, so that a flood of forged domains does not evict the domains of this server. */
    private final Cache<Domain, CachedLocality> internal;

    private final Cache<Domain, CachedLocality> external;
    private final ConcurrentMap<Domain, Read> reads = new ConcurrentHashMap<>();

    private final Breaker breaker;

    /** Whether the last read failed, or was late. */
    private volatile boolean failing;

    /** The domain whose read failed last; null at first. */
    private volatile Domain lastFailed;

    private volatile long warnedAt;

    /**
     * A cache that is empty.
     *
     * @param timeout      the longest that a decision waits
     * @param refreshAfter the age at which a locality that is used is read again in the background
     * @param staleMaximum how long a cached locality holds while the list fails
     * @param maximum      internal domains that are cached, and as many external ones
     */
    public DomainLocalityCache(
            Source source, Duration timeout, Duration refreshAfter, Duration staleMaximum, int maximum, Ticker ticker) {
        this.source = source;
        this.timeout = timeout;
        this.timeoutWhileFailing = timeout.compareTo(TIMEOUT_WHILE_FAILING) < 0 ? timeout : TIMEOUT_WHILE_FAILING;
        this.refreshNanos = refreshAfter.toNanos();
        this.staleMaximumNanos = staleMaximum.toNanos();
        this.ticker = ticker;
        this.breaker = new Breaker(
                "James's domain list has failed " + Breaker.MAX_FAILURES_IN_A_ROW
                        + " times in a row: it is queried again every " + Breaker.PROBE_INTERVAL.toSeconds()
                        + " s; domains in the cache hold for stale.maximum, mail that needs another one is deferred",
                "James's domain list answers again",
                ticker);
        this.executor = newExecutor();
        this.internal = Caffeine.newBuilder().maximumSize(maximum).build();
        this.external = Caffeine.newBuilder().maximumSize(maximum).build();
        this.warnedAt = ticker.read() - WARNING_INTERVAL.toNanos();
    }

    private static Executor newExecutor() {
        ThreadPoolExecutor threads = new ThreadPoolExecutor(
                MAX_CONCURRENT_READS,
                MAX_CONCURRENT_READS,
                30,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(MAX_QUEUED_READS),
                new ThreadFactoryBuilder()
                        .setDaemon(true)
                        .setNameFormat("authorized-outbounds-domains-%d")
                        .build());
        threads.allowCoreThreadTimeOut(true);
        return threads;
    }

    /** For a decision on mail: while the list fails, the locality may be as old as {@code stale.maximum}. */
    public Locality localityOf(Domain domain) {
        CachedLocality cached = find(domain);
        if (cached == null) {
            return read(domain, Locality.UNKNOWN);
        }
        long age = ticker.read() - cached.readAt;
        if (age < refreshNanos && age < MAX_AGE.toNanos()) {
            return cached.locality;
        }
        if (age < MAX_AGE.toNanos()) {
            refresh(domain);
            return cached.locality;
        }
        Locality stale = age <= staleMaximumNanos ? cached.locality : Locality.UNKNOWN;
        if (failing && stale != Locality.UNKNOWN) {
            refresh(domain);
            return stale;
        }
        return read(domain, stale);
    }

    /** For what cannot be undone: {@link Locality#UNKNOWN} while the list fails, whatever is cached. */
    public Locality freshLocalityOf(Domain domain) {
        CachedLocality cached = find(domain);
        if (cached != null && ticker.read() - cached.readAt < MAX_AGE.toNanos()) {
            return cached.locality;
        }
        return read(domain, Locality.UNKNOWN);
    }

    private CachedLocality find(Domain domain) {
        CachedLocality cached = internal.getIfPresent(domain);
        return cached != null ? cached : external.getIfPresent(domain);
    }

    /** Waits for a read of the list, no longer than the rest of its timeout. */
    private Locality read(Domain domain, Locality otherwise) {
        if (breaker.isOpen()) {
            probe(domain);
            return otherwise;
        }
        Read read = start(domain, failing ? timeoutWhileFailing : timeout);
        try {
            long remaining = read.timeout.toNanos() - (ticker.read() - read.startedAt);
            return read.get(Math.max(0, remaining), TimeUnit.NANOSECONDS).locality;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException e) {
            recordFailure("no answer within " + read.timeout.toMillis() + " ms");
        } catch (ExecutionException e) {
            // Logged where it failed.
        }
        return otherwise;
    }

    /** Reads the list in the background. */
    private void refresh(Domain domain) {
        if (breaker.isOpen()) {
            probe(domain);
        } else {
            var unused = start(domain, timeout);
        }
    }

    /**
     * Reads the list once. To be called once a second: a list that hangs is found out here before the cached localities
     * in use grow too old, and one that answers again is found out without mail.
     */
    public void poll() {
        refresh(Domain.LOCALHOST);
    }

    private void probe(Domain domain) {
        breaker.probe(() -> start(domain, timeout), timeout, () -> failureCounts(domain));
    }

    /** The read that is under way, or a new one. */
    private Read start(Domain domain, Duration timeout) {
        Read read = new Read(ticker.read(), timeout);
        Read earlier = reads.putIfAbsent(domain, read);
        if (earlier != null) {
            return earlier;
        }
        breaker.count(read, timeout, () -> failureCounts(domain));
        try {
            executor.execute(() -> run(domain, read));
        } catch (RejectedExecutionException e) {
            fail(domain, read, e);
        }
        return read;
    }

    /** Records that a read failed. One domain that keeps failing counts once, or it would open the breaker for all others. */
    private boolean failureCounts(Domain domain) {
        failing = true;
        boolean counts = breaker.isOpen() || !domain.equals(lastFailed);
        lastFailed = domain;
        return counts;
    }

    private void run(Domain domain, Read read) {
        long readAt = ticker.read();
        try {
            Locality locality = source.contains(domain) ? Locality.INTERNAL : Locality.EXTERNAL;
            complete(domain, read, new CachedLocality(locality, readAt));
        } catch (Throwable e) {
            // Whatever it is: a read that never ends would stand in the way of the next one.
            fail(domain, read, e);
        }
    }

    private void complete(Domain domain, Read read, CachedLocality result) {
        // Within the lock of the key: not when the domain was added or removed meanwhile.
        reads.computeIfPresent(domain, (key, current) -> {
            if (current == read) {
                store(key, result);
                return null;
            }
            return current;
        });
        failing = false;
        read.complete(result);
    }

    private void fail(Domain domain, Read read, Throwable reason) {
        reads.remove(domain, read);
        recordFailure(reason.toString());
        read.completeExceptionally(reason);
    }

    private void recordFailure(String reason) {
        failing = true;
        long now = ticker.read();
        if (now - warnedAt >= WARNING_INTERVAL.toNanos()) {
            warnedAt = now;
            LOGGER.warn("Cannot read James's domain list, mail that depends on it is deferred: {}", reason);
        }
    }

    private void store(Domain domain, CachedLocality result) {
        // In this order, so that nobody finds the domain in neither.
        if (result.locality == Locality.INTERNAL) {
            internal.put(domain, result);
            external.invalidate(domain);
        } else {
            external.put(domain, result);
            internal.invalidate(domain);
        }
    }

    /** Holds at once: the domain was added to James's list or removed from it, whatever a read under way will say. */
    public void put(Domain domain, Locality locality) {
        reads.compute(domain, (key, current) -> {
            store(key, new CachedLocality(locality, ticker.read()));
            return null;
        });
    }

    /** Whether the last read failed, or was late. */
    public boolean isFailing() {
        return failing;
    }

    /** Whether the list has failed so often that nobody waits for it. */
    public boolean isBreakerOpen() {
        return breaker.isOpen();
    }

    /** Domains in the cache. */
    @VisibleForTesting
    long size() {
        internal.cleanUp();
        external.cleanUp();
        return internal.estimatedSize() + external.estimatedSize();
    }
}
