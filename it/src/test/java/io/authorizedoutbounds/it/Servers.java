// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.CqlSessionBuilder;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.james.core.Domain;
import org.awaitility.Awaitility;

/** What the test classes of one run share. */
final class Servers {
    private static final AtomicInteger NAMES = new AtomicInteger();
    private static CassandraServer cassandra;

    private Servers() {}

    /** One Cassandra for all classes that do not stop it. It ends with the JVM. */
    static synchronized CassandraServer cassandra() {
        if (cassandra == null) {
            cassandra = new CassandraServer().start();
        }
        return cassandra;
    }

    /** A James on the shared Cassandra that relays to the sink; the clients of the tests have loopback addresses. */
    static JamesServer.Builder jamesWith(SmtpSink sink) {
        return JamesServer.builder()
                .cassandra(cassandra(), newKeyspace())
                .sink(sink)
                .setting("allow.private.addresses", "true");
    }

    /** A session of the driver in a keyspace of its own. */
    static CqlSession newSession() {
        String keyspace = newKeyspace();
        CqlSessionBuilder builder = CqlSession.builder()
                .addContactPoint(new InetSocketAddress(
                        InetAddress.getLoopbackAddress(), cassandra().port()))
                .withLocalDatacenter("datacenter1");
        try (CqlSession session = builder.build()) {
            session.execute("CREATE KEYSPACE " + keyspace
                    + " WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
        }
        return builder.withKeyspace(keyspace).build();
    }

    /** Waits until a store has its tables. */
    static void awaitOpen(AuthorizedOutboundStore store) {
        Awaitility.await("the tables").atMost(Duration.ofMinutes(1)).until(() -> !store.list(
                        Domain.of("nobody.example"))
                .toCompletableFuture()
                .isCompletedExceptionally());
    }

    /** A name that nobody else uses: of a domain ({@code d1.example}), or of a keyspace without the dot. */
    static String newDomain() {
        return "d" + NAMES.incrementAndGet() + ".example";
    }

    static String newKeyspace() {
        return "keyspace" + NAMES.incrementAndGet();
    }
}
