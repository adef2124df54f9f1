// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import static io.authorizedoutbounds.cassandra.OutboundTables.ADDRESSES;
import static io.authorizedoutbounds.cassandra.OutboundTables.ATTEMPTS;
import static io.authorizedoutbounds.cassandra.OutboundTables.DOMAIN;
import static io.authorizedoutbounds.cassandra.OutboundTables.FIRST_SEEN;
import static io.authorizedoutbounds.cassandra.OutboundTables.HOUR;
import static io.authorizedoutbounds.cassandra.OutboundTables.ID;
import static io.authorizedoutbounds.cassandra.OutboundTables.IP;
import static io.authorizedoutbounds.cassandra.OutboundTables.LAST_RECIPIENT_DOMAIN;
import static io.authorizedoutbounds.cassandra.OutboundTables.LAST_SEEN;
import static io.authorizedoutbounds.cassandra.OutboundTables.LAST_SENDER;
import static io.authorizedoutbounds.cassandra.OutboundTables.QUARANTINED;
import static io.authorizedoutbounds.cassandra.OutboundTables.REFUSED;
import static io.authorizedoutbounds.cassandra.OutboundTables.TTL;

import com.datastax.oss.driver.api.core.cql.BoundStatementBuilder;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.Row;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Lists;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.RefusalCount;
import io.authorizedoutbounds.policy.RefusalSum;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.james.core.Domain;

/**
 * The counts in {@code authorized_outbound_refusal}, and their sums by domain and hour in {@code
 * authorized_outbound_refusal_by_hour}.
 *
 * <p>A malformed row, of another program, is not a count.
 */
final class RefusalDao {
    private static final String INSERT =
            "INSERT INTO %s.authorized_outbound_refusal (domain, hour, id, ip, attempts, refused, quarantined, first_seen,"
                    + " last_seen, last_sender, last_recipient_domain) VALUES (:domain, :hour, :id, :ip, :attempts,"
                    + " :refused, :quarantined, :first_seen, :last_seen, :last_sender, :last_recipient_domain) USING TTL :ttl";
    private static final String SELECT =
            "SELECT domain, hour, id, ip, attempts, refused, quarantined, first_seen, last_seen, last_sender,"
                    + " last_recipient_domain"
                    + " FROM %s.authorized_outbound_refusal WHERE domain = :domain AND hour >= :since"
                    + " LIMIT :max_counts";
    private static final String INSERT_SUM =
            "INSERT INTO %s.authorized_outbound_refusal_by_hour (hour, domain, id, attempts, refused, quarantined, addresses,"
                    + " last_seen) VALUES (:hour, :domain, :id, :attempts, :refused, :quarantined, :addresses, :last_seen)"
                    + " USING TTL :ttl";
    private static final String SELECT_SUMS_OF_HOUR =
            "SELECT hour, domain, id, attempts, refused, quarantined, addresses, last_seen"
                    + " FROM %s.authorized_outbound_refusal_by_hour WHERE hour = :hour LIMIT :max_counts";
    private static final String SELECT_SUMS = "SELECT hour, attempts FROM %s.authorized_outbound_refusal_by_hour"
            + " WHERE hour IN :hours AND domain = :domain";

    private static final String SINCE = "since";
    private static final String MAX_COUNTS = "max_counts";
    private static final String HOURS = "hours";

    /** Partitions of one query. */
    private static final int HOURS_PER_QUERY = 24;

    private final QuorumSession session;
    private final PreparedStatement insert;
    private final PreparedStatement select;
    private final PreparedStatement insertSum;
    private final PreparedStatement selectSumsOfHour;
    private final PreparedStatement selectSums;

    private RefusalDao(QuorumSession session, ImmutableMap<String, PreparedStatement> statements) {
        this.session = session;
        this.insert = statements.get(INSERT);
        this.select = statements.get(SELECT);
        this.insertSum = statements.get(INSERT_SUM);
        this.selectSumsOfHour = statements.get(SELECT_SUMS_OF_HOUR);
        this.selectSums = statements.get(SELECT_SUMS);
    }

    static CompletionStage<RefusalDao> prepare(QuorumSession session) {
        return session.prepare(INSERT, SELECT, INSERT_SUM, SELECT_SUMS_OF_HOUR, SELECT_SUMS)
                .thenApply(statements -> new RefusalDao(session, statements));
    }

    /** A column without a value is left unset: in a new row, a null would be a tombstone. */
    CompletionStage<Void> insert(RefusalCount count, Duration retention) {
        BoundStatementBuilder row = key(insert, count.domain(), count.hour(), count.id(), retention)
                .setLong(ATTEMPTS, count.attempts())
                .setLong(REFUSED, count.refused())
                .setLong(QUARANTINED, count.quarantined())
                .setInstant(FIRST_SEEN, count.firstSeen())
                .setInstant(LAST_SEEN, count.lastSeen())
                .setString(LAST_SENDER, count.lastSender());
        if (count.client().isPresent()) {
            row = row.setInetAddress(IP, count.client().get().asInetAddress());
        }
        if (count.lastRecipientDomain().isPresent()) {
            row = row.setString(
                    LAST_RECIPIENT_DOMAIN, count.lastRecipientDomain().get());
        }
        return session.execute(row.build()).thenAccept(result -> {});
    }

