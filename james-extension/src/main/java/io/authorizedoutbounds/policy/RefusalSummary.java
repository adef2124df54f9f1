// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.common.collect.ImmutableList;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The refusals of one domain by address, summed over nodes and hours. Holds a bounded number of addresses.
 * Not thread-safe.
 */
public final class RefusalSummary {
    /** Addresses of a summary. */
    public static final int MAX_ADDRESSES = 1000;

    private final Map<OutboundAddress, RefusalCount> byAddress = new HashMap<>();
    private long dropped;

    /** Adds a count. Of addresses beyond the first {@value #MAX_ADDRESSES} only the attempts are counted. */
    public void add(RefusalCount count) {
        Optional<OutboundAddress> included =
                count.client().filter(client -> byAddress.size() < MAX_ADDRESSES || byAddress.containsKey(client));
        if (included.isPresent()) {
            byAddress.merge(included.get(), count, RefusalSummary::sum);
        } else {
            dropped += count.attempts();
        }
    }

    private static RefusalCount sum(RefusalCount one, RefusalCount other) {
        RefusalCount later = one.lastSeen().isBefore(other.lastSeen()) ? other : one;
        Instant firstSeen = one.firstSeen().isBefore(other.firstSeen()) ? one.firstSeen() : other.firstSeen();
        return later.toBuilder()
                .attempts(one.attempts() + other.attempts())
                .refused(one.refused() + other.refused())
                .quarantined(one.quarantined() + other.quarantined())
                .firstSeen(firstSeen)
                .build();
    }

    /** One for each address of the summary, the one that was seen last first. */
    public ImmutableList<RefusalCount> byAddress() {
        return ImmutableList.sortedCopyOf(
                Comparator.comparing(RefusalCount::lastSeen).reversed(), byAddress.values());
    }

    /** Attempts of addresses beyond the limit. */
    public long dropped() {
        return dropped;
    }
}
