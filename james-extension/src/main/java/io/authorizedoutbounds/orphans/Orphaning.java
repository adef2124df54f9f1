// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.orphans;

import io.authorizedoutbounds.policy.Author;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import java.util.concurrent.CompletionStage;
import org.apache.james.core.Domain;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sees to it that the list of a domain that has left James does not count again when the domain is back. Thread-safe. */
public class Orphaning {
    private static final Logger LOGGER = LoggerFactory.getLogger(Orphaning.class);

    private final AuthorizedOutboundStore store;

    public Orphaning(AuthorizedOutboundStore store) {
        this.store = store;
    }

    /**
     * Orphans the entries of a domain that is not in James. Durable once completed; does nothing when there is nothing to
     * orphan. What fails is in the log: it is done at the latest before the domain comes back.
     *
     * @param orphanedBy who removed or adds the domain
     */
    public CompletionStage<Void> orphan(Domain domain, Author orphanedBy) {
        return store.orphan(domain, orphanedBy)
                .thenAccept(orphaned -> told(domain, orphaned.size()))
                .whenComplete((done, failure) -> {
                    if (failure != null) {
                        LOGGER.warn(
                                "{} was removed from James, but its authorized outbounds cannot be orphaned: {}",
                                domain.asString(),
                                String.valueOf(failure));
                    }
                });
    }

    private static void told(Domain domain, int addresses) {
        if (addresses > 0) {
            LOGGER.info(
                    "{} was removed from James: its {} authorized outbound addresses do not count any more, even if it"
                            + " comes back",
                    domain.asString(),
                    addresses);
        }
    }
}
