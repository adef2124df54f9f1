// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.cql.Row;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import io.authorizedoutbounds.cassandra.CassandraAuthorizedOutboundStore;
import io.authorizedoutbounds.cassandra.CassandraConnection;
import io.authorizedoutbounds.cassandra.CassandraUseStore;
import io.authorizedoutbounds.it.junit.OwnServers;
import io.authorizedoutbounds.it.junit.SharedCassandra;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.Names;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore.Page;
import io.authorizedoutbounds.policy.EntryId;
import io.authorizedoutbounds.policy.LastUses;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.SettableClock;
import io.authorizedoutbounds.policy.UseStore;
import io.authorizedoutbounds.policy.UseStoreContract;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.james.core.Domain;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The contract on a real Cassandra, and what only Cassandra has: the life of rows, rows of others, the order of pages. */
@OwnServers
@ExtendWith(SharedCassandra.class)
class CassandraUseStoreIntegrationTest implements UseStoreContract {
    private static final Instant NOW = Instant.parse("2026-12-04T10:15:30Z");

    @AutoClose
    private static CqlSession session;

    private static AuthorizedOutboundStore lists;
    private static UseStore store;

    @BeforeAll
    static void connect(CassandraServer cassandra) {
        session = SharedCassandra.newSession(cassandra);
        CassandraConnection connection = CassandraConnection.shared(session);
        lists = new CassandraAuthorizedOutboundStore(connection, Duration.ofDays(90), Clock.systemUTC());
        store = new CassandraUseStore(connection, new SettableClock(NOW));
        Stores.awaitOpen(lists);
    }

    @Override
    public UseStore store() {
        return store;
    }

    private static EntryId freshEntry() {
        return EntryId.of(Domain.of(Names.newDomain()), ADDRESS);
    }

    @Test
    void rowShouldExpire400DaysAfterTheHourOfTheUse() {
        EntryId entry = freshEntry();

        store.save(entry, HOUR).toCompletableFuture().join();

        Row row = session.execute(
                        "SELECT ttl(hour), writetime(hour) FROM authorized_outbound_use WHERE domain = ?",
                        entry.domain().asString())
                .one();
        assertThat(Duration.ofSeconds(row.getInt(0)))
                .isBetween(
                        Duration.between(NOW, HOUR.plus(Duration.ofDays(400))).minusMinutes(5),
                        Duration.between(NOW, HOUR.plus(Duration.ofDays(400))));
        assertThat(row.getLong(1)).isEqualTo(ChronoUnit.MICROS.between(Instant.EPOCH, HOUR));
    }

    @Test
    void useThatHasExpiredShouldNotBeStored() {
        EntryId entry = freshEntry();

        store.save(entry, HOUR.minus(Duration.ofDays(400)))
                .toCompletableFuture()
                .join();

        assertThat(session.execute(
                                "SELECT * FROM authorized_outbound_use WHERE domain = ?",
                                entry.domain().asString())
                        .all())
                .isEmpty();
    }

    @Test
    void malformedRowOfAnotherProgramShouldHideNoOther() {
        EntryId entry = freshEntry();
        session.execute(
                "INSERT INTO authorized_outbound_use (domain, ip) VALUES (?, '203.0.113.66')",
                entry.domain().asString());

        store.save(entry, HOUR).toCompletableFuture().join();

        LastUses uses = store.list(entry.domain()).toCompletableFuture().join();
        assertThat(uses.hourOf(entryOf(entry))).contains(HOUR);
        assertThat(uses.hourOf(entryOf(EntryId.of(entry.domain(), OutboundAddress.parse("203.0.113.66")))))
                .isEmpty();
    }

    private static AuthorizedOutbound entryOf(EntryId id) {
        return AuthorizedOutbound.builder()
                .domain(id.domain())
                .address(id.address())
                .addedAt(HOUR)
                .build();
    }

    /** Cassandra has both tables in the order of its tokens; a page of the lists may be any part of them. */
    @Test
    void everyPageOfTheListsShouldHaveTheUsesOfItsEntries() {
        List<EntryId> used = IntStream.range(0, 150).mapToObj(i -> freshEntry()).toList();
        List<EntryId> unused =
                IntStream.range(0, 50).mapToObj(i -> freshEntry()).toList();
        List<EntryId> removed =
                IntStream.range(0, 50).mapToObj(i -> freshEntry()).toList();
        List.of(used, unused)
                .forEach(ids -> ids.forEach(
                        id -> lists.save(entryOf(id)).toCompletableFuture().join()));
        List.of(used, removed)
                .forEach(ids -> ids.forEach(
                        id -> store.save(id, HOUR).toCompletableFuture().join()));

        ImmutableList.Builder<EntryId> found = ImmutableList.builder();
        Optional<Page> page =
                Optional.of(lists.everything().toCompletableFuture().join());
        while (page.isPresent()) {
            for (List<AuthorizedOutbound> some : Lists.partition(page.get().entries(), 7)) {
                LastUses uses = store.listAll(ImmutableList.copyOf(some))
                        .toCompletableFuture()
                        .join();
                some.stream()
                        .filter(entry -> uses.hourOf(entry).isPresent())
                        .map(AuthorizedOutbound::id)
                        .forEach(found::add);
            }
            page = page.get().next().map(next -> next.toCompletableFuture().join());
        }

        assertThat(found.build()).containsExactlyInAnyOrderElementsOf(used);
    }
}
