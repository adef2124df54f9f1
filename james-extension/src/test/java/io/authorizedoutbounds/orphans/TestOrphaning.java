// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.orphans;

import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.Enforcement;

/** What orphans entries, for tests of other packages. */
public final class TestOrphaning {
    private TestOrphaning() {}

    public static Orphaning of(AuthorizedOutboundStore store) {
        return new Orphaning(store, Enforcement.ENFORCE);
    }
}
