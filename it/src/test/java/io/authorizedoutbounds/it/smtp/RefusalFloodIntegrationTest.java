// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.cql.BatchStatementBuilder;
import com.datastax.oss.driver.api.core.cql.DefaultBatchType;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.google.common.net.InetAddresses;
import io.authorizedoutbounds.it.junit.HostileCase;
import io.authorizedoutbounds.it.junit.OwnServers;
import io.authorizedoutbounds.it.junit.SharedCassandra;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.server.Names;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import io.restassured.response.Response;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Refused RCPTs in floods, from many addresses and from one: each is counted, and they become no load of writes or log lines. */
@OwnServers
@ExtendWith(SharedCassandra.class)
class RefusalFloodIntegrationTest {
    private static final int ADDRESSES = 1050;
    private static final int ATTEMPTS = 20;

    /** As docs/operate.md has it. */
    private static final int MAX_RECORDED = 1000;

    private static final int WRITES_A_SECOND = 150;

    /** As docs/operate.md has them. */
    private static final int LINES_OF_AN_ADDRESS = 10;

    private static final int LINES = 100;
    private static final Pattern LEFT_OUT =
            Pattern.compile("(\\d+) more refusals or deferrals of (\\S+) (addresses )?in the last second");

    private static String keyspace;

    @AutoClose
    private static JamesServer james;

    @AutoClose
    private static CqlSession session;

    private static WebAdmin webAdmin;

    /** Of this test. */
    private String domain;

    private int logged;
    private Instant start;

    @BeforeAll
    static void start(CassandraServer cassandra) {
        keyspace = Names.newKeyspace();
        james = JamesServer.builder()
                .cassandra(cassandra, keyspace)
                .patientLookups()
                .start();
        webAdmin = WebAdmin.of(james).awaitLists();
        session = cassandra.sessionBuilder(keyspace).build();
    }

    @BeforeEach
    void addDomain() {
        domain = webAdmin.addDomain();
        logged = james.log().length();
        start = Instant.now();
    }

    @Test
    @HostileCase(58)
    void everyRefusalShouldBeCountedAtABoundedRate() {
        long written = writes();

        for (int number = 0; number < ADDRESSES; number++) {
            attack("127.4." + number / 250 + "." + (1 + number % 250), ATTEMPTS);
        }

        Response refusals = Awaitility.await("all to be written")
                .atMost(Duration.ofSeconds(30))
                .until(
                        () -> webAdmin.request().get("/domains/" + domain + "/refusedOutbounds"),
                        answer -> recorded(answer) + dropped(answer) == ADDRESSES * ATTEMPTS);
        long seconds = start.until(Instant.now(), ChronoUnit.SECONDS) + 1;
        if (hourOf(start).equals(hourOf(Instant.now()))) {
            // In a new hour there is room for others.
            assertThat(refusals.jsonPath().getList("attempts", Integer.class))
                    .hasSize(MAX_RECORDED)
                    .containsOnly(ATTEMPTS);
            assertThat(dropped(refusals)).isEqualTo((ADDRESSES - MAX_RECORDED) * ATTEMPTS);
        }
        assertThat(writes() - written).isBetween((long) MAX_RECORDED, WRITES_A_SECOND * (seconds + 2));
        assertThat(james.log()).doesNotContain("Cannot write what was refused");
        // A turn more at each end, and of each that had a line one that says how many more there were.
        assertThat(lines(log(), "Refused: ")).isLessThanOrEqualTo(LINES * (seconds + 2));
        assertThat(lines(log(), "more refusals")).isLessThanOrEqualTo((LINES + 1) * (seconds + 2));
        Awaitility.await("what is not logged to be counted in the log")
                .atMost(Duration.ofSeconds(10))
                .until(() -> lines(log(), "Refused: ") + leftOut(log()) == ADDRESSES * ATTEMPTS);
    }

