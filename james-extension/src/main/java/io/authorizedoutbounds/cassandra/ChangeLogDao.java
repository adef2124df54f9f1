// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import static io.authorizedoutbounds.cassandra.OutboundTables.ACTION;
import static io.authorizedoutbounds.cassandra.OutboundTables.CHANGED_BY;
import static io.authorizedoutbounds.cassandra.OutboundTables.COMMENT;
import static io.authorizedoutbounds.cassandra.OutboundTables.DOMAIN;
import static io.authorizedoutbounds.cassandra.OutboundTables.EXPIRES_AT;
import static io.authorizedoutbounds.cassandra.OutboundTables.HOUR;
import static io.authorizedoutbounds.cassandra.OutboundTables.ID;
import static io.authorizedoutbounds.cassandra.OutboundTables.IP;
import static io.authorizedoutbounds.cassandra.OutboundTables.TTL;

import com.datastax.oss.driver.api.core.cql.BatchableStatement;
import com.datastax.oss.driver.api.core.cql.BoundStatementBuilder;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.Row;
import com.datastax.oss.driver.api.core.uuid.Uuids;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import io.authorizedoutbounds.policy.Author;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundChange;
import io.authorizedoutbounds.policy.OutboundChange.Action;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.james.core.Domain;

/**
 * The change log in {@code authorized_outbound_change}, and the same changes by domain in {@code
 * authorized_outbound_change_by_domain}.
 *
 * <p>A malformed row, of another program, is skipped. It is logged once, since the log is polled every second.
 */
final class ChangeLogDao {
    private static final String INSERT = "INSERT INTO %s.authorized_outbound_change"
            + " (hour, id, action, domain, ip, comment, expires_at, changed_by)"
            + " VALUES (:hour, :id, :action, :domain, :ip, :comment, :expires_at, :changed_by) USING TTL :ttl";

    private static final String INSERT_BY_DOMAIN = "INSERT INTO %s.authorized_outbound_change_by_domain"
            + " (domain, id, action, ip, comment, expires_at, changed_by)"
            + " VALUES (:domain, :id, :action, :ip, :comment, :expires_at, :changed_by) USING TTL :ttl";

    /** Polled every second: without the columns that invalidating a cache entry does not need. */
    private static final String SELECT_SINCE = "SELECT id, action, domain, ip FROM %s.authorized_outbound_change"
            + " WHERE hour IN :hours AND id >= :since LIMIT :max_changes";

    private static final String SELECT_HOUR =
            "SELECT id, action, domain, ip, comment, expires_at, changed_by FROM %s.authorized_outbound_change"
                    + " WHERE hour = :hour AND id >= :since";
    private static final String SELECT_DOMAIN =
            "SELECT id, action, domain, ip, comment, expires_at, changed_by FROM %s.authorized_outbound_change_by_domain"
                    + " WHERE domain = :domain AND id >= :since LIMIT :max_changes";
    private static final String SELECT_LAST =
            "SELECT id FROM %s.authorized_outbound_change WHERE hour IN :hours PER PARTITION LIMIT 1";

    private static final String HOURS = "hours";
    private static final String SINCE = "since";
    private static final String MAX_CHANGES = "max_changes";
    private static final int MAX_PAGE_SIZE = 500;
    private static final int MAX_MALFORMED_CHANGES = 1000;

    private final QuorumSession session;
    private final PreparedStatement insert;
    private final PreparedStatement insertByDomain;
    private final PreparedStatement selectSince;
    private final PreparedStatement selectHour;
    private final PreparedStatement selectDomain;
    private final PreparedStatement selectLast;
    private final Cache<UUID, Boolean> malformedChanges =
            Caffeine.newBuilder().maximumSize(MAX_MALFORMED_CHANGES).build();

    private ChangeLogDao(QuorumSession session, ImmutableMap<String, PreparedStatement> statements) {
        this.session = session;
        this.insert = statements.get(INSERT);
        this.insertByDomain = statements.get(INSERT_BY_DOMAIN);
        this.selectSince = statements.get(SELECT_SINCE);
        this.selectHour = statements.get(SELECT_HOUR);
        this.selectDomain = statements.get(SELECT_DOMAIN);
        this.selectLast = statements.get(SELECT_LAST);
    }

