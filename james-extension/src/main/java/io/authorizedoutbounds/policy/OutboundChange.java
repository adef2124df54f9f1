// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.auto.value.AutoValue;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.apache.james.core.Domain;

/** One change of an entry, or of the enforcement of a domain, made by any node. */
@AutoValue
public abstract class OutboundChange {
    /** What was done to an entry or to a domain. */
    public enum Action {
        PUT,
        REMOVE,
        /** Its domain was removed from James. */
        ORPHAN,
        /** The domain enforces, whatever the default is. */
        ENFORCE,
        /** The domain reports, whatever the default is. */
        REPORT,
        /** The default enforcement applies to the domain again. */
        INHERIT;

        /** The one that gives a domain an enforcement of its own. */
        public static Action of(Enforcement own) {
            switch (own) {
                case ENFORCE:
                    return ENFORCE;
                case REPORT:
                    return REPORT;
            }
            throw new IllegalStateException("No action for " + own);
        }

        /** Whether it changes an entry, rather than the enforcement of a domain. */
        boolean isOfEntry() {
            return this == PUT || this == REMOVE || this == ORPHAN;
        }

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

    /** Of the entry; empty for a change of the enforcement. */
    public abstract Optional<OutboundAddress> address();

    /** Of the entry that was put. */
    public abstract Optional<String> comment();

    /** Of the entry that was put. */
    public abstract Optional<Instant> expiresAt();

    /** Who made the change. */
    public abstract Author changedBy();

    /** Needs an id, an instant, an action and a domain; an address if the action is of an entry. */
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

        abstract OutboundChange autoBuild();

        /**
         * Makes the change.
         *
         * @throws IllegalArgumentException when the action needs an address and there is none
         */
        public OutboundChange build() {
            OutboundChange change = autoBuild();
            if (change.action().isOfEntry() && change.address().isEmpty()) {
                throw new IllegalArgumentException("'" + change.action().word() + "' needs an address");
            }
            return change;
        }
    }
}
