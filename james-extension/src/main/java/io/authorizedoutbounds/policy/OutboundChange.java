// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.apache.james.core.Domain;

/** That an entry was put, removed or orphaned, by any node. */
public final class OutboundChange {
    /** What was done to an entry. */
    public enum Action {
        PUT,
        REMOVE,
        /** Its domain had left James. */
        ORPHAN;

        /** In lower case, as the store and WebAdmin have it. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final UUID id;
    private final Instant changedAt;
    private final Action action;
    private final Domain domain;
    private final OutboundAddress address;
    private final Optional<String> comment;
    private final Optional<Instant> expiresAt;
    private final Optional<String> changedBy;

    public OutboundChange(
            UUID id,
            Instant changedAt,
            Action action,
            Domain domain,
            OutboundAddress address,
            Optional<String> comment,
            Optional<Instant> expiresAt,
            Optional<String> changedBy) {
        this.id = id;
        this.changedAt = changedAt;
        this.action = action;
        this.domain = domain;
        this.address = address;
        this.comment = comment;
        this.expiresAt = expiresAt;
        this.changedBy = changedBy;
    }

    /** Of this change alone. */
    public UUID id() {
        return id;
    }

    /** By the clock of the node that made it, or just after the change before when that is ahead. */
    public Instant changedAt() {
        return changedAt;
    }

    public Action action() {
        return action;
    }

    public Domain domain() {
        return domain;
    }

    public OutboundAddress address() {
        return address;
    }

    /** Of the entry that was put. */
    public Optional<String> comment() {
        return comment;
    }

    /** Of the entry that was put. */
    public Optional<Instant> expiresAt() {
        return expiresAt;
    }

    /** The user of WebAdmin, when WebAdmin knew. */
    public Optional<String> changedBy() {
        return changedBy;
    }
}
