// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.common.collect.ImmutableList;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.james.core.Domain;

/**
 * Port: the lists where they are kept.
 *
 * <p>Thread-safe. No call blocks. A stage completes exceptionally when the store cannot be reached, and then says
 * nothing of what is listed. Domains are in the form of {@code InternalDomains.canonical}. Expired entries are in no
 * answer.
 */
public interface AuthorizedOutboundStore {
    /** Adds the entry or replaces the one of the same domain and address. Durable once completed. */
    CompletionStage<Void> save(AuthorizedOutbound entry);

    /**
     * Removes an entry; nothing happens when there is none. Durable once completed.
     *
     * @param removedBy the user of WebAdmin, when it is known
     */
    CompletionStage<Void> remove(Domain domain, OutboundAddress address, Optional<String> removedBy);

    CompletionStage<Optional<AuthorizedOutbound>> find(Domain domain, OutboundAddress address);

    /** The domain's entries, sorted by address. */
    CompletionStage<ImmutableList<AuthorizedOutbound>> list(Domain domain);

    /** The entries of all domains for the address, {@link AuthorizedOutbound#bare() bare}, in no order. */
    CompletionStage<ImmutableList<AuthorizedOutbound>> listings(OutboundAddress address);

    /**
     * The changes since an instant, by the clocks of those who made them; in no order. Later calls may bring changes of
     * the same time that were not there yet.
     *
     * @param limit so many at the most; when it is as many, some may lack
     */
    CompletionStage<ImmutableList<OutboundChange>> changesSince(Instant since, int limit);
}
