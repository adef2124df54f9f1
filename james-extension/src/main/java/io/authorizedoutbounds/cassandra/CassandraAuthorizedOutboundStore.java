// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import static io.authorizedoutbounds.cassandra.OutboundTables.ACTION;
import static io.authorizedoutbounds.cassandra.OutboundTables.ADDED_AT;
import static io.authorizedoutbounds.cassandra.OutboundTables.ADDED_BY;
import static io.authorizedoutbounds.cassandra.OutboundTables.CHANGED_BY;
import static io.authorizedoutbounds.cassandra.OutboundTables.COMMENT;
import static io.authorizedoutbounds.cassandra.OutboundTables.DOMAIN;
import static io.authorizedoutbounds.cassandra.OutboundTables.EXPIRES_AT;
import static io.authorizedoutbounds.cassandra.OutboundTables.HOUR;
import static io.authorizedoutbounds.cassandra.OutboundTables.HOURS;
import static io.authorizedoutbounds.cassandra.OutboundTables.ID;
import static io.authorizedoutbounds.cassandra.OutboundTables.IP;
import static io.authorizedoutbounds.cassandra.OutboundTables.MOST;
import static io.authorizedoutbounds.cassandra.OutboundTables.ORPHANED_AT;
import static io.authorizedoutbounds.cassandra.OutboundTables.SINCE;
import static io.authorizedoutbounds.cassandra.OutboundTables.TTL;

import com.datastax.oss.driver.api.core.ConsistencyLevel;
import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.cql.BatchStatement;
import com.datastax.oss.driver.api.core.cql.BatchableStatement;
import com.datastax.oss.driver.api.core.cql.BoundStatementBuilder;
import com.datastax.oss.driver.api.core.cql.DefaultBatchType;
import com.datastax.oss.driver.api.core.cql.Row;
import com.datastax.oss.driver.api.core.cql.Statement;
import com.datastax.oss.driver.api.core.servererrors.QueryValidationException;
import com.datastax.oss.driver.api.core.uuid.Uuids;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import com.google.common.collect.Streams;
import dev.failsafe.Failsafe;
import dev.failsafe.RetryPolicy;
import io.authorizedoutbounds.cassandra.OutboundTables.Query;
import io.authorizedoutbounds.policy.Author;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundChange;
import io.authorizedoutbounds.policy.OutboundChange.Action;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.james.core.Domain;

/**
 * The lists in Cassandra: both list tables and the trail of changes are written together in one logged batch.
 *
 * <p>Reads and writes at LOCAL_QUORUM. How long a reading takes is bounded by the driver's request timeout; a change may
 * take half a minute while the cluster has not noticed that a member is gone.
 */
public class CassandraAuthorizedOutboundStore implements AuthorizedOutboundStore {
    private static final int NO_TTL = 0;
    private static final int MAX_MALFORMED_CHANGES = 1000;

    /** Batches under way at once when there are many. */
    private static final int LANES = 8;

    private static final int HOURS_AT_ONCE = 24;

    /** Of each of those hours. */
    private static final int MOST_OF_A_PAGE = 500;

    /**
     * A logged batch fails as long as it is to be kept on a member that is gone and not known to be: for some 15 s, more
     * on a busy machine. Its time stays the same, so that one that was taken after all is taken once.
     */
    private static final RetryPolicy<Object> UNTIL_A_LOST_MEMBER_IS_NOTICED = RetryPolicy.builder()
            .withMaxRetries(-1)
            .withMaxDuration(Duration.ofSeconds(30))
            .withDelay(Duration.ofMillis(200))
            // A permission or a table that lacks.
            .abortOn(QueryValidationException.class)
            .build();

    /** How far ahead the clock of another node may be. */
    private static final Duration CLOCKS_APART = Duration.ofMinutes(2);

    private final CassandraConnection connection;
    private final Duration changesRetention;
    private final Clock clock;

    /** Of this node, in microseconds: two changes at once have not the same. */
    private final AtomicLong lastTime = new AtomicLong();

    private final Cache<UUID, Boolean> malformedChanges =
            Caffeine.newBuilder().maximumSize(MAX_MALFORMED_CHANGES).build();

    public CassandraAuthorizedOutboundStore(CassandraConnection connection, Duration changesRetention, Clock clock) {
        this.connection = connection;
        this.changesRetention = changesRetention;
        this.clock = clock;
    }

