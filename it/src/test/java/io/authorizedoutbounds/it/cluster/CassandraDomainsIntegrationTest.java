// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.datastax.oss.driver.api.core.CqlSession;
import com.google.common.net.InetAddresses;
import io.authorizedoutbounds.it.junit.HostileCase;
import io.authorizedoutbounds.it.junit.SharedCassandra;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.server.JamesServerBuilder;
import io.authorizedoutbounds.it.server.Names;
import io.authorizedoutbounds.it.smtp.SmtpClient;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Two James with their domains and users in one keyspace of Cassandra, in the configuration as shipped, but that one has
 * James's own cache of domains on.
 */
@ExtendWith(SharedCassandra.class)
@Isolated("measures how soon a change holds on another node")
class CassandraDomainsIntegrationTest {
    private static final String LISTED = "127.0.0.2";
    private static final String UNLISTED = "127.0.0.3";
    private static final String EXTERNAL_SENDER = "someone@remote.example.com";
    private static final String EXTERNAL_RECIPIENT = "someone@elsewhere.example.org";
    private static final Duration PROPAGATION = Duration.ofSeconds(2);
    private static final int DOMAINS = 20;
    private static final int CHANGES = 100;

    /** The driver numbers the sessions of a JVM, and names their threads so. */
    private static final Pattern THREAD_OF_A_SESSION = Pattern.compile("\"(s\\d+)-admin-\\d+\"");

    private static CassandraServer cassandra;
    private static String keyspace;

    @AutoClose
    private static JamesServer nodeA;

    @AutoClose
    private static JamesServer nodeB;

    private static WebAdmin webAdmin;

    @BeforeAll
    static void start(CassandraServer shared) {
        cassandra = shared;
        keyspace = Names.newKeyspace();
        nodeA = node().withJamesDomainCache().start();
        webAdmin = WebAdmin.of(nodeA).awaitLists();
        nodeB = node().start();
        WebAdmin.of(nodeB).awaitLists();
    }

    private static JamesServerBuilder node() {
        return JamesServer.builder()
                .withDomainsInCassandra()
                .cassandra(cassandra, keyspace)
                .setting("allow.private.addresses", "true")
                .patientLookups();
    }

    private static String rcpt(JamesServer node, String client, String sender, String recipient) {
        try (SmtpClient smtp = SmtpClient.from(client, node.smtpPort())) {
            smtp.mail(sender);
            return smtp.rcpt(recipient);
        }
    }

    private static String refusal(String client, String domain) {
        return "451 4.7.1 Open relay not allowed: " + client + " is not an authorized outbound address of " + domain;
    }

    @Test
    void domainsUsersAndListsShouldBeInTheKeyspaceOfJames() {
        String domain = webAdmin.addDomainListing(LISTED);
        webAdmin.addUser("bob@" + domain, "secret");

        try (CqlSession session = cassandra.sessionBuilder(keyspace).build()) {
            assertThat(session.execute("SELECT domain FROM domains WHERE domain = ?", domain))
                    .hasSize(1);
            assertThat(session.execute("SELECT name FROM user WHERE name = ?", "bob@" + domain))
                    .hasSize(1);
            assertThat(session.execute("SELECT ip FROM authorized_outbound WHERE domain = ?", domain))
                    .hasSize(1);
        }
    }

    @Test
    void extensionShouldUseTheSessionOfJames() {
        // James opens another one to make the keyspace, and closes it.
        Awaitility.await("one session").atMost(Duration.ofMinutes(1)).untilAsserted(() -> assertThat(sessions(nodeA))
                .hasSize(1));
    }

    private static Set<String> sessions(JamesServer node) {
        return THREAD_OF_A_SESSION
                .matcher(node.threadDump())
                .results()
                .map(thread -> thread.group(1))
                .collect(Collectors.toSet());
    }

    @Test
    void listedClientShouldPass() {
        String domain = webAdmin.addDomainListing(LISTED);

        assertThat(rcpt(nodeA, LISTED, "user@" + domain, EXTERNAL_RECIPIENT)).startsWith("250");
    }

    @Test
    void unlistedClientShouldBeRefused() {
        String domain = webAdmin.addDomainListing(LISTED);

        assertThat(rcpt(nodeA, UNLISTED, "user@" + domain, EXTERNAL_RECIPIENT)).isEqualTo(refusal(UNLISTED, domain));
    }

    @Test
    @HostileCase(36)
    void malformedRowShouldGrantNothingAndHideNoOther() {
        String domain = webAdmin.addDomainListing(LISTED);
        try (CqlSession session = cassandra.sessionBuilder(keyspace).build()) {
            for (String table : List.of("authorized_outbound", "authorized_outbound_by_ip")) {
                // Without a time of its addition.
                session.execute(
                        "INSERT INTO " + table + " (domain, ip) VALUES (?, ?)",
                        domain,
                        InetAddresses.forString(UNLISTED));
            }
        }

        assertThat(rcpt(nodeB, LISTED, "user@" + domain, EXTERNAL_RECIPIENT)).startsWith("250");
        assertThat(rcpt(nodeB, UNLISTED, "user@" + domain, EXTERNAL_RECIPIENT)).isEqualTo(refusal(UNLISTED, domain));
        assertThat(rcpt(nodeB, UNLISTED, EXTERNAL_SENDER, EXTERNAL_RECIPIENT)).startsWith("451 4.7.1");
    }

