// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import io.authorizedoutbounds.it.junit.OwnServers;
import io.authorizedoutbounds.it.junit.SharedCassandra;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.server.JamesServerBuilder;
import io.authorizedoutbounds.it.server.Names;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import io.restassured.response.Response;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Two Jameses on one keyspace, the clock of one an hour ahead of the other's: what SMTP clients use, WebAdmin shows. */
@ExtendWith(SharedCassandra.class)
@OwnServers
class LastUseIntegrationTest {
    private static final Duration AHEAD = Duration.ofHours(1);
    private static final Duration WRITTEN = Duration.ofSeconds(30);
    private static final String EXTERNAL_SENDER = "someone@remote.example.com";
    private static final String EXTERNAL_RECIPIENT = "someone@elsewhere.example.org";
    private static final String UNLISTED = "127.0.0.3";

    private static final AtomicInteger CLIENTS = new AtomicInteger();

    @AutoClose
    private static JamesServer james;

    @AutoClose
    private static JamesServer ahead;

    private static WebAdmin webAdmin;

    @BeforeAll
    static void start(CassandraServer cassandra) {
        String keyspace = Names.newKeyspace();
        james = node(cassandra, keyspace).start();
        webAdmin = WebAdmin.of(james).awaitLists();
        ahead = node(cassandra, keyspace).clockAhead(AHEAD).start();
        WebAdmin.of(ahead).awaitLists();
    }

    private static JamesServerBuilder node(CassandraServer cassandra, String keyspace) {
        return JamesServer.builder()
                .cassandra(cassandra, keyspace)
                .setting("allow.private.addresses", "true")
                // A list whose last uses cannot be read in time is shown without them.
                .patientLookups();
    }

    /** An address that no James has seen. */
    private static String newClient() {
        return "127.8.0." + CLIENTS.incrementAndGet();
    }

    private static String rcpt(JamesServer server, String client, String sender) {
        try (SmtpClient smtp = SmtpClient.from(client, server.smtpPort())) {
            smtp.mail(sender);
            return smtp.rcpt(EXTERNAL_RECIPIENT);
        }
    }

    private static Instant hourOf(Instant instant) {
        return instant.truncatedTo(ChronoUnit.HOURS);
    }

    private static Optional<Instant> lastUse(WebAdmin node, String domain, String address) {
        Response entry = node.get(domain, address);
        assertThat(entry.statusCode()).isEqualTo(200);
        return Optional.ofNullable(entry.jsonPath().getString("lastUsedAt")).map(Instant::parse);
    }

    private static Instant awaitLastUse(String domain, String address) {
        return Awaitility.await("the last use of " + address)
                .atMost(WRITTEN)
                .until(() -> lastUse(webAdmin, domain, address), Optional::isPresent)
                .orElseThrow();
    }

    private static List<Map<String, String>> export(String query) {
        return webAdmin.request().get("/authorizedOutbounds" + query).jsonPath().getList("");
    }

    @Test
    void rcptThatIsGrantedShouldBeTheLastUseOfItsEntry() {
        String client = newClient();
        String domain = webAdmin.addDomainListing(client);
        String unused = webAdmin.addDomainListing(client);
        assertThat(lastUse(webAdmin, domain, client)).isEmpty();
        Instant before = hourOf(Instant.now());

        assertThat(rcpt(james, UNLISTED, "user@" + domain)).startsWith("451 4.7.1");
        assertThat(rcpt(james, client, "user@" + domain)).startsWith("250");

        assertThat(awaitLastUse(domain, client)).isBetween(before, hourOf(Instant.now()));
        assertThat(webAdmin.list(domain).jsonPath().getList("lastUsedAt", String.class))
                .containsExactly(awaitLastUse(domain, client).toString());
        assertThat(export(""))
                .filteredOn(entry -> entry.get("ip").equals(client))
                .extracting(entry -> entry.get("domain") + " " + entry.get("lastUsedAt"))
                .containsExactlyInAnyOrder(domain + " " + awaitLastUse(domain, client), unused + " null");
        // The hour of the use has not ended by then.
        Instant since = awaitLastUse(domain, client).plus(Duration.ofHours(1)).minusMillis(1);
        assertThat(export("?unusedSince=" + since))
                .filteredOn(entry -> entry.get("ip").equals(client))
                .extracting(entry -> entry.get("domain"))
                .containsExactly(unused);
    }

    @Test
    void rcptOfAnExternalSenderShouldBeTheLastUseOfEachEntryOfItsAddress() {
        String client = newClient();
        String other = newClient();
        String one = webAdmin.addDomainListing(client, other);
        String another = webAdmin.addDomainListing(client);
        Instant before = hourOf(Instant.now());

        assertThat(rcpt(james, client, EXTERNAL_SENDER)).startsWith("250");

        assertThat(awaitLastUse(one, client)).isBetween(before, hourOf(Instant.now()));
        assertThat(awaitLastUse(another, client)).isBetween(before, hourOf(Instant.now()));
        assertThat(lastUse(webAdmin, one, other)).isEmpty();
    }

    @Test
    void lastUseShouldBeTheLaterOneOfTwoNodesWhicheverWritesLast() {
        String client = newClient();
        String last = newClient();
        String domain = webAdmin.addDomain();
        // The domain lists of memory apps are their own.
        WebAdmin.of(ahead).addDomain(domain);
        webAdmin.put(domain, client).then().statusCode(204);
        webAdmin.put(domain, last).then().statusCode(204);
        Awaitility.await("the list on the other node").atMost(WRITTEN).until(() -> rcpt(ahead, client, "user@" + domain)
                .startsWith("250"));
        Instant later = Awaitility.await("the use on the other node")
                .atMost(WRITTEN)
                .until(() -> awaitLastUse(domain, client), hour -> hour.isAfter(Instant.now()));

        assertThat(rcpt(james, client, "user@" + domain)).startsWith("250");
        // A node writes in the order of the uses, so that the one before is written too.
        assertThat(rcpt(james, last, "user@" + domain)).startsWith("250");
        awaitLastUse(domain, last);

        assertThat(lastUse(webAdmin, domain, client)).contains(later);
        assertThat(lastUse(WebAdmin.of(ahead), domain, client)).contains(later);
    }
}
