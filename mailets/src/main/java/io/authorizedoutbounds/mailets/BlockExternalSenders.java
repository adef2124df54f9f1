// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.mailets;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import com.google.common.net.InetAddresses;
import com.google.inject.Inject;
import com.google.inject.Key;
import io.authorizedoutbounds.cache.InternalDomains;
import io.authorizedoutbounds.james.AuthorizedOutboundsConfiguration;
import io.authorizedoutbounds.james.BlockPolicyInForce;
import io.authorizedoutbounds.james.LoadedModule;
import io.authorizedoutbounds.monitoring.AuthorizedOutboundsMetrics;
import io.authorizedoutbounds.policy.BlockExemptions;
import io.authorizedoutbounds.policy.BlockRow;
import io.authorizedoutbounds.policy.BlockRow.Outcome;
import io.authorizedoutbounds.policy.BlockRule;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.Origin;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.PrintableText;
import io.authorizedoutbounds.policy.Sender;
import java.util.Collection;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.james.core.MailAddress;
import org.apache.james.lifecycle.api.LifecycleUtil;
import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.mailet.AttributeName;
import org.apache.mailet.AttributeUtils;
import org.apache.mailet.Mail;
import org.apache.mailet.ProcessingState;
import org.apache.mailet.base.GenericMailet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rule 2, the block policy: a mail that came in through an authorized outbound, or from a user with AUTH, and has an
 * external sender does not leave for an external recipient.
 *
 * <p>Stands first in the {@code root} processor of {@code mailetcontainer.xml}, before anything rewrites a recipient:
 * that a recipient was internal when the mail came in is what counts, so forwards and aliases go on. Needs
 * {@code match="All"}: of what another matcher has parted, James's spooler would put the recipients back on the mail when
 * a later mailet fails. Parameters, all optional:
 *
 * <ul>
 *   <li>{@code processor}: where a copy with the blocked recipients goes; {@code blocked-sender}
 *   <li>{@code exemptSenders}, {@code exemptRecipients}: addresses and domains that are never blocked, separated by
 *       commas; a domain stands for itself, not for those below it; none
 *   <li>{@code retryProcessor}: where a mail goes that cannot be judged now, to be judged again later;
 *       {@code block-policy-unavailable}
 * </ul>
 *
 * <p>The start of James fails when a parameter is not understood or a processor does not exist. Complete:
 *
 * <pre>{@code
 * <processor state="root" enableJmx="true">
 *     <mailet match="All" class="io.authorizedoutbounds.mailets.BlockExternalSenders">
 *         <processor>blocked-sender</processor>
 *         <retryProcessor>block-policy-unavailable</retryProcessor>
 *         <exemptSenders>partner.example, newsletter@agency.example</exemptSenders>
 *         <exemptRecipients>archive.example</exemptRecipients>
 *     </mailet>
 *     ...
 * </processor>
 * <processor state="blocked-sender" enableJmx="true">
 *     <mailet match="All" class="ToRepository">
 *         <repositoryPath>file://var/mail/blocked-sender/</repositoryPath>
 *         <onMailetException>propagate</onMailetException>
 *     </mailet>
 * </processor>
 * <processor state="block-policy-unavailable" enableJmx="true">
 *     <mailet match="All" class="Requeue">
 *         <processor>root</processor>
 *         <delay>60s</delay>
 *         <onMailetException>propagate</onMailetException>
 *     </mailet>
 * </processor>
 * }</pre>
 *
 * <p>With {@code enforcement=report} it logs what it would have blocked, and blocks nothing.
 */
public class BlockExternalSenders extends GenericMailet {
    private static final Logger LOGGER = LoggerFactory.getLogger(BlockExternalSenders.class);

    private static final String PROCESSOR = "processor";
    private static final String RETRY_PROCESSOR = "retryProcessor";
    private static final String EXEMPT_SENDERS = "exemptSenders";
    private static final String EXEMPT_RECIPIENTS = "exemptRecipients";
    private static final ImmutableSet<String> PARAMETERS =
            ImmutableSet.of(PROCESSOR, RETRY_PROCESSOR, EXEMPT_SENDERS, EXEMPT_RECIPIENTS);

