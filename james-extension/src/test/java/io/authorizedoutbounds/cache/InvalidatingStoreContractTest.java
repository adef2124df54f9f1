// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import com.github.benmanes.caffeine.cache.Ticker;
import io.authorizedoutbounds.monitoring.TestMetrics;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.AuthorizedOutboundStoreContract;
import io.authorizedoutbounds.policy.MemoryAuthorizedOutboundStore;
import io.authorizedoutbounds.policy.SettableClock;
import java.time.Instant;

/** What it changes and reads is what the store has. */
class InvalidatingStoreContractTest implements AuthorizedOutboundStoreContract {
    private final SettableClock clock = new SettableClock(Instant.now());
    private final AuthorizedOutboundStore lists = new MemoryAuthorizedOutboundStore(clock);
    private final AuthorizedOutboundStore store = new InvalidatingStore(
            lists,
            new CachedLookup(
                    lists,
                    FixedDomainList.internalDomains(FixedDomainList.of("a.example")),
                    TestCacheSettings.patient(),
                    clock,
                    Ticker.systemTicker(),
                    TestMetrics.unseen()));

    @Override
    public AuthorizedOutboundStore store() {
        return store;
    }

    @Override
    public SettableClock clock() {
        return clock;
    }
}
