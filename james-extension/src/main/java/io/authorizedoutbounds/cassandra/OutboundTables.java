// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import com.datastax.oss.driver.api.core.CqlIdentifier;
import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.cql.BoundStatementBuilder;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.SimpleStatement;
import com.datastax.oss.driver.api.core.metadata.schema.TableMetadata;
import com.google.common.collect.ImmutableMap;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Our tables on a session: created where they lack, their statements prepared once. Thread-safe. */
class OutboundTables {
    static final String DOMAIN = "domain";
    static final String IP = "ip";
    static final String COMMENT = "comment";
    static final String ADDED_BY = "added_by";
    static final String ADDED_AT = "added_at";
    static final String EXPIRES_AT = "expires_at";
    static final String ORPHANED_AT = "orphaned_at";
    static final String HOUR = "hour";
    static final String ID = "id";
    static final String ACTION = "action";
    static final String CHANGED_BY = "changed_by";
    static final String TTL = "ttl";
    static final String HOURS = "hours";
    static final String SINCE = "since";
    static final String MOST = "most";
    static final String ATTEMPTS = "attempts";
    static final String FIRST_SEEN = "first_seen";
    static final String LAST_SEEN = "last_seen";
    static final String LAST_SENDER = "last_sender";
    static final String LAST_RECIPIENT_DOMAIN = "last_recipient_domain";

    private static final Duration SCHEMA_TIMEOUT = Duration.ofSeconds(12);

    /**
     * When a member does not answer, another one is asked after this. The default of Cassandra is learned from use, and
     * until then far more than a decision waits.
     */
    private static final String SPECULATIVE_RETRY = " AND speculative_retry = '50ms'";

    private static final ImmutableMap<String, String> DEFINITIONS = ImmutableMap.of(
            "authorized_outbound",
            "(domain text, ip inet, comment text, added_by text, added_at timestamp, expires_at timestamp,"
                    + " orphaned_at timestamp, PRIMARY KEY ((domain), ip))"
                    + " WITH comment = 'The domain may send from the ip until expires_at, unless orphaned_at says that"
                    + " it had left James. A partition a domain,"
                    + " some rows each, 10000 at the most.'",
            "authorized_outbound_by_ip",
            "(ip inet, domain text, added_at timestamp, expires_at timestamp, orphaned_at timestamp,"
                    + " PRIMARY KEY ((ip), domain))"
                    + " WITH comment = 'The rows of authorized_outbound by address. A partition an address,"
                    + " a row for each domain that shares it.'",
            "authorized_outbound_change",
            "(hour timestamp, id timeuuid, action text, domain text, ip inet, comment text, expires_at timestamp,"
                    + " changed_by text, PRIMARY KEY ((hour), id)) WITH CLUSTERING ORDER BY (id DESC)"
                    + " AND comment = 'Who put, removed or orphaned what when. A partition an hour, a row a change,"
                    + " gone after changes.retention.'",
            "authorized_outbound_refusal",
            "(domain text, hour timestamp, id uuid, ip inet, attempts bigint, first_seen timestamp,"
                    + " last_seen timestamp, last_sender text, last_recipient_domain text,"
                    + " PRIMARY KEY ((domain), hour, id)) WITH CLUSTERING ORDER BY (hour DESC, id DESC)"
                    // What expires goes by whole files, and nothing is ever deleted.
                    + " AND compaction = {'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': 'HOURS',"
                    + " 'compaction_window_size': 12} AND gc_grace_seconds = 86400"
                    + " AND comment = 'What one node has refused for a domain from an ip in an hour; without an ip what it"
                    + " refused of others that it did not keep. A partition a domain, some thousand rows an hour"
                    + " and node at the most, gone after refusals.retention.'");

    /** Columns that a table of an earlier version may lack. */
    private static final ImmutableMap<String, String> ADDED_LATER = ImmutableMap.of(
            "authorized_outbound", ORPHANED_AT + " timestamp",
            "authorized_outbound_by_ip", ORPHANED_AT + " timestamp");