    private static final ImmutableSet<String> NOT_FOR_MAIL = ImmutableSet.of("", Mail.DEFAULT, Mail.GHOST, Mail.ERROR);

    /** What James itself reads of a mailet's parameters, and the value of each that would let mail past the rule. */
    private static final ImmutableMap<String, String> OF_JAMES =
            ImmutableMap.of("onMailetException", "ignore", "onMatchException", "nomatch");

    /** James's JMAP, draft and RFC 8621, stamps what users submit with it. */
    private static final AttributeName JMAP_USER = AttributeName.of("org.apache.james.jmap.send.MailMetaData.username");

    private static final AttributeName GRANTED = AttributeName.of(Origin.GRANTED_ATTRIBUTE);
    private static final AttributeName TRUSTED_NETWORK = AttributeName.of(Origin.TRUSTED_NETWORK_ATTRIBUTE);

    /** James's WebAdmin counts with it how often it has put a mail back. */
    private static final AttributeName TIMES_PUT_BACK = AttributeName.of("mailRepository-reprocessing");

    private static final String PUT_BACK = "-reprocessed-";
    private static final Pattern RENAMED = Pattern.compile(PUT_BACK + "[0-9]+$");

    private static final int RECIPIENTS_NAMED = 10;

    /** What {@link #init} reads. */
    private static final class Settings implements BlockExemptions {
        private final String processor;
        private final String retryProcessor;
        private final Exemptions exemptSenders;
        private final Exemptions exemptRecipients;
        private final MailQueue spool;

        private Settings(
                String processor,
                String retryProcessor,
                Exemptions exemptSenders,
                Exemptions exemptRecipients,
                MailQueue spool) {
            this.processor = processor;
            this.retryProcessor = retryProcessor;
            this.exemptSenders = exemptSenders;
            this.exemptRecipients = exemptRecipients;
            this.spool = spool;
        }

        @Override
        public boolean exemptsSender(MailAddress sender) {
            return exemptSenders.contain(sender);
        }

        @Override
        public boolean exemptsRecipient(MailAddress recipient) {
            return exemptRecipients.contain(recipient);
        }
    }

    private final BlockRule rule;
    private final InternalDomains domains;
    private final Enforcement enforcement;
    private final MailQueueFactory<?> queues;
    private final BlockPolicyInForce inForce;
    private final AuthorizedOutboundsMetrics metrics;

    private Settings settings;

    @Inject
    public BlockExternalSenders(LoadedModule module) {
        this(
                module.get(BlockRule.class),
                module.get(InternalDomains.class),
                module.get(AuthorizedOutboundsConfiguration.class),
                module.get(new Key<MailQueueFactory<?>>() {}),
                module.get(BlockPolicyInForce.class),
                module.get(AuthorizedOutboundsMetrics.class));
    }

    BlockExternalSenders(
            BlockRule rule,
            InternalDomains domains,
            AuthorizedOutboundsConfiguration configuration,
            MailQueueFactory<?> queues,
            BlockPolicyInForce inForce,
            AuthorizedOutboundsMetrics metrics) {
        this.rule = rule;
        this.domains = domains;
        this.enforcement = configuration.enforcement();
        this.queues = queues;
        this.inForce = inForce;
        this.metrics = metrics;
    }

