// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.activity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.common.collect.ImmutableMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Uses that are to be written: of each key the last hour, of at most {@value #MAX_KEYS} keys, those that wait the longest
 * first. Hours are counted from 1970. Thread-safe.
 *
 * <p>A use in an hour that is recorded already costs one lookup and takes no lock.
 */
final class UseQueue<K> {
    static final int MAX_KEYS = 100_000;

    /** The hour that was recorded last. A key that is evicted is recorded once more, and written once more. */
    private final Cache<K, Long> recorded =
            Caffeine.newBuilder().maximumSize(MAX_KEYS).build();

    private final Runnable onDropped;

    /** Guarded by the lock of this queue. */
    private final Map<K, Long> unwritten = new LinkedHashMap<>();

    /** @param onDropped called for each use that there is no room for */
    UseQueue(Runnable onDropped) {
        this.onDropped = onDropped;
    }

    void record(K key, long hour) {
        Long known = recorded.getIfPresent(key);
        if (known != null && known >= hour) {
            return;
        }
        if (offer(key, hour)) {
            recorded.put(key, hour);
        } else {
            onDropped.run();
        }
    }

    private synchronized boolean offer(K key, long hour) {
        if (unwritten.size() >= MAX_KEYS && !unwritten.containsKey(key)) {
            return false;
        }
        unwritten.merge(key, hour, Math::max);
        return true;
    }

    /** Removes at most {@code limit} uses, with their hours as they are now. */
    synchronized ImmutableMap<K, Long> drain(int limit) {
        return OldestEntries.remove(unwritten, limit);
    }

    /** Queues a use again that could not be written, behind all others. */
    synchronized void requeue(K key, long hour) {
        unwritten.merge(key, hour, Math::max);
    }
}
