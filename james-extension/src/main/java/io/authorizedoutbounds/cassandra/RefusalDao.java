// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import static io.authorizedoutbounds.cassandra.OutboundTables.ATTEMPTS;
import static io.authorizedoutbounds.cassandra.OutboundTables.DOMAIN;
import static io.authorizedoutbounds.cassandra.OutboundTables.FIRST_SEEN;
import static io.authorizedoutbounds.cassandra.OutboundTables.HOUR;
import static io.authorizedoutbounds.cassandra.OutboundTables.ID;
import static io.authorizedoutbounds.cassandra.OutboundTables.IP;
import static io.authorizedoutbounds.cassandra.OutboundTables.LAST_RECIPIENT_DOMAIN;
import static io.authorizedoutbounds.cassandra.OutboundTables.LAST_SEEN;
import static io.authorizedoutbounds.cassandra.OutboundTables.LAST_SENDER;
import static io.authorizedoutbounds.cassandra.OutboundTables.TTL;

import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.Row;
import com.google.common.collect.ImmutableMap;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.RefusalCount;
import java.time.Duration;
import java.time.Instant;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.james.core.Domain;

/**
 * The counts in {@code authorized_outbound_refusal}.
 *
 * <p>A malformed row, of another program, is not a count.
 */
final class RefusalDao {
    private static final String INSERT =
            "INSERT INTO %s.authorized_outbound_refusal (domain, hour, id, ip, attempts, first_seen, last_seen,"
                    + " last_sender, last_recipient_domain) VALUES (:domain, :hour, :id, :ip, :attempts, :first_seen,"
                    + " :last_seen, :last_sender, :last_recipient_domain) USING TTL :ttl";
    private static final String SELECT =
            "SELECT domain, hour, id, ip, attempts, first_seen, last_seen, last_sender, last_recipient_domain"
                    + " FROM %s.authorized_outbound_refusal WHERE domain = :domain AND hour >= :since";

    private static final String SINCE = "since";

    private final QuorumSession session;
    private final PreparedStatement insert;
    private final PreparedStatement select;

    private RefusalDao(QuorumSession session, ImmutableMap<String, PreparedStatement> statements) {
        this.session = session;
        this.insert = statements.get(INSERT);
        this.select = statements.get(SELECT);
    }

    static CompletionStage<RefusalDao> prepare(QuorumSession session) {
        return session.prepare(INSERT, SELECT).thenApply(statements -> new RefusalDao(session, statements));
    }

    CompletionStage<Void> insert(RefusalCount count, Duration retention) {
        return session.execute(insert.boundStatementBuilder()
                        .setString(DOMAIN, count.domain().asString())
                        .setInstant(HOUR, count.hour())
                        .setUuid(ID, count.id())
                        .setInetAddress(
                                IP,
                                count.client()
                                        .map(OutboundAddress::asInetAddress)
                                        .orElse(null))
                        .setLong(ATTEMPTS, count.attempts())
                        .setInstant(FIRST_SEEN, count.firstSeen())
                        .setInstant(LAST_SEEN, count.lastSeen())
                        .setString(LAST_SENDER, count.lastSender())
                        .setString(
                                LAST_RECIPIENT_DOMAIN,
                                count.lastRecipientDomain().orElse(null))
                        .setInt(TTL, Math.toIntExact(retention.toSeconds()))
                        .build())
                .thenAccept(result -> {});
    }

    /** Passes the counts of the hours since an instant to the consumer, those of the newest hour first. */
    CompletionStage<Void> forEach(Domain domain, Instant since, Consumer<RefusalCount> consumer) {
        return session.forEach(
                select.boundStatementBuilder()
                        .setString(DOMAIN, domain.asString())
                        .setInstant(SINCE, since)
                        .build(),
                row -> count(row).ifPresent(consumer));
    }

    private static Optional<RefusalCount> count(Row row) {
        try {
            RefusalCount.Builder count = RefusalCount.builder()
                    .id(row.getUuid(ID))
                    .domain(Domain.of(row.getString(DOMAIN)))
                    .hour(row.getInstant(HOUR))
                    .attempts(row.getLong(ATTEMPTS))
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
