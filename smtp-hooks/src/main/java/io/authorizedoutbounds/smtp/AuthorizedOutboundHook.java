// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.smtp;

import com.google.common.annotations.VisibleForTesting;
import com.google.inject.Inject;
import io.authorizedoutbounds.activity.RefusalLog;
import io.authorizedoutbounds.cache.InternalDomains;
import io.authorizedoutbounds.james.AuthorizedOutboundsConfiguration;
import io.authorizedoutbounds.james.BlockPolicyInForce;
import io.authorizedoutbounds.james.LoadedModule;
import io.authorizedoutbounds.monitoring.AuthorizedOutboundsMetrics;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.Origin;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundLookup;
import io.authorizedoutbounds.policy.Refusals;
import io.authorizedoutbounds.policy.RelayDecision;
import io.authorizedoutbounds.policy.RelayReply;
import io.authorizedoutbounds.policy.RelayRow;
import io.authorizedoutbounds.policy.RelayRule;
import io.authorizedoutbounds.policy.SessionTrust;
import io.authorizedoutbounds.policy.Uses;
import io.authorizedoutbounds.policy.Verdict;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;
import org.apache.james.protocols.api.ProtocolSession.AttachmentKey;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.smtp.SMTPRetCode;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.core.AbstractSenderAuthIdentifyVerificationHook;
import org.apache.james.protocols.smtp.hook.Hook;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.HookResultHook;
import org.apache.james.protocols.smtp.hook.HookReturnCode;
import org.apache.james.protocols.smtp.hook.MailHook;
import org.apache.james.protocols.smtp.hook.RcptHook;
import org.apache.james.smtpserver.JamesMessageHook;
import org.apache.mailet.Attribute;
import org.apache.mailet.AttributeName;
import org.apache.mailet.AttributeValue;
import org.apache.mailet.Mail;

/**
 * Rule 1 for every RCPT: each internal domain sends only from its authorized outbound addresses.
 *
 * <p>Must be first in the handler chain of {@code smtpserver.xml}; takes no parameters (its settings are in
 * {@code authorized-outbounds.properties}):
 *
 * <pre>{@code
 * <handlerchain>
 *     <handler class="io.authorizedoutbounds.smtp.AuthorizedOutboundHook"/>
 *     <handler class="org.apache.james.smtpserver.fastfail.ValidRcptHandler"/>
 *     <handler class="org.apache.james.smtpserver.CoreCmdHandlerLoader"/>
 * </handlerchain>
 * }</pre>
 *
 * <p>James's permission to relay lasts a whole connection; this hook revokes its grants at the next MAIL. It never revokes
 * the permission of a trusted network or of AUTH.
 *
 * <p>With {@code trusted.networks=judge} a client in a trusted network is judged like any other when its sender is of an
 * internal domain. A domain in {@code report} is left to James.
 */
public class AuthorizedOutboundHook implements MailHook, RcptHook, HookResultHook, JamesMessageHook {
    /** In the state of the transaction, so that James drops it at RSET, EHLO and STARTTLS. */
    private static final AttachmentKey<Transaction> TRANSACTION =
            AttachmentKey.of("io.authorizedoutbounds.transaction", Transaction.class);

    private static final Attribute GRANTED = mark(Origin.GRANTED_ATTRIBUTE);
    private static final Attribute TRUSTED_NETWORK = mark(Origin.TRUSTED_NETWORK_ATTRIBUTE);

    private static final HookResult UNAVAILABLE = refusal(RelayReply.UNAVAILABLE);

    private final RelayRule rule;
    private final OutboundLookup lookup;
    private final InternalDomains domains;
    private final BlockPolicyInForce blockPolicy;
    private final Refusals refusals;
    private final Uses uses;
    private final RefusalLog log;
    private final Enforcement enforcement;
    private final AuthorizedOutboundsMetrics metrics;
    private final LongSupplier nanoTime;

    @Inject
    public AuthorizedOutboundHook(LoadedModule module) {
        this(
                module.get(RelayRule.class),
                module.get(OutboundLookup.class),
                module.get(InternalDomains.class),
                module.get(BlockPolicyInForce.class),
                module.get(Refusals.class),
                module.get(Uses.class),
                module.get(RefusalLog.class),
                module.get(AuthorizedOutboundsConfiguration.class),
                module.get(AuthorizedOutboundsMetrics.class),
                System::nanoTime);
    }

    @VisibleForTesting
    AuthorizedOutboundHook(
            RelayRule rule,
            OutboundLookup lookup,
            InternalDomains domains,
            BlockPolicyInForce blockPolicy,
            Refusals refusals,
            Uses uses,
            RefusalLog log,
            AuthorizedOutboundsConfiguration configuration,
            AuthorizedOutboundsMetrics metrics,
            LongSupplier nanoTime) {
        this.rule = rule;
        this.lookup = lookup;
        this.domains = domains;
        this.blockPolicy = blockPolicy;
        this.refusals = refusals;
        this.uses = uses;
        this.log = log;
        this.enforcement = configuration.enforcement();
        this.metrics = metrics;
        this.nanoTime = nanoTime;
    }

