// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import com.google.common.collect.ImmutableList;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.james.core.Domain;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sees to it that the list of a domain that has left James does not count again when the domain is back. Thread-safe. */
public class DomainDepartures {
    private static final Logger LOGGER = LoggerFactory.getLogger(DomainDepartures.class);

    private final AuthorizedOutboundStore store;
    private final Clock clock;

    DomainDepartures(AuthorizedOutboundStore store, Clock clock) {
        this.store = store;
        this.clock = clock;
    }

    /**
     * Orphans the entries of a domain that is not in James. Durable once completed; does nothing when there is nothing to
     * orphan.
     *
     * @param noticedBy the user of WebAdmin who removed or adds the domain, when it is known
     */
    public CompletionStage<Void> orphan(Domain domain, Optional<String> noticedBy) {
        Instant now = clock.instant();
        return store.list(domain).thenCompose(entries -> {
            ImmutableList<AuthorizedOutbound> orphaned = entries.stream()
                    .filter(entry -> entry.orphanedAt().isEmpty())
                    .map(entry -> entry.orphanedAt(now))
                    .collect(ImmutableList.toImmutableList());
            if (!orphaned.isEmpty()) {
                LOGGER.info(
                        "{} has left James: its {} authorized outbound addresses do not count any more, even if it"
                                + " comes back",
                        domain.asString(),
                        orphaned.size());
            }
            return store.change(domain, orphaned, ImmutableList.of(), noticedBy);
        });
    }
}
