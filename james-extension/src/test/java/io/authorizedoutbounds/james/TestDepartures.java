// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import io.authorizedoutbounds.policy.AuthorizedOutboundStore;

/** What orphans entries, for tests of other packages. */
public final class TestDepartures {
    private TestDepartures() {}

    public static DomainDepartures of(AuthorizedOutboundStore store) {
        return new DomainDepartures(store);
    }
}
