// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import static io.authorizedoutbounds.cassandra.OutboundTables.ADDED_AT;
import static io.authorizedoutbounds.cassandra.OutboundTables.ADDED_BY;
import static io.authorizedoutbounds.cassandra.OutboundTables.COMMENT;
import static io.authorizedoutbounds.cassandra.OutboundTables.DOMAIN;
import static io.authorizedoutbounds.cassandra.OutboundTables.EXPIRES_AT;
import static io.authorizedoutbounds.cassandra.OutboundTables.IP;
import static io.authorizedoutbounds.cassandra.OutboundTables.ORPHANED_AT;
import static io.authorizedoutbounds.cassandra.OutboundTables.TTL;
import static io.authorizedoutbounds.cassandra.OutboundTables.WRITE_TIMESTAMP;

import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.cql.BatchableStatement;
import com.datastax.oss.driver.api.core.cql.BoundStatementBuilder;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.Row;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Streams;
import io.authorizedoutbounds.policy.Author;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore.Page;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundList;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.james.core.Domain;

/**
 * The entries in {@code authorized_outbound} and in {@code authorized_outbound_by_ip}, which are always written together.
 *
 * <p>A malformed row, of another program, is not an entry; it hides no other row.
 */
final class AuthorizedOutboundDao {
    private static final String INSERT_BY_DOMAIN =
            "INSERT INTO %s.authorized_outbound (domain, ip, comment, added_by, added_at, expires_at, orphaned_at)"
                    + " VALUES (:domain, :ip, :comment, :added_by, :added_at, :expires_at, :orphaned_at)"
                    + " USING TTL :ttl AND TIMESTAMP :write_timestamp";
    private static final String INSERT_BY_IP =
            "INSERT INTO %s.authorized_outbound_by_ip (ip, domain, added_at, expires_at, orphaned_at)"
                    + " VALUES (:ip, :domain, :added_at, :expires_at, :orphaned_at)"
                    + " USING TTL :ttl AND TIMESTAMP :write_timestamp";
    private static final String DELETE_BY_DOMAIN =
            "DELETE FROM %s.authorized_outbound USING TIMESTAMP :write_timestamp WHERE domain = :domain AND ip = :ip";

    /** All rows, by a range: the partition may have more than entries. */
    private static final String DELETE_LIST = "DELETE FROM %s.authorized_outbound USING TIMESTAMP :write_timestamp"
            + " WHERE domain = :domain AND ip >= '0.0.0.0'";

    private static final String DELETE_BY_IP =
            "DELETE FROM %s.authorized_outbound_by_ip USING TIMESTAMP :write_timestamp WHERE ip = :ip AND domain = :domain";
    private static final String SELECT_ALL =
            "SELECT domain, ip, comment, added_by, added_at, expires_at, orphaned_at FROM %s.authorized_outbound";
    private static final String SELECT_ENTRY = SELECT_ALL + " WHERE domain = :domain AND ip = :ip";
    private static final String SELECT_DOMAIN =
            "SELECT domain, ip, comment, added_by, added_at, expires_at, orphaned_at, enforcement"
                    + " FROM %s.authorized_outbound WHERE domain = :domain";
    private static final String SELECT_IP =
            "SELECT ip, domain, added_at, expires_at, orphaned_at FROM %s.authorized_outbound_by_ip WHERE ip = :ip";

    private final QuorumSession session;
    private final PreparedStatement insertByDomain;
    private final PreparedStatement insertByIp;
    private final PreparedStatement deleteByDomain;
    private final PreparedStatement deleteList;
    private final PreparedStatement deleteByIp;
    private final PreparedStatement selectAll;
    private final PreparedStatement selectDomain;
    private final PreparedStatement selectEntry;
    private final PreparedStatement selectIp;

    private AuthorizedOutboundDao(QuorumSession session, ImmutableMap<String, PreparedStatement> statements) {
        this.session = session;
        this.insertByDomain = statements.get(INSERT_BY_DOMAIN);
        this.insertByIp = statements.get(INSERT_BY_IP);
        this.deleteByDomain = statements.get(DELETE_BY_DOMAIN);
        this.deleteList = statements.get(DELETE_LIST);
        this.deleteByIp = statements.get(DELETE_BY_IP);
        this.selectAll = statements.get(SELECT_ALL);
        this.selectDomain = statements.get(SELECT_DOMAIN);
        this.selectEntry = statements.get(SELECT_ENTRY);
        this.selectIp = statements.get(SELECT_IP);
    }

