// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.store;

import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import java.time.Duration;
import org.apache.james.core.Domain;
import org.awaitility.Awaitility;

/** What the tests of the store wait for. */
final class Stores {
    private Stores() {}

    /** Waits until a store has its tables. */
    static void awaitOpen(AuthorizedOutboundStore store) {
        Awaitility.await("the tables").atMost(Duration.ofMinutes(1)).until(() -> !store.list(
                        Domain.of("nobody.example"))
                .toCompletableFuture()
                .isCompletedExceptionally());
    }
}
