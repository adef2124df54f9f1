// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.mailets;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import com.google.inject.Inject;
import com.google.inject.Key;
import io.authorizedoutbounds.james.DeferredMailRetries;
import io.authorizedoutbounds.james.LoadedModule;
import io.authorizedoutbounds.policy.PrintableText;
import java.util.Collection;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.james.mailrepository.api.MailRepository;
import org.apache.james.mailrepository.api.MailRepositoryStore;
import org.apache.james.mailrepository.api.MailRepositoryStore.MailRepositoryStoreException;
import org.apache.james.mailrepository.api.MailRepositoryUrl;
import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.mailet.Mail;
import org.apache.mailet.ProcessingState;
import org.apache.mailet.base.GenericMailet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores a mail that {@link BlockExternalSenders} has deferred, and returns it to the spool queue when the lists can be
 * read again: as soon as an outage is over, and every {@link DeferredMailRetries#RETRY_INTERVAL} while some mail still cannot be
 * judged. Mail that waits in a repository does not delay other mail, as it does in a queue.
 *
 * <p>Stands in the {@code retryProcessor} of {@link BlockExternalSenders}. Parameters:
 *
 * <ul>
 *   <li>{@code repositoryPath}: the URL of the repository, required. Only this node may use it: two nodes with one repository would
 *       both send its mail. So it is one of James's {@code file} or {@code memory} repositories.
 *   <li>{@code processor}: where the mail is judged again; {@code root}
 *   <li>{@code onMailetException}: {@code propagate}, required: with any other value James would bounce a mail that can neither be
 *       stored nor put in the queue
 * </ul>
 *
 * <p>A mail that the repository does not take goes back into the spool queue at once, with a delay. The start of James fails
 * when a parameter is missing or not understood. Complete:
 *
 * <pre>{@code
 * <processor state="block-policy-unavailable" enableJmx="true">
 *     <mailet match="All" class="io.authorizedoutbounds.mailets.DeferToRepository">
 *         <repositoryPath>file://var/mail/block-policy-unavailable/</repositoryPath>
 *         <processor>root</processor>
 *         <onMailetException>propagate</onMailetException>
 *     </mailet>
 * </processor>
 * }</pre>
 */
public class DeferToRepository extends GenericMailet {
    private static final Logger LOGGER = LoggerFactory.getLogger(DeferToRepository.class);

    private static final String REPOSITORY_PATH = "repositoryPath";
    private static final String PROCESSOR = "processor";
    private static final String ON_MAILET_EXCEPTION = "onMailetException";
    private static final String PROPAGATE = "propagate";
    private static final ImmutableSet<String> PARAMETERS =
            ImmutableSet.of(REPOSITORY_PATH, PROCESSOR, ON_MAILET_EXCEPTION);

    /** James's repositories whose mail is on this node: in its files, or in its memory. */
    private static final ImmutableSet<String> REPOSITORIES_OF_THIS_NODE = ImmutableSet.of(
            "org.apache.james.mailrepository.file.FileMailRepository",
            "org.apache.james.mailrepository.memory.MemoryMailRepository");

    private final MailRepositoryStore repositories;
    private final MailQueueFactory<?> queues;
    private final DeferredMailRetries retries;

    private MailRepository repository;
    private ProcessingState processor;
    private MailQueue spool;

    @Inject
    public DeferToRepository(LoadedModule module) {
        this(
                module.get(MailRepositoryStore.class),
                module.get(new Key<MailQueueFactory<?>>() {}),
                module.get(DeferredMailRetries.class));
    }

    DeferToRepository(MailRepositoryStore repositories, MailQueueFactory<?> queues, DeferredMailRetries retries) {
        this.repositories = repositories;
        this.queues = queues;
        this.retries = retries;
    }

    @Override
    public void init() {
        ImmutableSet<String> unknown = Sets.difference(ImmutableSet.copyOf(getInitParameterNames()), PARAMETERS)
                .immutableCopy();
        if (!unknown.isEmpty()) {
            throw rejected("does not know " + PrintableText.of(unknown.toString()) + "; it knows " + PARAMETERS);
        }
        if (!parameter(ON_MAILET_EXCEPTION).filter(PROPAGATE::equalsIgnoreCase).isPresent()) {
            throw rejected("needs <" + ON_MAILET_EXCEPTION + ">" + PROPAGATE + "</" + ON_MAILET_EXCEPTION
                    + ">: James would bounce mail that cannot be stored");
        }
        String url = parameter(REPOSITORY_PATH)
                .orElseThrow(() -> rejected("needs a " + REPOSITORY_PATH
                        + ", as file://var/mail/block-policy-unavailable/: there it stores deferred mail"));
        repository = select(url);
        processor = new ProcessingState(parameter(PROCESSOR).orElse(Mail.DEFAULT));
        spool = queues.createQueue(MailQueueFactory.SPOOL);
        retries.register(new DeferredMailRetry(url, repository, processor.getValue(), spool));
    }

    private Optional<String> parameter(String name) {
        return Optional.ofNullable(getInitParameter(name)).map(String::trim).filter(value -> !value.isEmpty());
    }

    private MailRepository select(String url) {
        MailRepository selected;
        try {
            selected = repositories.select(MailRepositoryUrl.from(url));
        } catch (MailRepositoryStoreException | RuntimeException e) {
            throw rejected(REPOSITORY_PATH + " " + PrintableText.of(url) + " is not a repository of this James: "
                    + PrintableText.of(e.toString()));
        }
        if (!isOfThisNode(selected)) {
            throw rejected(REPOSITORY_PATH + " " + PrintableText.of(url)
                    + " may be shared with other nodes, which would send its mail too: give it a file repository"
                    + " (mailrepositorystore.xml), or have the processor use James's Requeue instead of "
                    + getClass().getSimpleName());
        }
        return selected;
    }

    private static boolean isOfThisNode(MailRepository repository) {
        return Stream.<Class<?>>iterate(repository.getClass(), Objects::nonNull, Class::getSuperclass)
                .anyMatch(type -> REPOSITORIES_OF_THIS_NODE.contains(type.getName()));
    }

    private IllegalArgumentException rejected(String reason) {
        return new IllegalArgumentException("mailetcontainer.xml: " + getClass().getSimpleName() + " " + reason);
    }

    @Override
    public Collection<ProcessingState> requiredProcessingState() {
        return ImmutableList.of(processor);
    }

    @Override
    public String getMailetInfo() {
        return "Deferred mail of rule 2 of the authorized outbounds";
    }

    @Override
    public void service(Mail mail) {
        try {
            repository.store(mail);
        } catch (Exception e) {
            LOGGER.warn("Cannot store deferred mail {}, it goes back to the queue", mail.getName(), e);
            requeue(mail);
        }
        mail.setState(Mail.GHOST);
    }

    private void requeue(Mail mail) {
        mail.setState(processor.getValue());
        try {
            spool.enQueue(mail, DeferredMailRetries.RETRY_INTERVAL);
        } catch (Exception e) {
            // James tries again, and does not bounce it, because of onMailetException.
            throw new IllegalStateException("Cannot defer mail " + mail.getName(), e);
        }
    }
}
