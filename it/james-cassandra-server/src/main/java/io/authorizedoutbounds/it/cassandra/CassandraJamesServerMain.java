// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.cassandra;

import org.apache.james.ExtraProperties;
import org.apache.james.FakeSearchMailboxModule;
import org.apache.james.JamesServerMain;
import org.apache.james.MemoryJamesConfiguration;
import org.apache.james.MemoryJamesServerMain;
import org.apache.james.modules.RunArgumentsModule;

/**
 * The memory app of James with the Cassandra session, the domains and the users of its Cassandra app: each
 * {@code DomainList.containsDomain} is a query on the thread that serves the connection. Mailboxes, queues and the
 * recipient rewrite table stay in memory.
 *
 * <p>Bound as James's {@code CassandraSessionModule}, {@code CassandraDomainListModule}, {@code
 * CassandraUsersRepositoryModule} and {@code CassandraDelegationStoreModule} do, which no registry serves for 3.8.1.
 */
public final class CassandraJamesServerMain {
    private CassandraJamesServerMain() {}

    public static void main(String[] args) throws Exception {
        ExtraProperties.initialize();
        MemoryJamesConfiguration configuration = MemoryJamesConfiguration.builder()
                .useWorkingDirectoryEnvProperty()
                .build();
        JamesServerMain.main(MemoryJamesServerMain.createServer(configuration)
                .combineWith(new FakeSearchMailboxModule(), new CassandraSessionModule())
                .overrideWith(new CassandraDomainsModule(), new CassandraUsersModule(), new RunArgumentsModule(args)));
    }
}
