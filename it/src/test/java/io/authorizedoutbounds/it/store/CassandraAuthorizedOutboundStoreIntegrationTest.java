// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.cql.ExecutionInfo;
import com.datastax.oss.driver.api.core.cql.Row;
import com.datastax.oss.driver.api.core.cql.SimpleStatement;
import com.google.common.collect.ImmutableList;
import com.google.common.net.InetAddresses;
import io.authorizedoutbounds.cassandra.CassandraAuthorizedOutboundStore;
import io.authorizedoutbounds.cassandra.CassandraConnection;
import io.authorizedoutbounds.it.junit.HostileCase;
import io.authorizedoutbounds.it.junit.OwnServers;
import io.authorizedoutbounds.it.junit.SharedCassandra;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.Names;
import io.authorizedoutbounds.policy.Author;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.AuthorizedOutboundStoreContract;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.ListReplacement;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundList;
import io.authorizedoutbounds.policy.SettableClock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.james.core.Domain;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The contract on a real Cassandra, and what only Cassandra has: the life of rows, the change log, rows of others. */
@OwnServers
@ExtendWith(SharedCassandra.class)
class CassandraAuthorizedOutboundStoreIntegrationTest implements AuthorizedOutboundStoreContract {
    private static final OutboundAddress ADDRESS = OutboundAddress.parse("203.0.113.7");

    @AutoClose
    private static CqlSession session;

    private static CassandraConnection connection;

    private SettableClock clock;
    private AuthorizedOutboundStore store;

    @BeforeAll
    static void connect(CassandraServer cassandra) {
        session = SharedCassandra.newSession(cassandra);
        connection = CassandraConnection.shared(session);
        Stores.awaitOpen(new CassandraAuthorizedOutboundStore(
                connection, Duration.ofDays(90), new SettableClock(Instant.now())));
    }

    @BeforeEach
    void newStore() {
        clock = new SettableClock(Instant.now());
        store = new CassandraAuthorizedOutboundStore(connection, Duration.ofDays(90), clock);
    }

    @Override
    public AuthorizedOutboundStore store() {
        return store;
    }

    @Override
    public SettableClock clock() {
        return clock;
    }

    private void save(Domain domain, Optional<Instant> expiresAt) {
        AuthorizedOutbound.Builder entry = AuthorizedOutbound.builder()
                .domain(domain)
                .address(ADDRESS)
                .comment("note")
                .addedBy(Author.of("carol"))
                .addedAt(clock.instant());
        expiresAt.ifPresent(entry::expiresAt);
        store.save(entry.build()).toCompletableFuture().join();
    }

    private static Domain freshDomain() {
        return Domain.of(Names.newDomain());
    }

    @Test
    void bothListTablesShouldLetARowLiveUntilItsExpiry() {
        Domain domain = freshDomain();

        save(domain, Optional.of(clock.instant().plus(1, ChronoUnit.HOURS)));

        for (String table : List.of("authorized_outbound", "authorized_outbound_by_ip")) {
            Row row = session.execute(
                            "SELECT ttl(added_at) FROM " + table + " WHERE domain = ? AND ip = ?",
                            domain.asString(),
                            ADDRESS.asInetAddress())
                    .one();
            assertThat(row.getInt(0)).as(table).isBetween(3500, 3600);
        }
    }

    @Test
    void entryWithoutExpiryShouldLiveOnAfterOneWith() {
        Domain domain = freshDomain();
        save(domain, Optional.of(clock.instant().plus(1, ChronoUnit.HOURS)));

        save(domain, Optional.empty());

        Row row = session.execute(
                        "SELECT ttl(added_at), ttl(comment) FROM authorized_outbound WHERE domain = ?",
                        domain.asString())
                .one();
        assertThat(row.isNull(0)).isTrue();
        assertThat(row.isNull(1)).isTrue();
    }

    @Test
    void lastExpiryThatIsTakenShouldBeOneThatCassandraTakes() {
        Domain domain = freshDomain();

        save(domain, Optional.of(AuthorizedOutbound.LATEST_EXPIRY));

        assertThat(store.list(domain).toCompletableFuture().join()).hasSize(1);
    }

    @Test
    void everyChangeShouldBeInTheChangeLogForItsRetention() {
        Domain domain = freshDomain();
        save(domain, Optional.empty());
        store.remove(domain, ADDRESS, Author.of("dave")).toCompletableFuture().join();

        List<Row> changes = session
                .execute(
                        "SELECT action, domain, ip, comment, changed_by, ttl(action) AS life"
                                + " FROM authorized_outbound_change WHERE hour IN (?, ?)",
                        clock.instant().truncatedTo(ChronoUnit.HOURS),
                        // Near the end of an hour: a change is never made before the last one.
                        clock.instant().truncatedTo(ChronoUnit.HOURS).plus(1, ChronoUnit.HOURS))
                .all()
                .stream()
                .filter(row -> domain.asString().equals(row.getString("domain")))
                .toList();

        // Newest first.
        assertThat(changes).extracting(row -> row.getString("action")).containsExactly("remove", "put");
        assertThat(changes).extracting(row -> row.getString("changed_by")).containsExactly("dave", "carol");
        assertThat(changes).extracting(row -> row.getString("comment")).containsExactly(null, "note");
        assertThat(changes).allSatisfy(row -> {
            assertThat(row.getInetAddress("ip")).isEqualTo(ADDRESS.asInetAddress());
            assertThat(Duration.ofSeconds(row.getInt("life"))).isBetween(Duration.ofDays(89), Duration.ofDays(90));
        });
    }