    /** Revokes the grant of an earlier transaction and drops its state. */
    @Override
    public HookResult doMail(SMTPSession session, MaybeSender sender) {
        return guarded(session, HookResult.DECLINED, () -> {
            boolean granted = RelayPermission.revoke(session);
            session.removeAttachment(TRANSACTION, State.Transaction);
            if (hasRecipients(session) && isToBeJudged(session, sender, granted)) {
                // When James refuses a second MAIL and accepts a third, it still has the recipients of the first.
                session.removeAttachment(SMTPSession.RCPT_LIST, State.Transaction);
            }
            return HookResult.DECLINED;
        });
    }

    private static boolean hasRecipients(SMTPSession session) {
        return session.getAttachment(SMTPSession.RCPT_LIST, State.Transaction).isPresent();
    }

    /**
     * Whether recipients of an earlier sender must not go to this one unjudged: they were granted to the earlier one, or rule
     * 1 is enforced for this one.
     */
    private boolean isToBeJudged(SMTPSession session, MaybeSender sender, boolean granted) {
        SessionTrust trust = RelayPermission.trustOf(session);
        if (rule.isAbove(trust)) {
            return false;
        }
        RelayDecision decision = newTransaction(session, sender).judgeSender(trust);
        return granted || (decision.row() != RelayRow.TRUSTED && decision.enforcement() == Enforcement.ENFORCE);
    }

    @Override
    public HookResult doRcpt(SMTPSession session, MaybeSender sender, MailAddress recipient) {
        return guarded(session, HookResult.DECLINED, () -> {
            Optional<Transaction> current = current(session, sender);
            boolean granted = current.isPresent() && current.get().isGranted();
            SessionTrust trust = granted ? trustAfterGrant(session) : trustWithoutGrant(session);
            if (rule.isAbove(trust)) {
                // Needs no domain list.
                metrics.count(RelayRow.TRUSTED);
                return HookResult.DECLINED;
            }
            Transaction transaction = current.orElseGet(() -> begin(session, sender));
            RelayDecision decision = transaction.judge(trust, recipient, () -> blockPolicy.exempts(sender, recipient));
            metrics.count(decision);
            record(decision, transaction, sender, recipient);
            recordUse(decision.row(), transaction);
            return answer(session, trust, decision, transaction, HookResult.DECLINED);
        });
    }

    /** The permission to relay is that of this hook; the client may have authenticated since. */
    private static SessionTrust trustAfterGrant(SMTPSession session) {
        return session.getUsername() != null ? SessionTrust.AUTHENTICATED : SessionTrust.NONE;
    }

    /** Revokes a grant that is of another transaction. */
    private static SessionTrust trustWithoutGrant(SMTPSession session) {
        // Without a permission there is none to revoke.
        if (session.isRelayingAllowed()) {
            RelayPermission.revoke(session);
        }
        return RelayPermission.trustOf(session);
    }

    /**
     * With {@code verifyIdentity} James refuses an internal sender without AUTH permanently (530), at MAIL already: there
     * rule 1 replaces that refusal.
     */
    @Override
    public HookResult onHookResult(SMTPSession session, HookResult result, long executionTime, Hook hook) {
        // The same hook of James has other refusals: of another user's address and, in 3.9, of a message without From.
        if (!(hook instanceof AbstractSenderAuthIdentifyVerificationHook)
                || !SMTPRetCode.AUTH_REQUIRED.equals(result.getSmtpRetCode())
                || rule.isAbove(RelayPermission.trustOf(session))) {
            return result;
        }
        return guarded(session, result, () -> {
            SessionTrust trust = RelayPermission.trustOf(session);
            MaybeSender sender =
                    session.getAttachment(SMTPSession.SENDER, State.Transaction).orElse(MaybeSender.nullSender());
            Transaction transaction = current(session, sender).orElseGet(() -> begin(session, sender));
            RelayDecision decision = transaction.judgeSender(trust);
            if (decision.row().verdict() != Verdict.GRANT) {
                // A grant is counted at RCPT.
                metrics.count(decision);
            }
            recordAtMail(decision, transaction, sender);
            return answer(session, trust, decision, transaction, result);
        });
    }

