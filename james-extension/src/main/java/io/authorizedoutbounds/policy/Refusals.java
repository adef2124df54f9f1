// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import java.util.Optional;
import org.apache.james.core.Domain;

/** Port: who is told what rule 1 refuses of a domain of ours. Thread-safe, blocks nobody, throws nothing. */
@FunctionalInterface
public interface Refusals {
    /**
     * One refusal.
     *
     * @param domain          the sender's, internal
     * @param sender          as it was parsed
     * @param recipientDomain absent when the sender was refused before it named a recipient
     */
    void refused(Domain domain, OutboundAddress client, String sender, Optional<Domain> recipientDomain);
}
