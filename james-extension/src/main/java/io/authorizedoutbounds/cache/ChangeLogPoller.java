// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import com.google.common.annotations.VisibleForTesting;
import com.google.common.collect.ImmutableList;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundChange;
import io.authorizedoutbounds.policy.StoreNotReachedException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.james.core.Domain;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Polls the change log once an interval, and invalidates what other nodes have changed. After a pause it reads all changes
 * that it has missed; when the pause was longer than the stale maximum, it invalidates everything.
 */
public class ChangeLogPoller {
    private static final Logger LOGGER = LoggerFactory.getLogger(ChangeLogPoller.class);

    /**
     * Each poll reads what the last one read once more, as far back as this: clocks may be a minute apart, replicas lag,
     * and a change has the time at which it began, but may be tried for half a minute.
     */
    private static final Duration POLL_OVERLAP = Duration.ofMinutes(2);

    /**
     * Each poll refreshes the entry of a change for this long after the change was first seen: a logged batch is atomic
     * but not isolated, so its rows in the tables of lists may be visible later than its row in the change log.
     */
    private static final Duration REFRESH_PERIOD = Duration.ofSeconds(15);

    /** A change is refreshed once more at this age, which is longer than a change is tried, until the lists have been read. */
    private static final Duration FINAL_REFRESH_AGE = Duration.ofSeconds(40);

    /**
     * How often a second query goes back as far as cached lists may hold: Cassandra may replay a batch that was answered
     * 503 later, with the time that it had, when the replicas that were down are back.
     */
    private static final Duration LONG_POLL_INTERVAL = Duration.ofSeconds(10);

    /** The changes that one query reads; after more changes than that since the last poll everything is invalidated. */
    @VisibleForTesting
    static final int MAX_CHANGES = 40_000;

    private static final Duration POLL_TIMEOUT = Duration.ofSeconds(10);

    /** No poll waits for it. */
    private static final Duration LONG_POLL_TIMEOUT = Duration.ofSeconds(10);

    private static final int MAX_SEEN_CHANGES = 5 * MAX_CHANGES;

    /** A change that was invalidated once at least; the time is in nanoseconds of the ticker. */
    private static final class SeenChange {
        private final long firstSeenAt;
        private final boolean done;

        private SeenChange(long firstSeenAt, boolean done) {
            this.firstSeenAt = firstSeenAt;
            this.done = done;
        }

        private boolean isDue(long at) {
            return !done && at - firstSeenAt >= FINAL_REFRESH_AGE.toNanos();
        }
    }

    private final AuthorizedOutboundStore store;
    private final CachedLookup lookup;
    private final Duration furthestBack;
    private final Clock clock;
    private final Ticker ticker;

    private final Cache<UUID, SeenChange> seenChanges;

    private Instant polledUntil;
    private long longPolledAt;

    /** The query that goes far back; completed, and without changes, when there is none. */
    private CompletableFuture<ImmutableList<OutboundChange>> farBack =
            CompletableFuture.completedFuture(ImmutableList.of());

    private boolean failing;

    /** @param furthestBack no query goes back further; after a longer pause everything is invalidated */
    public ChangeLogPoller(
            AuthorizedOutboundStore store, CachedLookup lookup, Duration furthestBack, Clock clock, Ticker ticker) {
        this.furthestBack = furthestBack;
        this.store = store;
        this.lookup = lookup;
        this.clock = clock;
        this.ticker = ticker;
        this.seenChanges = Caffeine.newBuilder()
                .maximumSize(MAX_SEEN_CHANGES)
                .expireAfterWrite(furthestBack.plus(POLL_OVERLAP.multipliedBy(3)))
                .ticker(ticker)
                .build();
        this.polledUntil = clock.instant();
        this.longPolledAt = ticker.read();
    }

