// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.auto.value.AutoValue;

/** The settings of rule 1. */
@AutoValue
public abstract class RelaySettings {
    RelaySettings() {}

    public static Builder builder() {
        return new AutoValue_RelaySettings.Builder();
    }

    /** Of domains that have none of their own, and of senders of no internal domain. */
    public abstract Enforcement enforcement();

    public abstract TrustedNetworks trustedNetworks();

    public abstract ExternalSenders externalSenders();

    /** Whether an unlisted client is refused for internal recipients too. */
    public abstract boolean protectLocalRecipients();

    /** Has no defaults: every value must be given. */
    @AutoValue.Builder
    public abstract static class Builder {
        Builder() {}

        public abstract Builder enforcement(Enforcement enforcement);

        public abstract Builder trustedNetworks(TrustedNetworks trustedNetworks);

        public abstract Builder externalSenders(ExternalSenders externalSenders);

        public abstract Builder protectLocalRecipients(boolean protectLocalRecipients);

        public abstract RelaySettings build();
    }
}
