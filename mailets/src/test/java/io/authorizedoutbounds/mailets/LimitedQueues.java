// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.mailets;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.Optional;
import java.util.Set;
import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueue.MailQueueException;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.james.queue.api.MailQueueName;
import org.apache.james.queue.api.RawMailQueueItemDecoratorFactory;
import org.apache.james.queue.memory.MemoryMailQueueFactory;
import org.apache.mailet.Mail;
import org.reactivestreams.Publisher;

/** Real queues on a disk that can be full. */
final class LimitedQueues implements MailQueueFactory<MailQueue> {
    private final MemoryMailQueueFactory real = new MemoryMailQueueFactory(new RawMailQueueItemDecoratorFactory());
    private int room = Integer.MAX_VALUE;

    /** From now on it takes so many mails. */
    void limitTo(int mails) {
        room = mails;
    }

    /** The mails in the spool queue, delayed ones too. */
    ImmutableList<Mail> spooled() throws MailQueueException {
        ImmutableList.Builder<Mail> mails = ImmutableList.builder();
        real.createQueue(MailQueueFactory.SPOOL).browse().forEachRemaining(item -> mails.add(item.getMail()));
        return mails.build();
    }

    /** When those are delivered that are delayed. */
    ImmutableList<ZonedDateTime> delayedUntil() throws MailQueueException {
        ImmutableList.Builder<ZonedDateTime> times = ImmutableList.builder();
        real.createQueue(MailQueueFactory.SPOOL).browse().forEachRemaining(item -> item.getNextDelivery()
                .ifPresent(times::add));
        return times.build();
    }

    @Override
    public Optional<MailQueue> getQueue(MailQueueName name, PrefetchCount count) {
        return real.getQueue(name, count).map(LimitedQueue::new);
    }

    @Override
    public MailQueue createQueue(MailQueueName name, PrefetchCount count) {
        return new LimitedQueue(real.createQueue(name, count));
    }

    @Override
    public Set<MailQueueName> listCreatedMailQueues() {
        return real.listCreatedMailQueues();
    }

    private final class LimitedQueue implements MailQueue {
        private final MailQueue queue;

        private LimitedQueue(MailQueue queue) {
            this.queue = queue;
        }

        @Override
        public MailQueueName getName() {
            return queue.getName();
        }

        @Override
        public void enQueue(Mail mail) throws MailQueueException {
            enQueue(mail, Duration.ZERO);
        }

        @Override
        public void enQueue(Mail mail, Duration delay) throws MailQueueException {
            if (room-- <= 0) {
                throw new MailQueueException("No space left on device");
            }
            queue.enQueue(mail, delay);
        }

        @Override
        public Publisher<Void> enqueueReactive(Mail mail) {
            return queue.enqueueReactive(mail);
        }

        @Override
        public Publisher<MailQueueItem> deQueue() {
            return queue.deQueue();
        }

        @Override
        public void close() throws IOException {
            queue.close();
        }
    }
}
