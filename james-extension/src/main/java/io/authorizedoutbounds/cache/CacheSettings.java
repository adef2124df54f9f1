// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import com.google.auto.value.AutoValue;
import java.time.Duration;

/** How long decisions wait, how long cached answers hold, and how many there are. */
@AutoValue
public abstract class CacheSettings {
    CacheSettings() {}

    public static Builder builder() {
        return new AutoValue_CacheSettings.Builder();
    }

    public abstract Builder toBuilder();

    /** The longest that a decision waits for the store, or for James's domain list. */
    public abstract Duration lookupTimeout();

    /** How often the change log is polled, and the age at which the locality of a domain is refreshed. */
    public abstract Duration propagationInterval();

    /** How long cached answers hold while the change log, or James's domain list, cannot be read. */
    public abstract Duration staleMaximum();

    /** Domains whose lists are cached, and domains whose locality is cached. */
    public abstract int maximumDomains();

    /** Addresses that are cached: so many listed ones, and as many unlisted ones. */
    public abstract int maximumAddresses();

    /** Has no defaults: every value must be given. */
    @AutoValue.Builder
    public abstract static class Builder {
        public abstract Builder lookupTimeout(Duration lookupTimeout);

        public abstract Builder propagationInterval(Duration propagationInterval);

        public abstract Builder staleMaximum(Duration staleMaximum);

        public abstract Builder maximumDomains(int maximumDomains);

        public abstract Builder maximumAddresses(int maximumAddresses);

        public abstract CacheSettings build();
    }
}
