// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.outage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.cql.BatchStatementBuilder;
import com.datastax.oss.driver.api.core.cql.DefaultBatchType;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.servererrors.ReadFailureException;
import com.google.common.net.InetAddresses;
import io.authorizedoutbounds.it.junit.HostileCase;
import io.authorizedoutbounds.it.junit.OwnServers;
import io.authorizedoutbounds.it.junit.SharedCassandra;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.server.Names;
import io.authorizedoutbounds.it.smtp.SmtpClient;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The list of one domain cannot be read, since its partition has more tombstones than Cassandra reads. */
@OwnServers
@ExtendWith(SharedCassandra.class)
class UnreadableListIntegrationTest {
    /** Cassandra's tombstone_failure_threshold, and some more. */
    private static final int TOMBSTONES = 100_500;

    private static final int TOMBSTONES_OF_A_BATCH = 500;
    private static final String CLIENT = "127.0.0.2";
    private static final String EXTERNAL_RECIPIENT = "someone@elsewhere.example.org";
    private static final String UNAVAILABLE = "451 4.3.0 Authorized outbounds temporarily unavailable, try again later";
    private static final int FORGING_CLIENTS = 2;

    /** More than opened the breaker, when each failure counted. */
    private static final int FORGED_IN_A_ROW = 20;

    /** lookup.timeout with the way there and back. */
    private static final Duration DECIDED_WITHIN = Duration.ofMillis(2100);

    private static JamesServer james;
    private static WebAdmin webAdmin;
    private static String unreadable;

    @BeforeAll
    static void start(CassandraServer cassandra) {
        String keyspace = Names.newKeyspace();
        cassandra.allowTombstones(keyspace);
        james = JamesServer.builder()
                .cassandra(cassandra, keyspace)
                .setting("allow.private.addresses", "true")
                .patientLookups()
                .start();
        webAdmin = WebAdmin.of(james).awaitLists();
        unreadable = webAdmin.addDomain();
        try (CqlSession session = cassandra.sessionBuilder(keyspace).build()) {
            deleteRowsOf(session, unreadable);
            assertThatThrownBy(() -> session.execute("SELECT * FROM authorized_outbound WHERE domain = ?", unreadable))
                    .isInstanceOf(ReadFailureException.class);
        }
        // Shows also that such a read of any other test would be found.
        assertThat(cassandra.tombstoneWarnings(keyspace)).isNotEmpty();
    }

    private static void deleteRowsOf(CqlSession session, String domain) {
        PreparedStatement delete = session.prepare("DELETE FROM authorized_outbound WHERE domain = ? AND ip = ?");
        for (int first = 0; first < TOMBSTONES; first += TOMBSTONES_OF_A_BATCH) {
            BatchStatementBuilder batch = new BatchStatementBuilder(DefaultBatchType.UNLOGGED);
            for (int i = first; i < first + TOMBSTONES_OF_A_BATCH; i++) {
                batch.addStatement(delete.bind(domain, InetAddresses.fromInteger(0xCB000000 + i)));
            }
            session.execute(batch.build());
        }
    }

    @AfterAll
    static void stop() {
        james.close();
    }

    private static String rcpt(String sender) {
        try (SmtpClient smtp = SmtpClient.from(CLIENT, james.smtpPort())) {
            smtp.mail(sender);
            return smtp.rcpt(EXTERNAL_RECIPIENT);
        }
    }

    /** CASES 52. */
    @Test
    @HostileCase(52)
    void mailOfAllOtherDomainsShouldBeDecidedWhileOneDomainIsForged() throws Exception {
        AtomicBoolean stopped = new AtomicBoolean();
        AtomicInteger replies = new AtomicInteger();
        ExecutorService forgers = Executors.newFixedThreadPool(FORGING_CLIENTS);
        try {
            Future<?>[] forged = new Future<?>[FORGING_CLIENTS];
            for (int i = 0; i < FORGING_CLIENTS; i++) {
                forged[i] = forgers.submit(() -> {
                    while (!stopped.get()) {
                        assertThat(rcpt("forged@" + unreadable)).isEqualTo(UNAVAILABLE);
                        replies.incrementAndGet();
                    }
                });
            }
            Instant end = Instant.now().plusSeconds(5);
            while (Instant.now().isBefore(end)) {
                String listing = webAdmin.addDomainListing(CLIENT);
                String listingNone = webAdmin.addDomain();
                int before = replies.get();
                Awaitility.await("forged mail alone")
                        .atMost(Duration.ofMinutes(1))
                        .until(() -> replies.get() >= before + FORGED_IN_A_ROW);
                Instant start = Instant.now();

                assertThat(rcpt("user@" + listing)).startsWith("250");
                assertThat(rcpt("user@" + listingNone)).startsWith("451 4.7.1");

                assertThat(Duration.between(start, Instant.now())).isLessThan(DECIDED_WITHIN.multipliedBy(2));
            }
            stopped.set(true);
            for (Future<?> each : forged) {
                each.get();
            }
        } finally {
            stopped.set(true);
            forgers.shutdownNow();
        }
        assertThat(webAdmin.metrics().value("authorizedOutbounds_breaker_open")).isZero();
        assertThat(webAdmin.health().status()).isEqualTo("healthy");
    }
}
