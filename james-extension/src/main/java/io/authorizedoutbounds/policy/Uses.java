// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import org.apache.james.core.Domain;

/** Port: records which entries let RCPTs through. Thread-safe, does not block, throws nothing. */
public interface Uses {
    /** Records a RCPT that the entry of a domain for an address let through (row 2 of rule 1). */
    void record(Domain domain, OutboundAddress client);

    /** Records a RCPT that the entries of all domains for an address let through (row 6 of rule 1). */
    void recordOfAnyDomain(OutboundAddress client);
}
