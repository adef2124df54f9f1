// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.orphans;

import io.authorizedoutbounds.policy.Author;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.Enforcement;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.james.core.Domain;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Orphans the entries of removed domains: they do not count when the domain is added again. Orphans nothing while the default
 * enforcement is {@code report}, where James behaves as without the extension. Thread-safe.
 */
public class Orphaning {
    private static final Logger LOGGER = LoggerFactory.getLogger(Orphaning.class);

    private final AuthorizedOutboundStore store;
    private final Enforcement enforcement;

    public Orphaning(AuthorizedOutboundStore store, Enforcement enforcement) {
        this.store = store;
        this.enforcement = enforcement;
    }

    /** Whether entries of removed domains are orphaned at all. */
    public boolean isEnabled() {
        return enforcement == Enforcement.ENFORCE;
    }

    /**
     * Orphans the entries of a domain that is not in James. Durable once completed; does nothing when there is nothing to
     * orphan. Logs a failure: the entries are orphaned at the latest before WebAdmin adds the domain again.
     *
     * @param orphanedBy who removed or adds the domain
     */
    public CompletionStage<Void> orphan(Domain domain, Author orphanedBy) {
        if (!isEnabled()) {
            return CompletableFuture.completedFuture(null);
        }
        return store.orphan(domain, orphanedBy)
                .thenAccept(orphaned -> logOrphaned(domain, orphaned.size()))
                .whenComplete((done, failure) -> {
                    if (failure != null) {
                        LOGGER.warn(
                                "{} was removed from James, but its authorized outbounds cannot be orphaned: {}",
                                domain.asString(),
                                String.valueOf(failure));
                    }
                });
    }

    private static void logOrphaned(Domain domain, int entries) {
        if (entries > 0) {
            LOGGER.info(
                    "{} was removed from James: its {} authorized outbounds are orphaned and do not count, even if the"
                            + " domain is added again",
                    domain.asString(),
                    entries);
        }
    }
}
