// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.activity;

import com.google.common.collect.ImmutableMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Lets so many lines of each key through, and so many of all keys, until the next {@linkplain #turn turn}, and counts
 * what it does not. Holds no more keys than lines, however many ask. Thread-safe.
 */
final class LineLimiter<K> {
    /** What was left out until a turn. */
    static final class LeftOut<K> {
        private final ImmutableMap<K, Long> byKey;
        private final long others;

        private LeftOut(ImmutableMap<K, Long> byKey, long others) {
            this.byKey = byKey;
            this.others = others;
        }

        /** Of keys that had a line, in the order of their first one; none of them is zero. */
        ImmutableMap<K, Long> byKey() {
            return byKey;
        }

        /** Of all keys that had no line, since there were too many before. */
        long others() {
            return others;
        }
    }

    private static final class Count {
        private int lines;
        private long leftOut;
    }

    private final int maximumOfKey;
    private final int maximum;

    private Map<K, Count> counts = new LinkedHashMap<>();
    private int lines;
    private long others;

    LineLimiter(int maximumOfKey, int maximum) {
        this.maximumOfKey = maximumOfKey;
        this.maximum = maximum;
    }

    /** Whether this line may be written. */
    synchronized boolean admits(K key) {
        Count count = counts.get(key);
        if (count == null) {
            if (lines == maximum) {
                others++;
                return false;
            }
            count = new Count();
            counts.put(key, count);
        }
        if (count.lines == maximumOfKey || lines == maximum) {
            count.leftOut++;
            return false;
        }
        count.lines++;
        lines++;
        return true;
    }

    /** Admits lines again; what was left out since the last turn. */
    synchronized LeftOut<K> turn() {
        ImmutableMap.Builder<K, Long> byKey = ImmutableMap.builder();
        counts.forEach((key, count) -> {
            if (count.leftOut > 0) {
                byKey.put(key, count.leftOut);
            }
        });
        LeftOut<K> leftOut = new LeftOut<>(byKey.build(), others);
        if (lines > 0) {
            counts = new LinkedHashMap<>();
        }
        lines = 0;
        others = 0;
        return leftOut;
    }
}