    /** Polls once; to be called once an interval. Throws nothing: the next poll reads what this one missed. */
    public void poll() {
        Instant now = clock.instant();
        long at = ticker.read();
        try {
            if (polledUntil.isBefore(now.minus(furthestBack))) {
                // By the wall clock: the ticker stands still while a machine is suspended.
                lookup.invalidateAll();
                polledUntil = now;
            }
            ImmutableList<OutboundChange> changes = readChanges(polledUntil.minus(POLL_OVERLAP));
            if (changes.size() < MAX_CHANGES) {
                apply(changes, at);
            } else {
                lookup.invalidateAll();
            }
            lookup.recordPoll(at);
            polledUntil = now;
            if (failing) {
                LOGGER.info("The change log of authorized outbounds is polled again");
            }
            failing = false;
            pollFarBack(now, at);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            recordFailure(e.getCause());
        } catch (TimeoutException | RuntimeException | Error e) {
            // An Error too: the executor would never poll again, and log nothing.
            recordFailure(e);
        }
    }

    /**
     * Starts a query once a long interval, and applies its changes, in this poll or in the one after its answer: there may be
     * many, and what has just been changed is not to wait for them. What it does not read is left to the next one.
     */
    private void pollFarBack(Instant now, long at) {
        applyFarBack(at);
        if (farBack.isDone() && at - longPolledAt >= LONG_POLL_INTERVAL.toNanos()) {
            longPolledAt = at;
            farBack = store.changesSince(now.minus(furthestBack), MAX_CHANGES)
                    .toCompletableFuture()
                    .orTimeout(LONG_POLL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                    .exceptionally(failure -> {
                        LOGGER.debug("Cannot poll the change log of authorized outbounds far back", failure);
                        return ImmutableList.of();
                    });
            applyFarBack(at);
        }
    }

    private void applyFarBack(long at) {
        if (farBack.isDone()) {
            apply(farBack.join(), at);
            farBack = CompletableFuture.completedFuture(ImmutableList.of());
        }
    }

    private ImmutableList<OutboundChange> readChanges(Instant since)
            throws InterruptedException, ExecutionException, TimeoutException {
        return store.changesSince(since, MAX_CHANGES)
                .toCompletableFuture()
                .get(POLL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void apply(ImmutableList<OutboundChange> changes, long at) {
        FinalRefreshes refreshes = new FinalRefreshes();
        for (OutboundChange change : changes) {
            SeenChange seen = seenChanges.getIfPresent(change.id());
            if (seen == null) {
                invalidate(change);
                seenChanges.put(change.id(), new SeenChange(at, false));
            } else if (seen.isDue(at)) {
                refreshes.add(change, () -> seenChanges.put(change.id(), new SeenChange(seen.firstSeenAt, true)));
            } else if (!seen.done && at - seen.firstSeenAt < REFRESH_PERIOD.toNanos()) {
                refresh(change);
            }
        }
    }

    /** Those of one poll: each domain and each address is read once, however many changes there are of it. */
    private final class FinalRefreshes {
        private final Map<Domain, CompletionStage<Boolean>> domains = new HashMap<>();
        private final Map<OutboundAddress, CompletionStage<Boolean>> addresses = new HashMap<>();

        /** @param done called when the lists of the change have been read */
        private void add(OutboundChange change, Runnable done) {
            CompletionStage<Boolean> domain = domains.computeIfAbsent(change.domain(), lookup::tryRefresh);
            CompletionStage<Boolean> address = change.address()
                    .map(ip -> addresses.computeIfAbsent(ip, lookup::tryRefresh))
                    .orElse(CompletableFuture.completedFuture(true));
            var unused = domain.thenAcceptBoth(address, (domainRead, addressRead) -> {
                if (domainRead && addressRead) {
                    done.run();
                }
            });
        }
    }

    private void invalidate(OutboundChange change) {
        Domain domain = change.domain();
        change.address()
                .ifPresentOrElse(address -> lookup.invalidate(domain, address), () -> lookup.invalidate(domain));
    }

    private void refresh(OutboundChange change) {
        Domain domain = change.domain();
        change.address().ifPresentOrElse(address -> lookup.refresh(domain, address), () -> lookup.refresh(domain));
    }

    private void recordFailure(Throwable reason) {
        if (reason instanceof StoreNotReachedException) {
            // The first second or so after the start; when it takes longer the connection logs that.
            return;
        }
        if (!failing) {
            LOGGER.warn(
                    "Cannot poll the change log of authorized outbounds, what is in the cache holds for stale.maximum: {}",
                    reason.toString());
        }
        failing = true;
    }
}