    /**
     * Marks the mail for rule 2: a granted mail is outbound even if its client is no longer listed, and neither rule applies
     * to mail of a trusted network.
     */
    @Override
    public HookResult onMessage(SMTPSession session, Mail mail) {
        return guarded(session, HookResult.DECLINED, () -> {
            if (session.getAttachment(TRANSACTION, State.Transaction)
                    .filter(Transaction::isGranted)
                    .isPresent()) {
                mail.setAttribute(GRANTED);
            } else if (RelayPermission.trustOf(session) == SessionTrust.TRUSTED_NETWORK) {
                mail.setAttribute(TRUSTED_NETWORK);
            }
            return HookResult.DECLINED;
        });
    }

    /** The transaction that an earlier recipient of this sender began. */
    private static Optional<Transaction> current(SMTPSession session, MaybeSender sender) {
        return session.getAttachment(TRANSACTION, State.Transaction).filter(transaction -> transaction.isFrom(sender));
    }

    private Transaction newTransaction(SMTPSession session, MaybeSender sender) {
        OutboundAddress client = OutboundAddress.of(session.getRemoteAddress().getAddress());
        return new Transaction(sender, client, rule, lookup, domains, nanoTime);
    }

    private Transaction begin(SMTPSession session, MaybeSender sender) {
        Transaction transaction = newTransaction(session, sender);
        session.setAttachment(TRANSACTION, transaction, State.Transaction);
        return transaction;
    }

    private static Attribute mark(String name) {
        return new Attribute(AttributeName.of(name), AttributeValue.of(true));
    }

    private HookResult answer(
            SMTPSession session,
            SessionTrust trust,
            RelayDecision decision,
            Transaction transaction,
            HookResult asWithoutExtension) {
        switch (decision.verdict()) {
            case GRANT:
                grant(session, trust, transaction);
                return HookResult.DECLINED;
            case PASS:
                return asWithoutExtension;
            case REFUSE:
            case DEFER:
                return refusal(RelayReply.to(
                                decision.row(), transaction.sender(), transaction.mailFrom(), transaction.client())
                        .orElseThrow());
        }
        throw new IllegalStateException("No answer for " + decision.verdict());
    }

    private static HookResult refusal(String description) {
        return HookResult.builder()
                .hookReturnCode(HookReturnCode.denySoft())
                .smtpReturnCode(RelayReply.CODE)
                .smtpDescription(description)
                .build();
    }

    /** A trusted network has given the permission already: there is nothing to revoke then. */
    private static void grant(SMTPSession session, SessionTrust trust, Transaction transaction) {
        if (trust == SessionTrust.NONE) {
            RelayPermission.grant(session);
            transaction.grant();
        }
    }

    /** Logs what is refused or deferred, and counts the refusals of internal domains and of listed clients. */
    private void record(RelayDecision decision, Transaction transaction, MaybeSender sender, MailAddress recipient) {
        if (decision.isRefusalOrDeferral()) {
            log.log(decision, transaction.client(), transaction.sender(), sender, recipient);
            if (isCounted(decision, transaction)) {
                refusals.record(
                        transaction.sender().internalDomain().get(),
                        decision.enforcement(),
                        transaction.client(),
                        sender.asString(""),
                        recipient.getDomain());
            } else if (decision.row() == RelayRow.EXTERNAL_SENDER) {
                refusals.recordExternalSender(
                        decision.enforcement(), transaction.client(), sender.asString(""), recipient.getDomain());
            }
        }
    }

    /** The same before the sender names a recipient. */
    private void recordAtMail(RelayDecision decision, Transaction transaction, MaybeSender sender) {
        if (decision.isRefusalOrDeferral()) {
            log.logAtMail(decision, transaction.client(), transaction.sender(), sender);
            if (isCounted(decision, transaction)) {
                refusals.recordAtMail(
                        transaction.sender().internalDomain().get(),
                        decision.enforcement(),
                        transaction.client(),
                        sender.asString(""));
            }
        }
    }

    /** In report mode too, where nothing is granted: the entries would have let the recipient through. */
    private void recordUse(RelayRow row, Transaction transaction) {
        if (row == RelayRow.LISTED_FOR_DOMAIN) {
            uses.record(transaction.entry());
        } else if (row == RelayRow.LISTED) {
            uses.recordOfAnyDomain(transaction.client());
        }
    }

    private static boolean isCounted(RelayDecision decision, Transaction transaction) {
        return decision.row().verdict() == Verdict.REFUSE
                && transaction.sender().internalDomain().isPresent();
    }

    /** James closes the connection after an exception of a hook. */
    private HookResult guarded(SMTPSession session, HookResult asWithoutExtension, Supplier<HookResult> decision) {
        try {
            return decision.get();
        } catch (RuntimeException | LinkageError e) {
            log.logFault(session.getSessionID(), e);
            metrics.count(RelayRow.UNDECIDED);
            return enforcement == Enforcement.ENFORCE ? UNAVAILABLE : asWithoutExtension;
        }
    }
}
