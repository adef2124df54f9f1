// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.activity;

import com.google.common.collect.ImmutableMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Limits the lines that each key and all keys may write until the next {@link #reset}, and counts the lines over the limit.
 * Holds no more keys than lines. Thread-safe.
 */
final class LineLimiter<K> {
    /** How many lines were over the limit. */
    static final class LeftOut<K> {
        private final ImmutableMap<K, Long> byKey;
        private final long others;

        private LeftOut(ImmutableMap<K, Long> byKey, long others) {
            this.byKey = byKey;
            this.others = others;
        }

        /** Those of keys that had a line, in the order of their first one; none of them is zero. */
        ImmutableMap<K, Long> byKey() {
            return byKey;
        }

        /** Those of keys that had no line, since other keys had used up all. */
        long others() {
            return others;
        }
    }

    private static final class Count {
        private int lines;
        private long leftOut;
    }

    private final int maxLinesOfKey;
    private final int maxLines;

    private Map<K, Count> counts = new LinkedHashMap<>();
    private int lines;
    private long others;

    LineLimiter(int maxLinesOfKey, int maxLines) {
        this.maxLinesOfKey = maxLinesOfKey;
        this.maxLines = maxLines;
    }

    /** Whether this line may be written. */
    synchronized boolean admits(K key) {
        Count count = counts.get(key);
        if (count == null) {
            if (lines == maxLines) {
                others++;
                return false;
            }
            count = new Count();
            counts.put(key, count);
        }
        if (count.lines == maxLinesOfKey || lines == maxLines) {
            count.leftOut++;
            return false;
        }
        count.lines++;
        lines++;
        return true;
    }

    /** Returns what was left out since the last reset, and admits lines again. */
    synchronized LeftOut<K> reset() {
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
