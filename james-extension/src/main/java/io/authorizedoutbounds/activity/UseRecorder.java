// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.activity;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.EntryId;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundLists;
import io.authorizedoutbounds.policy.UseStore;
import io.authorizedoutbounds.policy.Uses;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records in memory which entries are used, and writes it to the store at a bounded rate: each entry once an hour, however
 * often it is used. A crash loses the uses of the last seconds, an outage of the store only those that there is no room for.
 * Thread-safe.
 */
public class UseRecorder implements Uses {
    private static final Logger LOGGER = LoggerFactory.getLogger(UseRecorder.class);

    /** Between two calls of {@link #write}. */
    public static final Duration WRITE_INTERVAL = Duration.ofSeconds(1);

    /** Entries in one call of {@link #write}. */
    static final int MAX_WRITES = 200;

    /** Addresses whose entries are looked up in one call of {@link #write}. */
    static final int MAX_LISTINGS = 50;

    private static final Duration WRITE_TIMEOUT = Duration.ofSeconds(10);

    private static final long MILLIS_OF_HOUR = Duration.ofHours(1).toMillis();

    private final UseStore store;
    private final OutboundLists lists;
    private final Clock clock;
    private final UseQueue<EntryId> entries;
    private final UseQueue<OutboundAddress> addresses;

    /** So that an outage is one line of the log for each queue. Used by the thread that writes. */
    private final Set<UseQueue<?>> failing = new HashSet<>();

    /**
     * A recorder that {@link #write} has to be called of.
     *
     * @param lists     says which entries an address has
     * @param onDropped called for each use that there is no room for
     */
    public UseRecorder(UseStore store, OutboundLists lists, Clock clock, Runnable onDropped) {
        this.store = store;
        this.lists = lists;
        this.clock = clock;
        this.entries = new UseQueue<>(onDropped);
        this.addresses = new UseQueue<>(onDropped);
    }

    @Override
    public void record(EntryId entry) {
        entries.record(entry, hour());
    }

    /** Which entries these are is looked up by {@link #write}. */
    @Override
    public void recordOfAnyDomain(OutboundAddress client) {
        addresses.record(client, hour());
    }

    private long hour() {
        return Math.floorDiv(clock.millis(), MILLIS_OF_HOUR);
    }

    /** Writes some uses; to be called once a {@link #WRITE_INTERVAL}. Throws nothing: what fails is written again. */
    public void write() {
        try {
            drain(addresses, MAX_LISTINGS, this::recordEntries);
            drain(entries, MAX_WRITES, this::save);
        } catch (InterruptedException e) {
            // James stops.
            Thread.currentThread().interrupt();
        }
    }

    private CompletionStage<Void> recordEntries(OutboundAddress address, long hour) {
        return lists.listings(address).thenAccept(listings -> listings.stream()
                .filter(entry -> entry.orphanedAt().isEmpty())
                .map(AuthorizedOutbound::id)
                .forEach(entry -> entries.record(entry, hour)));
    }

    private CompletionStage<Void> save(EntryId entry, long hour) {
        return store.save(entry, Instant.ofEpochMilli(hour * MILLIS_OF_HOUR));
    }

    private <K> void drain(UseQueue<K> queue, int limit, BiFunction<K, Long, CompletionStage<Void>> call)
            throws InterruptedException {
        ImmutableMap<K, Long> uses = queue.drain(limit);
        Map<K, CompletableFuture<Void>> calls =
                Maps.toMap(uses.keySet(), key -> start(() -> call.apply(key, uses.get(key))));
        await(queue, calls.values());
        // A call that is answered later is only repeated.
        calls.forEach((key, outcome) -> {
            if (!outcome.isDone() || outcome.isCompletedExceptionally()) {
                queue.requeue(key, uses.get(key));
            }
        });
    }

    private static CompletableFuture<Void> start(Supplier<CompletionStage<Void>> call) {
        try {
            return call.get().toCompletableFuture();
        } catch (RuntimeException | Error e) {
            // What was drained would be lost.
            return CompletableFuture.failedFuture(e);
        }
    }

    private void await(UseQueue<?> queue, Collection<CompletableFuture<Void>> calls) throws InterruptedException {
        try {
            CompletableFuture.allOf(calls.toArray(new CompletableFuture<?>[0]))
                    .get(WRITE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            if (!calls.isEmpty()) {
                failing.remove(queue);
            }
        } catch (ExecutionException e) {
            warn(queue, e.getCause());
        } catch (TimeoutException e) {
            warn(queue, e);
        }
    }

    private void warn(UseQueue<?> queue, Throwable reason) {
        if (failing.add(queue)) {
            LOGGER.warn("Cannot write the last uses of entries, trying again: {}", String.valueOf(reason));
        }
    }
}
