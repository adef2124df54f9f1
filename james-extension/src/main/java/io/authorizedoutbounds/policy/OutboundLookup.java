// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import org.apache.james.core.Domain;

/**
 * Port: what the lists say, as a decision needs it.
 *
 * <p>Implementations are thread-safe, answer within a bounded time, throw nothing, and say {@link Listing#UNKNOWN} when
 * the lists cannot be read.
 */
public interface OutboundLookup {
    /** Whether {@code client} is an authorized outbound of {@code domain} now. */
    Listing listedFor(Domain domain, OutboundAddress client);

    /** Whether {@code client} is an authorized outbound of any domain that is internal now. */
    Listing listedForAny(OutboundAddress client);

    /**
     * Another number once an answer, or what the internal domains are, is known to have changed on this node: an answer
     * may be used again while the number that was read before it is the same. What ends by itself, as an entry that
     * expires, does not change it: whoever keeps an answer bounds the time as well.
     */
    long generation();
}
