// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import java.util.UUID;
import org.apache.james.core.Domain;

/** That an entry was put or removed, by any node. */
public final class OutboundChange {
    private final UUID id;
    private final Domain domain;
    private final OutboundAddress address;

    public OutboundChange(UUID id, Domain domain, OutboundAddress address) {
        this.id = id;
        this.domain = domain;
        this.address = address;
    }

    /** Of this change alone. */
    public UUID id() {
        return id;
    }

    public Domain domain() {
        return domain;
    }

    public OutboundAddress address() {
        return address;
    }
}