    static CompletionStage<ChangeLogDao> prepare(QuorumSession session) {
        return session.prepare(INSERT, INSERT_BY_DOMAIN, SELECT_SINCE, SELECT_HOUR, SELECT_DOMAIN, SELECT_LAST)
                .thenApply(statements -> new ChangeLogDao(session, statements));
    }

    /** The rows of a change. A column without a value is left unset: in a new row, a null would be a tombstone. */
    ImmutableList<BatchableStatement<?>> insert(OutboundChange change, Duration retention) {
        return ImmutableList.of(
                row(insert, change, retention)
                        .setInstant(HOUR, ChangeLogHours.hourOf(change.changedAt()))
                        .build(),
                row(insertByDomain, change, retention).build());
    }

    private static BoundStatementBuilder row(PreparedStatement statement, OutboundChange change, Duration retention) {
        BoundStatementBuilder row = statement
                .boundStatementBuilder()
                .setUuid(ID, change.id())
                .setString(ACTION, change.action().word())
                .setString(DOMAIN, change.domain().asString())
                .setInt(TTL, timeToLive(change.changedAt(), retention));
        if (change.address().isPresent()) {
            row = row.setInetAddress(IP, change.address().get().asInetAddress());
        }
        if (change.comment().isPresent()) {
            row = row.setString(COMMENT, change.comment().get());
        }
        if (change.expiresAt().isPresent()) {
            row = row.setInstant(EXPIRES_AT, change.expiresAt().get());
        }
        if (change.changedBy().user().isPresent()) {
            row = row.setString(CHANGED_BY, change.changedBy().user().get());
        }
        return row;
    }

    private static int timeToLive(Instant changedAt, Duration retention) {
        Instant expiry = changedAt.plus(retention);
        return TimeToLive.between(
                changedAt,
                expiry.isBefore(AuthorizedOutbound.LATEST_EXPIRY) ? expiry : AuthorizedOutbound.LATEST_EXPIRY);
    }

    /** Returns the changes since an instant, without comment, expiry and user. One query, of a partition for each hour. */
    CompletionStage<List<OutboundChange>> changesSince(Instant since, Instant now, int limit) {
        return session.list(
                selectSince
                        .boundStatementBuilder()
                        .setList(HOURS, ChangeLogHours.since(since, now), Instant.class)
                        .setUuid(SINCE, Uuids.startOf(since.toEpochMilli()))
                        .setInt(MAX_CHANGES, limit)
                        .build(),
                this::bareChange);
    }

    /**
     * Returns the changes of an hour, the newest first.
     *
     * @param enough no further page is read when there are so many changes
     */
    CompletionStage<List<OutboundChange>> changesOfHour(Instant hour, Instant since, int enough) {
        return session.list(
                selectHour
                        .boundStatementBuilder()
                        .setInstant(HOUR, hour)
                        .setUuid(SINCE, Uuids.startOf(since.toEpochMilli()))
                        .setPageSize(Math.min(enough, MAX_PAGE_SIZE))
                        .build(),
                this::fullChange,
                enough);
    }

    /** Returns the changes of a domain, the newest first. */
    CompletionStage<List<OutboundChange>> changesOfDomain(Domain domain, Instant since, int limit) {
        return session.list(
                selectDomain
                        .boundStatementBuilder()
                        .setString(DOMAIN, domain.asString())
                        .setUuid(SINCE, Uuids.startOf(since.toEpochMilli()))
                        .setInt(MAX_CHANGES, limit)
                        .build(),
                this::fullChange);
    }

    /** Returns the time of the last change of the current hour, and of the next one when that is near. */
    CompletionStage<List<ChangeTime>> lastChanges(Instant now) {
        return session.list(
                selectLast
                        .boundStatementBuilder()
                        .setList(HOURS, ChangeLogHours.since(now, now), Instant.class)
                        .build(),
                row -> Optional.of(ChangeTime.of(row.getUuid(ID))));
    }

    private Optional<OutboundChange> bareChange(Row row) {
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
                    .domain(Domain.of(row.getString(DOMAIN)));
            Optional.ofNullable(row.getInetAddress(IP)).map(OutboundAddress::of).ifPresent(change::address);
            details.accept(change);
            return Optional.of(change.build());
        } catch (IllegalArgumentException | NullPointerException e) {
            return malformedChanges.asMap().putIfAbsent(id, true) == null
                    ? MalformedRows.skip(row, e)
                    : Optional.empty();
        }
    }
}
