// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.common.collect.ImmutableList;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.james.core.Domain;

/**
 * Port: the lists where they are kept, and the trail of their changes.
 */
public interface AuthorizedOutboundStore extends OutboundLists {
    /** Adds the entry or replaces the one of the same domain and address. Durable once completed. */
    default CompletionStage<Void> save(AuthorizedOutbound entry) {
        return change(entry.domain(), ImmutableList.of(entry), ImmutableList.of(), entry.addedBy());
    }

    /**
     * Removes an entry; nothing happens when there is none. Durable once completed.
     *
     * @param removedBy the user of WebAdmin, when it is known
     */
    default CompletionStage<Void> remove(Domain domain, OutboundAddress address, Optional<String> removedBy) {
        return change(domain, ImmutableList.of(), ImmutableList.of(address), removedBy);
    }

    /**
     * Makes many changes in the list of one domain: first what is saved, then what is removed. Durable once completed.
     * Atomic up to {@value #CHANGED_AT_ONCE} changes; when it fails after more, some may be made: it can be repeated.
     * All have the time of the call: a change that is called later wins, however long this one takes.
     *
     * @param saved     of that domain
     * @param changedBy the user of WebAdmin, when it is known
     */
    CompletionStage<Void> change(
            Domain domain,
            ImmutableList<AuthorizedOutbound> saved,
            ImmutableList<OutboundAddress> removed,
            Optional<String> changedBy);

    /** Changes that are made all or none. */
    int CHANGED_AT_ONCE = 5;

    /**
     * Has no entry of a domain count any more that is there at the time of the call, and returns those that did. Durable
     * once completed; what is saved after the call counts.
     *
     * @param orphanedBy the user of WebAdmin, when it is known
     */
    CompletionStage<ImmutableList<AuthorizedOutbound>> orphan(Domain domain, Optional<String> orphanedBy);

    CompletionStage<Optional<AuthorizedOutbound>> find(Domain domain, OutboundAddress address);

    /**
     * The changes since an instant, by the clocks of those who made them; in no order. Later calls may bring changes of
     * the same time that were not there yet.
     *
     * @param limit so many at the most; when it is as many, some may lack
     */
    CompletionStage<ImmutableList<OutboundChange>> changesSince(Instant since, int limit);

    /**
     * The changes since an instant, the newest first.
     *
     * @param domain of this domain only
     * @param limit  so many at the most
     */
    CompletionStage<ImmutableList<OutboundChange>> history(Optional<Domain> domain, Instant since, int limit);

    /** The entries of all domains, those of a domain together, some at a time. */
    CompletionStage<Page> everything();

    /** Some of many entries. */
    interface Page {
        ImmutableList<AuthorizedOutbound> entries();

        /** Reads those that follow; empty when these are the last. */
        Optional<CompletionStage<Page>> next();
    }
}
