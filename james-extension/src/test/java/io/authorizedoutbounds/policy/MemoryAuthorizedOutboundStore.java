// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.time.Clock;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.apache.james.core.Domain;

/** The lists in memory, for tests. Thread-safe; every answer is there at once. */
public final class MemoryAuthorizedOutboundStore implements AuthorizedOutboundStore {
    private final Map<Domain, Map<OutboundAddress, AuthorizedOutbound>> entries = new ConcurrentHashMap<>();
    private final Clock clock;

    /** @param clock what says whether an entry has expired */
    public MemoryAuthorizedOutboundStore(Clock clock) {
        this.clock = clock;
    }

    @Override
    public CompletionStage<Void> save(AuthorizedOutbound entry) {
        entriesOf(entry.domain()).put(entry.address(), entry);
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> remove(Domain domain, OutboundAddress address, Optional<String> removedBy) {
        entriesOf(domain).remove(address);
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Optional<AuthorizedOutbound>> find(Domain domain, OutboundAddress address) {
        return CompletableFuture.completedFuture(
                Optional.ofNullable(entriesOf(domain).get(address)).filter(this::isActive));
    }

    @Override
    public CompletionStage<ImmutableList<AuthorizedOutbound>> list(Domain domain) {
        return CompletableFuture.completedFuture(entriesOf(domain).values().stream()
                .filter(this::isActive)
                .sorted(Comparator.comparing(AuthorizedOutbound::address))
                .collect(ImmutableList.toImmutableList()));
    }

    @Override
    public CompletionStage<ImmutableSet<Domain>> domainsListing(OutboundAddress address) {
        return CompletableFuture.completedFuture(entries.values().stream()
                .flatMap(ofDomain -> Stream.ofNullable(ofDomain.get(address)))
                .filter(this::isActive)
                .map(AuthorizedOutbound::domain)
                .collect(ImmutableSet.toImmutableSet()));
    }

    private Map<OutboundAddress, AuthorizedOutbound> entriesOf(Domain domain) {
        return entries.computeIfAbsent(domain, none -> new ConcurrentHashMap<>());
    }

    private boolean isActive(AuthorizedOutbound entry) {
        return entry.isActiveAt(clock.instant());
    }
}
