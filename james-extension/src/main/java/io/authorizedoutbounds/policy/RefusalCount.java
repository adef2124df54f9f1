// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.apache.james.core.Domain;

/**
 * What one node has refused for a domain from one address within one hour. Counts of several nodes, and several counts of
 * one node, add up.
 */
public final class RefusalCount {
    private final UUID id;
    private final Domain domain;
    private final Instant hour;
    private final Optional<OutboundAddress> client;
    private final long attempts;
    private final Instant firstSeen;
    private final Instant lastSeen;
    private final String lastSender;
    private final Optional<String> lastRecipientDomain;

    public RefusalCount(
            UUID id,
            Domain domain,
            Instant hour,
            Optional<OutboundAddress> client,
            long attempts,
            Instant firstSeen,
            Instant lastSeen,
            String lastSender,
            Optional<String> lastRecipientDomain) {
        this.id = id;
        this.domain = domain;
        this.hour = hour;
        this.client = client;
        this.attempts = attempts;
        this.firstSeen = firstSeen;
        this.lastSeen = lastSeen;
        this.lastSender = lastSender;
        this.lastRecipientDomain = lastRecipientDomain;
    }

    /** Of this count alone: one that has grown replaces the one of the same id. */
    public UUID id() {
        return id;
    }

    /** The sender's. */
    public Domain domain() {
        return domain;
    }

    /** The beginning of the hour. */
    public Instant hour() {
        return hour;
    }

    /** Absent for what was refused of addresses that were too many to be kept. */
    public Optional<OutboundAddress> client() {
        return client;
    }

    public long attempts() {
        return attempts;
    }

    public Instant firstSeen() {
        return firstSeen;
    }

    public Instant lastSeen() {
        return lastSeen;
    }

    /** As it was parsed. */
    public String lastSender() {
        return lastSender;
    }

    /** Absent when the sender was refused before it named a recipient. */
    public Optional<String> lastRecipientDomain() {
        return lastRecipientDomain;
    }
}
