// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import java.util.Optional;
import org.apache.james.core.Domain;

/**
 * Port: the answers of the lists to a decision.
 *
 * <p>Implementations are thread-safe, answer within a bounded time, throw nothing, and say {@link Listing#UNKNOWN} when
 * the lists cannot be read.
 */
public interface OutboundLookup {
    /**
     * Whether {@code client} is an authorized outbound of {@code domain} now, with the domain's own enforcement. When the
     * list cannot be read, the enforcement is the {@linkplain #lastEnforcementOf last one}.
     */
    DomainListing listedFor(Domain domain, OutboundAddress client);

    /**
     * The domain's own enforcement as it was last read, however long ago, if no change of it is known since; empty when it
     * had none, or when nothing is known of it. Makes no query.
     */
    Optional<Enforcement> lastEnforcementOf(Domain domain);

    /** Whether {@code client} is an authorized outbound of any domain that is internal now. */
    Listing listedForAny(OutboundAddress client);

    /**
     * A number that changes when this node learns that an answer, or a domain's locality, has changed: an answer may be
     * used again while the number that was read before it is the same. The expiry of an entry does not change the number:
     * a caller that uses answers again bounds their age as well.
     */
    long generation();
}