    @Override
    public void init() {
        ImmutableSet<String> unknown = Sets.difference(
                        ImmutableSet.copyOf(getInitParameterNames()), Sets.union(PARAMETERS, OF_JAMES.keySet()))
                .immutableCopy();
        if (!unknown.isEmpty()) {
            throw rejected("does not know " + PrintableText.of(unknown.toString()) + "; it knows " + PARAMETERS);
        }
        OF_JAMES.forEach((parameter, value) -> {
            if (getInitParameter(parameter, "").trim().equalsIgnoreCase(value)) {
                throw rejected(parameter + "=" + value + " would let mail out that was not judged: leave it out");
            }
        });
        settings = new Settings(
                processor(PROCESSOR, "blocked-sender"),
                processor(RETRY_PROCESSOR, "block-policy-unavailable"),
                exemptions(EXEMPT_SENDERS),
                exemptions(EXEMPT_RECIPIENTS),
                queues.createQueue(MailQueueFactory.SPOOL));
        inForce.configured(settings);
    }

    private String processor(String parameter, String otherwise) {
        String name = getInitParameter(parameter, otherwise).trim();
        if (NOT_FOR_MAIL.contains(name)) {
            throw rejected(parameter + "='" + name + "' would lose the mail, bounce it or judge it for ever:"
                    + " give a processor of its own, as " + otherwise);
        }
        return name;
    }

    private Exemptions exemptions(String parameter) {
        try {
            return Exemptions.parse(getInitParameter(parameter, ""));
        } catch (IllegalArgumentException e) {
            throw rejected(parameter + ": " + e.getMessage());
        }
    }

    private static IllegalArgumentException rejected(String why) {
        return new IllegalArgumentException(
                "mailetcontainer.xml: " + BlockExternalSenders.class.getSimpleName() + " " + why);
    }

    @Override
    public Collection<ProcessingState> requiredProcessingState() {
        return ImmutableList.of(new ProcessingState(settings.processor), new ProcessingState(settings.retryProcessor));
    }

    @Override
    public String getMailetInfo() {
        return "Rule 2 of the authorized outbounds";
    }

    @Override
    public void service(Mail mail) {
        try {
            judge(mail);
        } catch (Exception | LinkageError e) {
            // James itself would send the mail on, or bounce it to whoever is named as sender.
            LOGGER.error("Cannot judge mail {}", mail.getName(), e);
            putOff(mail);
        }
    }

    private void judge(Mail mail) throws Exception {
        Origin origin = originOf(mail);
        Sender sender = domains.senderOf(mail.getMaybeSender());
        boolean exemptSender =
                mail.getMaybeSender().asOptional().map(settings::exemptsSender).orElse(false);
        ImmutableSet.Builder<MailAddress> leaving = ImmutableSet.builder();
        for (MailAddress recipient : mail.getRecipients()) {
            BlockRow row = rule.judge(
                    origin,
                    sender,
                    () -> exemptSender || settings.exemptsRecipient(recipient),
                    () -> domains.localityOf(recipient.getDomain()));
            switch (row.outcome()) {
                case PASS:
                    break;
                case BLOCK:
                    leaving.add(recipient);
                    break;
                case DEFER:
                    putOff(mail);
                    return;
            }
        }
        block(mail, leaving.build());
    }

    private static Origin originOf(Mail mail) {
        if (has(mail, Mail.SENT_BY_MAILET_ATTRIBUTE.getName()) || has(mail, JMAP_USER)) {
            return Origin.server();
        }
        if (has(mail, Mail.SMTP_AUTH_USER)) {
            return Origin.authenticated();
        }
        if (has(mail, TRUSTED_NETWORK)) {
            return Origin.trustedNetwork();
        }
        return clientOf(mail.getRemoteAddr())
                .map(client -> has(mail, GRANTED) ? Origin.grantedClient(client) : Origin.client(client))
                .orElse(Origin.elsewhere());
    }

    private static boolean has(Mail mail, AttributeName name) {
        return mail.getAttribute(name).isPresent();
    }

    private static Optional<OutboundAddress> clientOf(String remoteAddress) {
        if (remoteAddress == null) {
            return Optional.empty();
        }
        // Of a socket, so it may have a zone, which no list knows of.
        int zone = remoteAddress.indexOf('%');
        String address = zone < 0 ? remoteAddress : remoteAddress.substring(0, zone);
        return InetAddresses.isInetAddress(address)
                ? Optional.of(OutboundAddress.of(InetAddresses.forString(address)))
                : Optional.empty();
    }

