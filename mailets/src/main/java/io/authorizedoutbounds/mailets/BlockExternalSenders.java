// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.mailets;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.inject.Inject;
import com.google.inject.Key;
import io.authorizedoutbounds.cache.InternalDomains;
import io.authorizedoutbounds.james.AuthorizedOutboundsConfiguration;
import io.authorizedoutbounds.james.BlockPolicyInForce;
import io.authorizedoutbounds.james.LoadedModule;
import io.authorizedoutbounds.monitoring.AuthorizedOutboundsMetrics;
import io.authorizedoutbounds.policy.BlockRow;
import io.authorizedoutbounds.policy.BlockRow.Outcome;
import io.authorizedoutbounds.policy.BlockRule;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.Origin;
import io.authorizedoutbounds.policy.PrintableText;
import io.authorizedoutbounds.policy.Refusals;
import io.authorizedoutbounds.policy.Sender;
import java.util.Collection;
import java.util.stream.Collectors;
import org.apache.james.core.MailAddress;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.mailet.AttributeUtils;
import org.apache.mailet.Mail;
import org.apache.mailet.ProcessingState;
import org.apache.mailet.base.GenericMailet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rule 2, the block policy: a mail that came in through an authorized outbound, or from a user with AUTH, and has an
 * external sender does not reach an external recipient.
 *
 * <p>Stands first in the {@code root} processor of {@code mailetcontainer.xml}, before anything rewrites a recipient:
 * a recipient that was internal when the mail came in passes, so forwards and aliases work. Needs {@code match="All"}: when
 * another matcher splits a mail and a later mailet fails, James's spooler restores the recipients of the original mail.
 * Parameters, all optional:
 *
 * <ul>
 *   <li>{@code processor}: where a copy with the blocked recipients goes; {@code blocked-sender}
 *   <li>{@code exemptSenders}, {@code exemptRecipients}: addresses and domains that are never blocked, separated by
 *       commas; a domain does not include its subdomains; none
 *   <li>{@code retryProcessor}: where a mail goes that cannot be judged now, to be judged again;
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
 *     <mailet match="All" class="io.authorizedoutbounds.mailets.DeferToRepository">
 *         <repositoryPath>file://var/mail/block-policy-unavailable/</repositoryPath>
 *         <processor>root</processor>
 *         <onMailetException>propagate</onMailetException>
 *     </mailet>
 * </processor>
 * }</pre>
 *
 * <p>With {@code enforcement=report} it logs what it would have blocked, and blocks nothing.
 */
public class BlockExternalSenders extends GenericMailet {
    private static final Logger LOGGER = LoggerFactory.getLogger(BlockExternalSenders.class);

    /** Of the recipients in a log line and in the error message of a mail. */
    private static final int MAX_NAMED_RECIPIENTS = 10;

    private final BlockRule rule;
    private final InternalDomains domains;
    private final Enforcement enforcement;
    private final MailQueueFactory<?> queues;
    private final BlockPolicyInForce inForce;
    private final Refusals refusals;
    private final AuthorizedOutboundsMetrics metrics;

    private BlockSettings settings;
    private Quarantine quarantine;

    @Inject
    public BlockExternalSenders(LoadedModule module) {
        this(
                module.get(BlockRule.class),
                module.get(InternalDomains.class),
                module.get(AuthorizedOutboundsConfiguration.class),
                module.get(new Key<MailQueueFactory<?>>() {}),
                module.get(BlockPolicyInForce.class),
                module.get(Refusals.class),
                module.get(AuthorizedOutboundsMetrics.class));
    }

    BlockExternalSenders(
            BlockRule rule,
            InternalDomains domains,
            AuthorizedOutboundsConfiguration configuration,
            MailQueueFactory<?> queues,
            BlockPolicyInForce inForce,
            Refusals refusals,
            AuthorizedOutboundsMetrics metrics) {
        this.rule = rule;
        this.domains = domains;
        this.enforcement = configuration.enforcement();
        this.queues = queues;
        this.inForce = inForce;
        this.refusals = refusals;
        this.metrics = metrics;
    }

    @Override
    public void init() {
        settings = BlockSettings.read(getMailetConfig());
        quarantine = new Quarantine(settings.processor(), queues.createQueue(MailQueueFactory.SPOOL));
        inForce.register(settings);
    }

    @Override
    public Collection<ProcessingState> requiredProcessingState() {
        return ImmutableList.of(
                new ProcessingState(settings.processor()), new ProcessingState(settings.retryProcessor()));
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
            // James itself would send the mail on, or bounce it to the sender that it names.
            LOGGER.error("Cannot judge mail {}", mail.getName(), e);
            defer(mail);
        }
    }

    private void judge(Mail mail) throws Exception {
        Origin origin = MailOrigins.of(mail);
        Sender sender = domains.senderOf(mail.getMaybeSender());
        boolean exemptSender =
                mail.getMaybeSender().asOptional().map(settings::exemptsSender).orElse(false);
        ImmutableSet.Builder<MailAddress> blocked = ImmutableSet.builder();
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
                    blocked.add(recipient);
                    break;
                case DEFER:
                    defer(mail);
                    return;
            }
        }
        block(mail, blocked.build());
    }

    /** With the recipients that it still has: all of them, unless some are quarantined already. */
    private void defer(Mail mail) {
        metrics.count(Outcome.DEFER);
        if (enforcement == Enforcement.REPORT) {
            LOGGER.info("Would have deferred mail {}", mail.getName());
            return;
        }
        LOGGER.warn("Deferred mail {}: it goes to {}, to be judged again", mail.getName(), settings.retryProcessor());
        mail.setState(settings.retryProcessor());
    }

    private void block(Mail mail, ImmutableSet<MailAddress> blocked) throws Exception {
        if (blocked.isEmpty()) {
            metrics.count(Outcome.PASS);
            return;
        }
        String reason = describe(mail, blocked);
        if (enforcement == Enforcement.REPORT) {
            metrics.count(Outcome.BLOCK);
            LOGGER.info("Would have blocked mail {}: {}", mail.getName(), reason);
            return;
        }
        quarantine.block(mail, blocked, reason);
        metrics.count(Outcome.BLOCK);
        MailOrigins.clientOf(mail)
                .ifPresent(client -> refusals.recordQuarantined(
                        client,
                        mail.getMaybeSender().asString(""),
                        blocked.iterator().next().getDomain()));
        LOGGER.info("Blocked mail {}: {}", mail.getName(), reason);
    }

    private static String describe(Mail mail, Collection<MailAddress> recipients) {
        String user = AttributeUtils.getValueAndCastFromMail(mail, Mail.SMTP_AUTH_USER, String.class)
                .map(name -> " as user " + name)
                .orElse("");
        String named = recipients.stream()
                .limit(MAX_NAMED_RECIPIENTS)
                .map(recipient -> "<" + recipient.asString() + ">")
                .collect(Collectors.joining(", "));
        int others = recipients.size() - MAX_NAMED_RECIPIENTS;
        return PrintableText.of("<" + mail.getMaybeSender().asString("") + "> from " + mail.getRemoteAddr() + user
                + " to " + named + (others > 0 ? " and " + others + " more" : "")
                + ": neither the sender nor the recipients are of this server's domains (row "
                + BlockRow.BLOCKED.number() + " of rule 2, the block policy)");
    }
}
