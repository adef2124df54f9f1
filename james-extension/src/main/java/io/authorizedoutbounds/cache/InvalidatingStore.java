// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import io.authorizedoutbounds.policy.Author;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.DomainEnforcement;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.ListReplacement;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundChange;
import io.authorizedoutbounds.policy.OutboundList;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.james.core.Domain;

/**
 * The store as WebAdmin and orphaning use it: invalidates what this node has cached of each change, before the change is
 * acknowledged. Changes that other nodes make are invalidated by the {@link ChangeLogPoller}.
 */
public class InvalidatingStore implements AuthorizedOutboundStore {
    private final AuthorizedOutboundStore store;
    private final CachedLookup lookup;

    public InvalidatingStore(AuthorizedOutboundStore store, CachedLookup lookup) {
        this.store = store;
        this.lookup = lookup;
    }

    /**
     * Invalidates after a success only: after a failure what is cached may be all there is, and if the change holds after
     * all, it is in the change log.
     */
    @Override
    public CompletionStage<Void> change(
            Domain domain,
            ImmutableList<AuthorizedOutbound> saved,
            ImmutableList<OutboundAddress> removed,
            Author changedBy) {
        return store.change(domain, saved, removed, changedBy).thenRun(() -> {
            saved.forEach(entry -> lookup.invalidate(domain, entry.address()));
            removed.forEach(address -> lookup.invalidate(domain, address));
        });
    }

    @Override
    public CompletionStage<ImmutableList<AuthorizedOutbound>> replace(
            Domain domain, ListReplacement replacement, Author changedBy) {
        return store.replace(domain, replacement, changedBy).thenApply(list -> {
            replacement.saved().forEach(entry -> lookup.invalidate(domain, entry.address()));
            replacement.removed().forEach(address -> lookup.invalidate(domain, address));
            return list;
        });
    }

    @Override
    public CompletionStage<ImmutableList<AuthorizedOutbound>> orphan(Domain domain, Author orphanedBy) {
        return store.orphan(domain, orphanedBy).thenApply(orphaned -> {
            orphaned.forEach(entry -> lookup.invalidate(domain, entry.address()));
            return orphaned;
        });
    }

    @Override
    public CompletionStage<Void> setEnforcement(Domain domain, Enforcement own, Author changedBy) {
        return store.setEnforcement(domain, own, changedBy).thenRun(() -> lookup.invalidate(domain));
    }

    @Override
    public CompletionStage<Void> resetEnforcement(Domain domain, Author changedBy) {
        return store.resetEnforcement(domain, changedBy).thenRun(() -> lookup.invalidate(domain));
    }

    @Override
    public CompletionStage<DomainEnforcement> findEnforcement(Domain domain) {
        return store.findEnforcement(domain);
    }

    @Override
    public CompletionStage<ImmutableMap<Domain, Enforcement>> ownEnforcements(int limit) {
        return store.ownEnforcements(limit);
    }

    @Override
    public CompletionStage<Optional<AuthorizedOutbound>> find(Domain domain, OutboundAddress address) {
        return store.find(domain, address);
    }

    @Override
    public CompletionStage<OutboundList> read(Domain domain) {
        return store.read(domain);
    }

    @Override
    public CompletionStage<ImmutableList<AuthorizedOutbound>> listings(OutboundAddress address) {
        return store.listings(address);
    }

    @Override
    public CompletionStage<ImmutableList<OutboundChange>> changesSince(Instant since, int limit) {
        return store.changesSince(since, limit);
    }

    @Override
    public CompletionStage<ImmutableList<OutboundChange>> history(Instant since, int limit) {
        return store.history(since, limit);
    }

    @Override
    public CompletionStage<ImmutableList<OutboundChange>> history(Domain domain, Instant since, int limit) {
        return store.history(domain, since, limit);
    }

    @Override
    public CompletionStage<Page> everything() {
        return store.everything();
    }
}
