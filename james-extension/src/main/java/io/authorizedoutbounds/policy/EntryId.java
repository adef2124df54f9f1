// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import org.apache.james.core.Domain;

/** Which entry of which list: a domain has at most one for an address. Equal by value. */
public final class EntryId {
    private final Domain domain;
    private final OutboundAddress address;

    private EntryId(Domain domain, OutboundAddress address) {
        this.domain = domain;
        this.address = address;
    }

    /**
     * The entry of a domain for an address, whether there is one or not.
     *
     * @param domain in the form of {@code DomainNames.canonical}
     */
    public static EntryId of(Domain domain, OutboundAddress address) {
        return new EntryId(domain, address);
    }

    public Domain domain() {
        return domain;
    }

    public OutboundAddress address() {
        return address;
    }

    @Override
    public boolean equals(Object other) {
        if (!(other instanceof EntryId)) {
            return false;
        }
        EntryId that = (EntryId) other;
        return address.equals(that.address) && domain.equals(that.domain);
    }

    @Override
    public int hashCode() {
        return 31 * domain.hashCode() + address.hashCode();
    }

    @Override
    public String toString() {
        return address + " of " + domain.asString();
    }
}
