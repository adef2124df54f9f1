// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import org.apache.james.core.Domain;

/**
 * Port: records what rule 1 refuses, or would refuse if it did not report, and what rule 2 quarantines: for the sender's domain if it is
 * internal, and otherwise for the domains that list the client. Thread-safe, does not block, throws nothing.
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

    /**
     * Records that a listed client was refused an external sender at RCPT.
     *
     * @param enforcement the one that applied
     * @param sender      as it was parsed
     */
    void recordExternalSender(Enforcement enforcement, OutboundAddress client, String sender, Domain recipientDomain);

    /**
     * Records that some recipients of a mail were quarantined.
     *
     * @param sender          as it was parsed
     * @param recipientDomain of one of these recipients
     */
    void recordQuarantined(OutboundAddress client, String sender, Domain recipientDomain);
}