    CompletionStage<Void> insertSum(RefusalSum sum, Duration retention) {
        return session.execute(key(insertSum, sum.domain(), sum.hour(), sum.id(), retention)
                        .setLong(ATTEMPTS, sum.attempts())
                        .setLong(REFUSED, sum.refused())
                        .setLong(QUARANTINED, sum.quarantined())
                        .setInt(ADDRESSES, sum.addresses())
                        .setInstant(LAST_SEEN, sum.lastSeen())
                        .build())
                .thenAccept(result -> {});
    }

    private static BoundStatementBuilder key(
            PreparedStatement statement, Domain domain, Instant hour, UUID id, Duration retention) {
        return statement
                .boundStatementBuilder()
                .setString(DOMAIN, domain.asString())
                .setInstant(HOUR, hour)
                .setUuid(ID, id)
                .setInt(TTL, Math.toIntExact(retention.toSeconds()));
    }

    /** Returns sums of all domains within an hour, at most {@code limit}, in no order that means something. */
    CompletionStage<List<RefusalSum>> sumsOfHour(Instant hour, int limit) {
        return session.list(
                selectSumsOfHour
                        .boundStatementBuilder()
                        .setInstant(HOUR, hour)
                        .setInt(MAX_COUNTS, limit)
                        .build(),
                RefusalDao::sum);
    }

    /** Returns the counts of the hours since an instant, those of the newest hour first. */
    CompletionStage<List<RefusalCount>> newest(Domain domain, Instant since, int limit) {
        return session.list(
                select.boundStatementBuilder()
                        .setString(DOMAIN, domain.asString())
                        .setInstant(SINCE, since)
                        .setInt(MAX_COUNTS, limit)
                        .build(),
                RefusalDao::count);
    }

    /** Returns the sums over all nodes of the hours that have any. */
    CompletionStage<Map<Instant, Long>> attemptsByHour(Domain domain, List<Instant> hours) {
        CompletionStage<Map<Instant, Long>> sums = CompletableFuture.completedFuture(new HashMap<>());
        for (List<Instant> some : Lists.partition(hours, HOURS_PER_QUERY)) {
            sums = sums.thenCombine(sums(domain, some), (all, read) -> {
                read.forEach(sum -> all.merge(sum.getKey(), sum.getValue(), Long::sum));
                return all;
            });
        }
        return sums;
    }

    private CompletionStage<List<Map.Entry<Instant, Long>>> sums(Domain domain, List<Instant> hours) {
        return session.list(
                selectSums
                        .boundStatementBuilder()
                        .setList(HOURS, hours, Instant.class)
                        .setString(DOMAIN, domain.asString())
                        .build(),
                row -> Optional.of(Map.entry(row.getInstant(HOUR), row.getLong(ATTEMPTS))));
    }

    /** A row of an earlier version does not have them: it counts as if the domain had not reported. */
    private static long refused(Row row) {
        return row.isNull(REFUSED) ? row.getLong(ATTEMPTS) : row.getLong(REFUSED);
    }

    /** Reads by position: to find the columns by name takes a sixth of the time of an overview of many domains. */
    private static Optional<RefusalSum> sum(Row row) {
        try {
            long attempts = row.getLong(3);
            return Optional.of(RefusalSum.builder()
                    .hour(row.getInstant(0))
                    .domain(Domain.of(row.getString(1)))
                    .id(row.getUuid(2))
                    .attempts(attempts)
                    .refused(row.isNull(4) ? attempts : row.getLong(4))
                    .quarantined(row.getLong(5))
                    .addresses(row.getInt(6))
                    .lastSeen(Optional.ofNullable(row.getInstant(7)).orElseThrow())
                    .build());
        } catch (IllegalArgumentException | NoSuchElementException e) {
            return MalformedRows.skip(row, e);
        }
    }

    private static Optional<RefusalCount> count(Row row) {
        try {
            RefusalCount.Builder count = RefusalCount.builder()
                    .id(row.getUuid(ID))
                    .domain(Domain.of(row.getString(DOMAIN)))
                    .hour(row.getInstant(HOUR))
                    .attempts(row.getLong(ATTEMPTS))
                    .refused(refused(row))
                    .quarantined(row.getLong(QUARANTINED))
                    .firstSeen(Optional.ofNullable(row.getInstant(FIRST_SEEN)).orElseThrow())
                    .lastSeen(Optional.ofNullable(row.getInstant(LAST_SEEN)).orElseThrow())
                    .lastSender(Optional.ofNullable(row.getString(LAST_SENDER)).orElseThrow());
            Optional.ofNullable(row.getInetAddress(IP)).map(OutboundAddress::of).ifPresent(count::client);
            Optional.ofNullable(row.getString(LAST_RECIPIENT_DOMAIN)).ifPresent(count::lastRecipientDomain);
            return Optional.of(count.build());
        } catch (IllegalArgumentException | NoSuchElementException e) {
            return MalformedRows.skip(row, e);
        }
    }
}
