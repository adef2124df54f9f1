// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import static io.authorizedoutbounds.cassandra.OutboundTables.DOMAIN;
import static io.authorizedoutbounds.cassandra.OutboundTables.ENFORCEMENT;
import static io.authorizedoutbounds.cassandra.OutboundTables.ENFORCEMENT_CHANGED_AT;
import static io.authorizedoutbounds.cassandra.OutboundTables.ENFORCEMENT_CHANGED_BY;
import static io.authorizedoutbounds.cassandra.OutboundTables.WRITE_TIMESTAMP;

import com.datastax.oss.driver.api.core.cql.BatchableStatement;
import com.datastax.oss.driver.api.core.cql.BoundStatementBuilder;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.Row;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import io.authorizedoutbounds.policy.Author;
import io.authorizedoutbounds.policy.DomainEnforcement;
import io.authorizedoutbounds.policy.Enforcement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.james.core.Domain;

/** The static columns of {@code authorized_outbound}: a domain has them without an entry too. */
final class DomainEnforcementDao {
    private static final String INSERT = "INSERT INTO %s.authorized_outbound"
            + " (domain, enforcement, enforcement_changed_by, enforcement_changed_at)"
            + " VALUES (:domain, :enforcement, :enforcement_changed_by, :enforcement_changed_at)"
            + " USING TIMESTAMP :write_timestamp";
    private static final String DELETE = "DELETE enforcement, enforcement_changed_by, enforcement_changed_at"
            + " FROM %s.authorized_outbound USING TIMESTAMP :write_timestamp WHERE domain = :domain";
    private static final String SELECT =
            "SELECT DISTINCT domain, enforcement, enforcement_changed_by, enforcement_changed_at"
                    + " FROM %s.authorized_outbound WHERE domain = :domain";

    private static final String SELECT_ALL = "SELECT DISTINCT domain, enforcement FROM %s.authorized_outbound";

    private final QuorumSession session;
    private final PreparedStatement insert;
    private final PreparedStatement delete;
    private final PreparedStatement select;
    private final PreparedStatement selectAll;

    private DomainEnforcementDao(QuorumSession session, ImmutableMap<String, PreparedStatement> statements) {
        this.session = session;
        this.insert = statements.get(INSERT);
        this.delete = statements.get(DELETE);
        this.select = statements.get(SELECT);
        this.selectAll = statements.get(SELECT_ALL);
    }

    static CompletionStage<DomainEnforcementDao> prepare(QuorumSession session) {
        return session.prepare(INSERT, DELETE, SELECT, SELECT_ALL)
                .thenApply(statements -> new DomainEnforcementDao(session, statements));
    }

    /**
     * Replaces the enforcement of a domain. A column without a value is left unset, so that of before is deleted first, a
     * microsecond earlier.
     */
    ImmutableList<BatchableStatement<?>> replace(Domain domain, DomainEnforcement enforcement, ChangeTime time) {
        BoundStatementBuilder inserted = key(insert, domain, time);
        if (enforcement.own().isPresent()) {
            inserted = inserted.setString(ENFORCEMENT, enforcement.own().get().word());
        }
        if (enforcement.changedBy().user().isPresent()) {
            inserted = inserted.setString(
                    ENFORCEMENT_CHANGED_BY, enforcement.changedBy().user().get());
        }
        if (enforcement.changedAt().isPresent()) {
            inserted = inserted.setInstant(
                    ENFORCEMENT_CHANGED_AT, enforcement.changedAt().get());
        }
        return ImmutableList.of(key(delete, domain, time.justBefore()).build(), inserted.build());
    }

    private static BoundStatementBuilder key(PreparedStatement statement, Domain domain, ChangeTime time) {
        return statement
                .boundStatementBuilder()
                .setString(DOMAIN, domain.asString())
                .setLong(WRITE_TIMESTAMP, time.asMicroseconds());
    }

    CompletionStage<DomainEnforcement> find(Domain domain) {
        return session.list(
                        select.boundStatementBuilder()
                                .setString(DOMAIN, domain.asString())
                                .build(),
                        row -> Optional.of(enforcement(row)))
                .thenApply(rows -> rows.stream().findFirst().orElse(DomainEnforcement.neverChanged()));
    }

    /** Those that are not the default. */
    CompletionStage<List<Map.Entry<Domain, Enforcement>>> listOwn(int limit) {
        return session.list(selectAll.boundStatementBuilder().build(), DomainEnforcementDao::ownWithDomain, limit);
    }

    private static Optional<Map.Entry<Domain, Enforcement>> ownWithDomain(Row row) {
        try {
            String name = row.getString(DOMAIN);
            Domain domain = Domain.of(name);
            if (!domain.asString().equals(name)) {
                // Nobody looks it up by this key.
                throw new IllegalArgumentException("the domain is not in lower case");
            }
            return own(row).map(own -> Map.entry(domain, own));
        } catch (IllegalArgumentException e) {
            return MalformedRows.skip(row, e);
        }
    }

    private static DomainEnforcement enforcement(Row row) {
        DomainEnforcement.Builder enforcement = DomainEnforcement.builder();
        own(row).ifPresent(enforcement::own);
        Optional.ofNullable(row.getString(ENFORCEMENT_CHANGED_BY))
                .map(Author::of)
                .ifPresent(enforcement::changedBy);
        Optional.ofNullable(row.getInstant(ENFORCEMENT_CHANGED_AT)).ifPresent(enforcement::changedAt);
        return enforcement.build();
    }

    /** The domain's own in any of its rows; a malformed one, of another program, is none. */
    static Optional<Enforcement> own(Row row) {
        try {
            return Optional.ofNullable(row.getString(ENFORCEMENT)).map(Enforcement::parse);
        } catch (IllegalArgumentException e) {
            return MalformedRows.skip(row, e);
        }
    }
}
