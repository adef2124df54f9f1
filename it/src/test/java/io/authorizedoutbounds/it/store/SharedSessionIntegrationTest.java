// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.datastax.oss.driver.api.core.CqlSession;
import com.google.inject.AbstractModule;
import com.google.inject.Guice;
import com.google.inject.Injector;
import io.authorizedoutbounds.cache.FixedDomainList;
import io.authorizedoutbounds.it.junit.OwnServers;
import io.authorizedoutbounds.it.junit.SharedCassandra;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.james.AuthorizedOutboundsModule;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.OutboundAddress;
import java.io.File;
import java.io.InputStream;
import java.time.Clock;
import java.time.Instant;
import org.apache.commons.configuration2.BaseHierarchicalConfiguration;
import org.apache.james.core.Domain;
import org.apache.james.domainlist.api.DomainList;
import org.apache.james.filesystem.api.FileSystem;
import org.apache.james.metrics.api.GaugeRegistry;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.metrics.api.NoopGaugeRegistry;
import org.apache.james.metrics.tests.RecordingMetricFactory;
import org.apache.james.server.core.configuration.ConfigurationProvider;
import org.apache.james.utils.PropertiesProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The module in the injector of a host that has a Cassandra session, as the Cassandra and distributed apps have. Those
 * apps are not to be had as a class path.
 */
@OwnServers
@ExtendWith(SharedCassandra.class)
class SharedSessionIntegrationTest {
    private static final Domain DOMAIN = Domain.of("shared.example");
    private static final OutboundAddress ADDRESS = OutboundAddress.parse("203.0.113.7");

    /** A host without {@code cassandra.properties}: a session of our own could not be opened. */
    private static final class Host extends AbstractModule {
        private final CqlSession session;

        Host(CqlSession session) {
            this.session = session;
        }

        @Override
        protected void configure() {
            bind(CqlSession.class).toInstance(session);
            bind(DomainList.class).toInstance(FixedDomainList.of(DOMAIN.asString()));
            bind(Clock.class).toInstance(Clock.systemUTC());
            bind(MetricFactory.class).toInstance(new RecordingMetricFactory());
            bind(GaugeRegistry.class).toInstance(new NoopGaugeRegistry());
            bind(PropertiesProvider.class).toInstance(PropertiesProvider.forTesting());
            bind(FileSystem.class).toInstance(new NoFiles());
            bind(ConfigurationProvider.class).toInstance((component, logged) -> new BaseHierarchicalConfiguration());
        }
    }

    private static final class NoFiles implements FileSystem {
        @Override
        public InputStream getResource(String url) {
            throw new AssertionError("no file is needed: " + url);
        }

        @Override
        public File getFile(String fileUrl) {
            throw new AssertionError("no file is needed: " + fileUrl);
        }

        @Override
        public File getBasedir() {
            throw new AssertionError("no file is needed");
        }
    }

    @Test
    void listsShouldBeInTheKeyspaceOfTheHost(CassandraServer cassandra) {
        try (CqlSession session = SharedCassandra.newSession(cassandra)) {
            Injector host = Guice.createInjector(new Host(session));
            AuthorizedOutboundStore store = host.createChildInjector(new AuthorizedOutboundsModule(host))
                    .getInstance(AuthorizedOutboundStore.class);
            Stores.awaitOpen(store);

            store.save(AuthorizedOutbound.builder()
                            .domain(DOMAIN)
                            .address(ADDRESS)
                            .addedAt(Instant.now())
                            .build())
                    .toCompletableFuture()
                    .join();

            assertThat(session.execute("SELECT ip FROM authorized_outbound WHERE domain = 'shared.example'")
                            .one()
                            .getInetAddress("ip"))
                    .isEqualTo(ADDRESS.asInetAddress());
        }
    }
}
