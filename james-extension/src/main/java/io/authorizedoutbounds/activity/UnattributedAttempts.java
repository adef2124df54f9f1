// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.activity;

import com.google.common.collect.ImmutableMap;
import io.authorizedoutbounds.policy.OutboundAddress;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What external senders tried, by client address, until it is known which domains list the address. At most {@value
 * #MAX_ADDRESSES} addresses, those that wait the longest first. Thread-safe.
 */
final class UnattributedAttempts {
    private static final int MAX_ADDRESSES = 10_000;

    private final Map<OutboundAddress, ExternalAttempts> waiting = new LinkedHashMap<>();

    /** Returns whether there was room for it. */
    synchronized boolean add(OutboundAddress client, ExternalAttempts attempts) {
        if (waiting.size() >= MAX_ADDRESSES && !waiting.containsKey(client)) {
            return false;
        }
        waiting.merge(client, attempts, ExternalAttempts::plus);
        return true;
    }

    /** Removes the attempts of at most {@code limit} addresses. */
    synchronized ImmutableMap<OutboundAddress, ExternalAttempts> drain(int limit) {
        return OldestEntries.remove(waiting, limit);
    }
}
