// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.common.collect.ImmutableList;
import java.time.Clock;
import java.time.Instant;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.apache.james.core.Domain;

/** The lists in memory, for tests. Thread-safe; every answer is there at once. */
public final class MemoryAuthorizedOutboundStore implements AuthorizedOutboundStore {
    private final Map<Domain, Map<OutboundAddress, AuthorizedOutbound>> entries = new ConcurrentHashMap<>();
    private final Map<OutboundChange, Instant> changes = new ConcurrentHashMap<>();
    private final Clock clock;

    /** @param clock what says whether an entry has expired */
    public MemoryAuthorizedOutboundStore(Clock clock) {
        this.clock = clock;
    }

    @Override
    public CompletionStage<Void> save(AuthorizedOutbound entry) {
        entriesOf(entry.domain()).put(entry.address(), entry);
        record(entry.domain(), entry.address());
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> remove(Domain domain, OutboundAddress address, Optional<String> removedBy) {
        entriesOf(domain).remove(address);
        record(domain, address);
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
    public CompletionStage<ImmutableList<AuthorizedOutbound>> listings(OutboundAddress address) {
        return CompletableFuture.completedFuture(entries.values().stream()
                .flatMap(ofDomain -> Stream.ofNullable(ofDomain.get(address)))
                .filter(this::isActive)
                .map(AuthorizedOutbound::bare)
                .collect(ImmutableList.toImmutableList()));
    }

    @Override
    public CompletionStage<ImmutableList<OutboundChange>> changesSince(Instant since, int limit) {
        return CompletableFuture.completedFuture(changes.entrySet().stream()
                .filter(change -> !change.getValue().isBefore(since))
                .map(Map.Entry::getKey)
                .limit(limit)
                .collect(ImmutableList.toImmutableList()));
    }

    private void record(Domain domain, OutboundAddress address) {
        changes.put(new OutboundChange(UUID.randomUUID(), domain, address), clock.instant());
    }

    private Map<OutboundAddress, AuthorizedOutbound> entriesOf(Domain domain) {
        return entries.computeIfAbsent(domain, none -> new ConcurrentHashMap<>());
    }

    private boolean isActive(AuthorizedOutbound entry) {
        return entry.isActiveAt(clock.instant());
    }
}
