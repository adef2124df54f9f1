// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.mailets;

import java.util.Iterator;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.james.lifecycle.api.LifecycleUtil;
import org.apache.james.mailrepository.api.MailKey;
import org.apache.james.mailrepository.api.MailRepository;
import org.apache.james.queue.api.MailQueue;
import org.apache.mailet.Mail;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Returns the deferred mail of a repository to the spool queue. */
final class DeferredMailRetry implements Consumer<BooleanSupplier> {
    private static final Logger LOGGER = LoggerFactory.getLogger(DeferredMailRetry.class);

    private static final String RETRIED = "-retried-";
    private static final Pattern RETRIED_SUFFIX = Pattern.compile(RETRIED + "([0-9]{1,9})$");

    private final String url;
    private final MailRepository repository;
    private final String processor;
    private final MailQueue spool;

    /**
     * Uses both as long as James runs.
     *
     * @param url of the repository, for log lines
     */
    DeferredMailRetry(String url, MailRepository repository, String processor, MailQueue spool) {
        this.url = url;
        this.repository = repository;
        this.processor = processor;
        this.spool = spool;
    }

    /**
     * Queues what is stored now. A mail that cannot be queued stays in the repository.
     *
     * @param canJudge called before each mail: when it is false, the others wait for the next time
     */
    @Override
    public void accept(BooleanSupplier canJudge) {
        int retried = 0;
        try {
            Iterator<MailKey> keys = repository.list();
            while (keys.hasNext() && canJudge.getAsBoolean()) {
                retried += retry(keys.next());
            }
        } catch (Exception e) {
            LOGGER.warn("Cannot list the deferred mail of {}, it is tried again", url, e);
        }
        if (retried > 0) {
            LOGGER.info("{} deferred mails of {} are judged again", retried, url);
        }
    }

    private int retry(MailKey key) {
        try {
            Mail mail = repository.retrieve(key);
            if (mail == null) {
                // Somebody has deleted it meanwhile.
                return 0;
            }
            try {
                rename(mail);
                mail.setState(processor);
                spool.enQueue(mail);
            } finally {
                LifecycleUtil.dispose(mail);
            }
            // Not before it is in the queue: a crash between the two has it judged twice, and does not lose it.
            repository.remove(key);
            return 1;
        } catch (Exception e) {
            LOGGER.warn("Cannot judge deferred mail {} again, it stays in {}", key.asString(), url, e);
            return 0;
        }
    }

    /**
     * A repository knows a mail by its name: if it is deferred again at once, under the same name, it would be removed with the
     * one that was stored before.
     */
    private static void rename(Mail mail) {
        Matcher suffix = RETRIED_SUFFIX.matcher(mail.getName());
        mail.setName(
                suffix.find()
                        ? mail.getName().substring(0, suffix.start())
                                + RETRIED
                                + (Integer.parseInt(suffix.group(1)) + 1)
                        : mail.getName() + RETRIED + 1);
    }
}
