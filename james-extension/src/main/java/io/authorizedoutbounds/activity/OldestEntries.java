// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.activity;

import com.google.common.collect.ImmutableMap;
import java.util.Iterator;
import java.util.Map;

/** The entries that have been in a map the longest, if it iterates in the order of insertion. */
final class OldestEntries {
    private OldestEntries() {}

    /** Removes at most {@code limit} of them, and returns them in their order. */
    static <K, V> ImmutableMap<K, V> remove(Map<K, V> map, int limit) {
        ImmutableMap.Builder<K, V> removed = ImmutableMap.builder();
        Iterator<Map.Entry<K, V>> entries = map.entrySet().iterator();
        for (int i = 0; i < limit && entries.hasNext(); i++) {
            removed.put(entries.next());
            entries.remove();
        }
        return removed.build();
    }
}