    /** Cassandra refuses the whole batch for one row that would outlive January 2038. */
    @Test
    void retentionThatEndsTooLateShouldNotKeepAnAddressFromBeingRemoved() {
        Domain domain = freshDomain();
        save(domain, Optional.empty());
        AuthorizedOutboundStore keepingLong =
                new CassandraAuthorizedOutboundStore(connection, Duration.ofDays(7000), clock);

        keepingLong
                .remove(domain, ADDRESS, Author.unknown())
                .toCompletableFuture()
                .join();

        assertThat(store.list(domain).toCompletableFuture().join()).isEmpty();
    }

    @Test
    @HostileCase(36)
    void malformedRowOfAnotherProgramShouldGrantNothingAndHideNoOther() {
        Domain domain = freshDomain();
        OutboundAddress malformed = OutboundAddress.parse("203.0.113.66");
        save(domain, Optional.empty());
        session.execute(
                "INSERT INTO authorized_outbound (domain, ip, comment) VALUES (?, ?, 'by hand')",
                domain.asString(),
                malformed.asInetAddress());
        for (String name : List.of(domain.asString(), "not a domain", "-")) {
            session.execute(
                    "INSERT INTO authorized_outbound_by_ip (ip, domain) VALUES (?, ?)",
                    malformed.asInetAddress(),
                    name);
        }
        session.execute(
                "INSERT INTO authorized_outbound_by_ip (ip, domain, added_at) VALUES (?, 'not a domain', 0)",
                ADDRESS.asInetAddress());

        assertThat(store.list(domain).toCompletableFuture().join())
                .extracting(AuthorizedOutbound::address)
                .containsExactly(ADDRESS);
        assertThat(store.find(domain, malformed).toCompletableFuture().join()).isEmpty();
        assertThat(store.listings(malformed).toCompletableFuture().join()).isEmpty();
        assertThat(store.listings(ADDRESS).toCompletableFuture().join())
                .extracting(AuthorizedOutbound::domain)
                .contains(domain);
    }

    @Test
    void tablesOfAnEarlierVersionShouldGetTheMissingColumns(CassandraServer cassandra) {
        try (CqlSession old = SharedCassandra.newSession(cassandra)) {
            old.execute("CREATE TABLE authorized_outbound (domain text, ip inet, comment text, added_by text,"
                    + " added_at timestamp, expires_at timestamp, PRIMARY KEY ((domain), ip))");
            old.execute("CREATE TABLE authorized_outbound_by_ip (ip inet, domain text, added_at timestamp,"
                    + " expires_at timestamp, PRIMARY KEY ((ip), domain))");
            old.execute("INSERT INTO authorized_outbound (domain, ip, added_at)"
                    + " VALUES ('a.example', '203.0.113.7', '2026-01-01')");

            AuthorizedOutboundStore upgraded =
                    new CassandraAuthorizedOutboundStore(CassandraConnection.shared(old), Duration.ofDays(90), clock);
            Stores.awaitOpen(upgraded);

            assertThat(upgraded.list(Domain.of("a.example"))
                            .toCompletableFuture()
                            .join())
                    .extracting(AuthorizedOutbound::address)
                    .containsExactly(ADDRESS);
            upgraded.setEnforcement(Domain.of("a.example"), Enforcement.REPORT, Author.unknown())
                    .toCompletableFuture()
                    .join();
            assertThat(upgraded.read(Domain.of("a.example"))
                            .toCompletableFuture()
                            .join()
                            .enforcement())
                    .contains(Enforcement.REPORT);
        }
    }

    @Test
    void malformedEnforcementOfAnotherProgramShouldBeNoneAndHideNoEntry() {
        Domain domain = freshDomain();
        save(domain, Optional.empty());

        session.execute(
                "INSERT INTO authorized_outbound (domain, enforcement) VALUES (?, 'Report')", domain.asString());

        OutboundList list = store.read(domain).toCompletableFuture().join();
        assertThat(list.entries()).extracting(AuthorizedOutbound::address).containsExactly(ADDRESS);
        assertThat(list.enforcement()).isEmpty();
    }

    private AuthorizedOutbound entry(Domain domain, int number) {
        return AuthorizedOutbound.builder()
                .domain(domain)
                .address(OutboundAddress.of(InetAddresses.fromInteger(0xCB007100 + number)))
                .addedAt(clock.instant())
                .build();
    }

