// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.store;

import static org.awaitility.Awaitility.await;

import io.authorizedoutbounds.cassandra.CassandraAuthorizedOutboundStore;
import io.authorizedoutbounds.cassandra.CassandraConfiguration;
import io.authorizedoutbounds.cassandra.CassandraConnection;
import io.authorizedoutbounds.it.junit.OwnServers;
import io.authorizedoutbounds.it.junit.SharedCassandra;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.Names;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import java.time.Clock;
import java.time.Duration;
import org.apache.commons.configuration2.BaseConfiguration;
import org.apache.james.core.Domain;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A firewall that is started again loses connections, and nobody notices: what is sent over them is not answered. */
@OwnServers
@ExtendWith(SharedCassandra.class)
class LostConnectionIntegrationTest {
    private static final Domain DOMAIN = Domain.of("lost.example");

    /** The driver by itself notices it after 35 seconds; the extension's own session after six, on any machine. */
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    private static AuthorizedOutboundStore storeBehind(SilentProxy proxy) {
        BaseConfiguration configuration = new BaseConfiguration();
        configuration.setProperty("cassandra.nodes", proxy.hostAndPort());
        configuration.setProperty("cassandra.keyspace", Names.newKeyspace());
        configuration.setProperty("cassandra.keyspace.create", true);
        return new CassandraAuthorizedOutboundStore(
                CassandraConnection.own(CassandraConfiguration.from(configuration)),
                Duration.ofDays(90),
                Clock.systemUTC());
    }

    @Test
    void listsShouldBeReadAgainSoonAfterTheConnectionsWereLost(CassandraServer cassandra) {
        try (SilentProxy proxy = new SilentProxy(cassandra.socketAddress())) {
            AuthorizedOutboundStore store = storeBehind(proxy);
            Stores.awaitOpen(store);

            proxy.silenceConnections();

            await().atMost(TIMEOUT)
                    .ignoreExceptions()
                    .until(() -> store.list(DOMAIN).toCompletableFuture().join().isEmpty());
        }
    }
}
