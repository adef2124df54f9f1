// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import com.datastax.oss.driver.api.core.cql.BatchableStatement;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.Maps;
import io.authorizedoutbounds.cassandra.BatchWriter.Change;
import io.authorizedoutbounds.policy.Author;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.ListReplacement;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundChange;
import io.authorizedoutbounds.policy.OutboundChange.Action;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.james.core.Domain;

/**
 * The lists in Cassandra: a change of an entry and its row in the change log are written together in one logged batch.
 *
 * <p>Reads and writes at LOCAL_QUORUM. The driver's request timeout bounds how long a read takes; a change may take half a
 * minute while the cluster has not noticed that a member is lost.
 */
public class CassandraAuthorizedOutboundStore implements AuthorizedOutboundStore {
    private static final int MAX_CHANGES_AT_ONCE = 40_000;

    private final CassandraConnection connection;
    private final Duration changesRetention;
    private final Clock clock;
    private final ChangeClock changeClock;

    public CassandraAuthorizedOutboundStore(CassandraConnection connection, Duration changesRetention, Clock clock) {
        this.connection = connection;
        this.changesRetention = changesRetention;
        this.clock = clock;
        this.changeClock = new ChangeClock(clock, now -> connection.daos().thenCompose(daos -> daos.changeLog()
                .lastChanges(now)));
    }

    @Override
    public CompletionStage<Void> change(
            Domain domain,
            ImmutableList<AuthorizedOutbound> saved,
            ImmutableList<OutboundAddress> removed,
            Author changedBy) {
        return changeClock.next().thenCompose(time -> write(domain, saved, removed, changedBy, time));
    }

    @Override
    public CompletionStage<ImmutableList<AuthorizedOutbound>> orphan(Domain domain, Author orphanedBy) {
        return changeClock.next().thenCompose(time -> list(domain).thenCompose(entries -> {
            ImmutableList<AuthorizedOutbound> orphaned = entries.stream()
                    .filter(entry -> entry.orphanedAt().isEmpty())
                    .map(entry -> entry.orphaned(time.asInstant()))
                    .collect(ImmutableList.toImmutableList());
            return write(domain, orphaned, ImmutableList.of(), orphanedBy, time).thenApply(done -> orphaned);
        }));
    }

    /**
     * Entries that stay are written once more, and the list as it was before is deleted at the end: not row by row, since the
     * tombstones of a long list that is replaced again and again would make it unreadable. A list that is replaced on
     * another node at once is deleted or remains as a whole.
     */
    @Override
    public CompletionStage<ImmutableList<AuthorizedOutbound>> replace(
            Domain domain, ListReplacement replacement, Author changedBy) {
        if (replacement.isUnchanged()) {
            return list(domain);
        }
        return changeClock.next().thenCompose(time -> connection.daos().thenCompose(daos -> {
            BatchWriter batches = new BatchWriter(daos.session()::execute, clock);
            return write(batches, daos, domain, replacement, changedBy, time)
                    .thenCompose(done -> withoutOvertaken(batches, daos, domain, changedBy, time));
        }));
    }

    private CompletionStage<Void> write(
            BatchWriter batches,
            OutboundDaos daos,
            Domain domain,
            ListReplacement replacement,
            Author changedBy,
            ChangeTime time) {
        List<Change> kept = replacement.kept().stream()
                .<Change>map(entry -> loggedAt -> keep(daos, entry, time))
                .collect(Collectors.toList());
        List<Change> saved = replacement.saved().stream()
                .<Change>map(entry -> loggedAt -> save(daos, entry, changedBy, time, loggedAt))
                .collect(Collectors.toList());
        List<Change> removed = replacement.removed().stream()
                .<Change>map(address -> loggedAt -> removeByIp(daos, domain, address, changedBy, time, loggedAt))
                .collect(Collectors.toList());
        Change oldList = loggedAt -> ImmutableList.of(daos.entries().deleteList(domain, time));
        CompletionStage<Void> written = batches.write(kept, time);
        if (saved.size() + removed.size() > MAX_ATOMIC_CHANGES) {
            return written.thenCompose(done -> batches.write(saved, time))
                    .thenCompose(done -> batches.write(removed, time))
                    .thenCompose(done -> batches.write(ImmutableList.of(oldList), time));
        }
        return written.thenCompose(done -> batches.write(
                ImmutableList.of(loggedAt -> Stream.of(saved.stream(), removed.stream(), Stream.of(oldList))
                        .flatMap(changes -> changes)
                        .flatMap(change -> change.statements(loggedAt).stream())
                        .collect(ImmutableList.toImmutableList())),
                time));
    }

