// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import com.datastax.oss.driver.api.core.CqlIdentifier;
import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.cql.SimpleStatement;
import com.datastax.oss.driver.api.core.metadata.schema.TableMetadata;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableListMultimap;
import com.google.common.collect.ImmutableMap;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The tables: their definitions, and the names of their columns. */
final class OutboundTables {
    static final String DOMAIN = "domain";
    static final String IP = "ip";
    static final String COMMENT = "comment";
    static final String ADDED_BY = "added_by";
    static final String ADDED_AT = "added_at";
    static final String EXPIRES_AT = "expires_at";
    static final String ORPHANED_AT = "orphaned_at";
    static final String ENFORCEMENT = "enforcement";
    static final String ENFORCEMENT_CHANGED_BY = "enforcement_changed_by";
    static final String ENFORCEMENT_CHANGED_AT = "enforcement_changed_at";
    static final String HOUR = "hour";
    static final String ID = "id";
    static final String ACTION = "action";
    static final String CHANGED_BY = "changed_by";
    static final String ATTEMPTS = "attempts";
    static final String ADDRESSES = "addresses";
    static final String QUARANTINED = "quarantined";
    static final String REFUSED = "refused";
    static final String FIRST_SEEN = "first_seen";
    static final String LAST_SEEN = "last_seen";
    static final String LAST_SENDER = "last_sender";
    static final String LAST_RECIPIENT_DOMAIN = "last_recipient_domain";

    /** The parameter of {@code USING TTL}. */
    static final String TTL = "ttl";

    /** The parameter of {@code USING TIMESTAMP}, in microseconds. */
    static final String WRITE_TIMESTAMP = "write_timestamp";

    private static final Duration SCHEMA_TIMEOUT = Duration.ofSeconds(12);

    /**
     * When a member does not answer within this time, another one is queried. Cassandra's default is learned from use, and is
     * at first far longer than a decision waits.
     */
    private static final String SPECULATIVE_RETRY = " AND speculative_retry = '50ms'";

    private static final ImmutableMap<String, String> DEFINITIONS = ImmutableMap.of(
            "authorized_outbound",
            "(domain text, ip inet, comment text, added_by text, added_at timestamp, expires_at timestamp,"
                    + " orphaned_at timestamp, enforcement text static, enforcement_changed_by text static,"
                    + " enforcement_changed_at timestamp static, PRIMARY KEY ((domain), ip))"
                    + " WITH comment = 'The domain may send from the ip until expires_at, unless orphaned_at is set: then"
                    + " the domain was removed from James. enforcement is enforce or report, and unset where the default"
                    + " applies. One partition for each domain, with a few rows, at most 10000.'",
            "authorized_outbound_by_ip",
            "(ip inet, domain text, added_at timestamp, expires_at timestamp, orphaned_at timestamp,"
                    + " PRIMARY KEY ((ip), domain))"
                    + " WITH comment = 'The rows of authorized_outbound by ip. One partition for each ip, one row for each"
                    + " domain that lists it.'",
            "authorized_outbound_change",
            "(hour timestamp, id timeuuid, action text, domain text, ip inet, comment text, expires_at timestamp,"
                    + " changed_by text, PRIMARY KEY ((hour), id)) WITH CLUSTERING ORDER BY (id DESC)"
                    + " AND comment = 'The change log: who put, removed or orphaned which entry, and when; without an ip, who"
                    + " changed the enforcement of which domain. One partition for"
                    + " each hour, one row for each change; rows expire after changes.retention.'",
            "authorized_outbound_change_by_domain",
            "(domain text, id timeuuid, action text, ip inet, comment text, expires_at timestamp, changed_by text,"
                    + " PRIMARY KEY ((domain), id)) WITH CLUSTERING ORDER BY (id DESC)"
                    + " AND comment = 'The rows of authorized_outbound_change by domain, for the history of one domain. One"
                    + " partition for each domain, one row for each change; rows expire after changes.retention.'",
            "authorized_outbound_refusal",
            "(domain text, hour timestamp, id uuid, ip inet, attempts bigint, refused bigint, quarantined bigint, first_seen timestamp,"
                    + " last_seen timestamp, last_sender text, last_recipient_domain text,"
                    + " PRIMARY KEY ((domain), hour, id)) WITH CLUSTERING ORDER BY (hour DESC, id DESC)"
                    // Rows expire by whole files, and no row is ever deleted.
                    + " AND compaction = {'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': 'HOURS',"
                    + " 'compaction_window_size': 12} AND gc_grace_seconds = 86400"
                    + " AND comment = 'How often one node refused, or would have refused, a domain from an ip within an hour"
                    + " (attempts, of which refused were answered 451); in a row without an ip,"
                    + " from all the ips that it did not count one by one. One partition for each domain, with at most some"
                    + " thousand rows for each hour and node; rows expire after refusals.retention.'",
            "authorized_outbound_refusal_by_hour",
            "(hour timestamp, domain text, id uuid, attempts bigint, refused bigint, quarantined bigint, addresses int, last_seen timestamp,"
                    + " PRIMARY KEY ((hour), domain, id))"
                    + " WITH compaction = {'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': 'HOURS',"
                    + " 'compaction_window_size': 12} AND gc_grace_seconds = 86400"
                    + " AND comment = 'How often one node refused, or would have refused, a domain within an hour, from all ips"
                    + " together. One partition for each hour, one row for each domain and node; rows expire after"
                    + " refusals.retention.'",
            "authorized_outbound_use",
            "(domain text, ip inet, hour timestamp, PRIMARY KEY ((domain), ip))"
                    // Rows are overwritten and expire, none is ever deleted.
                    + " WITH gc_grace_seconds = 86400"
                    + " AND comment = 'The hour in which an entry of authorized_outbound last let a RCPT through. The same"
                    + " partitions, in the same order; a row is written at the timestamp of its hour, remains when the entry"
                    + " is removed, and expires 400 days after the hour.'");

