// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.junit;

import com.datastax.oss.driver.api.core.CqlSession;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.Names;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * One Cassandra for all test classes of a run, as a parameter. It starts when the first class asks for it and ends with the
 * run; a keyspace of its own isolates each class. Tests that stop or freeze a Cassandra start another one.
 */
public final class SharedCassandra implements ParameterResolver {
    private static final Namespace NAMESPACE = Namespace.create(SharedCassandra.class);

    /** The Cassandra of this run. */
    static CassandraServer of(ExtensionContext context) {
        return context.getRoot()
                .getStore(NAMESPACE)
                .getOrComputeIfAbsent(
                        CassandraServer.class,
                        type -> CassandraServer.startedOnce().start(),
                        CassandraServer.class);
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == CassandraServer.class;
    }

    @Override
    public CassandraServer resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return of(context);
    }

    /** A session of the driver in a new keyspace. */
    public static CqlSession newSession(CassandraServer cassandra) {
        String keyspace = Names.newKeyspace();
        try (CqlSession session = cassandra.sessionBuilder().build()) {
            session.execute("CREATE KEYSPACE " + keyspace
                    + " WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
        }
        return cassandra.sessionBuilder(keyspace).build();
    }
}