    static CompletionStage<AuthorizedOutboundDao> prepare(QuorumSession session) {
        return session.prepare(
                        INSERT_BY_DOMAIN,
                        INSERT_BY_IP,
                        DELETE_BY_DOMAIN,
                        DELETE_LIST,
                        DELETE_BY_IP,
                        SELECT_ALL,
                        SELECT_DOMAIN,
                        SELECT_ENTRY,
                        SELECT_IP)
                .thenApply(statements -> new AuthorizedOutboundDao(session, statements));
    }

    /**
     * Replaces the rows of an entry. A column without a value is left unset: in a new row a null would be a tombstone. So
     * the row that was there before is deleted first, a microsecond earlier.
     *
     * @param entry expires after {@code now}, or not at all
     * @param time  the timestamp of the new rows
     */
    ImmutableList<BatchableStatement<?>> replace(AuthorizedOutbound entry, Instant now, ChangeTime time) {
        return ImmutableList.<BatchableStatement<?>>builder()
                .addAll(delete(entry.domain(), entry.address(), time.justBefore()))
                .addAll(insert(entry, now, time))
                .build();
    }

    /**
     * Writes the row of an unchanged entry in its list once more, so that {@link #deleteList} does not delete it.
     *
     * @param entry expires after {@code now}, or not at all
     */
    BatchableStatement<?> keep(AuthorizedOutbound entry, Instant now, ChangeTime time) {
        return insert(entry, now, time).get(0);
    }

    /** In this order: the row in the list of the domain, and the row of the address. */
    private ImmutableList<BatchableStatement<?>> insert(AuthorizedOutbound entry, Instant now, ChangeTime time) {
        int ttl =
                entry.expiresAt().map(expiry -> TimeToLive.between(now, expiry)).orElse(TimeToLive.UNLIMITED);
        BoundStatementBuilder byDomain = key(insertByDomain, entry.domain(), entry.address(), time)
                .setInstant(ADDED_AT, entry.addedAt())
                .setInt(TTL, ttl);
        BoundStatementBuilder byIp = key(insertByIp, entry.domain(), entry.address(), time)
                .setInstant(ADDED_AT, entry.addedAt())
                .setInt(TTL, ttl);
        if (entry.comment().isPresent()) {
            byDomain = byDomain.setString(COMMENT, entry.comment().get());
        }
        if (entry.addedBy().user().isPresent()) {
            byDomain = byDomain.setString(ADDED_BY, entry.addedBy().user().get());
        }
        if (entry.expiresAt().isPresent()) {
            byDomain = byDomain.setInstant(EXPIRES_AT, entry.expiresAt().get());
            byIp = byIp.setInstant(EXPIRES_AT, entry.expiresAt().get());
        }
        if (entry.orphanedAt().isPresent()) {
            byDomain = byDomain.setInstant(ORPHANED_AT, entry.orphanedAt().get());
            byIp = byIp.setInstant(ORPHANED_AT, entry.orphanedAt().get());
        }
        return ImmutableList.of(byDomain.build(), byIp.build());
    }

    ImmutableList<BatchableStatement<?>> delete(Domain domain, OutboundAddress address, ChangeTime time) {
        return ImmutableList.of(
                key(deleteByDomain, domain, address, time).build(),
                key(deleteByIp, domain, address, time).build());
    }

    /** Deletes the row of an address, but not the one in the list of the domain. */
    BatchableStatement<?> deleteByIp(Domain domain, OutboundAddress address, ChangeTime time) {
        return key(deleteByIp, domain, address, time).build();
    }

    /**
     * Deletes the rows of a list that are older than the time, as one tombstone however many they are. The rows of the
     * addresses remain.
     */
    BatchableStatement<?> deleteList(Domain domain, ChangeTime time) {
        return deleteList
                .boundStatementBuilder()
                .setString(DOMAIN, domain.asString())
                .setLong(WRITE_TIMESTAMP, time.justBefore().asMicroseconds())
                .build();
    }

    private static BoundStatementBuilder key(
            PreparedStatement statement, Domain domain, OutboundAddress address, ChangeTime time) {
        return key(statement, domain, address).setLong(WRITE_TIMESTAMP, time.asMicroseconds());
    }

