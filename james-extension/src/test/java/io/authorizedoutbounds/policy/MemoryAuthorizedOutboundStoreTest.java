// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import java.time.Instant;

class MemoryAuthorizedOutboundStoreTest implements AuthorizedOutboundStoreContract {
    private final SettableClock clock = new SettableClock(Instant.now());
    private final AuthorizedOutboundStore store = new MemoryAuthorizedOutboundStore(clock);

    @Override
    public AuthorizedOutboundStore store() {
        return store;
    }

    @Override
    public SettableClock clock() {
        return clock;
    }
}
