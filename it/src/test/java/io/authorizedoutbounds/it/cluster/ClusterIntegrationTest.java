// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.datastax.oss.driver.api.core.ConsistencyLevel;
import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.InvalidKeyspaceException;
import com.datastax.oss.driver.api.core.cql.Row;
import com.datastax.oss.driver.api.core.cql.SimpleStatement;
import com.datastax.oss.driver.api.core.loadbalancing.NodeDistance;
import com.google.common.net.InetAddresses;
import io.authorizedoutbounds.cassandra.CassandraAuthorizedOutboundStore;
import io.authorizedoutbounds.cassandra.CassandraConnection;
import io.authorizedoutbounds.it.junit.HostileCase;
import io.authorizedoutbounds.it.junit.OwnServers;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.server.JamesServerBuilder;
import io.authorizedoutbounds.it.server.Names;
import io.authorizedoutbounds.it.smtp.SmtpClient;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.OutboundAddress;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.james.core.Domain;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/**
 * Two Jameses, the clock of one 20 s ahead of the other's, on a Cassandra of three members: a change on one holds on the
 * other, and members may be lost. Each test finds all members up.
 */
@Order(1)
@OwnServers
class ClusterIntegrationTest {
    /** The budget is two seconds; {@link CassandraDomainsIntegrationTest} measures it, with the machine for itself. */
    private static final Duration PROPAGATION = Duration.ofSeconds(20);

    private static final Duration CLOCKS_APART = Duration.ofSeconds(20);
    private static final String EXTERNAL_RECIPIENT = "someone@elsewhere.example.org";
    private static final String EXTERNAL_SENDER = "someone@remote.example.com";
    private static final String UNAVAILABLE = "451 4.3.0 Authorized outbounds temporarily unavailable, try again later";

    private static final AtomicInteger CLIENTS = new AtomicInteger();

    private static List<CassandraServer> members;
    private static CqlSession session;
    private static JamesServer nodeA;
    private static JamesServer nodeB;

    @BeforeAll
    static void start() {
        members = CassandraServer.clusterOfThree();
        members.forEach(CassandraServer::start);
        String keyspace = Names.newKeyspace();
        nodeA = node(keyspace).start();
        WebAdmin.of(nodeA).awaitLists();
        nodeB = node(keyspace).clockAhead(CLOCKS_APART).start();
        WebAdmin.of(nodeB).awaitLists();
        session = members.get(0).sessionBuilder(keyspace).build();
    }

    private static JamesServerBuilder node(String keyspace) {
        return JamesServer.builder()
                .cassandra(members, keyspace)
                .setting("allow.private.addresses", "true")
                // To wait for a lost member would still take longer.
                .patientLookups();
    }

    @AfterAll
    static void stop() {
        session.close();
        nodeA.close();
        nodeB.close();
        members.forEach(CassandraServer::close);
    }

    /** An address that no James has seen. */
    private static String newClient() {
        int number = CLIENTS.incrementAndGet();
        return "127.3." + number / 250 + "." + (1 + number % 250);
    }

    /** A domain of both: the domain lists of memory apps are their own. */
    private static String newDomain() {
        String domain = WebAdmin.of(nodeA).addDomain();
        WebAdmin.of(nodeB).addDomain(domain);
        return domain;
    }

    private static String rcpt(JamesServer james, String client, String sender) {
        try (SmtpClient smtp = SmtpClient.from(client, james.smtpPort())) {
            smtp.mail(sender);
            return smtp.rcpt(EXTERNAL_RECIPIENT);
        }
    }

    private static boolean isTaken(JamesServer james, String client, String sender) {
        return isTaken(rcpt(james, client, sender));
    }

    private static boolean isTaken(String reply) {
        assertThat(reply).matches("250 .*|451 4\\.7\\.1 .*");
        return reply.startsWith("250");
    }

