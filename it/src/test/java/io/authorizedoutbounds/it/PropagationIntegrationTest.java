// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Two James on one Cassandra: what one is told holds on the other. */
class PropagationIntegrationTest {
    private static final Duration BUDGET = Duration.ofSeconds(2);
    private static final String EXTERNAL_RECIPIENT = "someone@elsewhere.example.org";

    private static JamesServer nodeA;
    private static JamesServer nodeB;

    @BeforeAll
    static void start() {
        String keyspace = Servers.newKeyspace();
        nodeA = node(keyspace);
        WebAdmin.of(nodeA).awaitLists();
        nodeB = node(keyspace);
        WebAdmin.of(nodeB).awaitLists();
    }

    private static JamesServer node(String keyspace) {
        return JamesServer.builder()
                .cassandra(Servers.cassandra(), keyspace)
                .setting("allow.private.addresses", "true")
                .start();
    }

    @AfterAll
    static void stop() {
        nodeA.close();
        nodeB.close();
    }

    /** A domain of both: the domain lists of memory apps are their own. */
    private static String newDomain() {
        String domain = WebAdmin.of(nodeA).addDomain();
        WebAdmin.of(nodeB).addDomain(domain);
        return domain;
    }

    private static boolean isTaken(JamesServer james, String client, String sender) {
        try (SmtpClient smtp = SmtpClient.from(client, james.smtpPort())) {
            smtp.mail(sender);
            return isTaken(smtp);
        }
    }

    private static boolean isTaken(SmtpClient smtp) {
        String reply = smtp.rcpt(EXTERNAL_RECIPIENT);
        assertThat(reply).matches("250 .*|451 4\\.7\\.1 .*");
        return reply.startsWith("250");
    }

    @Test
    void putOnOneNodeShouldHoldOnTheOther() {
        String domain = newDomain();
        String client = "127.1.0.2";
        assertThat(isTaken(nodeB, client, "user@" + domain)).isFalse();
        assertThat(isTaken(nodeB, client, "someone@remote.example.com")).isFalse();

        WebAdmin.of(nodeA).put(domain, client).then().statusCode(204);

        assertThat(isTaken(nodeA, client, "user@" + domain)).isTrue();
        assertThat(isTaken(nodeA, client, "someone@remote.example.com")).isTrue();
        Awaitility.await().atMost(BUDGET).until(() -> isTaken(nodeB, client, "user@" + domain));
        Awaitility.await().atMost(BUDGET).until(() -> isTaken(nodeB, client, "someone@remote.example.com"));
    }

    @Test
    void deleteOnOneNodeShouldRefuseTheNextRcptOfAnOpenSessionOnTheOther() {
        String domain = newDomain();
        String client = "127.1.0.3";
        WebAdmin.of(nodeA).put(domain, client).then().statusCode(204);
        Awaitility.await().atMost(BUDGET).until(() -> isTaken(nodeB, client, "user@" + domain));

        try (SmtpClient open = SmtpClient.from(client, nodeB.smtpPort())) {
            open.mail("user@" + domain);
            assertThat(isTaken(open)).isTrue();
            WebAdmin.of(nodeA).delete(domain, client).then().statusCode(204);
            Awaitility.await().atMost(BUDGET).until(() -> !isTaken(open));
        }
    }

    @Test
    void entryShouldExpireOnBothNodes() {
        String domain = newDomain();
        String client = "127.1.0.4";
        Instant expiry = Instant.now().plusSeconds(8);
        WebAdmin.of(nodeA)
                .put(domain, client, "{\"expiresAt\":\"" + expiry + "\"}")
                .then()
                .statusCode(204);
        Awaitility.await().atMost(BUDGET).until(() -> isTaken(nodeB, client, "user@" + domain));

        Awaitility.await().atMost(Duration.ofSeconds(15)).until(() -> Instant.now()
                .isAfter(expiry));

        assertThat(isTaken(nodeA, client, "user@" + domain)).isFalse();
        assertThat(isTaken(nodeB, client, "user@" + domain)).isFalse();
    }

    /** 200 changes on both nodes, each answered and asked about on both: at the end all three tell the same. */
    @Test
    void randomChangesOnBothNodesShouldEndAlike() {
        List<String> domains = IntStream.range(0, 5).mapToObj(i -> newDomain()).toList();
        List<String> clients =
                IntStream.range(10, 14).mapToObj(i -> "127.1.1." + i).toList();
        Random random = new Random(20261124);
        List<String> listed = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            String domain = domains.get(random.nextInt(domains.size()));
            String client = clients.get(random.nextInt(clients.size()));
            WebAdmin changed = WebAdmin.of(random.nextBoolean() ? nodeA : nodeB);
            String entry = domain + " " + client;
            if (random.nextBoolean()) {
                changed.put(domain, client).then().statusCode(204);
                listed.remove(entry);
                listed.add(entry);
            } else {
                changed.delete(domain, client).then().statusCode(204);
                listed.remove(entry);
            }
            // Keeps answers in the memory of both nodes, so that changes have something to correct.
            isTaken(random.nextBoolean() ? nodeA : nodeB, client, "user@" + domain);
        }

        for (JamesServer node : List.of(nodeA, nodeB)) {
            for (String domain : domains) {
                for (String client : clients) {
                    boolean expected = listed.contains(domain + " " + client);
                    Awaitility.await(domain + " from " + client)
                            .atMost(BUDGET)
                            .until(() -> isTaken(node, client, "user@" + domain) == expected);
                }
                assertThat(WebAdmin.of(node).list(domain).jsonPath().getList("ip", String.class))
                        .containsExactlyElementsOf(clients.stream()
                                .filter(client -> listed.contains(domain + " " + client))
                                .toList());
            }
            for (String client : clients) {
                boolean expected = listed.stream().anyMatch(entry -> entry.endsWith(" " + client));
                assertThat(isTaken(node, client, "someone@remote.example.com")).isEqualTo(expected);
            }
        }
    }
}
