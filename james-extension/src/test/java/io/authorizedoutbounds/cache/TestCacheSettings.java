// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import java.time.Duration;

/** Settings of the caches for tests. */
public final class TestCacheSettings {
    private TestCacheSettings() {}

    /** The defaults of the design, but for a timeout that no busy machine reaches. */
    public static CacheSettings patient() {
        return CacheSettings.builder()
                .lookupTimeout(Duration.ofSeconds(30))
                .propagationInterval(Duration.ofSeconds(1))
                .staleMaximum(Duration.ofHours(1))
                .maximumDomains(100_000)
                .maximumAddresses(100_000)
                .build();
    }
}
