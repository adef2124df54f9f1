// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedMap;
import io.authorizedoutbounds.policy.RefusalCount;
import io.authorizedoutbounds.policy.RefusalStore;
import io.authorizedoutbounds.policy.RefusalSum;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletionStage;
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
    public CompletionStage<Void> saveSum(RefusalSum sum) {
        return connection.daos().thenCompose(daos -> daos.refusals().insertSum(sum, retention));
    }

    @Override
    public CompletionStage<ImmutableList<RefusalCount>> newest(Domain domain, int limit) {
        return connection
                .daos()
                .thenCompose(daos -> daos.refusals().newest(domain, since(), limit))
                .thenApply(ImmutableList::copyOf);
    }

    @Override
    public CompletionStage<ImmutableList<RefusalSum>> newestSums(Instant since, int limit) {
        Instant from = since.isBefore(since()) ? since() : since;
        NewestByHour<RefusalSum> sums = new NewestByHour<>((hour, enough) ->
                connection.daos().thenCompose(daos -> daos.refusals().sumsOfHour(hour, enough)));
        return sums.read(ChangeLogHours.since(from, clock.instant()), limit);
    }

    @Override
    public CompletionStage<ImmutableSortedMap<Instant, Long>> attemptsByHour(Domain domain) {
        return connection
                .daos()
                .thenCompose(
                        daos -> daos.refusals().attemptsByHour(domain, ChangeLogHours.since(since(), clock.instant())))
                .thenApply(ImmutableSortedMap::copyOf);
    }

    /** Rows that have expired are not read: there may be many tombstones. */
    private Instant since() {
        return clock.instant().minus(retention);
    }
}
