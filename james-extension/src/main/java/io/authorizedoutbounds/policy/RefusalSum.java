// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.auto.value.AutoValue;
import java.time.Instant;
import java.util.UUID;
import org.apache.james.core.Domain;

/** How many attempts of a domain, from all addresses together, one node has refused, or would have, within one hour. */
@AutoValue
public abstract class RefusalSum {
    RefusalSum() {}

    public static Builder builder() {
        return new AutoValue_RefusalSum.Builder();
    }

    /** Unique to this sum: a later state of the same sum replaces the earlier one. */
    public abstract UUID id();

    /** The sender's. */
    public abstract Domain domain();

    /** The beginning of the hour. */
    public abstract Instant hour();

    public abstract long attempts();

    /** Of the attempts those that were refused; the others would have been, if the domain did not report. */
    public abstract long refused();

    /** Mails of external senders, with recipients that rule 2 has quarantined. They are not among the attempts. */
    public abstract long quarantined();

    /** How many addresses the attempts came from; 0 when that is not known. */
    public abstract int addresses();

    public abstract Instant lastSeen();

    /** Needs all values. */
    @AutoValue.Builder
    public abstract static class Builder {
        Builder() {}

        public abstract Builder id(UUID id);

        public abstract Builder domain(Domain domain);

        public abstract Builder hour(Instant hour);

        public abstract Builder attempts(long attempts);

        public abstract Builder refused(long refused);

        public abstract Builder quarantined(long quarantined);

        public abstract Builder addresses(int addresses);

        public abstract Builder lastSeen(Instant lastSeen);

        public abstract RefusalSum build();
    }
}
