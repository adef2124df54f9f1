// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import com.datastax.oss.driver.api.core.cql.BatchableStatement;
import com.google.common.collect.ImmutableList;
import io.authorizedoutbounds.cassandra.BatchWriter.Change;
import io.authorizedoutbounds.policy.Author;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundChange;
import io.authorizedoutbounds.policy.OutboundChange.Action;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.james.core.Domain;

/**
 * The lists in Cassandra: a change of an entry and its row in the change log are written together in one logged batch.
 *
 * <p>Reads and writes at LOCAL_QUORUM. The driver's request timeout bounds how long a read takes; a change may take half a
 * minute while the cluster has not noticed that a member is lost.
 */
public class CassandraAuthorizedOutboundStore implements AuthorizedOutboundStore {
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

    /** Writes all in one batch when it is small enough, or else what is removed after what is saved. */
    private CompletionStage<Void> write(
            Domain domain,
            ImmutableList<AuthorizedOutbound> saved,
            ImmutableList<OutboundAddress> removed,
            Author changedBy,
            ChangeTime time) {
        return connection.daos().thenCompose(daos -> {
            List<Change> saves = saved.stream()
                    .<Change>map(entry -> loggedAt -> save(daos, entry, changedBy, loggedAt))
                    .collect(Collectors.toList());
            List<Change> removals = removed.stream()
                    .<Change>map(address -> loggedAt -> remove(daos, domain, address, changedBy, loggedAt))
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
            OutboundDaos daos, AuthorizedOutbound entry, Author changedBy, ChangeTime loggedAt) {
        Instant now = clock.instant();
        if (!entry.isActiveAt(now)) {
            // An entry that has expired is absent, and the time to live of a row must be positive.
            return remove(daos, entry.domain(), entry.address(), changedBy, loggedAt);
        }
        return statements(daos.entries().insert(entry, now), log(daos, savedChange(entry, changedBy, loggedAt)));
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
            OutboundDaos daos, Domain domain, OutboundAddress address, Author removedBy, ChangeTime loggedAt) {
        OutboundChange removal =
                change(Action.REMOVE, domain, address, removedBy, loggedAt).build();
        return statements(daos.entries().delete(domain, address), log(daos, removal));
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

    private BatchableStatement<?> log(OutboundDaos daos, OutboundChange change) {
        return daos.changeLog().insert(change, changesRetention);
    }

    private static ImmutableList<BatchableStatement<?>> statements(
            ImmutableList<BatchableStatement<?>> entry, BatchableStatement<?> log) {
        return ImmutableList.<BatchableStatement<?>>builder()
                .addAll(entry)
                .add(log)
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
        return history(change -> true, since, limit);
    }

    @Override
    public CompletionStage<ImmutableList<OutboundChange>> history(Domain domain, Instant since, int limit) {
        return history(change -> change.domain().equals(domain), since, limit);
    }

    /** The hours before {@code changes.retention} are not read. */
    private CompletionStage<ImmutableList<OutboundChange>> history(
            Predicate<OutboundChange> filter, Instant since, int limit) {
        Instant now = clock.instant();
        Instant oldest = now.minus(changesRetention);
        Instant from = since.isBefore(oldest) ? oldest : since;
        ChangeHistory history = new ChangeHistory((hour, enough) ->
                connection.daos().thenCompose(daos -> daos.changeLog().changesOfHour(hour, from, filter, enough)));
        return history.read(ChangeLogHours.since(from, now), limit);
    }
}