    /** All that is asked of the tables. */
    enum Query {
        INSERT_BY_DOMAIN("INSERT INTO %s.authorized_outbound (domain, ip, comment, added_by, added_at, expires_at,"
                + " orphaned_at) VALUES (:domain, :ip, :comment, :added_by, :added_at, :expires_at, :orphaned_at)"
                + " USING TTL :ttl"),
        INSERT_BY_IP("INSERT INTO %s.authorized_outbound_by_ip (ip, domain, added_at, expires_at, orphaned_at)"
                + " VALUES (:ip, :domain, :added_at, :expires_at, :orphaned_at) USING TTL :ttl"),
        INSERT_CHANGE("INSERT INTO %s.authorized_outbound_change"
                + " (hour, id, action, domain, ip, comment, expires_at, changed_by)"
                + " VALUES (:hour, :id, :action, :domain, :ip, :comment, :expires_at, :changed_by) USING TTL :ttl"),
        DELETE_BY_DOMAIN("DELETE FROM %s.authorized_outbound WHERE domain = :domain AND ip = :ip"),
        DELETE_BY_IP("DELETE FROM %s.authorized_outbound_by_ip WHERE ip = :ip AND domain = :domain"),
        SELECT_DOMAIN("SELECT domain, ip, comment, added_by, added_at, expires_at, orphaned_at"
                + " FROM %s.authorized_outbound WHERE domain = :domain"),
        SELECT_ENTRY("SELECT domain, ip, comment, added_by, added_at, expires_at, orphaned_at"
                + " FROM %s.authorized_outbound WHERE domain = :domain AND ip = :ip"),
        SELECT_EVERYTHING("SELECT domain, ip, comment, added_by, added_at, expires_at, orphaned_at"
                + " FROM %s.authorized_outbound"),
        SELECT_IP(
                "SELECT ip, domain, added_at, expires_at, orphaned_at FROM %s.authorized_outbound_by_ip WHERE ip = :ip"),
        /** Without what a lookup does not need of them: read every second. */
        SELECT_CHANGES("SELECT id, action, domain, ip FROM %s.authorized_outbound_change"
                + " WHERE hour IN :hours AND id >= :since LIMIT :most"),
        SELECT_HISTORY("SELECT id, action, domain, ip, comment, expires_at, changed_by"
                + " FROM %s.authorized_outbound_change WHERE hour = :hour AND id >= :since"),
        INSERT_REFUSAL(
                "INSERT INTO %s.authorized_outbound_refusal (domain, hour, id, ip, attempts, first_seen, last_seen,"
                        + " last_sender, last_recipient_domain) VALUES (:domain, :hour, :id, :ip, :attempts, :first_seen,"
                        + " :last_seen, :last_sender, :last_recipient_domain) USING TTL :ttl"),
        SELECT_REFUSALS(
                "SELECT domain, hour, id, ip, attempts, first_seen, last_seen, last_sender, last_recipient_domain"
                        + " FROM %s.authorized_outbound_refusal WHERE domain = :domain AND hour >= :since"),
        SELECT_LAST_CHANGES("SELECT id FROM %s.authorized_outbound_change WHERE hour IN :hours PER PARTITION LIMIT 1");

        private final String cql;

        Query(String cql) {
            this.cql = cql;
        }
    }

    private final CqlSession session;
    private final ImmutableMap<Query, PreparedStatement> prepared;

    private OutboundTables(CqlSession session, ImmutableMap<Query, PreparedStatement> prepared) {
        this.session = session;
        this.prepared = prepared;
    }

    /** Creates the tables that lack and prepares the statements; may be called again after a failure. */
    static CompletionStage<OutboundTables> open(CqlSession session, CqlIdentifier keyspace) {
        CompletionStage<Void> created = CompletableFuture.completedFuture(null);
        for (Map.Entry<String, String> table : DEFINITIONS.entrySet()) {
            created = created.thenCompose(none -> create(session, keyspace, table.getKey(), table.getValue()));
        }
        return created.thenCompose(none -> prepare(session, keyspace.asCql(true)));
    }

    private static CompletionStage<Void> create(
            CqlSession session, CqlIdentifier keyspace, String table, String definition) {
        Optional<TableMetadata> existing =
                session.getMetadata().getKeyspace(keyspace).flatMap(metadata -> metadata.getTable(table));
        if (existing.isPresent()) {
            return complete(session, keyspace, existing.get());
        }
        return changeSchema(
                session,
                "CREATE TABLE IF NOT EXISTS " + keyspace.asCql(true) + "." + table + " " + definition
                        + SPECULATIVE_RETRY);
    }

    /** Waits longer than for a query: given up after the driver's two seconds, the change would be made, and tried again. */
    static CompletionStage<Void> changeSchema(CqlSession session, String statement) {
        return session.executeAsync(SimpleStatement.newInstance(statement).setTimeout(SCHEMA_TIMEOUT))
                .thenAccept(result -> {});
    }

    /** When two nodes do so at once one fails, and tries again as after any failure. */
    private static CompletionStage<Void> complete(CqlSession session, CqlIdentifier keyspace, TableMetadata table) {
        Optional<String> lacking = Optional.ofNullable(
                        ADDED_LATER.get(table.getName().asInternal()))
                .filter(column -> table.getColumn(column.substring(0, column.indexOf(' ')))
                        .isEmpty());
        return lacking.map(column -> changeSchema(
                        session,
                        "ALTER TABLE " + keyspace.asCql(true) + "."
                                + table.getName().asCql(true) + " ADD " + column))
                .orElse(CompletableFuture.completedFuture(null));
    }

    private static CompletionStage<OutboundTables> prepare(CqlSession session, String keyspace) {
        CompletionStage<ImmutableMap.Builder<Query, PreparedStatement>> prepared =
                CompletableFuture.completedFuture(ImmutableMap.builder());
        for (Query query : Query.values()) {
            prepared = prepared.thenCombine(
                    session.prepareAsync(String.format(query.cql, keyspace)),
                    (builder, statement) -> builder.put(query, statement));
        }
        return prepared.thenApply(builder -> new OutboundTables(session, builder.build()));
    }

    CqlSession session() {
        return session;
    }

    BoundStatementBuilder bind(Query query) {
        return prepared.get(query).boundStatementBuilder();
    }
}
