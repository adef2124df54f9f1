// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Lists;
import io.authorizedoutbounds.policy.OutboundChange.Action;
import java.time.Clock;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.apache.james.core.Domain;

/** The lists in memory, for tests. Thread-safe; every answer is there at once. */
public final class MemoryAuthorizedOutboundStore implements AuthorizedOutboundStore {
    private final Map<Domain, Map<OutboundAddress, AuthorizedOutbound>> entries = new ConcurrentHashMap<>();
    private final Map<Domain, DomainEnforcement> enforcements = new ConcurrentHashMap<>();
    private final List<OutboundChange> changes = new CopyOnWriteArrayList<>();
    private final Clock clock;
    private final int pageSize;

    /** @param clock what says whether an entry has expired */
    public MemoryAuthorizedOutboundStore(Clock clock) {
        this(clock, Integer.MAX_VALUE);
    }

    /** @param pageSize entries in a page of {@link #everything} */
    public MemoryAuthorizedOutboundStore(Clock clock, int pageSize) {
        this.clock = clock;
        this.pageSize = pageSize;
    }

    @Override
    public CompletionStage<Void> change(
            Domain domain,
            ImmutableList<AuthorizedOutbound> saved,
            ImmutableList<OutboundAddress> removed,
            Author changedBy) {
        for (AuthorizedOutbound entry : saved) {
            entriesOf(domain).put(entry.address(), entry);
            OutboundChange.Builder change = change(Action.PUT, domain, entry.address(), changedBy);
            entry.comment().ifPresent(change::comment);
            entry.expiresAt().ifPresent(change::expiresAt);
            changes.add(change.build());
        }
        for (OutboundAddress address : removed) {
            entriesOf(domain).remove(address);
            changes.add(change(Action.REMOVE, domain, address, changedBy).build());
        }
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<ImmutableList<AuthorizedOutbound>> replace(
            Domain domain, ListReplacement replacement, Author changedBy) {
        return change(domain, replacement.saved(), replacement.removed(), changedBy)
                .thenCompose(done -> list(domain));
    }

    @Override
    public CompletionStage<ImmutableList<AuthorizedOutbound>> orphan(Domain domain, Author orphanedBy) {
        ImmutableList<AuthorizedOutbound> orphaned = entriesOf(domain).values().stream()
                .filter(this::isActive)
                .filter(entry -> entry.orphanedAt().isEmpty())
                .map(entry -> entry.orphaned(clock.instant()))
                .collect(ImmutableList.toImmutableList());
        for (AuthorizedOutbound entry : orphaned) {
            entriesOf(domain).put(entry.address(), entry);
            changes.add(
                    change(Action.ORPHAN, domain, entry.address(), orphanedBy).build());
        }
        return CompletableFuture.completedFuture(orphaned);
    }

    @Override
    public CompletionStage<Optional<AuthorizedOutbound>> find(Domain domain, OutboundAddress address) {
        return CompletableFuture.completedFuture(
                Optional.ofNullable(entriesOf(domain).get(address)).filter(this::isActive));
    }

    @Override
    public CompletionStage<OutboundList> read(Domain domain) {
        ImmutableList<AuthorizedOutbound> list = entriesOf(domain).values().stream()
                .filter(this::isActive)
                .sorted(Comparator.comparing(AuthorizedOutbound::address))
                .collect(ImmutableList.toImmutableList());
        return CompletableFuture.completedFuture(enforcementOf(domain)
                .own()
                .map(own -> OutboundList.of(list, own))
                .orElse(OutboundList.of(list)));
    }

    @Override
    public CompletionStage<Void> setEnforcement(Domain domain, Enforcement own, Author changedBy) {
        return changeEnforcement(
                domain, Action.of(own), DomainEnforcement.builder().own(own), changedBy);
    }

    @Override
    public CompletionStage<Void> resetEnforcement(Domain domain, Author changedBy) {
        return changeEnforcement(domain, Action.INHERIT, DomainEnforcement.builder(), changedBy);
    }

    private CompletionStage<Void> changeEnforcement(
            Domain domain, Action action, DomainEnforcement.Builder enforcement, Author changedBy) {
        enforcements.put(
                domain,
                enforcement.changedBy(changedBy).changedAt(clock.instant()).build());
        changes.add(change(action, domain, changedBy).build());
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<DomainEnforcement> findEnforcement(Domain domain) {
        return CompletableFuture.completedFuture(enforcementOf(domain));
    }

    @Override
    public CompletionStage<ImmutableMap<Domain, Enforcement>> ownEnforcements(int limit) {
        ImmutableMap.Builder<Domain, Enforcement> own = ImmutableMap.builder();
        enforcements.forEach((domain, enforcement) -> enforcement.own().ifPresent(value -> own.put(domain, value)));
        return CompletableFuture.completedFuture(own.build());
    }

    private DomainEnforcement enforcementOf(Domain domain) {
        return enforcements.getOrDefault(domain, DomainEnforcement.neverChanged());
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
        return CompletableFuture.completedFuture(since(since).limit(limit).collect(ImmutableList.toImmutableList()));
    }

    @Override
    public CompletionStage<ImmutableList<OutboundChange>> history(Instant since, int limit) {
        return CompletableFuture.completedFuture(
                newestFirst(since).limit(limit).collect(ImmutableList.toImmutableList()));
    }

    @Override
    public CompletionStage<ImmutableList<OutboundChange>> history(Domain domain, Instant since, int limit) {
        return CompletableFuture.completedFuture(newestFirst(since)
                .filter(change -> change.domain().equals(domain))
                .limit(limit)
                .collect(ImmutableList.toImmutableList()));
    }

    private Stream<OutboundChange> newestFirst(Instant since) {
        return Lists.reverse(since(since).collect(ImmutableList.toImmutableList())).stream();
    }

    private Stream<OutboundChange> since(Instant since) {
        return changes.stream().filter(change -> !change.changedAt().isBefore(since));
    }

    /** Sorted by domain. */
    @Override
    public CompletionStage<Page> everything() {
        return CompletableFuture.completedFuture(page(entries.values().stream()
                .flatMap(ofDomain -> ofDomain.values().stream())
                .filter(this::isActive)
                .sorted(Comparator.comparing(entry -> entry.domain().asString()))
                .collect(ImmutableList.toImmutableList())));
    }

    private Page page(ImmutableList<AuthorizedOutbound> remaining) {
        int size = Math.min(pageSize, remaining.size());
        return new Page() {
            @Override
            public ImmutableList<AuthorizedOutbound> entries() {
                return remaining.subList(0, size);
            }

            @Override
            public Optional<CompletionStage<Page>> next() {
                return size == remaining.size()
                        ? Optional.empty()
                        : Optional.of(
                                CompletableFuture.completedFuture(page(remaining.subList(size, remaining.size()))));
            }
        };
    }

    private OutboundChange.Builder change(Action action, Domain domain, OutboundAddress address, Author changedBy) {
        return change(action, domain, changedBy).address(address);
    }

    private OutboundChange.Builder change(Action action, Domain domain, Author changedBy) {
        return OutboundChange.builder()
                .id(UUID.randomUUID())
                .changedAt(clock.instant())
                .action(action)
                .domain(domain)
                .changedBy(changedBy);
    }

    private Map<OutboundAddress, AuthorizedOutbound> entriesOf(Domain domain) {
        return entries.computeIfAbsent(domain, none -> new ConcurrentHashMap<>());
    }

    private boolean isActive(AuthorizedOutbound entry) {
        return entry.isActiveAt(clock.instant());
    }
}
