// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.james.core.Domain;

/**
 * Port: the stored lists, and the log of their changes.
 *
 * <p>{@code InvalidatingStore} in package {@code cache} implements it for whoever changes lists on this node: it is where
 * a change invalidates the cached lists that decisions read.
 */
public interface AuthorizedOutboundStore extends OutboundLists {
    /** Adds the entry or replaces the one of the same domain and address. Durable once completed. */
    default CompletionStage<Void> save(AuthorizedOutbound entry) {
        return change(entry.domain(), ImmutableList.of(entry), ImmutableList.of(), entry.addedBy());
    }

    /** Removes an entry; nothing happens when there is none. Durable once completed. */
    default CompletionStage<Void> remove(Domain domain, OutboundAddress address, Author removedBy) {
        return change(domain, ImmutableList.of(), ImmutableList.of(address), removedBy);
    }

    /**
     * Makes many changes in the list of one domain: first what is saved, then what is removed. Durable once completed.
     * Atomic up to {@value #MAX_ATOMIC_CHANGES} changes; when a call with more fails, some of its changes may be made: it
     * can be repeated. All changes have the time of the call: a change that is called later wins, however long this call
     * takes.
     *
     * @param saved of that domain
     */
    CompletionStage<Void> change(
            Domain domain,
            ImmutableList<AuthorizedOutbound> saved,
            ImmutableList<OutboundAddress> removed,
            Author changedBy);

    /**
     * Replaces the whole list of a domain. Durable once completed. Up to {@value #MAX_ATOMIC_CHANGES} saved and removed
     * entries are changed all or none; when a call with more fails, some of them may be: it can be repeated, and until then
     * what was to be removed may still be there. Of two calls at once, the list is that of one of them.
     *
     * @param replacement with entries of that domain
     * @return the list as it is afterwards, sorted by address; another one when another call has overtaken this one
     */
    CompletionStage<ImmutableList<AuthorizedOutbound>> replace(
            Domain domain, ListReplacement replacement, Author changedBy);

    /** Changes of one call that are made all or none. */
    int MAX_ATOMIC_CHANGES = 4;

    /**
     * Orphans the entries that a domain has at the time of the call, and returns those that counted until then. Durable
     * once completed; what is saved after the call counts.
     */
    CompletionStage<ImmutableList<AuthorizedOutbound>> orphan(Domain domain, Author orphanedBy);

    /** Gives a domain an enforcement of its own, whatever becomes of its entries. Durable once completed. */
    CompletionStage<Void> setEnforcement(Domain domain, Enforcement own, Author changedBy);

    /** Has the default enforcement apply to a domain again. Durable once completed. */
    CompletionStage<Void> resetEnforcement(Domain domain, Author changedBy);

    /** The domain's own enforcement with its last change. */
    CompletionStage<DomainEnforcement> findEnforcement(Domain domain);

    /**
     * The domains that have an enforcement of their own, those that were removed from James included. Reads all lists.
     *
     * @param limit of domains; an answer with as many may be incomplete
     */
    CompletionStage<ImmutableMap<Domain, Enforcement>> ownEnforcements(int limit);

    /** The domain's entries, sorted by address. */
    default CompletionStage<ImmutableList<AuthorizedOutbound>> list(Domain domain) {
        return read(domain).thenApply(OutboundList::entries);
    }

    CompletionStage<Optional<AuthorizedOutbound>> find(Domain domain, OutboundAddress address);

    /**
     * The changes since an instant, by the clocks of the nodes that made them; in no order. Later calls may return further
     * changes of the same time.
     *
     * @param limit of changes; an answer with as many may be incomplete
     */
    CompletionStage<ImmutableList<OutboundChange>> changesSince(Instant since, int limit);

    /**
     * The changes of all domains since an instant, the newest first.
     *
     * @param limit of changes
     */
    CompletionStage<ImmutableList<OutboundChange>> history(Instant since, int limit);

    /**
     * The changes of one domain since an instant, the newest first.
     *
     * @param limit of changes
     */
    CompletionStage<ImmutableList<OutboundChange>> history(Domain domain, Instant since, int limit);

    /** The entries of all domains, page by page; those of one domain follow one another. */
    CompletionStage<Page> everything();

    /** Some of many entries. */
    interface Page {
        ImmutableList<AuthorizedOutbound> entries();

        /** Reads the page that follows; empty when this is the last one. */
        Optional<CompletionStage<Page>> next();
    }
}
