// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.authorizedoutbounds.it.junit.OwnServers;
import io.authorizedoutbounds.it.junit.SharedCassandra;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.server.JamesServerBuilder;
import io.authorizedoutbounds.it.server.Names;
import io.authorizedoutbounds.it.smtp.SmtpClient;
import io.authorizedoutbounds.it.smtp.SmtpSink;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import io.restassured.path.json.JsonPath;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The steps of docs/roll-out.md on two nodes, while both customers send a mail each second to each node: none is refused or
 * lost on the way, and at the end no forged one is accepted.
 */
@Order(2)
@OwnServers
@ExtendWith(SharedCassandra.class)
class RollOutIntegrationTest {
    private static final String ALPHA = "alpha.example";
    private static final String BETA = "beta.example";
    private static final String SERVER_OF_ALPHA = "127.20.0.1";
    private static final String SERVER_OF_BETA = "127.20.0.2";
    private static final String STRANGER = "127.20.0.3";
    private static final Duration PROPAGATION = Duration.ofSeconds(20);

    @Test
    void customersOfAMemoryAppShouldMoveToTheirOwnListsWithoutARefusedMail(CassandraServer cassandra) {
        rollOut(
                cassandra,
                JamesServer.builder().edit("domainlist.xml", "</domainlist>", domainNames()),
                JamesServer.builder().edit("domainlist.xml", "</domainlist>", domainNames()));
    }

    @Test
    void customersOfAJamesWithDomainsInCassandraShouldMoveToTheirOwnListsWithoutARefusedMail(
            CassandraServer cassandra) {
        rollOut(
                cassandra,
                JamesServer.builder().withDomainsInCassandra(),
                JamesServer.builder().withDomainsInCassandra());
    }

    /** A memory app does not remember through a restart what WebAdmin has added. */
    private static String domainNames() {
        return "<domainnames><domainname>" + ALPHA + "</domainname><domainname>" + BETA
                + "</domainname></domainnames></domainlist>";
    }

    private static JamesServer start(
            JamesServerBuilder builder, CassandraServer cassandra, String keyspace, SmtpSink sink) {
        // Step 1: in report mode, with the customers in authorizedAddresses.
        JamesServer node = builder.cassandra(cassandra, keyspace)
                .sink(sink)
                .trusting(SERVER_OF_ALPHA + ", " + SERVER_OF_BETA)
                .setting("allow.private.addresses", "true")
                .patientLookups()
                .setting("enforcement", "report")
                .setting("trusted.networks", "judge")
                .start();
        WebAdmin.of(node).awaitLists();
        return node;
    }

    private static void rollOut(CassandraServer cassandra, JamesServerBuilder one, JamesServerBuilder other) {
        String keyspace = Names.newKeyspace();
        try (SmtpSink sink = new SmtpSink();
                JamesServer nodeA = start(one, cassandra, keyspace, sink);
                JamesServer nodeB = start(other, cassandra, keyspace, sink)) {
            List<JamesServer> nodes = List.of(nodeA, nodeB);
            for (JamesServer node : nodes) {
                WebAdmin.of(node).addDomain(ALPHA);
                WebAdmin.of(node).addDomain(BETA);
            }
            try (HonestMail honest =
                    new HonestMail(sink, nodes, Map.of(SERVER_OF_ALPHA, ALPHA, SERVER_OF_BETA, BETA))) {
                rollOut(honest, nodes);
                honest.assertAllDeliveredOnce();
            }
        }
    }

    private static void rollOut(HonestMail honest, List<JamesServer> nodes) {
        WebAdmin webAdmin = WebAdmin.of(nodes.get(0));

        // Steps 2 and 3: what was observed is adopted.
        adopt(webAdmin, ALPHA, SERVER_OF_ALPHA);
        adopt(webAdmin, BETA, SERVER_OF_BETA);
        assertThat(rcpt(nodes.get(1), SERVER_OF_BETA, ALPHA)).startsWith("250");

        // Step 4: one domain enforces, and the other a while later.
        enforce(webAdmin, ALPHA);
        awaitRefused(nodes, SERVER_OF_BETA, ALPHA);
        assertThat(rcpt(nodes.get(1), SERVER_OF_ALPHA, BETA)).startsWith("250");
        enforce(webAdmin, BETA);
        awaitRefused(nodes, SERVER_OF_ALPHA, BETA);

        // Steps 5 and 6, each node out of service while it restarts.
        for (JamesServer node : nodes) {
            restart(honest, node, "authorized-outbounds.properties", "(?m)^enforcement=.*", "enforcement=enforce");
        }
        for (JamesServer node : nodes) {
            restart(honest, node, "smtpserver.xml", "<authorizedAddresses>.*</authorizedAddresses>", "");
        }

        for (JamesServer node : nodes) {
            assertThat(rcpt(node, SERVER_OF_ALPHA, BETA)).isEqualTo(refusal(SERVER_OF_ALPHA, BETA));
            assertThat(rcpt(node, SERVER_OF_BETA, ALPHA)).isEqualTo(refusal(SERVER_OF_BETA, ALPHA));
            assertThat(rcpt(node, STRANGER, ALPHA)).isEqualTo(refusal(STRANGER, ALPHA));
            assertThat(rcpt(node, STRANGER, "remote.example.com"))
                    .isEqualTo(
                            "451 4.7.1 Open relay not allowed: " + STRANGER + " is not an authorized outbound address");
        }
    }

    /** As somebody does who looks at the refusals of the domain, of which none was a refusal. */
    private static void adopt(WebAdmin webAdmin, String domain, String expected) {
        JsonPath observed = Awaitility.await("the servers of " + domain + " to be observed")
                .atMost(Duration.ofSeconds(30))
                .until(
                        () -> webAdmin.request()
                                .get("/domains/" + domain + "/refusedOutbounds")
                                .jsonPath(),
                        refusals -> !refusals.getList("").isEmpty());
        assertThat(observed.getList("ip", String.class)).containsExactly(expected);
        assertThat(observed.getList("refused", Integer.class)).containsExactly(0);
        webAdmin.put(domain, expected).then().statusCode(204);
    }

    private static void enforce(WebAdmin webAdmin, String domain) {
        webAdmin.setEnforcement(domain, "enforce").then().statusCode(204);
    }

    private static void awaitRefused(List<JamesServer> nodes, String client, String domain) {
        for (JamesServer node : nodes) {
            Awaitility.await(domain + " to be enforced").atMost(PROPAGATION).until(() -> rcpt(node, client, domain)
                    .equals(refusal(client, domain)));
        }
    }

    private static void restart(HonestMail honest, JamesServer node, String file, String pattern, String replacement) {
        honest.takeOut(node);
        node.restart(file, text -> text.replaceAll(pattern, replacement));
        WebAdmin.of(node).awaitHealth("healthy");
        honest.putIn(node);
    }

    private static String rcpt(JamesServer node, String client, String domain) {
        try (SmtpClient smtp = SmtpClient.from(client, node.smtpPort())) {
            smtp.mail("forged@" + domain);
            return smtp.rcpt("victim@elsewhere.example.org");
        }
    }

    private static String refusal(String client, String domain) {
        return "451 4.7.1 Open relay not allowed: " + client + " is not an authorized outbound address of " + domain;
    }
}
