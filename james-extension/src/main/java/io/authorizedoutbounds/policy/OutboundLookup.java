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
}
