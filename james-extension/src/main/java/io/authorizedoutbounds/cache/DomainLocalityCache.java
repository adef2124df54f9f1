// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import com.google.common.annotations.VisibleForTesting;
import com.google.common.util.concurrent.ThreadFactoryBuilder;
import dev.failsafe.CircuitBreaker;
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
 * James's {@code DomainList} behind a cache: most Jameses keep their domains in a database, and each question to it blocks
 * the thread that asks.
 *
 * <p>An answer holds for {@link #MAX_AGE} while the list answers, and is refreshed in the background before. While the
 * list fails, answers hold for {@code stale.maximum}; what is not cached is {@link Locality#UNKNOWN}. Nobody waits longer
 * than the timeout, and nobody at all once the list has failed some times in a row. Thread-safe.
 */
public final class DomainLocalityCache {
    /** With the time that a hook keeps a verdict it stays below the two seconds within which a change holds. */
    @VisibleForTesting
    static final Duration MAX_AGE = Duration.ofMillis(1500);

    /** After a failure nobody waits longer than this, so that two waits of one decision do not add up. */
    public static final Duration TIMEOUT_WHILE_FAILING = Duration.ofMillis(50);

    private static final Logger LOGGER = LoggerFactory.getLogger(DomainLocalityCache.class);
    private static final int MAX_FAILURES_IN_A_ROW = 3;
    private static final Duration PROBE_INTERVAL = Duration.ofSeconds(1);
    private static final Duration WARNING_INTERVAL = Duration.ofSeconds(10);

    /** Each may hang for as long as James's database does. */
    private static final int MAX_CONCURRENT_READS = 16;

    private static final int MAX_QUEUED_READS = 10_000;

    /** Reads James's list; blocks for as long as its database does. */
    @FunctionalInterface
    public interface Source {
        boolean contains(Domain domain) throws Exception;
    }

    /** What the list said, and when the question was asked, in nanoseconds of the ticker. */
    private static final class Answer {
        private final Locality locality;
        private final long readAt;

        private Answer(Locality locality, long readAt) {
            this.locality = locality;
            this.readAt = readAt;
        }
    }

    /** A question that is under way; the timeout counts from its start, however many wait for it. */
    private static final class Read extends CompletableFuture<Answer> {
        private final long startedAt;
        private final long timeoutNanos;

        private Read(long startedAt, long timeoutNanos) {
            this.startedAt = startedAt;
            this.timeoutNanos = timeoutNanos;
        }
    }

    private final Source source;
    private final long timeoutNanos;
    private final long refreshNanos;
    private final long staleMaximumNanos;
    private final Ticker ticker;
    private final Executor executor;

    /** Apart, so that a flood of forged domains does not evict the domains of this server. */
    private final Cache<Domain, Answer> internal;

    private final Cache<Domain, Answer> external;
    private final ConcurrentMap<Domain, Read> reads = new ConcurrentHashMap<>();

    private final CircuitBreaker<Object> breaker = CircuitBreaker.builder()
            .withFailureThreshold(MAX_FAILURES_IN_A_ROW)
            .withSuccessThreshold(1)
            .withDelay(PROBE_INTERVAL)
            .onOpen(event -> {
                if (event.getPreviousState() == CircuitBreaker.State.CLOSED) {
                    LOGGER.warn(
                            "James's domain list has failed {} times in a row: it is asked again every {} s; domains in the"
                                    + " cache hold for stale.maximum, mail that needs another one is deferred",
                            MAX_FAILURES_IN_A_ROW,
                            PROBE_INTERVAL.toSeconds());
                }
            })
            .onClose(event -> LOGGER.info("James's domain list answers again"))
            .build();

    /** Whether the last question failed. */
    private volatile boolean failing;

    /** The one that failed last; null at first. */
    private volatile Domain lastFailed;

    private volatile long warnedAt;

    /**
     * A cache that is empty.
     *
     * @param timeout      the longest that a decision waits
     * @param refreshAfter the age at which an answer that is used is read again in the background
     * @param staleMaximum how long an answer holds while the list fails
     * @param maximum      internal domains that are kept, and as many external ones
     */
    public DomainLocalityCache(
            Source source, Duration timeout, Duration refreshAfter, Duration staleMaximum, int maximum, Ticker ticker) {
        this.source = source;
        this.timeoutNanos = timeout.toNanos();
        this.refreshNanos = refreshAfter.toNanos();
        this.staleMaximumNanos = staleMaximum.toNanos();
        this.ticker = ticker;
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

    /** For a decision on mail: while the list fails, an answer may be as old as {@code stale.maximum}. */
    public Locality localityOf(Domain domain) {
        Answer answer = find(domain);
        if (answer == null) {
            return read(domain, Locality.UNKNOWN);
        }
        long age = ticker.read() - answer.readAt;
        if (age < refreshNanos && age < MAX_AGE.toNanos()) {
            return answer.locality;
        }
        if (age < MAX_AGE.toNanos()) {
            refresh(domain);
            return answer.locality;
        }
        Locality stale = age <= staleMaximumNanos ? answer.locality : Locality.UNKNOWN;
        if (failing && stale != Locality.UNKNOWN) {
            refresh(domain);
            return stale;
        }
        return read(domain, stale);
    }

    /** For what cannot be undone: {@link Locality#UNKNOWN} while the list fails, whatever is cached. */
    public Locality freshLocalityOf(Domain domain) {
        Answer answer = find(domain);
        if (answer != null && ticker.read() - answer.readAt < MAX_AGE.toNanos()) {
            return answer.locality;
        }
        return read(domain, Locality.UNKNOWN);
    }

    private Answer find(Domain domain) {
        Answer answer = internal.getIfPresent(domain);
        return answer != null ? answer : external.getIfPresent(domain);
    }

    private Locality read(Domain domain, Locality otherwise) {
        if (!breaker.isClosed()) {
            probe(domain);
            return otherwise;
        }
        Read read = start(domain, failing ? Math.min(timeoutNanos, TIMEOUT_WHILE_FAILING.toNanos()) : timeoutNanos);
        try {
            long remaining = read.timeoutNanos - (ticker.read() - read.startedAt);
            return read.get(Math.max(0, remaining), TimeUnit.NANOSECONDS).locality;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException e) {
            failed("no answer within " + Duration.ofNanos(read.timeoutNanos).toMillis() + " ms");
        } catch (ExecutionException e) {
            // Logged where it failed.
        }
        return otherwise;
    }

    private void refresh(Domain domain) {
        if (breaker.isClosed()) {
            var unused = start(domain, timeoutNanos);
        } else {
            probe(domain);
        }
    }

    /**
     * Asks the list once. To be called once a second: a list that hangs is found out here before the answers in use grow
     * too old, and one that answers again without waiting for mail.
     */
    public void poll() {
        refresh(Domain.LOCALHOST);
    }

    private void probe(Domain domain) {
        if (!breaker.tryAcquirePermit()) {
            return;
        }
        try {
            // Counted here too: it may be one that was under way and has been counted before.
            count(domain, start(domain, timeoutNanos), timeoutNanos);
        } catch (RuntimeException | Error e) {
            // A permit that is never given back would keep the breaker half open.
            breaker.recordFailure();
            throw e;
        }
    }

    /** The question that is under way, or a new one. */
    private Read start(Domain domain, long timeout) {
        Read read = new Read(ticker.read(), timeout);
        Read earlier = reads.putIfAbsent(domain, read);
        if (earlier != null) {
            return earlier;
        }
        count(domain, read, timeout);
        try {
            executor.execute(() -> run(domain, read));
        } catch (RejectedExecutionException e) {
            fail(domain, read, e);
        }
        return read;
    }

    private void count(Domain domain, CompletableFuture<?> read, long timeout) {
        var unused = read.copy().orTimeout(timeout, TimeUnit.NANOSECONDS).whenComplete((answer, failure) -> {
            if (failure == null) {
                breaker.recordSuccess();
                return;
            }
            failing = true;
            // One domain that keeps failing counts once, or it would open the breaker for all others.
            if (!breaker.isClosed() || !domain.equals(lastFailed)) {
                breaker.recordFailure();
            }
            lastFailed = domain;
        });
    }

    private void run(Domain domain, Read read) {
        long readAt = ticker.read();
        try {
            Locality locality = source.contains(domain) ? Locality.INTERNAL : Locality.EXTERNAL;
            complete(domain, read, new Answer(locality, readAt));
        } catch (Throwable e) {
            // Whatever it is: a question that never ends would stand in the way of the next one.
            fail(domain, read, e);
        }
    }

    private void complete(Domain domain, Read read, Answer answer) {
        // Within the lock of the key: not when the domain was added or removed meanwhile.
        reads.computeIfPresent(domain, (key, current) -> {
            if (current == read) {
                store(key, answer);
                return null;
            }
            return current;
        });
        failing = false;
        read.complete(answer);
    }

    private void fail(Domain domain, Read read, Throwable reason) {
        reads.remove(domain, read);
        failed(reason.toString());
        read.completeExceptionally(reason);
    }

    private void failed(String reason) {
        failing = true;
        long now = ticker.read();
        if (now - warnedAt >= WARNING_INTERVAL.toNanos()) {
            warnedAt = now;
            LOGGER.warn("Cannot read James's domain list, mail that depends on it is deferred: {}", reason);
        }
    }

    private void store(Domain domain, Answer answer) {
        // In this order, so that nobody finds the domain in neither.
        if (answer.locality == Locality.INTERNAL) {
            internal.put(domain, answer);
            external.invalidate(domain);
        } else {
            external.put(domain, answer);
            internal.invalidate(domain);
        }
    }

    /** Holds at once: the domain was added to James's list or removed from it, whatever a question under way will say. */
    public void put(Domain domain, Locality locality) {
        reads.compute(domain, (key, current) -> {
            store(key, new Answer(locality, ticker.read()));
            return null;
        });
    }

    /** Whether the last question got no answer in time. */
    public boolean isFailing() {
        return failing;
    }

    /** Whether the list has failed so often that nobody waits for it. */
    public boolean isBreakerOpen() {
        return !breaker.isClosed();
    }

    /** Domains in the cache. */
    @VisibleForTesting
    long size() {
        internal.cleanUp();
        external.cleanUp();
        return internal.estimatedSize() + external.estimatedSize();
    }
}
