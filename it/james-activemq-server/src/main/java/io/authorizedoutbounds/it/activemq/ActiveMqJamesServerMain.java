// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.activemq;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import org.apache.activemq.store.PersistenceAdapter;
import org.apache.activemq.store.kahadb.KahaDBPersistenceAdapter;
import org.apache.james.ExtraProperties;
import org.apache.james.FakeSearchMailboxModule;
import org.apache.james.JamesServerMain;
import org.apache.james.MemoryJamesConfiguration;
import org.apache.james.MemoryJamesServerMain;
import org.apache.james.modules.RunArgumentsModule;
import org.apache.james.queue.activemq.ActiveMQMailQueueFactory;
import org.apache.james.queue.activemq.EmbeddedActiveMQ;
import org.apache.james.queue.activemq.metric.ActiveMQMetricCollector;
import org.apache.james.queue.activemq.metric.ActiveMQMetricCollectorNoop;
import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.james.queue.api.ManageableMailQueue;

/**
 * The memory app of James with the mail queue of its JPA apps: what waits in it outlives a crash.
 *
 * <p>Bound as James's {@code ActiveMQQueueModule} does, which the memory app does not have on its class path.
 */
public final class ActiveMqJamesServerMain {
    private ActiveMqJamesServerMain() {}

    public static void main(String[] args) throws Exception {
        ExtraProperties.initialize();
        MemoryJamesConfiguration configuration = MemoryJamesConfiguration.builder()
                .useWorkingDirectoryEnvProperty()
                .build();
        JamesServerMain.main(MemoryJamesServerMain.createServer(configuration)
                .combineWith(new FakeSearchMailboxModule())
                .overrideWith(new DurableQueueModule(), new RunArgumentsModule(args)));
    }

    private static final class DurableQueueModule extends AbstractModule {
        @Override
        protected void configure() {
            bind(PersistenceAdapter.class).to(KahaDBPersistenceAdapter.class);
            bind(KahaDBPersistenceAdapter.class).in(Singleton.class);
            bind(EmbeddedActiveMQ.class).in(Singleton.class);
            bind(ActiveMQMailQueueFactory.class).in(Singleton.class);
            bind(ActiveMQMetricCollector.class).to(ActiveMQMetricCollectorNoop.class);
        }

        @Provides
        @Singleton
        MailQueueFactory<? extends ManageableMailQueue> manageable(ActiveMQMailQueueFactory queues) {
            queues.init();
            return queues;
        }

        @Provides
        MailQueueFactory<?> any(MailQueueFactory<? extends ManageableMailQueue> queues) {
            return queues;
        }

        @Provides
        MailQueueFactory<? extends MailQueue> plain(MailQueueFactory<? extends ManageableMailQueue> queues) {
            return queues;
        }
    }
}
