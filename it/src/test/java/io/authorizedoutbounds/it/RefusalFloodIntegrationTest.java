// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.datastax.oss.driver.api.core.CqlSession;
import io.restassured.response.Response;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** 105,000 refused RCPTs from 1,050 addresses: each is counted, and they become neither a write load nor a long list. */
class RefusalFloodIntegrationTest {
    private static final int ADDRESSES = 1050;
    private static final int ATTEMPTS = 100;

    /** As the README has it. */
    private static final int KEPT = 1000;

    private static final int WRITES_A_SECOND = 150;

    @Test
    void everyRefusalShouldBeCountedAtABoundedRate() {
        String keyspace = Servers.newKeyspace();
        try (JamesServer james = JamesServer.builder()
                        .cassandra(Servers.cassandra(), keyspace)
                        .start();
                CqlSession session = CqlSession.builder()
                        .addContactPoint(new InetSocketAddress(
                                InetAddress.getLoopbackAddress(),
                                Servers.cassandra().port()))
                        .withLocalDatacenter("datacenter1")
                        .build()) {
            WebAdmin webAdmin = WebAdmin.of(james).awaitLists();
            String domain = webAdmin.addDomain();
            Instant start = Instant.now();

            for (int number = 0; number < ADDRESSES; number++) {
                attack(james, "127.4." + number / 250 + "." + (1 + number % 250), "user@" + domain);
            }

            Response refusals = Awaitility.await("all to be written")
                    .atMost(Duration.ofSeconds(30))
                    .until(
                            () -> webAdmin.request().get("/domains/" + domain + "/refusedOutbounds"),
                            answer -> kept(answer) + dropped(answer) == ADDRESSES * ATTEMPTS);
            long seconds = start.until(Instant.now(), ChronoUnit.SECONDS) + 1;
            if (hourOf(start).equals(hourOf(Instant.now()))) {
                // In a new hour there is room for others.
                assertThat(refusals.jsonPath().getList("attempts", Integer.class))
                        .hasSize(KEPT)
                        .containsOnly(ATTEMPTS);
                assertThat(dropped(refusals)).isEqualTo((ADDRESSES - KEPT) * ATTEMPTS);
            }
            assertThat(writes(session, keyspace)).isBetween((long) KEPT, WRITES_A_SECOND * (seconds + 2));
            assertThat(james.log()).doesNotContain("Cannot write what was refused");
        }
    }

    private static Instant hourOf(Instant instant) {
        return instant.truncatedTo(ChronoUnit.HOURS);
    }

    private static void attack(JamesServer james, String client, String sender) {
        try (SmtpClient smtp = SmtpClient.from(client, james.smtpPort())) {
            smtp.mail(sender);
            List<String> replies = smtp.rcpts("someone@elsewhere.example.org", ATTEMPTS);
            assertThat(replies).allMatch(reply -> reply.startsWith("451 4.7.1 Open relay not allowed: " + client));
        }
    }

    private static int kept(Response refusals) {
        return refusals.jsonPath().getList("attempts", Integer.class).stream()
                .mapToInt(attempts -> attempts)
                .sum();
    }

    private static int dropped(Response refusals) {
        String header = refusals.header("X-Refusals-Dropped");
        return header == null ? 0 : Integer.parseInt(header);
    }

    /** What Cassandra says itself. */
    private static long writes(CqlSession session, String keyspace) {
        return session.execute("SELECT count FROM system_views.local_write_latency WHERE keyspace_name = '" + keyspace
                        + "' AND table_name = 'authorized_outbound_refusal'")
                .one()
                .getLong("count");
    }
}