    @Test
    void putOnOneNodeShouldHoldOnTheOther() {
        String domain = newDomain();
        String client = newClient();
        assertThat(isTaken(nodeB, client, "user@" + domain)).isFalse();
        assertThat(isTaken(nodeB, client, EXTERNAL_SENDER)).isFalse();

        WebAdmin.of(nodeA).put(domain, client).then().statusCode(204);

        assertThat(isTaken(nodeA, client, "user@" + domain)).isTrue();
        assertThat(isTaken(nodeA, client, EXTERNAL_SENDER)).isTrue();
        Awaitility.await().atMost(PROPAGATION).until(() -> isTaken(nodeB, client, "user@" + domain));
        Awaitility.await().atMost(PROPAGATION).until(() -> isTaken(nodeB, client, EXTERNAL_SENDER));
    }

    @Test
    void enforcementChangedOnOneNodeShouldHoldOnTheOther() {
        String domain = newDomain();
        String client = newClient();
        assertThat(rcpt(nodeB, client, "user@" + domain)).startsWith("451 4.7.1 ");

        WebAdmin.of(nodeA).setEnforcement(domain, "report").then().statusCode(204);
        Awaitility.await().atMost(PROPAGATION).until(() -> rcpt(nodeB, client, "user@" + domain)
                .startsWith("550 "));
        WebAdmin.of(nodeA).setEnforcement(domain, "enforce").then().statusCode(204);
        Awaitility.await().atMost(PROPAGATION).until(() -> rcpt(nodeB, client, "user@" + domain)
                .startsWith("451 4.7.1 "));
    }

    @Test
    @HostileCase(37)
    void deleteOnOneNodeShouldRefuseTheNextRcptOfAnOpenSessionOnTheOther() {
        String domain = newDomain();
        String client = newClient();
        WebAdmin.of(nodeA).put(domain, client).then().statusCode(204);
        Awaitility.await().atMost(PROPAGATION).until(() -> isTaken(nodeB, client, "user@" + domain));

        try (SmtpClient open = SmtpClient.from(client, nodeB.smtpPort())) {
            open.mail("user@" + domain);
            assertThat(isTaken(open.rcpt(EXTERNAL_RECIPIENT))).isTrue();
            WebAdmin.of(nodeA).delete(domain, client).then().statusCode(204);
            Awaitility.await().atMost(PROPAGATION).until(() -> !isTaken(open.rcpt(EXTERNAL_RECIPIENT)));
        }
    }

    /** On each by its own clock. */
    @Test
    @HostileCase(37)
    void entryShouldExpireOnBothNodes() {
        String domain = newDomain();
        String client = newClient();
        Instant expiry = Instant.now().plus(CLOCKS_APART).plusSeconds(15);
        WebAdmin.of(nodeA)
                .put(domain, client, "{\"expiresAt\":\"" + expiry + "\"}")
                .then()
                .statusCode(204);
        Awaitility.await().atMost(PROPAGATION).until(() -> isTaken(nodeB, client, "user@" + domain));

        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> Instant.now()
                .isAfter(expiry.minus(CLOCKS_APART)));