    /** Columns that may be missing from a table of an earlier version. */
    private static final ImmutableListMultimap<String, String> ADDED_LATER =
            ImmutableListMultimap.<String, String>builder()
                    .put("authorized_outbound", ORPHANED_AT + " timestamp")
                    .put("authorized_outbound", ENFORCEMENT + " text static")
                    .put("authorized_outbound", ENFORCEMENT_CHANGED_BY + " text static")
                    .put("authorized_outbound", ENFORCEMENT_CHANGED_AT + " timestamp static")
                    .put("authorized_outbound_by_ip", ORPHANED_AT + " timestamp")
                    .put("authorized_outbound_refusal", REFUSED + " bigint")
                    .put("authorized_outbound_refusal_by_hour", REFUSED + " bigint")
                    .put("authorized_outbound_refusal", QUARANTINED + " bigint")
                    .put("authorized_outbound_refusal_by_hour", QUARANTINED + " bigint")
                    .put("authorized_outbound_refusal_by_hour", ADDRESSES + " int")
                    .build();

    private OutboundTables() {}

    /** Creates the tables and columns that are missing; may be called again after a failure. */
    static CompletionStage<Void> create(CqlSession session, CqlIdentifier keyspace) {
        CompletionStage<Void> created = CompletableFuture.completedFuture(null);
        for (Map.Entry<String, String> table : DEFINITIONS.entrySet()) {
            created = created.thenCompose(none -> create(session, keyspace, table.getKey(), table.getValue()));
        }
        return created;
    }

    private static CompletionStage<Void> create(
            CqlSession session, CqlIdentifier keyspace, String table, String definition) {
        Optional<TableMetadata> existing =
                session.getMetadata().getKeyspace(keyspace).flatMap(metadata -> metadata.getTable(table));
        if (existing.isPresent()) {
            return addMissingColumns(session, keyspace, existing.get());
        }
        return changeSchema(
                session, creationOf(keyspace, table, definition) + " AND ID = '" + idOf(keyspace, table) + "'");
    }

    private static String creationOf(CqlIdentifier keyspace, String table, String definition) {
        return "CREATE TABLE IF NOT EXISTS " + keyspace.asCql(true) + "." + table + " " + definition
                + SPECULATIVE_RETRY;
    }

    /** All of them, as UPGRADE.md has them for an operator who creates tables and adds columns by hand. */
    static ImmutableList<String> statements(CqlIdentifier keyspace) {
        return Stream.concat(
                        DEFINITIONS.entrySet().stream()
                                .map(table -> creationOf(keyspace, table.getKey(), table.getValue())),
                        ADDED_LATER.keySet().stream()
                                .map(table -> additionOf(keyspace, table, ADDED_LATER.get(table).stream())))
                .collect(ImmutableList.toImmutableList());
    }

    /**
     * The same on each node: two that create a table at once would create two with the same name otherwise, and the rows in
     * one of them would be lost. Differs by keyspace, as it must within a cluster.
     */
    private static UUID idOf(CqlIdentifier keyspace, String table) {
        return UUID.nameUUIDFromBytes((keyspace.asInternal() + "." + table).getBytes(StandardCharsets.UTF_8));
    }

    /** Waits longer than for a query: after the driver's two seconds it would fail, although the change is made. */
    static CompletionStage<Void> changeSchema(CqlSession session, String statement) {
        return session.executeAsync(SimpleStatement.newInstance(statement).setTimeout(SCHEMA_TIMEOUT))
                .thenAccept(result -> {});
    }

    /** When two nodes add them at once, one fails, and the connection is retried as after any failure. */
    private static CompletionStage<Void> addMissingColumns(
            CqlSession session, CqlIdentifier keyspace, TableMetadata table) {
        String name = table.getName().asInternal();
        ImmutableList<String> missing = ADDED_LATER.get(name).stream()
                .filter(column -> table.getColumn(column.substring(0, column.indexOf(' ')))
                        .isEmpty())
                .collect(ImmutableList.toImmutableList());
        return missing.isEmpty()
                ? CompletableFuture.completedFuture(null)
                : changeSchema(session, additionOf(keyspace, name, missing.stream()));
    }

    private static String additionOf(CqlIdentifier keyspace, String table, Stream<String> columns) {
        return "ALTER TABLE " + keyspace.asCql(true) + "." + table + " ADD ("
                + columns.collect(Collectors.joining(", ")) + ")";
    }
}