    /** As it came: nobody has left it yet. */
    private void putOff(Mail mail) {
        metrics.count(Outcome.DEFER);
        if (enforcement == Enforcement.REPORT) {
            LOGGER.info("Would have deferred mail {}", mail.getName());
            return;
        }
        LOGGER.warn("Deferred mail {}: it goes to {}, to be judged again", mail.getName(), settings.retryProcessor);
        mail.setState(settings.retryProcessor);
    }

    private void block(Mail mail, ImmutableSet<MailAddress> leaving) throws Exception {
        if (leaving.isEmpty()) {
            metrics.count(Outcome.PASS);
            return;
        }
        String why = describe(mail, leaving);
        if (enforcement == Enforcement.REPORT) {
            metrics.count(Outcome.BLOCK);
            LOGGER.info("Would have blocked mail {}: {}", mail.getName(), why);
            return;
        }
        ImmutableList<MailAddress> staying = mail.getRecipients().stream()
                .filter(recipient -> !leaving.contains(recipient))
                .collect(ImmutableList.toImmutableList());
        if (staying.isEmpty()) {
            rename(mail);
            mail.setErrorMessage(why);
            mail.setState(settings.processor);
        } else {
            part(mail, leaving, why, staying);
        }
        metrics.count(Outcome.BLOCK);
        LOGGER.info("Blocked mail {}: {}", mail.getName(), why);
    }

    /**
     * WebAdmin puts a mail back and then removes it from the repository by its name: that could be what is kept of it
     * meanwhile.
     */
    private static void rename(Mail mail) {
        AttributeUtils.getValueAndCastFromMail(mail, TIMES_PUT_BACK, Integer.class)
                .ifPresent(times -> mail.setName(RENAMED.matcher(mail.getName()).replaceFirst("") + PUT_BACK + times));
    }

    /**
     * Two mails in place of this one, which ends here. Were it to go on for those who stay, James would put all its
     * recipients back should a later mailet fail in the same pass, and the blocked ones past this mailet.
     */
    private void part(Mail mail, Collection<MailAddress> leaving, String why, Collection<MailAddress> staying)
            throws Exception {
        enqueue(mail, leaving, copy -> {
            copy.setErrorMessage(why);
            copy.setState(settings.processor);
        });
        mail.setRecipients(staying);
        enqueue(mail, staying, copy -> copy.setState(mail.getState()));
        mail.setState(Mail.GHOST);
    }

    /**
     * Through the queue and not through {@code MailetContext.sendMail}, which would stamp the copy as the server's own:
     * reprocessed it would be let out.
     */
    private void enqueue(Mail mail, Collection<MailAddress> recipients, Consumer<Mail> change) throws Exception {
        Mail copy = mail.duplicate();
        try {
            copy.setRecipients(recipients);
            change.accept(copy);
            settings.spool.enQueue(copy);
        } finally {
            LifecycleUtil.dispose(copy);
        }
    }

    private static String describe(Mail mail, Collection<MailAddress> recipients) {
        String user = AttributeUtils.getValueAndCastFromMail(mail, Mail.SMTP_AUTH_USER, String.class)
                .map(name -> " as user " + name)
                .orElse("");
        String named = recipients.stream()
                .limit(RECIPIENTS_NAMED)
                .map(recipient -> "<" + recipient.asString() + ">")
                .collect(Collectors.joining(", "));
        int others = recipients.size() - RECIPIENTS_NAMED;
        return PrintableText.of("<" + mail.getMaybeSender().asString("") + "> from " + mail.getRemoteAddr() + user
                + " to " + named + (others > 0 ? " and " + others + " more" : "")
                + ": neither the sender nor the recipients are of this server's domains (row "
                + BlockRow.BLOCKED.number() + " of rule 2, the block policy)");
    }
}