    @Test
    @HostileCase(58)
    void refusalsOfOneAddressShouldBeTenLinesASecondAndEachBeCounted() {
        for (int connection = 0; connection < 200; connection++) {
            attack("127.5.0.1", 100);
        }

        int attempts = 200 * 100;
        Awaitility.await("each to be counted").atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            assertThat(recorded(webAdmin.request().get("/domains/" + domain + "/refusedOutbounds")))
                    .isEqualTo(attempts);
            // The counter is that of all tests, and may be late.
            assertThat((long) webAdmin.metrics().value("authorizedOutbounds_refusals_row3_total"))
                    .isEqualTo(lines(james.log(), "Refused: ") + leftOut(james.log()));
            assertThat(lines(
                                    log(),
                                    "Refused: 127.5.0.1 is not listed for " + domain + " (row 3 of rule 1): <user@"
                                            + domain + "> to <someone@elsewhere.example.org>")
                            + leftOut(log()))
                    .isEqualTo(attempts);
        });
        long seconds = start.until(Instant.now(), ChronoUnit.SECONDS) + 1;
        assertThat(lines(log(), "Refused: ")).isBetween(1L, LINES_OF_AN_ADDRESS * (seconds + 2));
        assertThat(lines(log(), "more refusals")).isBetween(1L, seconds + 2);
    }

    /** CASES 56: one domain is forged from a thousand addresses each hour, for a day here. */
    @Test
    @HostileCase(56)
    void refusalsOfManyHoursShouldBeReadUpToABound() {
        Instant lastHour = hourOf(Instant.now()).minus(Duration.ofHours(1));
        PreparedStatement count = session.prepare("INSERT INTO authorized_outbound_refusal (domain, hour, id, ip,"
                + " attempts, first_seen, last_seen, last_sender) VALUES (?, ?, uuid(), ?, 1, ?, ?, 'forged')");
        for (int hour = 0; hour < 24; hour++) {
            Instant time = lastHour.minus(Duration.ofHours(hour));
            for (int first = 0; first < 1000; first += 100) {
                BatchStatementBuilder batch = new BatchStatementBuilder(DefaultBatchType.UNLOGGED);
                for (int i = first; i < first + 100; i++) {
                    batch.addStatement(count.bind(domain, time, InetAddresses.fromInteger(0xCB000000 + i), time, time));
                }
                session.execute(batch.build());
            }
            session.execute(
                    "INSERT INTO authorized_outbound_refusal_by_hour (hour, domain, id, attempts) VALUES (?, ?, uuid(),"
                            + " 1000)",
                    time,
                    domain);
        }

        Response byAddress = webAdmin.request().get("/domains/" + domain + "/refusedOutbounds");
        Response byHour = webAdmin.request().get("/domains/" + domain + "/refusedOutbounds?by=hour");

        assertThat(byAddress.jsonPath().getList("attempts", Integer.class))
                .hasSize(MAX_RECORDED)
                .containsOnly(20);
        assertThat(byAddress.header("X-Refusals-Since"))
                .isEqualTo(lastHour.minus(Duration.ofHours(19)).toString());
        assertThat(byHour.jsonPath().getList("attempts", Integer.class))
                .hasSize(24)
                .containsOnly(1000);
    }

    private static long lines(String log, String text) {
        return log.lines().filter(line -> line.contains(text)).count();
    }

    private static long leftOut(String log) {
        return LEFT_OUT.matcher(log)
                .results()
                .mapToLong(line -> Long.parseLong(line.group(1)))
                .sum();
    }

    /** What James has logged in this test. */
    private String log() {
        return james.log().substring(logged);
    }

    private static Instant hourOf(Instant instant) {
        return instant.truncatedTo(ChronoUnit.HOURS);
    }

    private void attack(String client, int attempts) {
        try (SmtpClient smtp = SmtpClient.from(client, james.smtpPort())) {
            smtp.mail("user@" + domain);
            List<String> replies = smtp.rcpts("someone@elsewhere.example.org", attempts);
            assertThat(replies).allMatch(reply -> reply.startsWith("451 4.7.1 Open relay not allowed: " + client));
        }
    }

    private static int recorded(Response refusals) {
        return refusals.jsonPath().getList("attempts", Integer.class).stream()
                .mapToInt(attempts -> attempts)
                .sum();
    }

    private static int dropped(Response refusals) {
        String header = refusals.header("X-Refusals-Dropped");
        return header == null ? 0 : Integer.parseInt(header);
    }

    /** What Cassandra says itself. */
    private static long writes() {
        return session.execute("SELECT count FROM system_views.local_write_latency WHERE keyspace_name = '" + keyspace
                        + "' AND table_name = 'authorized_outbound_refusal'")
                .one()
                .getLong("count");
    }
}
