// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Iterables;
import com.google.common.collect.Maps;
import io.authorizedoutbounds.cassandra.BatchWriter.Change;
import io.authorizedoutbounds.policy.Author;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.DomainEnforcement;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.ListReplacement;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundChange;
import io.authorizedoutbounds.policy.OutboundChange.Action;
import io.authorizedoutbounds.policy.OutboundList;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
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
    private final BatchWriter batches;

    public CassandraAuthorizedOutboundStore(CassandraConnection connection, Duration changesRetention, Clock clock) {
        this.connection = connection;
        this.changesRetention = changesRetention;
        this.clock = clock;
        this.changeClock = new ChangeClock(clock, now -> connection.daos().thenCompose(daos -> daos.changeLog()
                .lastChanges(now)));
        this.batches = new BatchWriter(
                batch -> connection.daos().thenCompose(daos -> daos.session().execute(batch)), clock);
    }

    @Override
    public CompletionStage<Void> change(
            Domain domain,
            ImmutableList<AuthorizedOutbound> saved,
            ImmutableList<OutboundAddress> removed,
            Author changedBy) {
        return changeClock.next().thenCompose(time -> statements(domain, changedBy, time)
                .thenCompose(statements -> writeChanges(statements, saved, removed)));
    }

    @Override
    public CompletionStage<ImmutableList<AuthorizedOutbound>> orphan(Domain domain, Author orphanedBy) {
        return changeClock.next().thenCompose(time -> list(domain).thenCompose(entries -> {
            ImmutableList<AuthorizedOutbound> orphaned = entries.stream()
                    .filter(entry -> entry.orphanedAt().isEmpty())
                    .map(entry -> entry.orphaned(time.asInstant()))
                    .collect(ImmutableList.toImmutableList());
            return statements(domain, orphanedBy, time)
                    .thenCompose(statements -> writeChanges(statements, orphaned, ImmutableList.of()))
                    .thenApply(done -> orphaned);
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
        return changeClock.next().thenCompose(time -> statements(domain, changedBy, time)
                .thenCompose(statements ->
                        writeReplacement(statements, replacement).thenCompose(done -> withoutOvertaken(statements))));
    }

    private CompletionStage<ListStatements> statements(Domain domain, Author changedBy, ChangeTime time) {
        return connection
                .daos()
                .thenApply(daos -> new ListStatements(daos, domain, changedBy, time, changesRetention, clock));
    }

    /** Writes all in one batch when it is small enough, or else what is removed after what is saved. */
    private CompletionStage<Void> writeChanges(
            ListStatements statements,
            ImmutableList<AuthorizedOutbound> saved,
            ImmutableList<OutboundAddress> removed) {
        ImmutableList<Change> saves = changes(saved, statements::save);
        ImmutableList<Change> removals = changes(removed, statements::remove);
        return isAtomic(saves, removals)
                ? batches.write(ImmutableList.copyOf(Iterables.concat(saves, removals)), statements.time())
                : writeInTurn(statements.time(), saves, removals);
    }

    private CompletionStage<Void> writeReplacement(ListStatements statements, ListReplacement replacement) {
        ImmutableList<Change> kept = changes(replacement.kept(), statements::keep);
        ImmutableList<Change> saves = changes(replacement.saved(), statements::save);
        ImmutableList<Change> removals = changes(replacement.removed(), statements::removeByIp);
        ImmutableList<Change> oldList = ImmutableList.of(statements.deleteOldList());
        if (isAtomic(saves, removals)) {
            Change atOnce = Change.ofAll(ImmutableList.copyOf(Iterables.concat(saves, removals, oldList)));
            return writeInTurn(statements.time(), kept, ImmutableList.of(atOnce));
        }
        return writeInTurn(statements.time(), kept, saves, removals, oldList);
    }

    private static boolean isAtomic(List<Change> saves, List<Change> removals) {
        return saves.size() + removals.size() <= MAX_ATOMIC_CHANGES;
    }

    private static <T> ImmutableList<Change> changes(List<T> values, Function<T, Change> change) {
        return values.stream().map(change).collect(ImmutableList.toImmutableList());
    }

    /** Writes the changes of each list after all those of the list before. */
    @SafeVarargs
    private CompletionStage<Void> writeInTurn(ChangeTime time, List<Change>... lists) {
        CompletionStage<Void> written = CompletableFuture.completedFuture(null);
        for (List<Change> changes : lists) {
            written = written.thenCompose(done -> batches.write(changes, time));
        }
        return written;
    }

    /**
     * Of two lists that are replaced at once one has deleted the other, but not the rows by address of the other: whoever
     * comes last deletes them. Returns the list.
     */
    private CompletionStage<ImmutableList<AuthorizedOutbound>> withoutOvertaken(ListStatements statements) {
        Domain domain = statements.domain();
        Instant since = statements.time().asInstant().minus(ChangeLogHours.MAX_CLOCK_SKEW);
        return connection
                .daos()
                .thenCompose(daos -> daos.changeLog().changesOfDomain(domain, since, MAX_CHANGES_AT_ONCE))
                .thenCompose(changes -> list(domain).thenCompose(list -> batches.write(
                                changes(overtaken(changes, list), statements::removeByIp), statements.time())
                        .thenApply(done -> list)));
    }

    /** The addresses whose last change has added them, and that are not in the list. */
    private static ImmutableList<OutboundAddress> overtaken(
            List<OutboundChange> newestFirst, List<AuthorizedOutbound> list) {
        Map<OutboundAddress, Action> last = new HashMap<>();
        newestFirst.forEach(
                change -> change.address().ifPresent(address -> last.putIfAbsent(address, change.action())));
        Set<OutboundAddress> added = new HashSet<>(
                Maps.filterValues(last, action -> action == Action.PUT).keySet());
        list.forEach(entry -> added.remove(entry.address()));
        return ImmutableList.copyOf(added);
    }

    @Override
    public CompletionStage<Void> setEnforcement(Domain domain, Enforcement own, Author changedBy) {
        return write(domain, changedBy, statements -> statements.setEnforcement(own));
    }

    @Override
    public CompletionStage<Void> resetEnforcement(Domain domain, Author changedBy) {
        return write(domain, changedBy, ListStatements::resetEnforcement);
    }

    private CompletionStage<Void> write(Domain domain, Author changedBy, Function<ListStatements, Change> change) {
        return changeClock.next().thenCompose(time -> statements(domain, changedBy, time)
                .thenCompose(statements -> batches.write(ImmutableList.of(change.apply(statements)), time)));
    }

    @Override
    public CompletionStage<DomainEnforcement> findEnforcement(Domain domain) {
        return connection.daos().thenCompose(daos -> daos.enforcements().find(domain));
    }

    @Override
    public CompletionStage<ImmutableMap<Domain, Enforcement>> ownEnforcements(int limit) {
        return connection
                .daos()
                .thenCompose(daos -> daos.enforcements().listOwn(limit))
                .thenApply(ImmutableMap::copyOf);
    }

    @Override
    public CompletionStage<Optional<AuthorizedOutbound>> find(Domain domain, OutboundAddress address) {
        return connection
                .daos()
                .thenCompose(daos -> daos.entries().find(domain, address, this::isActive))
                .thenApply(entries -> entries.stream().findFirst());
    }

    @Override
    public CompletionStage<OutboundList> read(Domain domain) {
        return connection.daos().thenCompose(daos -> daos.entries().read(domain, this::isActive));
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
        NewestByHour<OutboundChange> history = new NewestByHour<>((hour, enough) ->
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