    @Test
    void malformedDomainOfAnotherProgramShouldHideNoEnforcementOfAnotherOne() {
        Domain domain = freshDomain();
        store.setEnforcement(domain, Enforcement.REPORT, Author.unknown())
                .toCompletableFuture()
                .join();
        for (String name : List.of("not a domain", domain.asString().toUpperCase(Locale.US))) {
            session.execute("INSERT INTO authorized_outbound (domain, enforcement) VALUES (?, 'report')", name);
        }

        assertThat(store.ownEnforcements(Integer.MAX_VALUE)
                        .toCompletableFuture()
                        .join())
                .containsEntry(domain, Enforcement.REPORT);
    }

    /** A new list in place of one that was read before. */
    private static ListReplacement replacement(List<AuthorizedOutbound> before, List<AuthorizedOutbound> after) {
        return new ListReplacement(
                ImmutableList.copyOf(after),
                ImmutableList.of(),
                before.stream()
                        .map(AuthorizedOutbound::address)
                        .filter(address -> after.stream()
                                .noneMatch(entry -> entry.address().equals(address)))
                        .collect(ImmutableList.toImmutableList()));
    }

    /** Cassandra warns of 1,000 tombstones in a read, and fails one of 100,000. */
    @Test
    @HostileCase(53)
    void listThatIsReplacedAgainAndAgainShouldLeaveNoTombstones() {
        Domain domain = freshDomain();
        List<AuthorizedOutbound> list = List.of();
        for (int round = 0; round < 10; round++) {
            int first = round * 200;
            List<AuthorizedOutbound> next = IntStream.range(first, first + 200)
                    .mapToObj(number -> entry(domain, number))
                    .toList();
            store.replace(domain, replacement(list, next), Author.unknown())
                    .toCompletableFuture()
                    .join();
            list = next;
        }

        assertThat(store.list(domain).toCompletableFuture().join()).hasSize(200);
        assertThat(tombstonesReadWith("SELECT * FROM authorized_outbound WHERE domain = ?", domain.asString()))
                .isLessThan(10);
    }

    @Test
    void columnsWithoutAValueShouldBeNoTombstones() {
        Domain domain = freshDomain();
        store.save(entry(domain, 1)).toCompletableFuture().join();

        assertThat(tombstonesReadWith("SELECT * FROM authorized_outbound WHERE domain = ?", domain.asString()))
                .isZero();
        assertThat(tombstonesReadWith(
                        "SELECT * FROM authorized_outbound_change_by_domain WHERE domain = ?", domain.asString()))
                .isZero();
    }

    @Test
    void replacedEntryShouldLoseWhatTheNewOneDoesNotHave() {
        Domain domain = freshDomain();
        save(domain, Optional.of(clock.instant().plus(1, ChronoUnit.HOURS)));
        AuthorizedOutbound plain = AuthorizedOutbound.builder()
                .domain(domain)
                .address(ADDRESS)
                .addedAt(clock.instant())
                .build();

        store.save(plain).toCompletableFuture().join();

        assertThat(store.list(domain).toCompletableFuture().join()).containsExactly(plain);
    }

    private static int tombstonesReadWith(String query, Object... values) {
        ExecutionInfo info = session.execute(
                        SimpleStatement.newInstance(query, values).setTracing(true))
                .getExecutionInfo();
        Pattern cells = Pattern.compile("Read \\d+ live rows and (\\d+) tombstone cells");
        return info.getQueryTrace().getEvents().stream()
                .map(event -> cells.matcher(event.getActivity()))
                .filter(Matcher::find)
                .mapToInt(matcher -> Integer.parseInt(matcher.group(1)))
                .sum();
    }

    /** Two nodes that have read the same list. */
    @Test
    void listsThatAreReplacedAtOnceShouldEndAsOneOfThem() {
        // An hour that has no change of another test: both clocks would be behind it, and could give the same time.
        clock.advance(Duration.ofDays(3));
        for (int round = 0; round < 20; round++) {
            clock.advance(Duration.ofSeconds(1));
            Domain domain = freshDomain();
            AuthorizedOutbound old = entry(domain, 1);
            store.save(old).toCompletableFuture().join();
            List<AuthorizedOutbound> one = List.of(entry(domain, 2), entry(domain, 3));
            List<AuthorizedOutbound> other = List.of(entry(domain, 4));
            AuthorizedOutboundStore otherNode = new CassandraAuthorizedOutboundStore(
                    connection,
                    Duration.ofDays(90),
                    new SettableClock(clock.instant().plusMillis(3)));

            CompletableFuture.allOf(
                            store.replace(domain, replacement(List.of(old), one), Author.of("carol"))
                                    .toCompletableFuture(),
                            otherNode
                                    .replace(domain, replacement(List.of(old), other), Author.of("dave"))
                                    .toCompletableFuture())
                    .join();

            List<AuthorizedOutbound> list =
                    store.list(domain).toCompletableFuture().join();
            assertThat(list).isIn(one, other);
            List<AuthorizedOutbound> overtaken = list.equals(one) ? other : one;
            for (AuthorizedOutbound entry : overtaken) {
                assertThat(store.listings(entry.address()).toCompletableFuture().join())
                        .extracting(AuthorizedOutbound::domain)
                        .doesNotContain(domain);
            }
        }
    }
}
