// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.cassandra;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Scopes;
import com.google.inject.Singleton;
import com.google.inject.TypeLiteral;
import com.google.inject.multibindings.Multibinder;
import com.google.inject.multibindings.ProvidesIntoSet;
import org.apache.commons.configuration2.ex.ConfigurationException;
import org.apache.james.backends.cassandra.components.CassandraModule;
import org.apache.james.server.core.configuration.ConfigurationProvider;
import org.apache.james.user.api.DelegationStore;
import org.apache.james.user.api.UsersRepository;
import org.apache.james.user.cassandra.CassandraDelegationStore;
import org.apache.james.user.cassandra.CassandraRepositoryConfiguration;
import org.apache.james.user.cassandra.CassandraUsersDAO;
import org.apache.james.user.cassandra.CassandraUsersRepositoryModule;
import org.apache.james.user.lib.UsersDAO;
import org.apache.james.user.lib.UsersRepositoryImpl;
import org.apache.james.utils.InitializationOperation;
import org.apache.james.utils.InitilizationOperationBuilder;

/** Overrides where the memory app has its users and their delegations; {@code usersrepository.xml} counts. */
final class CassandraUsersModule extends AbstractModule {
    private static final TypeLiteral<UsersRepositoryImpl<CassandraUsersDAO>> USERS = new TypeLiteral<>() {};

    @Override
    protected void configure() {
        bind(CassandraUsersDAO.class).in(Scopes.SINGLETON);
        bind(UsersDAO.class).to(CassandraUsersDAO.class);
        bind(USERS).in(Scopes.SINGLETON);
        bind(UsersRepository.class).to(USERS);
        bind(DelegationStore.class).to(CassandraDelegationStore.class);
        Multibinder.newSetBinder(binder(), CassandraModule.class)
                .addBinding()
                .toInstance(CassandraUsersRepositoryModule.MODULE);
    }

    @Provides
    @Singleton
    CassandraRepositoryConfiguration configuration(ConfigurationProvider files) throws ConfigurationException {
        return CassandraRepositoryConfiguration.from(files.getConfiguration("usersrepository"));
    }

    @ProvidesIntoSet
    InitializationOperation configureUsers(ConfigurationProvider files, UsersRepositoryImpl<CassandraUsersDAO> users) {
        return InitilizationOperationBuilder.forClass(UsersRepositoryImpl.class)
                .init(() -> users.configure(files.getConfiguration("usersrepository")));
    }
}