    @Override
    public CompletionStage<Void> change(
            Domain domain,
            ImmutableList<AuthorizedOutbound> saved,
            ImmutableList<OutboundAddress> removed,
            Author changedBy) {
        return changeTime().thenCompose(time -> change(domain, saved, removed, changedBy, time));
    }

    private CompletionStage<Void> change(
            Domain domain,
            ImmutableList<AuthorizedOutbound> saved,
            ImmutableList<OutboundAddress> removed,
            Author changedBy,
            ChangeTime time) {
        List<Change> saving = saved.stream()
                .<Change>map(entry -> (tables, told) -> put(tables, entry, changedBy, told))
                .collect(Collectors.toList());
        List<Change> removing = removed.stream()
                .<Change>map(address -> (tables, told) -> removal(tables, domain, address, changedBy, told))
                .collect(Collectors.toList());
        if (saving.size() + removing.size() > MAX_ATOMIC_CHANGES) {
            return writeAll(saving, time).thenCompose(done -> writeAll(removing, time));
        }
        saving.addAll(removing);
        return writeAll(saving, time);
    }

    @Override
    public CompletionStage<ImmutableList<AuthorizedOutbound>> orphan(Domain domain, Author orphanedBy) {
        return changeTime().thenCompose(time -> list(domain).thenCompose(entries -> {
            ImmutableList<AuthorizedOutbound> orphaned = entries.stream()
                    .filter(entry -> entry.orphanedAt().isEmpty())
                    .map(entry -> entry.orphaned(time.asInstant()))
                    .collect(ImmutableList.toImmutableList());
            return change(domain, orphaned, ImmutableList.of(), orphanedBy, time)
                    .thenApply(done -> orphaned);
        }));
    }

    /** The rows of one change, which is told in the trail at a time. */
    private interface Change {
        ImmutableList<BatchableStatement<?>> rows(OutboundTables tables, ChangeTime told);
    }

    private ImmutableList<BatchableStatement<?>> put(
            OutboundTables tables, AuthorizedOutbound entry, Author changedBy, ChangeTime time) {
        Instant now = clock.instant();
        if (!entry.isActiveAt(now)) {
            // A row's time to live is positive: what has expired already is what is not there.
            return removal(tables, entry.domain(), entry.address(), changedBy, time);
        }
        int ttl = entry.expiresAt().map(expiry -> secondsUntil(now, expiry)).orElse(NO_TTL);
        return ImmutableList.of(
                key(tables.bind(Query.INSERT_BY_DOMAIN), entry.domain(), entry.address())
                        .setString(COMMENT, entry.comment().orElse(null))
                        .setString(ADDED_BY, entry.addedBy().user().orElse(null))
                        .setInstant(ADDED_AT, entry.addedAt())
                        .setInstant(EXPIRES_AT, entry.expiresAt().orElse(null))
                        .setInstant(ORPHANED_AT, entry.orphanedAt().orElse(null))
                        .setInt(TTL, ttl)
                        .build(),
                key(tables.bind(Query.INSERT_BY_IP), entry.domain(), entry.address())
                        .setInstant(ADDED_AT, entry.addedAt())
                        .setInstant(EXPIRES_AT, entry.expiresAt().orElse(null))
                        .setInstant(ORPHANED_AT, entry.orphanedAt().orElse(null))
                        .setInt(TTL, ttl)
                        .build(),
                changed(tables, entry, changedBy, time));
    }

    private ImmutableList<BatchableStatement<?>> removal(
            OutboundTables tables, Domain domain, OutboundAddress address, Author removedBy, ChangeTime time) {
        return ImmutableList.of(
                key(tables.bind(Query.DELETE_BY_DOMAIN), domain, address).build(),
                key(tables.bind(Query.DELETE_BY_IP), domain, address).build(),
                change(tables, Action.REMOVE, domain, address, removedBy, time).build());
    }

    private BatchableStatement<?> changed(
            OutboundTables tables, AuthorizedOutbound entry, Author changedBy, ChangeTime time) {
        if (entry.orphanedAt().isPresent()) {
            return change(tables, Action.ORPHAN, entry.domain(), entry.address(), changedBy, time)
                    .build();
        }
        BoundStatementBuilder change = change(tables, Action.PUT, entry.domain(), entry.address(), changedBy, time);
        change = set(change, entry.comment(), (row, comment) -> row.setString(COMMENT, comment));
        return set(change, entry.expiresAt(), (row, expiry) -> row.setInstant(EXPIRES_AT, expiry))
                .build();
    }