    /**
     * Of two lists that are replaced at once one has deleted the other, but not the rows by address of the other: whoever
     * comes last deletes them. Returns the list.
     */
    private CompletionStage<ImmutableList<AuthorizedOutbound>> withoutOvertaken(
            BatchWriter batches, OutboundDaos daos, Domain domain, Author changedBy, ChangeTime time) {
        return daos.changeLog()
                .changesOfDomain(domain, time.asInstant().minus(ChangeLogHours.MAX_CLOCK_SKEW), MAX_CHANGES_AT_ONCE)
                .thenCompose(changes -> list(domain).thenCompose(list -> {
                    List<Change> overtaken = overtaken(changes, list).stream()
                            .<Change>map(
                                    address -> loggedAt -> removeByIp(daos, domain, address, changedBy, time, loggedAt))
                            .collect(Collectors.toList());
                    return batches.write(overtaken, time).thenApply(done -> list);
                }));
    }

    /** The addresses whose last change has added them, and that are not in the list. */
    private static Set<OutboundAddress> overtaken(List<OutboundChange> newestFirst, List<AuthorizedOutbound> list) {
        Map<OutboundAddress, Action> last = new HashMap<>();
        newestFirst.forEach(change -> last.putIfAbsent(change.address(), change.action()));
        Set<OutboundAddress> added = new HashSet<>(
                Maps.filterValues(last, action -> action == Action.PUT).keySet());
        list.forEach(entry -> added.remove(entry.address()));
        return added;
    }

    private ImmutableList<BatchableStatement<?>> removeByIp(
            OutboundDaos daos,
            Domain domain,
            OutboundAddress address,
            Author removedBy,
            ChangeTime time,
            ChangeTime loggedAt) {
        return statements(
                ImmutableList.of(daos.entries().deleteByIp(domain, address, time)),
                log(daos, removal(domain, address, removedBy, loggedAt)));
    }

    private ImmutableList<BatchableStatement<?>> keep(OutboundDaos daos, AuthorizedOutbound entry, ChangeTime time) {
        Instant now = clock.instant();
        return entry.isActiveAt(now) ? ImmutableList.of(daos.entries().keep(entry, now, time)) : ImmutableList.of();
    }

    /** Writes all in one batch when it is small enough, or else what is removed after what is saved. */
    private CompletionStage<Void> write(
            Domain domain,
            ImmutableList<AuthorizedOutbound> saved,
            ImmutableList<OutboundAddress> removed,
            Author changedBy,
            ChangeTime time) {
        return connection.daos().thenCompose(daos -> {
            List<Change> saves = saved.stream()
                    .<Change>map(entry -> loggedAt -> save(daos, entry, changedBy, time, loggedAt))
                    .collect(Collectors.toList());
            List<Change> removals = removed.stream()
                    .<Change>map(address -> loggedAt -> remove(daos, domain, address, changedBy, time, loggedAt))
                    .collect(Collectors.toList());
            BatchWriter batches = new BatchWriter(daos.session()::execute, clock);
            if (saves.size() + removals.size() > MAX_ATOMIC_CHANGES) {
                return batches.write(saves, time).thenCompose(done -> batches.write(removals, time));
            }
            saves.addAll(removals);
            return batches.write(saves, time);
        });
    }

    private ImmutableList<BatchableStatement<?>> save(
            OutboundDaos daos, AuthorizedOutbound entry, Author changedBy, ChangeTime time, ChangeTime loggedAt) {
        Instant now = clock.instant();
        if (!entry.isActiveAt(now)) {
            // An entry that has expired is absent, and the time to live of a row must be positive.
            return remove(daos, entry.domain(), entry.address(), changedBy, time, loggedAt);
        }
        return statements(daos.entries().replace(entry, now, time), log(daos, savedChange(entry, changedBy, loggedAt)));
    }

    private static OutboundChange savedChange(AuthorizedOutbound entry, Author changedBy, ChangeTime loggedAt) {
        if (entry.orphanedAt().isPresent()) {
            return change(Action.ORPHAN, entry.domain(), entry.address(), changedBy, loggedAt)
                    .build();
        }
        OutboundChange.Builder put = change(Action.PUT, entry.domain(), entry.address(), changedBy, loggedAt);
        entry.comment().ifPresent(put::comment);
        entry.expiresAt().ifPresent(put::expiresAt);
        return put.build();
    }

