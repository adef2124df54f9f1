// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

/** Port: records which entries let RCPTs through. Thread-safe, does not block, throws nothing. */
public interface Uses {
    /** Records a RCPT that an entry of the sender's domain let through (row 2 of rule 1). */
    void record(EntryId entry);

    /** Records a RCPT that the entries of all domains for an address let through (row 6 of rule 1). */
    void recordOfAnyDomain(OutboundAddress client);
}