    /** Leaves a new row without a column that has no value: a null would be a tombstone. */
    private static <T> BoundStatementBuilder set(
            BoundStatementBuilder row,
            Optional<T> value,
            BiFunction<BoundStatementBuilder, T, BoundStatementBuilder> setter) {
        return value.map(present -> setter.apply(row, present)).orElse(row);
    }

    @Override
    public CompletionStage<Optional<AuthorizedOutbound>> find(Domain domain, OutboundAddress address) {
        return readAll(
                        tables -> key(tables.bind(Query.SELECT_ENTRY), domain, address)
                                .build(),
                        this::entry)
                .thenApply(entries -> entries.stream().findFirst());
    }

    @Override
    public CompletionStage<ImmutableList<AuthorizedOutbound>> list(Domain domain) {
        return readAll(
                        tables -> tables.bind(Query.SELECT_DOMAIN)
                                .setString(DOMAIN, domain.asString())
                                .build(),
                        this::entry)
                .thenApply(entries ->
                        ImmutableList.sortedCopyOf(Comparator.comparing(AuthorizedOutbound::address), entries));
    }

    @Override
    public CompletionStage<ImmutableList<AuthorizedOutbound>> listings(OutboundAddress address) {
        return readAll(
                        tables -> tables.bind(Query.SELECT_IP)
                                .setInetAddress(IP, address.asInetAddress())
                                .build(),
                        this::bareEntry)
                .thenApply(ImmutableList::copyOf);
    }

    /** One query, of a partition for each hour since. */
    @Override
    public CompletionStage<ImmutableList<OutboundChange>> changesSince(Instant since, int limit) {
        return readAll(
                        tables -> tables.bind(Query.SELECT_CHANGES)
                                .setList(HOURS, hoursSince(since), Instant.class)
                                .setUuid(SINCE, Uuids.startOf(since.toEpochMilli()))
                                .setInt(MOST, limit)
                                .build(),
                        this::change)
                .thenApply(ImmutableList::copyOf);
    }

    private List<Instant> hoursSince(Instant since) {
        List<Instant> hours = new ArrayList<>();
        Instant last = clock.instant().plus(CLOCKS_APART);
        for (Instant hour = hourOf(since); !hour.isAfter(last); hour = hour.plus(1, ChronoUnit.HOURS)) {
            hours.add(hour);
        }
        return hours;
    }

    private Optional<OutboundChange> change(Row row) {
        return change(row, change -> {});
    }

    private Optional<OutboundChange> fullChange(Row row) {
        return change(row, change -> {
            Optional.ofNullable(row.getString(COMMENT)).ifPresent(change::comment);
            Optional.ofNullable(row.getInstant(EXPIRES_AT)).ifPresent(change::expiresAt);
            Optional.ofNullable(row.getString(CHANGED_BY)).map(Author::of).ifPresent(change::changedBy);
        });
    }

    private Optional<OutboundChange> change(Row row, Consumer<OutboundChange.Builder> details) {
        UUID id = row.getUuid(ID);
        try {
            OutboundChange.Builder change = OutboundChange.builder()
                    .id(id)
                    .changedAt(ChangeTime.of(id).asInstant())
                    .action(Action.valueOf(row.getString(ACTION).toUpperCase(Locale.ROOT)))
                    .domain(Domain.of(row.getString(DOMAIN)))
                    .address(OutboundAddress.of(row.getInetAddress(IP)));
            details.accept(change);
            return Optional.of(change.build());
        } catch (IllegalArgumentException | NullPointerException e) {
            // Read every second: told once.
            return malformedChanges.asMap().putIfAbsent(id, true) == null
                    ? MalformedRows.skip(row, e)
                    : Optional.empty();
        }
    }

    @Override
    public CompletionStage<ImmutableList<OutboundChange>> history(Instant since, int limit) {
        return history(change -> true, since, limit);
    }

    @Override
    public CompletionStage<ImmutableList<OutboundChange>> history(Domain domain, Instant since, int limit) {
        return history(change -> change.domain().equals(domain), since, limit);
    }