        assertThat(isTaken(nodeB, client, "user@" + domain)).isFalse();
        assertThat(isTaken(nodeA, client, "user@" + domain)).isTrue();
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> Instant.now()
                .isAfter(expiry));
        assertThat(isTaken(nodeA, client, "user@" + domain)).isFalse();
    }

    /** The clock of the node that takes the second change is behind that of the first. */
    @Test
    @HostileCase(39)
    void laterOfTwoChangesShouldWinAtOnceWhateverTheClocks() {
        String domain = newDomain();
        String client = newClient();
        for (int i = 0; i < 5; i++) {
            WebAdmin.of(nodeB).put(domain, client).then().statusCode(204);
            WebAdmin.of(nodeA).delete(domain, client).then().statusCode(204);
            assertThat(isTaken(nodeA, client, "user@" + domain)).isFalse();

            WebAdmin.of(nodeB).delete(domain, client).then().statusCode(204);
            WebAdmin.of(nodeA).put(domain, client).then().statusCode(204);
            assertThat(isTaken(nodeA, client, "user@" + domain)).isTrue();
        }
        assertAgreed(domain, client, true);
    }

    /** 200 changes on both nodes, each answered and asked about on both: at the end all three agree. */
    @Test
    @HostileCase(39)
    void randomChangesOnBothNodesShouldEndAlike() {
        List<String> domains = IntStream.range(0, 5).mapToObj(i -> newDomain()).toList();
        List<String> clients =
                IntStream.range(10, 14).mapToObj(i -> "127.1.1." + i).toList();
        Random random = new Random(20261124);
        List<String> listed = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            String domain = domains.get(random.nextInt(domains.size()));
            String client = clients.get(random.nextInt(clients.size()));
            JamesServer changed = random.nextBoolean() ? nodeA : nodeB;
            // A change has to invalidate what a node has cached.
            isTaken(nodeA, client, "user@" + domain);
            isTaken(nodeB, client, "user@" + domain);
            String entry = domain + " " + client;
            if (random.nextBoolean()) {
                WebAdmin.of(changed).put(domain, client).then().statusCode(204);
                listed.remove(entry);
                listed.add(entry);
            } else {
                WebAdmin.of(changed).delete(domain, client).then().statusCode(204);
                listed.remove(entry);
            }
            assertThat(isTaken(changed, client, "user@" + domain)).isEqualTo(listed.contains(entry));
        }

        for (String domain : domains) {
            for (String client : clients) {
                assertAgreed(domain, client, listed.contains(domain + " " + client));
            }
        }
        for (String client : clients) {
            boolean expected = listed.stream().anyMatch(entry -> entry.endsWith(" " + client));
            assertThat(isTaken(nodeA, client, EXTERNAL_SENDER)).isEqualTo(expected);
            assertThat(isTaken(nodeB, client, EXTERNAL_SENDER)).isEqualTo(expected);
        }
    }

    /** Both list tables on all members, the last change in the change log, WebAdmin and decisions of both nodes agree. */
    private static void assertAgreed(String domain, String client, boolean listed) {
        for (JamesServer node : List.of(nodeA, nodeB)) {
            Awaitility.await(domain + " from " + client)
                    .atMost(PROPAGATION)
                    .until(() -> isTaken(node, client, "user@" + domain) == listed);
            assertThat(WebAdmin.of(node).get(domain, client).statusCode()).isEqualTo(listed ? 200 : 404);
        }
        InetAddress ip = InetAddresses.forString(client);
        assertThat(rows("SELECT * FROM authorized_outbound WHERE domain = ? AND ip = ?", domain, ip))
                .hasSize(listed ? 1 : 0);
        assertThat(rows("SELECT * FROM authorized_outbound_by_ip WHERE ip = ? AND domain = ?", ip, domain))
                .hasSize(listed ? 1 : 0);
        Optional<String> lastAction = rows("SELECT * FROM authorized_outbound_change").stream()
                .filter(row -> domain.equals(row.getString("domain")) && ip.equals(row.getInetAddress("ip")))
                .max(Comparator.comparingLong(row -> row.getUuid("id").timestamp()))
                .map(row -> row.getString("action"));
        assertThat(lastAction.orElse("remove")).isEqualTo(listed ? "put" : "remove");
    }

    private static List<Row> rows(String query, Object... values) {
        return session.execute(SimpleStatement.newInstance(query, values).setConsistencyLevel(ConsistencyLevel.ALL))
                .all();
    }

    /** CASES 54. */
    @Test
    @HostileCase(54)
    void listsThatArePutAtOnceOnBothNodesShouldEndAsOneOfThem() {
        for (int round = 0; round < 10; round++) {
            String domain = newDomain();
            WebAdmin.of(nodeA).put(domain, "127.1.2.1").then().statusCode(204);
            List<String> one = List.of("127.1.2.2", "127.1.2.3");
            List<String> other = List.of("127.1.2.4", "127.1.2.5", "127.1.2.6");

            CompletableFuture<Integer> put = CompletableFuture.supplyAsync(() -> putList(nodeA, domain, one));
            int otherStatus = putList(nodeB, domain, other);

            assertThat(List.of(put.join(), otherStatus)).isSubsetOf(200, 409).contains(200);
            for (JamesServer node : List.of(nodeA, nodeB)) {
                assertThat(WebAdmin.of(node).list(domain).jsonPath().getList("ip"))
                        .isIn(one, other);
            }
        }
    }

    private static int putList(JamesServer node, String domain, List<String> addresses) {
        String body = addresses.stream()
                .map(address -> "{\"ip\":\"" + address + "\"}")
                .collect(Collectors.joining(",", "[", "]"));
        return WebAdmin.of(node)
                .request()
                .contentType("application/json")
                .body(body)
                .put("/domains/" + domain + "/authorizedOutbounds")
                .statusCode();
    }

    /** CASES 51: two nodes that create a table at once must not make two of the same name. */
    @Test
    @HostileCase(51)
    void nodesThatStartAtOnceShouldMakeOneSetOfTables() {
        // Each round takes eight seconds.
        for (int round = 0; round < 4; round++) {
            String keyspace = Names.newKeyspace();
            session.execute("CREATE KEYSPACE " + keyspace
                    + " WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}");
            try (CqlSession one = sessionTo(members.get(0), keyspace);
                    CqlSession other = sessionTo(members.get(1), keyspace)) {
                CassandraAuthorizedOutboundStore store = newStore(one);
                CassandraAuthorizedOutboundStore otherStore = newStore(other);
                Domain domain = Domain.of("a.example");
                for (CassandraAuthorizedOutboundStore each : List.of(store, otherStore)) {
                    Awaitility.await("the tables").atMost(Duration.ofMinutes(1)).until(() -> !each.list(domain)
                            .toCompletableFuture()
                            .isCompletedExceptionally());
                }

                for (int i = 1; i <= 4; i++) {
                    (i % 2 == 0 ? store : otherStore)
                            .save(AuthorizedOutbound.builder()
                                    .domain(domain)
                                    .address(OutboundAddress.parse("203.0.113." + i))
                                    .addedAt(Instant.now())
                                    .build())
                            .toCompletableFuture()
                            .join();
                }

                for (CassandraAuthorizedOutboundStore each : List.of(store, otherStore)) {
                    assertThat(each.list(domain).toCompletableFuture().join())
                            .extracting(entry -> entry.address().asString())
                            .containsExactly("203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.4");
                }
                assertThat(members.get(0).log() + members.get(1).log()).doesNotContain("ID mismatch");
            }
        }
    }

    /** Its coordinator is that member, which may learn of the keyspace late on a busy machine. */
    private static CqlSession sessionTo(CassandraServer member, String keyspace) {
        return Awaitility.await(keyspace)
                .atMost(Duration.ofMinutes(1))
                .ignoreException(InvalidKeyspaceException.class)
                .until(() -> openSessionTo(member, keyspace), session -> true);
    }

    private static CqlSession openSessionTo(CassandraServer member, String keyspace) {
        return member.sessionBuilder(keyspace)
                .withNodeDistanceEvaluator(
                        (node, datacenter) -> node.getEndPoint().resolve().equals(member.socketAddress())
                                ? NodeDistance.LOCAL
                                : NodeDistance.IGNORED)
                .build();
    }

    private static CassandraAuthorizedOutboundStore newStore(CqlSession session) {
        return new CassandraAuthorizedOutboundStore(
                CassandraConnection.shared(session), Duration.ofDays(90), Clock.systemUTC());
    }

    /** From the first moment on, when the others do not know yet that it is gone. */
    @Test
    @HostileCase(35)
    void nobodyShouldNoticeThatOneOfThreeMembersIsKilled() {
        String listing = newDomain();
        String client = newClient();
        WebAdmin.of(nodeA).put(listing, client).then().statusCode(204);
        assertAgreed(listing, client, true);
        List<String> newDomains =
                IntStream.range(0, 10).mapToObj(i -> newDomain()).toList();

        members.get(2).kill();
        try {
            for (String domain : newDomains) {
                for (JamesServer node : List.of(nodeA, nodeB)) {
                    assertThat(isTaken(node, client, "user@" + listing)).isTrue();
                    assertThat(isTaken(node, client, "user@" + domain)).isFalse();
                    assertThat(isTaken(node, newClient(), EXTERNAL_SENDER)).isFalse();
                }
            }
            // The first one waits until the others know.
            for (String domain : newDomains) {
                String added = newClient();
                Awaitility.await()
                        .atMost(Duration.ofMinutes(2))
                        .until(() -> WebAdmin.of(nodeA).put(domain, added).statusCode() == 204);
                Awaitility.await().atMost(PROPAGATION).until(() -> isTaken(nodeB, added, "user@" + domain));
            }
        } finally {
            members.get(2).start();
        }
    }

    @Test
    @HostileCase(35)
    void twoOfThreeMembersKilledShouldBeNoticedOnlyByWhatNeedsThem() {
        String listing = newDomain();
        String listingNone = newDomain();
        String client = newClient();
        WebAdmin.of(nodeA).put(listing, client).then().statusCode(204);
        assertAgreed(listing, client, true);
        // What is cached from then on is refreshed, not dropped.
        WebAdmin.of(nodeA).awaitPoll();
        WebAdmin.of(nodeB).awaitPoll();
        Awaitility.await().atMost(PROPAGATION).until(() -> List.of(nodeA, nodeB).stream()
                .allMatch(node -> isTaken(node, client, "user@" + listing)
                        && isTaken(node, client, EXTERNAL_SENDER)
                        && !isTaken(node, client, "user@" + listingNone)));
        String early = newDomain();
        String late = newDomain();
        String unasked = newDomain();

        members.get(1).kill();
        members.get(2).kill();
        try {
            assertThat(WebAdmin.of(nodeA).put(early, client).statusCode()).isEqualTo(503);
            // A member that has not noticed yet waits in vain, and may bring the change later; then it refuses at once.
            Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> {
                WebAdmin.of(nodeA).put(early, client).then().statusCode(503);
                WebAdmin.of(nodeB).delete(early, client).then().statusCode(503);
                return List.of(nodeA, nodeB).stream()
                        .allMatch(node -> node.log().contains("Not enough replicas"));
            });
            for (JamesServer node : List.of(nodeA, nodeB)) {
                WebAdmin.of(node).put(late, client).then().statusCode(503);
                WebAdmin.of(node).delete(listing, client).then().statusCode(503);
                assertThat(isTaken(node, client, "user@" + listing)).isTrue();
                assertThat(isTaken(node, client, EXTERNAL_SENDER)).isTrue();
                assertThat(isTaken(node, client, "user@" + listingNone)).isFalse();
                assertThat(rcpt(node, client, "user@" + unasked)).isEqualTo(UNAVAILABLE);
                assertThat(rcpt(node, newClient(), EXTERNAL_SENDER)).isEqualTo(UNAVAILABLE);
            }
        } finally {
            members.get(1).start();
            members.get(2).start();
        }

        for (JamesServer node : List.of(nodeA, nodeB)) {
            Awaitility.await("decisions")
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> !rcpt(node, newClient(), EXTERNAL_SENDER).equals(UNAVAILABLE));
        }
        assertAgreed(listing, client, true);
        assertAgreed(late, client, false);
        Awaitility.await("all to agree on what was answered 503")
                .atMost(Duration.ofMinutes(1))
                .untilAsserted(() -> assertAgreed(early, client, isInTheList(early, client)));
        WebAdmin.of(nodeB).delete(listing, client).then().statusCode(204);
        assertAgreed(listing, client, false);
    }

    private static boolean isInTheList(String domain, String client) {
        return !rows(
                        "SELECT * FROM authorized_outbound WHERE domain = ? AND ip = ?",
                        domain,
                        InetAddresses.forString(client))
                .isEmpty();
    }
}