    private static BoundStatementBuilder key(PreparedStatement statement, Domain domain, OutboundAddress address) {
        return statement
                .boundStatementBuilder()
                .setString(DOMAIN, domain.asString())
                .setInetAddress(IP, address.asInetAddress());
    }

    CompletionStage<List<AuthorizedOutbound>> find(
            Domain domain, OutboundAddress address, Predicate<AuthorizedOutbound> filter) {
        return session.list(
                key(selectEntry, domain, address).build(), row -> entry(row).filter(filter));
    }

    CompletionStage<OutboundList> read(Domain domain, Predicate<AuthorizedOutbound> filter) {
        return session.list(
                        selectDomain
                                .boundStatementBuilder()
                                .setString(DOMAIN, domain.asString())
                                .build(),
                        Optional::of)
                .thenApply(rows -> list(rows, filter));
    }

    /** Each row has the enforcement of the domain. */
    private static OutboundList list(List<Row> rows, Predicate<AuthorizedOutbound> filter) {
        ImmutableList<AuthorizedOutbound> entries = rows.stream()
                .flatMap(row -> entry(row).filter(filter).stream())
                .sorted(Comparator.comparing(AuthorizedOutbound::address))
                .collect(ImmutableList.toImmutableList());
        return rows.stream()
                .findFirst()
                .flatMap(DomainEnforcementDao::own)
                .map(own -> OutboundList.of(entries, own))
                .orElseGet(() -> OutboundList.of(entries));
    }

    /** Returns bare entries. */
    CompletionStage<List<AuthorizedOutbound>> listings(OutboundAddress address, Predicate<AuthorizedOutbound> filter) {
        return session.list(
                selectIp.boundStatementBuilder()
                        .setInetAddress(IP, address.asInetAddress())
                        .build(),
                row -> bareEntry(row).filter(filter));
    }

    CompletionStage<Page> everything(Predicate<AuthorizedOutbound> filter) {
        return session.execute(selectAll.boundStatementBuilder().build()).thenApply(rows -> page(rows, filter));
    }

    private static Page page(AsyncResultSet rows, Predicate<AuthorizedOutbound> filter) {
        ImmutableList<AuthorizedOutbound> entries = Streams.stream(rows.currentPage())
                .flatMap(row -> entry(row).filter(filter).stream())
                .collect(ImmutableList.toImmutableList());
        return new Page() {
            @Override
            public ImmutableList<AuthorizedOutbound> entries() {
                return entries;
            }

            @Override
            public Optional<CompletionStage<Page>> next() {
                return rows.hasMorePages()
                        ? Optional.of(rows.fetchNextPage().thenApply(following -> page(following, filter)))
                        : Optional.empty();
            }
        };
    }

    private static Optional<AuthorizedOutbound> entry(Row row) {
        if (row.isNull(IP)) {
            // Of a domain that has an enforcement and no entry.
            return Optional.empty();
        }
        return entry(row, entry -> {
            Optional.ofNullable(row.getString(COMMENT)).ifPresent(entry::comment);
            Optional.ofNullable(row.getString(ADDED_BY)).map(Author::of).ifPresent(entry::addedBy);
        });
    }

    private static Optional<AuthorizedOutbound> bareEntry(Row row) {
        return entry(row, entry -> {});
    }

    private static Optional<AuthorizedOutbound> entry(Row row, Consumer<AuthorizedOutbound.Builder> details) {
        try {
            AuthorizedOutbound.Builder entry = AuthorizedOutbound.builder()
                    .domain(Domain.of(row.getString(DOMAIN)))
                    .address(OutboundAddress.of(row.getInetAddress(IP)))
                    .addedAt(addedAt(row));
            Optional.ofNullable(row.getInstant(EXPIRES_AT)).ifPresent(entry::expiresAt);
            Optional.ofNullable(row.getInstant(ORPHANED_AT)).ifPresent(entry::orphanedAt);
            details.accept(entry);
            return Optional.of(entry.build());
        } catch (IllegalArgumentException e) {
            return MalformedRows.skip(row, e);
        }
    }

    /** Every row that this class wrote has one. */
    private static Instant addedAt(Row row) {
        return Optional.ofNullable(row.getInstant(ADDED_AT))
                .orElseThrow(() -> new IllegalArgumentException("there is no " + ADDED_AT));
    }
}