    /** Before the retention of the change log nothing is read. */
    private CompletionStage<ImmutableList<OutboundChange>> history(
            Predicate<OutboundChange> filter, Instant since, int limit) {
        Instant kept = clock.instant().minus(changesRetention);
        Instant from = since.isBefore(kept) ? kept : since;
        return history(filter, from, limit, Lists.partition(Lists.reverse(hoursSince(from)), HOURS_AT_ONCE), 0)
                .thenApply(changes -> changes.stream().limit(limit).collect(ImmutableList.toImmutableList()));
    }

    /** Some hours at a time, from the newest on, until there are enough. */
    private CompletionStage<List<OutboundChange>> history(
            Predicate<OutboundChange> filter, Instant since, int limit, List<List<Instant>> hours, int from) {
        if (from == hours.size()) {
            return CompletableFuture.completedFuture(new ArrayList<>());
        }
        CompletionStage<List<OutboundChange>> some = CompletableFuture.completedFuture(new ArrayList<>());
        for (Instant hour : hours.get(from)) {
            some = some.thenCombine(historyOf(filter, hour, since, limit), (all, more) -> {
                all.addAll(more);
                return all;
            });
        }
        return some.thenCompose(changes -> changes.size() >= limit
                ? CompletableFuture.completedFuture(changes)
                : history(filter, since, limit - changes.size(), hours, from + 1)
                        .thenApply(older -> {
                            changes.addAll(older);
                            return changes;
                        }));
    }

    private CompletionStage<List<OutboundChange>> historyOf(
            Predicate<OutboundChange> filter, Instant hour, Instant since, int limit) {
        return readAll(
                tables -> tables.bind(Query.SELECT_HISTORY)
                        .setInstant(HOUR, hour)
                        .setUuid(SINCE, Uuids.startOf(since.toEpochMilli()))
                        .setPageSize(Math.min(limit, MOST_OF_A_PAGE))
                        .build(),
                row -> fullChange(row).filter(filter),
                limit);
    }

    @Override
    public CompletionStage<Page> everything() {
        return connection
                .execute(tables -> tables.bind(Query.SELECT_EVERYTHING).build())
                .thenApply(this::page);
    }

    private Page page(AsyncResultSet rows) {
        ImmutableList<AuthorizedOutbound> entries = Streams.stream(rows.currentPage())
                .flatMap(row -> entry(row).stream())
                .collect(ImmutableList.toImmutableList());
        return new Page() {
            @Override
            public ImmutableList<AuthorizedOutbound> entries() {
                return entries;
            }

            @Override
            public Optional<CompletionStage<Page>> next() {
                return rows.hasMorePages()
                        ? Optional.of(rows.fetchNextPage().thenApply(CassandraAuthorizedOutboundStore.this::page))
                        : Optional.empty();
            }
        };
    }

    private static Instant hourOf(Instant instant) {
        return instant.truncatedTo(ChronoUnit.HOURS);
    }

    private static BoundStatementBuilder key(BoundStatementBuilder statement, Domain domain, OutboundAddress address) {
        return statement.setString(DOMAIN, domain.asString()).setInetAddress(IP, address.asInetAddress());
    }

    private BoundStatementBuilder change(
            OutboundTables tables,
            Action action,
            Domain domain,
            OutboundAddress address,
            Author changedBy,
            ChangeTime time) {
        Instant now = time.asInstant();
        BoundStatementBuilder change = key(tables.bind(Query.INSERT_CHANGE), domain, address)
                .setInstant(HOUR, hourOf(now))
                .setUuid(ID, time.newId())
                .setString(ACTION, action.word())
                .setInt(TTL, secondsUntil(now, earliest(now.plus(changesRetention), AuthorizedOutbound.LATEST_EXPIRY)));
        return set(change, changedBy.user(), (row, user) -> row.setString(CHANGED_BY, user));
    }

    private static Instant earliest(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }

    /** Rounded up: the column {@code expires_at} has the exact instant, the row may outlive it by as long as its change was tried. */
    private static int secondsUntil(Instant now, Instant expiry) {
        return Math.toIntExact(Duration.between(now, expiry).plusMillis(999).toSeconds());
    }

