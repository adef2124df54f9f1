// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedMap;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The refusals of one domain, summed over nodes and hours: by address and by hour. Keeps a bounded number of addresses.
 * Not thread-safe.
 */
public final class RefusalSummary {
    /** Addresses that a summary has at the most. */
    public static final int MOST_ADDRESSES = 1000;

    private final Map<OutboundAddress, RefusalCount> byAddress = new HashMap<>();
    private final Map<Instant, Long> byHour = new TreeMap<>();
    private long dropped;

    /** Adds a count. Addresses that come later than {@value #MOST_ADDRESSES} others are only counted. */
    public void add(RefusalCount count) {
        byHour.merge(count.hour(), count.attempts(), Long::sum);
        Optional<OutboundAddress> kept =
                count.client().filter(client -> byAddress.size() < MOST_ADDRESSES || byAddress.containsKey(client));
        if (kept.isPresent()) {
            byAddress.merge(kept.get(), count, RefusalSummary::sum);
        } else {
            dropped += count.attempts();
        }
    }

    private static RefusalCount sum(RefusalCount one, RefusalCount other) {
        RefusalCount later = one.lastSeen().isBefore(other.lastSeen()) ? other : one;
        Instant firstSeen = one.firstSeen().isBefore(other.firstSeen()) ? one.firstSeen() : other.firstSeen();
        return new RefusalCount(
                later.id(),
                later.domain(),
                later.hour(),
                later.client(),
                one.attempts() + other.attempts(),
                firstSeen,
                later.lastSeen(),
                later.lastSender(),
                later.lastRecipientDomain());
    }

    /** One for each address that is kept, the one that was seen last first. */
    public ImmutableList<RefusalCount> byAddress() {
        return ImmutableList.sortedCopyOf(
                Comparator.comparing(RefusalCount::lastSeen).reversed(), byAddress.values());
    }

    /** Attempts by hour, those of dropped addresses too, the oldest first. */
    public ImmutableSortedMap<Instant, Long> byHour() {
        return ImmutableSortedMap.copyOf(byHour);
    }

    /** Attempts of addresses that are not kept. */
    public long dropped() {
        return dropped;
    }
}
