// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.cassandra;

import com.datastax.oss.driver.api.core.CqlSession;
import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Scopes;
import com.google.inject.Singleton;
import com.google.inject.multibindings.Multibinder;
import java.io.FileNotFoundException;
import java.util.Set;
import org.apache.commons.configuration2.Configuration;
import org.apache.commons.configuration2.ex.ConfigurationException;
import org.apache.james.backends.cassandra.components.CassandraModule;
import org.apache.james.backends.cassandra.init.CassandraZonedDateTimeModule;
import org.apache.james.backends.cassandra.init.KeyspaceFactory;
import org.apache.james.backends.cassandra.init.ResilientClusterProvider;
import org.apache.james.backends.cassandra.init.SessionWithInitializedTablesFactory;
import org.apache.james.backends.cassandra.init.configuration.ClusterConfiguration;
import org.apache.james.backends.cassandra.init.configuration.KeyspaceConfiguration;
import org.apache.james.backends.cassandra.utils.CassandraHealthCheck;
import org.apache.james.backends.cassandra.versions.CassandraSchemaVersionDAO;
import org.apache.james.backends.cassandra.versions.CassandraSchemaVersionManager;
import org.apache.james.backends.cassandra.versions.CassandraSchemaVersionModule;
import org.apache.james.core.healthcheck.HealthCheck;
import org.apache.james.utils.PropertiesProvider;

/**
 * The one session of the server, as James's module of the same name makes it: from {@code cassandra.properties}, with
 * keyspace and tables. The driver reads {@code cassandra-driver.conf}, which {@code jvm.properties} names.
 */
final class CassandraSessionModule extends AbstractModule {
    @Override
    protected void configure() {
        bind(CqlSession.class).toProvider(SessionWithInitializedTablesFactory.class);
        Multibinder<CassandraModule> tables = Multibinder.newSetBinder(binder(), CassandraModule.class);
        tables.addBinding().toInstance(CassandraZonedDateTimeModule.MODULE);
        tables.addBinding().toInstance(CassandraSchemaVersionModule.MODULE);
        bind(CassandraSchemaVersionManager.class).in(Scopes.SINGLETON);
        bind(CassandraSchemaVersionDAO.class).in(Scopes.SINGLETON);
        Multibinder.newSetBinder(binder(), HealthCheck.class).addBinding().to(CassandraHealthCheck.class);
    }

    @Provides
    @Singleton
    SessionWithInitializedTablesFactory sessionWithTables(
            ResilientClusterProvider cluster,
            ClusterConfiguration configuration,
            KeyspaceConfiguration keyspace,
            CassandraModule tables) {
        CqlSession session = cluster.get();
        if (configuration.shouldCreateKeyspace()) {
            KeyspaceFactory.createKeyspace(keyspace, session).block();
        }
        return new SessionWithInitializedTablesFactory(session, tables);
    }

    @Provides
    @Singleton
    CassandraModule tables(Set<CassandraModule> tables) {
        return CassandraModule.aggregateModules(tables);
    }

    @Provides
    @Singleton
    ClusterConfiguration cluster(PropertiesProvider properties) throws ConfigurationException, FileNotFoundException {
        return ClusterConfiguration.from(properties.getConfiguration("cassandra"));
    }

    @Provides
    @Singleton
    KeyspaceConfiguration keyspace(PropertiesProvider properties) throws ConfigurationException, FileNotFoundException {
        Configuration cassandra = properties.getConfiguration("cassandra");
        return KeyspaceConfiguration.builder()
                .keyspace(cassandra.getString("cassandra.keyspace", "apache_james"))
                .replicationFactor(cassandra.getInt("cassandra.replication.factor", 1))
                .durableWrites(true);
    }
}