    /** In batches of as many changes as are made at once, several at a time. */
    private CompletionStage<Void> writeAll(List<Change> changes, ChangeTime time) {
        List<CompletionStage<Void>> lanes =
                new ArrayList<>(Collections.nCopies(LANES, CompletableFuture.completedFuture(null)));
        int batches = 0;
        for (List<Change> batch : Lists.partition(changes, MAX_ATOMIC_CHANGES)) {
            int lane = batches++ % LANES;
            lanes.set(lane, lanes.get(lane).thenCompose(done -> write(batch, time)));
        }
        return CompletableFuture.allOf(
                lanes.stream().map(CompletionStage::toCompletableFuture).toArray(CompletableFuture<?>[]::new));
    }

    private CompletionStage<Void> write(List<Change> changes, ChangeTime time) {
        return connection
                .tables()
                .thenCompose(tables -> {
                    // A call may take minutes; what follows the trail looks for what is new.
                    ChangeTime told = ChangeTime.after(ImmutableList.of(time), clock.instant());
                    BatchStatement batch = BatchStatement.newInstance(
                                    DefaultBatchType.LOGGED,
                                    changes.stream()
                                            .flatMap(change -> change.rows(tables, told).stream())
                                            .collect(ImmutableList.toImmutableList()))
                            .setQueryTimestamp(time.asMicroseconds())
                            .setConsistencyLevel(ConsistencyLevel.LOCAL_QUORUM)
                            .setIdempotent(true);
                    return Failsafe.with(UNTIL_A_LOST_MEMBER_IS_NOTICED)
                            .getStageAsync(() -> tables.session().executeAsync(batch));
                })
                .thenAccept(result -> {});
    }

    /**
     * A time after every change that was acknowledged, whatever the clock of the node that took it said. Without a quorum
     * nothing is sent, since that time cannot be had.
     */
    private CompletionStage<ChangeTime> changeTime() {
        Instant now = clock.instant();
        return readAll(
                        tables -> tables.bind(Query.SELECT_LAST_CHANGES)
                                .setList(HOURS, hoursSince(now), Instant.class)
                                .build(),
                        row -> Optional.of(ChangeTime.of(row.getUuid(ID))))
                .thenApply(last -> {
                    long next = ChangeTime.after(last, now).asMicroseconds();
                    return ChangeTime.ofMicroseconds(
                            lastTime.accumulateAndGet(next, (mine, candidate) -> Math.max(mine + 1, candidate)));
                });
    }

    private <T> CompletionStage<List<T>> readAll(
            Function<OutboundTables, Statement<?>> query, Function<Row, Optional<T>> reading) {
        return readAll(query, reading, Integer.MAX_VALUE);
    }

    /** @param enough no further page is read when there are so many */
    private <T> CompletionStage<List<T>> readAll(
            Function<OutboundTables, Statement<?>> query, Function<Row, Optional<T>> reading, int enough) {
        List<T> read = new ArrayList<>();
        return connection
                .read(query, row -> reading.apply(row).ifPresent(read::add), () -> read.size() < enough)
                .thenApply(done -> read);
    }

    private Optional<AuthorizedOutbound> entry(Row row) {
        return active(row, entry -> {
            Optional.ofNullable(row.getString(COMMENT)).ifPresent(entry::comment);
            Optional.ofNullable(row.getString(ADDED_BY)).map(Author::of).ifPresent(entry::addedBy);
        });
    }

    private Optional<AuthorizedOutbound> bareEntry(Row row) {
        return active(row, entry -> {});
    }

    /** Without what has expired and what another program spoilt: that grants nothing and hides no other row. */
    private Optional<AuthorizedOutbound> active(Row row, Consumer<AuthorizedOutbound.Builder> details) {
        try {
            AuthorizedOutbound.Builder entry = AuthorizedOutbound.builder()
                    .domain(Domain.of(row.getString(DOMAIN)))
                    .address(OutboundAddress.of(row.getInetAddress(IP)))
                    .addedAt(addedAt(row));
            Optional.ofNullable(row.getInstant(EXPIRES_AT)).ifPresent(entry::expiresAt);
            Optional.ofNullable(row.getInstant(ORPHANED_AT)).ifPresent(entry::orphanedAt);
            details.accept(entry);
            return Optional.of(entry.build()).filter(each -> each.isActiveAt(clock.instant()));
        } catch (IllegalArgumentException e) {
            return MalformedRows.skip(row, e);
        }
    }

    /** Every row of ours has one. */
    private static Instant addedAt(Row row) {
        return Optional.ofNullable(row.getInstant(ADDED_AT))
                .orElseThrow(() -> new IllegalArgumentException("there is no " + ADDED_AT));
    }
}
