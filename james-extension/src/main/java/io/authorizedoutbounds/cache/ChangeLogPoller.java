// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import com.google.common.annotations.VisibleForTesting;
import com.google.common.collect.ImmutableList;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.OutboundChange;
import io.authorizedoutbounds.policy.StoreNotReachedException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads what other nodes changed, once an interval, and has the lookup ask for it anew. After a pause it reads all that
 * it has missed; when that is more than the stale maximum, the lookup starts from nothing.
 */
public class ChangeLogPoller {
    private static final Logger LOGGER = LoggerFactory.getLogger(ChangeLogPoller.class);

    /**
     * Each reading goes back over what the last one read: for clocks a minute apart, for replicas that lag, and since a
     * change, whose time is that of its beginning, may be tried for half a minute.
     */
    private static final Duration OVERLAP = Duration.ofMinutes(2);

    /**
     * So long a change is told again by each reading, and once more after {@link #SETTLED}: its rows in the list tables
     * may come after its row in the trail, since a logged batch is atomic but not isolated.
     */
    private static final Duration SETTLING = Duration.ofSeconds(15);

    /** Longer than a change is tried. */
    private static final Duration SETTLED = Duration.ofSeconds(40);

    /**
     * So often another reading goes back as far as memory may: a batch that was answered 503 may be replayed by Cassandra
     * later, with the time that it had, when the members that lacked are back.
     */
    private static final Duration BETWEEN_LONG_READINGS = Duration.ofSeconds(10);

    /** What is read at once; after more changes than that since the last reading, memory starts from nothing. */
    @VisibleForTesting
    static final int MOST_CHANGES = 40_000;

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** The next reading waits for it. */
    private static final Duration PATIENCE_WITH_A_LONG_READING = Duration.ofSeconds(1);

    private static final int REMEMBERED = 5 * MOST_CHANGES;

    /** A change that was told once at least. */
    private static final class Told {
        private final long since;
        private final boolean settled;

        private Told(long since, boolean settled) {
            this.since = since;
            this.settled = settled;
        }
    }

    private final AuthorizedOutboundStore store;
    private final CachedLookup lookup;
    private final Duration furthestBack;
    private final Clock clock;
    private final Ticker ticker;

    private final Cache<UUID, Told> told;

    private Instant readUntil;
    private long longReadingAt;
    private boolean failing;

    /** @param furthestBack after a longer pause the lookup starts from nothing, and nothing is read of the time before */
    public ChangeLogPoller(
            AuthorizedOutboundStore store, CachedLookup lookup, Duration furthestBack, Clock clock, Ticker ticker) {
        this.furthestBack = furthestBack;
        this.store = store;
        this.lookup = lookup;
        this.clock = clock;
        this.ticker = ticker;
        this.told = Caffeine.newBuilder()
                .maximumSize(REMEMBERED)
                .expireAfterWrite(furthestBack.plus(OVERLAP.multipliedBy(3)))
                .ticker(ticker)
                .build();
        this.readUntil = clock.instant();
        this.longReadingAt = ticker.read();
    }

    /** Polls once; to be called once an interval. Throws nothing: the next poll reads what this one missed. */
    public void poll() {
        Instant now = clock.instant();
        long at = ticker.read();
        try {
            if (readUntil.isBefore(now.minus(furthestBack))) {
                // By the wall clock: the ticker stands still while a machine is suspended.
                lookup.invalidateAll();
                readUntil = now;
            }
            ImmutableList<OutboundChange> changes = changesSince(readUntil.minus(OVERLAP), PATIENCE);
            if (changes.size() < MOST_CHANGES) {
                changes.forEach(change -> tell(change, at));
            } else {
                lookup.invalidateAll();
            }
            lookup.recordPoll(at);
            readUntil = now;
            if (failing) {
                LOGGER.info("The change log of authorized outbounds is polled again");
            }
            failing = false;
            readFarBack(now, at);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            failed(e.getCause());
        } catch (TimeoutException | RuntimeException | Error e) {
            // An Error too: the executor would never read again, and say nothing.
            failed(e);
        }
    }

    /** Now and then. What it does not get, for it is slow or much, is left to the next one. */
    private void readFarBack(Instant now, long at) throws InterruptedException {
        if (at - longReadingAt < BETWEEN_LONG_READINGS.toNanos()) {
            return;
        }
        longReadingAt = at;
        try {
            changesSince(now.minus(furthestBack), PATIENCE_WITH_A_LONG_READING).forEach(change -> tell(change, at));
        } catch (ExecutionException | TimeoutException e) {
            LOGGER.debug("Cannot poll the change log of authorized outbounds far back", e);
        }
    }

    private ImmutableList<OutboundChange> changesSince(Instant since, Duration patience)
            throws InterruptedException, ExecutionException, TimeoutException {
        return store.changesSince(since, MOST_CHANGES)
                .toCompletableFuture()
                .get(patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void tell(OutboundChange change, long at) {
        Told before = told.getIfPresent(change.id());
        if (before == null) {
            lookup.invalidate(change.domain(), change.address());
            told.put(change.id(), new Told(at, false));
        } else if (!before.settled && at - before.since >= SETTLED.toNanos()) {
            // A mending that failed has left the old answer.
            if (lookup.tryInvalidate(change.domain(), change.address())) {
                told.put(change.id(), new Told(before.since, true));
            }
        } else if (!before.settled && at - before.since < SETTLING.toNanos()) {
            lookup.refresh(change.domain(), change.address());
        }
    }

    private void failed(Throwable reason) {
        if (reason instanceof StoreNotReachedException) {
            // A start, for a second or so; when it takes longer the connection logs that.
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
