// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.auto.value.AutoValue;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.apache.james.core.Domain;

/**
 * How many attempts of a domain from one address one node has refused, or would have, within one hour. Counts of several
 * nodes, and several counts of one node, add up.
 */
@AutoValue
public abstract class RefusalCount {
    RefusalCount() {}

    public static Builder builder() {
        return new AutoValue_RefusalCount.Builder();
    }

    abstract Builder toBuilder();

    /** Unique to this count: a later state of the same count replaces the earlier one. */
    public abstract UUID id();

    /** The sender's. */
    public abstract Domain domain();

    /** The beginning of the hour. */
    public abstract Instant hour();

    /** Absent when the domain had too many addresses in this hour: those beyond the limit are counted together. */
    public abstract Optional<OutboundAddress> client();

    public abstract long attempts();

    /** Of the attempts those that were refused; the others would have been, if the domain did not report. */
    public abstract long refused();

    /** Mails of external senders, with recipients that rule 2 has quarantined. They are not among the attempts. */
    public abstract long quarantined();

    public abstract Instant firstSeen();

    public abstract Instant lastSeen();

    /** As it was parsed. */
    public abstract String lastSender();

    /** Absent when the sender was refused before it named a recipient. */
    public abstract Optional<String> lastRecipientDomain();

    /** Needs all but a client and a recipient domain. */
    @AutoValue.Builder
    public abstract static class Builder {
        Builder() {}

        public abstract Builder id(UUID id);

        public abstract Builder domain(Domain domain);

        public abstract Builder hour(Instant hour);

        public abstract Builder client(OutboundAddress client);

        public abstract Builder attempts(long attempts);

        public abstract Builder refused(long refused);

        public abstract Builder quarantined(long quarantined);

        public abstract Builder firstSeen(Instant firstSeen);

        public abstract Builder lastSeen(Instant lastSeen);

        public abstract Builder lastSender(String lastSender);

        public abstract Builder lastRecipientDomain(String lastRecipientDomain);

        public abstract RefusalCount build();
    }
}