    @Test
    void inboundMailShouldPassForAUserThatExists() {
        String domain = webAdmin.addDomainListing(LISTED);
        webAdmin.addUser("bob@" + domain, "secret");

        assertThat(rcpt(nodeA, UNLISTED, EXTERNAL_SENDER, "bob@" + domain)).startsWith("250");
        assertThat(rcpt(nodeA, UNLISTED, EXTERNAL_SENDER, "nobody@" + domain)).startsWith("550");
    }

    @Test
    void authenticatedUserShouldPass() {
        String domain = webAdmin.addDomain();
        webAdmin.addUser("bob@" + domain, "secret");

        try (SmtpClient client = SmtpClient.from(UNLISTED, nodeA.submissionPort())) {
            client.startTls();
            assertThat(client.auth("bob@" + domain, "secret")).startsWith("235");
            client.mail("bob@" + domain);
            assertThat(client.rcpt(EXTERNAL_RECIPIENT)).startsWith("250");
        }
    }

    @Test
    void bothNodesShouldHaveTheSameDomainsUsersAndLists() {
        String domain = webAdmin.addDomainListing(LISTED);
        webAdmin.addUser("bob@" + domain, "secret");

        Awaitility.await("the other node").atMost(PROPAGATION.multipliedBy(5)).untilAsserted(() -> {
            assertThat(rcpt(nodeB, LISTED, "user@" + domain, EXTERNAL_RECIPIENT))
                    .startsWith("250");
            assertThat(rcpt(nodeB, UNLISTED, "user@" + domain, EXTERNAL_RECIPIENT))
                    .isEqualTo(refusal(UNLISTED, domain));
            assertThat(rcpt(nodeB, UNLISTED, EXTERNAL_SENDER, "bob@" + domain)).startsWith("250");
        });
    }

    /** James's own cache must not remember that the domain is missing. */
    @Test
    @HostileCase(63)
    void newDomainShouldTakeUserAndAddressAtOnceWithJamessOwnCacheOn() {
        String domain = Names.newDomain();

        webAdmin.request().put("/domains/" + domain).then().statusCode(204);

        webAdmin.request()
                .body("{\"password\":\"secret\"}")
                .put("/users/bob@" + domain)
                .then()
                .statusCode(204);
        webAdmin.put(domain, LISTED).then().statusCode(204);
        assertThat(rcpt(nodeA, LISTED, "bob@" + domain, EXTERNAL_RECIPIENT)).startsWith("250");
    }

    @Test
    @HostileCase(38)
    void listOfADomainThatWasRemovedShouldNotCountWhenTheDomainIsAddedAgainAtOnce() {
        String domain = webAdmin.addDomainListing(LISTED);
        assertThat(rcpt(nodeA, LISTED, "bob@" + domain, EXTERNAL_RECIPIENT)).startsWith("250");

        webAdmin.request().delete("/domains/" + domain).then().statusCode(204);
        webAdmin.request().put("/domains/" + domain).then().statusCode(204);

        assertThat(rcpt(nodeA, LISTED, "bob@" + domain, EXTERNAL_RECIPIENT)).isEqualTo(refusal(LISTED, domain));
    }

    @Test
    void changesOfDomainsShouldHoldOnTheOtherNodeWithinTwoSeconds() {
        Random random = new Random(20);
        Map<String, Boolean> internal = new LinkedHashMap<>();
        for (int i = 0; i < DOMAINS; i++) {
            internal.put(Names.newDomain(), false);
        }
        List<Duration> times = new ArrayList<>();
        try (SmtpClient smtp = SmtpClient.from(UNLISTED, nodeB.smtpPort())) {
            smtp.mail(EXTERNAL_SENDER);
            while (times.size() < CHANGES) {
                internal.forEach((domain, present) ->
                        assertThat(isInternal(smtp, domain)).isEqualTo(present));
                Map<String, Long> changed = new LinkedHashMap<>();
                internal.replaceAll((domain, present) -> {
                    if (random.nextInt(4) == 0) {
                        return present;
                    }
                    if (present) {
                        webAdmin.request().delete("/domains/" + domain).then().statusCode(204);
                    } else {
                        webAdmin.request().put("/domains/" + domain).then().statusCode(204);
                    }
                    changed.put(domain, System.nanoTime());
                    return !present;
                });
                while (!changed.isEmpty()) {
                    changed.entrySet().removeIf(change -> {
                        Duration time = Duration.ofNanos(System.nanoTime() - change.getValue());
                        assertThat(time).isLessThan(PROPAGATION.multipliedBy(5));
                        boolean holds = isInternal(smtp, change.getKey()) == internal.get(change.getKey());
                        if (holds) {
                            times.add(time);
                        }
                        return holds;
                    });
                }
            }
        }

        assertThat(times).hasSizeGreaterThanOrEqualTo(CHANGES).allMatch(time -> time.compareTo(PROPAGATION) <= 0);
    }

    /** By row 5 or row 7; James itself answers then that there is no such user. */
    private static boolean isInternal(SmtpClient unlisted, String domain) {
        String reply = unlisted.rcpt("nobody@" + domain);
        assertThat(reply).matches("(550|451 4\\.7\\.1) .*");
        return reply.startsWith("550");
    }
}
