// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import org.apache.james.core.Domain;

/**
 * Port: records what rule 1 refuses to senders of internal domains, or would refuse if their domain did not report.
 * Thread-safe, does not block, throws nothing.
 */
public interface Refusals {
    /**
     * Records a refusal at RCPT.
     *
     * @param domain      the sender's, internal
     * @param enforcement the one that applied
     * @param sender      as it was parsed
     */
    void record(Domain domain, Enforcement enforcement, OutboundAddress client, String sender, Domain recipientDomain);

    /**
     * Records a refusal at MAIL, before the sender names a recipient.
     *
     * @param domain      the sender's, internal
     * @param enforcement the one that applied
     * @param sender      as it was parsed
     */
    void recordAtMail(Domain domain, Enforcement enforcement, OutboundAddress client, String sender);
}
