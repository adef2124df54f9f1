// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Iterables;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.EntryId;
import io.authorizedoutbounds.policy.LastUses;
import io.authorizedoutbounds.policy.UseStore;
import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.james.core.Domain;

/** Last uses in Cassandra, one row for each entry. Reads and writes at LOCAL_QUORUM. */
public class CassandraUseStore implements UseStore {
    private final CassandraConnection connection;
    private final Clock clock;

    public CassandraUseStore(CassandraConnection connection, Clock clock) {
        this.connection = connection;
        this.clock = clock;
    }

    @Override
    public CompletionStage<Void> save(EntryId entry, Instant hour) {
        Instant now = clock.instant();
        Instant end = hour.plus(RETENTION);
        if (!now.isBefore(end)) {
            // The time to live of a row must be positive.
            return CompletableFuture.completedFuture(null);
        }
        return connection.daos().thenCompose(daos -> daos.uses().insert(entry, hour, TimeToLive.between(now, end)));
    }

    @Override
    public CompletionStage<LastUses> find(EntryId entry) {
        return connection.daos().thenCompose(daos -> daos.uses().find(entry));
    }

    @Override
    public CompletionStage<LastUses> list(Domain domain) {
        return connection.daos().thenCompose(daos -> daos.uses().list(domain));
    }

    /** One query, since both tables have their partitions in the order of the same tokens. */
    @Override
    public CompletionStage<LastUses> listAll(ImmutableList<AuthorizedOutbound> entries) {
        if (entries.isEmpty()) {
            return CompletableFuture.completedFuture(LastUses.copyOf(ImmutableMap.of()));
        }
        Domain first = entries.get(0).domain();
        Domain last = Iterables.getLast(entries).domain();
        ImmutableSet<EntryId> ids = entries.stream().map(AuthorizedOutbound::id).collect(ImmutableSet.toImmutableSet());
        return connection.daos().thenCompose(daos -> daos.uses().listRange(first, last, ids::contains));
    }
}
