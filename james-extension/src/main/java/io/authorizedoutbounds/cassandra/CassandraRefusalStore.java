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
import static io.authorizedoutbounds.cassandra.OutboundTables.SINCE;
import static io.authorizedoutbounds.cassandra.OutboundTables.TTL;

import com.datastax.oss.driver.api.core.cql.Row;
import io.authorizedoutbounds.cassandra.OutboundTables.Query;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.RefusalCount;
import io.authorizedoutbounds.policy.RefusalStore;
import java.time.Clock;
import java.time.Duration;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.james.core.Domain;

/** Refusals in Cassandra, each row written anew while it grows. Reads and writes at LOCAL_QUORUM. */
public class CassandraRefusalStore implements RefusalStore {
    private final CassandraConnection connection;
    private final Duration retention;
    private final Clock clock;

    public CassandraRefusalStore(CassandraConnection connection, Duration retention, Clock clock) {
        this.connection = connection;
        this.retention = retention;
        this.clock = clock;
    }

    @Override
    public CompletionStage<Void> save(RefusalCount count) {
        return connection
                .execute(tables -> tables.bind(Query.INSERT_REFUSAL)
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

    @Override
    public CompletionStage<Void> forEach(Domain domain, Consumer<RefusalCount> consumer) {
        return connection.read(
                tables -> tables.bind(Query.SELECT_REFUSALS)
                        .setString(DOMAIN, domain.asString())
                        // What has expired is not read: there may be much of it.
                        .setInstant(SINCE, clock.instant().minus(retention))
                        .build(),
                row -> count(row).ifPresent(consumer),
                () -> true);
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
