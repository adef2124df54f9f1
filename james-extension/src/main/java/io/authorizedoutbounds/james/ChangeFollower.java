// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import com.google.common.util.concurrent.ThreadFactoryBuilder;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.OutboundChange;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads what other nodes changed, once an interval, and has the lookup ask for it anew. After a pause it reads all that
 * it has missed; when that is more than the stale maximum, the lookup starts from nothing.
 */
class ChangeFollower {
    private static final Logger LOGGER = LoggerFactory.getLogger(ChangeFollower.class);

    /** Each reading goes back over what the last one read: for clocks that differ, for replicas that lag. */
    private static final Duration OVERLAP = Duration.ofMinutes(1);

    /**
     * A change is told again until a reading after so long: its rows in the list tables may come after its row in the
     * trail, since a logged batch is atomic but not isolated.
     */
    private static final Duration SETTLING = Duration.ofSeconds(10);

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int REMEMBERED = 100_000;

    private final AuthorizedOutboundStore store;
    private final CachedLookup lookup;
    private final Duration furthestBack;
    private final Clock clock;
    private final Ticker ticker;

    /** Since when a change is told, until it is settled. */
    private final Cache<UUID, Optional<Long>> seen;

    private Instant readUntil;
    private boolean failing;

    /** @param furthestBack after a longer pause the lookup starts from nothing, and nothing is read of the time before */
    ChangeFollower(
            AuthorizedOutboundStore store, CachedLookup lookup, Duration furthestBack, Clock clock, Ticker ticker) {
        this.furthestBack = furthestBack;
        this.store = store;
        this.lookup = lookup;
        this.clock = clock;
        this.ticker = ticker;
        this.seen = Caffeine.newBuilder()
                .maximumSize(REMEMBERED)
                .expireAfterWrite(OVERLAP.multipliedBy(3))
                .ticker(ticker)
                .build();
        this.readUntil = clock.instant();
    }

    /** Reads once an interval, on a thread of its own, until the JVM ends. */
    void start(Duration interval) {
        ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(new ThreadFactoryBuilder()
                .setDaemon(true)
                .setNameFormat("authorized-outbounds-changes")
                .build());
        var unused = thread.scheduleWithFixedDelay(
                this::read, interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** One reading. Throws nothing: the next one makes good for it. */
    void read() {
        Instant now = clock.instant();
        long at = ticker.read();
        try {
            if (readUntil.isBefore(now.minus(furthestBack))) {
                // By the wall clock: the ticker stands still while a machine is suspended.
                lookup.forgetAll();
                readUntil = now;
            }
            store.changesSince(readUntil.minus(OVERLAP))
                    .toCompletableFuture()
                    .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                    .forEach(change -> tell(change, at));
            lookup.followed(at);
            readUntil = now;
            if (failing) {
                LOGGER.info("Changes of the lists of authorized outbounds are followed again");
            }
            failing = false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            failed(e.getCause());
        } catch (TimeoutException | RuntimeException | Error e) {
            // An Error too: the executor would never read again, and say nothing.
            failed(e);
        }
    }

    private void tell(OutboundChange change, long at) {
        Optional<Long> unsettledSince = seen.get(change.id(), none -> Optional.of(at));
        if (unsettledSince.isPresent()) {
            lookup.forget(change.domain(), change.address());
            if (at - unsettledSince.get() >= SETTLING.toNanos()) {
                seen.put(change.id(), Optional.empty());
            }
        }
    }

    private void failed(Throwable reason) {
        if (!failing) {
            LOGGER.warn(
                    "Cannot read the changes of the lists of authorized outbounds:"
                            + " what is in memory holds for stale.maximum: {}",
                    reason.toString());
        }
        failing = true;
    }
}