    private ImmutableList<BatchableStatement<?>> remove(
            OutboundDaos daos,
            Domain domain,
            OutboundAddress address,
            Author removedBy,
            ChangeTime time,
            ChangeTime loggedAt) {
        return statements(
                daos.entries().delete(domain, address, time), log(daos, removal(domain, address, removedBy, loggedAt)));
    }

    private static OutboundChange removal(
            Domain domain, OutboundAddress address, Author removedBy, ChangeTime loggedAt) {
        return change(Action.REMOVE, domain, address, removedBy, loggedAt).build();
    }

    private static OutboundChange.Builder change(
            Action action, Domain domain, OutboundAddress address, Author changedBy, ChangeTime loggedAt) {
        return OutboundChange.builder()
                .id(loggedAt.newId())
                .changedAt(loggedAt.asInstant())
                .action(action)
                .domain(domain)
                .address(address)
                .changedBy(changedBy);
    }

    private ImmutableList<BatchableStatement<?>> log(OutboundDaos daos, OutboundChange change) {
        return daos.changeLog().insert(change, changesRetention);
    }

    private static ImmutableList<BatchableStatement<?>> statements(
            ImmutableList<BatchableStatement<?>> entry, ImmutableList<BatchableStatement<?>> log) {
        return ImmutableList.<BatchableStatement<?>>builder()
                .addAll(entry)
                .addAll(log)
                .build();
    }

    @Override
    public CompletionStage<Optional<AuthorizedOutbound>> find(Domain domain, OutboundAddress address) {
        return connection
                .daos()
                .thenCompose(daos -> daos.entries().find(domain, address, this::isActive))
                .thenApply(entries -> entries.stream().findFirst());
    }

    @Override
    public CompletionStage<ImmutableList<AuthorizedOutbound>> list(Domain domain) {
        return connection
                .daos()
                .thenCompose(daos -> daos.entries().list(domain, this::isActive))
                .thenApply(entries ->
                        ImmutableList.sortedCopyOf(Comparator.comparing(AuthorizedOutbound::address), entries));
    }

    @Override
    public CompletionStage<ImmutableList<AuthorizedOutbound>> listings(OutboundAddress address) {
        return connection
                .daos()
                .thenCompose(daos -> daos.entries().listings(address, this::isActive))
                .thenApply(ImmutableList::copyOf);
    }

    @Override
    public CompletionStage<Page> everything() {
        return connection.daos().thenCompose(daos -> daos.entries().everything(this::isActive));
    }

    private boolean isActive(AuthorizedOutbound entry) {
        return entry.isActiveAt(clock.instant());
    }

    @Override
    public CompletionStage<ImmutableList<OutboundChange>> changesSince(Instant since, int limit) {
        return connection
                .daos()
                .thenCompose(daos -> daos.changeLog().changesSince(since, clock.instant(), limit))
                .thenApply(ImmutableList::copyOf);
    }

    @Override
    public CompletionStage<ImmutableList<OutboundChange>> history(Instant since, int limit) {
        Instant now = clock.instant();
        Instant from = withinRetention(since, now);
        ChangeHistory history = new ChangeHistory((hour, enough) ->
                connection.daos().thenCompose(daos -> daos.changeLog().changesOfHour(hour, from, enough)));
        return history.read(ChangeLogHours.since(from, now), limit);
    }

    @Override
    public CompletionStage<ImmutableList<OutboundChange>> history(Domain domain, Instant since, int limit) {
        Instant now = clock.instant();
        Instant from = withinRetention(since, now);
        if (ChangeLogHours.since(from, now).isEmpty()) {
            // A time in the future, perhaps one that no UUID has.
            return CompletableFuture.completedFuture(ImmutableList.of());
        }
        return connection
                .daos()
                .thenCompose(daos -> daos.changeLog().changesOfDomain(domain, from, limit))
                .thenApply(ImmutableList::copyOf);
    }

    /** What was before {@code changes.retention} is not read: there may be many tombstones. */
    private Instant withinRetention(Instant since, Instant now) {
        Instant oldest = now.minus(changesRetention);
        return since.isBefore(oldest) ? oldest : since;
    }
}
