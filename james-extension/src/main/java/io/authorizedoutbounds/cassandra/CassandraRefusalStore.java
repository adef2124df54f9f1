// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import io.authorizedoutbounds.policy.RefusalCount;
import io.authorizedoutbounds.policy.RefusalStore;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.james.core.Domain;

/** Refusals in Cassandra: the row of a count is overwritten while the count grows. Reads and writes at LOCAL_QUORUM. */
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
        return connection.daos().thenCompose(daos -> daos.refusals().insert(count, retention));
    }

    @Override
    public CompletionStage<Void> forEach(Domain domain, Consumer<RefusalCount> consumer) {
        return connection.daos().thenCompose(daos -> {
            // Rows that have expired are not read: there may be many tombstones.
            Instant since = clock.instant().minus(retention);
            return daos.refusals().forEach(domain, since, consumer);
        });
    }
}
