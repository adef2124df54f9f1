// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.auto.value.AutoValue;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.apache.james.core.Domain;

/** One change of an entry, made by any node. */
@AutoValue
public abstract class OutboundChange {
    /** What was done to an entry. */
    public enum Action {
        PUT,
        REMOVE,
        /** Its domain was removed from James. */
        ORPHAN;

        /** In lower case, as the store and WebAdmin have it. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    OutboundChange() {}

    /** A change by an unknown author, without comment and expiry. */
    public static Builder builder() {
        return new AutoValue_OutboundChange.Builder().changedBy(Author.unknown());
    }

    /** Unique to this change. */
    public abstract UUID id();

    /** By the clock of the node that made the change, or just after the preceding change when that is ahead of the clock. */
    public abstract Instant changedAt();

    public abstract Action action();

    public abstract Domain domain();

    public abstract OutboundAddress address();

    /** Of the entry that was put. */
    public abstract Optional<String> comment();

    /** Of the entry that was put. */
    public abstract Optional<Instant> expiresAt();

    /** Who made the change. */
    public abstract Author changedBy();

    /** Needs an id, an instant, an action, a domain and an address. */
    @AutoValue.Builder
    public abstract static class Builder {
        Builder() {}

        public abstract Builder id(UUID id);

        public abstract Builder changedAt(Instant changedAt);

        public abstract Builder action(Action action);

        public abstract Builder domain(Domain domain);

        public abstract Builder address(OutboundAddress address);

        public abstract Builder comment(String comment);

        public abstract Builder expiresAt(Instant expiresAt);

        public abstract Builder changedBy(Author changedBy);

        public abstract OutboundChange build();
    }
}
