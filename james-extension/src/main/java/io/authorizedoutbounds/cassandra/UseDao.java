// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import static io.authorizedoutbounds.cassandra.OutboundTables.DOMAIN;
import static io.authorizedoutbounds.cassandra.OutboundTables.HOUR;
import static io.authorizedoutbounds.cassandra.OutboundTables.IP;
import static io.authorizedoutbounds.cassandra.OutboundTables.TTL;
import static io.authorizedoutbounds.cassandra.OutboundTables.WRITE_TIMESTAMP;

import com.datastax.oss.driver.api.core.cql.BoundStatement;
import com.datastax.oss.driver.api.core.cql.BoundStatementBuilder;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.Row;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Ordering;
import io.authorizedoutbounds.policy.EntryId;
import io.authorizedoutbounds.policy.LastUses;
import io.authorizedoutbounds.policy.OutboundAddress;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import org.apache.james.core.Domain;

/**
 * The hours in {@code authorized_outbound_use}. A row has the timestamp of its hour, so that of two nodes the one with the
 * later hour wins, whichever writes last.
 *
 * <p>A malformed row, of another program, is not a use.
 */
final class UseDao {
    private static final String INSERT = "INSERT INTO %s.authorized_outbound_use (domain, ip, hour)"
            + " VALUES (:domain, :ip, :hour) USING TTL :ttl AND TIMESTAMP :write_timestamp";
    private static final String SELECT = "SELECT domain, ip, hour FROM %s.authorized_outbound_use";
    private static final String SELECT_DOMAIN = SELECT + " WHERE domain = :domain";
    private static final String SELECT_ENTRY = SELECT_DOMAIN + " AND ip = :ip";
    private static final String SELECT_RANGE =
            SELECT + " WHERE token(domain) >= token(:first_domain) AND token(domain) <= token(:last_domain)";

    private static final String FIRST_DOMAIN = "first_domain";
    private static final String LAST_DOMAIN = "last_domain";

    private final QuorumSession session;
    private final PreparedStatement insert;
    private final PreparedStatement selectDomain;
    private final PreparedStatement selectEntry;
    private final PreparedStatement selectRange;

    private UseDao(QuorumSession session, ImmutableMap<String, PreparedStatement> statements) {
        this.session = session;
        this.insert = statements.get(INSERT);
        this.selectDomain = statements.get(SELECT_DOMAIN);
        this.selectEntry = statements.get(SELECT_ENTRY);
        this.selectRange = statements.get(SELECT_RANGE);
    }

    static CompletionStage<UseDao> prepare(QuorumSession session) {
        return session.prepare(INSERT, SELECT_DOMAIN, SELECT_ENTRY, SELECT_RANGE)
                .thenApply(statements -> new UseDao(session, statements));
    }

    /** @param ttl in seconds */
    CompletionStage<Void> insert(EntryId entry, Instant hour, int ttl) {
        return session.execute(key(insert, entry)
                        .setInstant(HOUR, hour)
                        .setInt(TTL, ttl)
                        .setLong(WRITE_TIMESTAMP, ChronoUnit.MICROS.between(Instant.EPOCH, hour))
                        .build())
                .thenAccept(result -> {});
    }

    CompletionStage<LastUses> find(EntryId entry) {
        return lastUses(key(selectEntry, entry).build(), id -> true);
    }

    CompletionStage<LastUses> list(Domain domain) {
        return lastUses(
                selectDomain
                        .boundStatementBuilder()
                        .setString(DOMAIN, domain.asString())
                        .build(),
                id -> true);
    }

    /**
     * The uses of all domains from one to another, in the order of the tokens.
     *
     * @param filter which of them to hold in memory
     */
    CompletionStage<LastUses> listRange(Domain first, Domain last, Predicate<EntryId> filter) {
        return lastUses(
                selectRange
                        .boundStatementBuilder()
                        .setString(FIRST_DOMAIN, first.asString())
                        .setString(LAST_DOMAIN, last.asString())
                        .build(),
                filter);
    }

    private static BoundStatementBuilder key(PreparedStatement statement, EntryId entry) {
        return statement
                .boundStatementBuilder()
                .setString(DOMAIN, entry.domain().asString())
                .setInetAddress(IP, entry.address().asInetAddress());
    }

    private CompletionStage<LastUses> lastUses(BoundStatement query, Predicate<EntryId> filter) {
        return session.list(query, row -> use(row).filter(use -> filter.test(use.getKey())))
                .thenApply(UseDao::latest);
    }

    private static LastUses latest(List<Map.Entry<EntryId, Instant>> uses) {
        Map<EntryId, Instant> hours = new HashMap<>();
        // Two rows that another program spelled differently.
        uses.forEach(use -> hours.merge(use.getKey(), use.getValue(), Ordering.natural()::max));
        return LastUses.copyOf(hours);
    }

    private static Optional<Map.Entry<EntryId, Instant>> use(Row row) {
        try {
            return Optional.of(Map.entry(
                    EntryId.of(Domain.of(row.getString(DOMAIN)), OutboundAddress.of(row.getInetAddress(IP))),
                    Optional.ofNullable(row.getInstant(HOUR)).orElseThrow()));
        } catch (IllegalArgumentException | NoSuchElementException e) {
            return MalformedRows.skip(row, e);
        }
    }
}
