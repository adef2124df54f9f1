// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.auto.value.AutoValue;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/** The enforcement that a domain has of its own, if any, and its last change. */
@AutoValue
public abstract class DomainEnforcement {
    private static final DomainEnforcement NEVER_CHANGED = builder().build();

    DomainEnforcement() {}

    /** Of a domain that never had one of its own. */
    public static DomainEnforcement neverChanged() {
        return NEVER_CHANGED;
    }

    /** Changed by an unknown author, to the default. */
    public static Builder builder() {
        return new AutoValue_DomainEnforcement.Builder().changedBy(Author.unknown());
    }

    /** Empty when the default applies. */
    public abstract Optional<Enforcement> own();

    /** Who changed it last. */
    public abstract Author changedBy();

    /** When it was changed last, to the millisecond; empty when it never was. */
    public abstract Optional<Instant> changedAt();

    /** Needs nothing. */
    @AutoValue.Builder
    public abstract static class Builder {
        Builder() {}

        public abstract Builder own(Enforcement own);

        public abstract Builder changedBy(Author changedBy);

        abstract Builder changedAt(Optional<Instant> changedAt);

        public Builder changedAt(Instant changedAt) {
            return changedAt(Optional.of(changedAt.truncatedTo(ChronoUnit.MILLIS)));
        }

        public abstract DomainEnforcement build();
    }
}
