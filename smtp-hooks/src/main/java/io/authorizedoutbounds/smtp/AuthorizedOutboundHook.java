// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.smtp;

import com.google.inject.Inject;
import io.authorizedoutbounds.james.AuthorizedOutboundsConfiguration;
import io.authorizedoutbounds.james.AuthorizedOutboundsMetrics;
import io.authorizedoutbounds.james.InternalDomains;
import io.authorizedoutbounds.james.LoadedModule;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.Origin;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.PrintableText;
import io.authorizedoutbounds.policy.Refusals;
import io.authorizedoutbounds.policy.RelayReply;
import io.authorizedoutbounds.policy.RelayRow;
import io.authorizedoutbounds.policy.RelayRule;
import io.authorizedoutbounds.policy.Sender;
import io.authorizedoutbounds.policy.Verdict;
import java.util.Optional;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rule 1 for every RCPT: each internal domain sends only from its authorized outbound addresses.
 *
 * <p>Stands first in the handler chain of {@code smtpserver.xml}; takes no parameters (its settings are in
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
 * <p>James keeps the permission to relay for the whole connection; what this hook grants is taken back at the next
 * MAIL. A permission that a trusted network or AUTH gave is never touched.
 */
public class AuthorizedOutboundHook implements MailHook, RcptHook, HookResultHook, JamesMessageHook {
    private static final Logger LOGGER = LoggerFactory.getLogger(AuthorizedOutboundHook.class);

    /** In the state of the connection: the permission to relay is ours. In that of the transaction: it is this one's. */
    private static final AttachmentKey<Boolean> GRANT = AttachmentKey.of("io.authorizedoutbounds.grant", Boolean.class);

    private static final Attribute GRANTED = mark(Origin.GRANTED_ATTRIBUTE);
    private static final Attribute TRUSTED_NETWORK = mark(Origin.TRUSTED_NETWORK_ATTRIBUTE);

    private static final HookResult UNAVAILABLE = refusal(RelayReply.UNAVAILABLE);

    private final RelayRule rule;
    private final InternalDomains domains;
    private final Refusals refusals;
    private final Enforcement enforcement;
    private final AuthorizedOutboundsMetrics metrics;

    @Inject
    public AuthorizedOutboundHook(LoadedModule module) {
        this(
                module.get(RelayRule.class),
                module.get(InternalDomains.class),
                module.get(Refusals.class),
                module.get(AuthorizedOutboundsConfiguration.class),
                module.get(AuthorizedOutboundsMetrics.class));
    }

    AuthorizedOutboundHook(
            RelayRule rule,
            InternalDomains domains,
            Refusals refusals,
            AuthorizedOutboundsConfiguration configuration,
            AuthorizedOutboundsMetrics metrics) {
        this.rule = rule;
        this.domains = domains;
        this.refusals = refusals;
        this.enforcement = configuration.enforcement();
        this.metrics = metrics;
    }

    /** Leaves nothing of an earlier transaction behind. */
    @Override
    public HookResult doMail(SMTPSession session, MaybeSender sender) {
        return guarded(session, HookResult.DECLINED, () -> {
            takeGrantBack(session);
            if (enforcement == Enforcement.ENFORCE && !isTrusted(session)) {
                // After a second MAIL is refused and a third taken, James still holds the recipients of the first.
                session.removeAttachment(SMTPSession.RCPT_LIST, State.Transaction);
            }
            return HookResult.DECLINED;
        });
    }

    @Override
    public HookResult doRcpt(SMTPSession session, MaybeSender sender, MailAddress recipient) {
        return guarded(session, HookResult.DECLINED, () -> {
            // While there is no permission there is none to take back.
            if (session.isRelayingAllowed()
                    && session.getAttachment(GRANT, State.Transaction).isEmpty()) {
                takeGrantBack(session);
            }
            if (isTrusted(session)) {
                // Row 1, without asking the domain list for what it does not need.
                metrics.count(RelayRow.TRUSTED);
                return HookResult.DECLINED;
            }
            OutboundAddress client = client(session);
            Sender from = domains.senderOf(sender);
            RelayRow row = rule.judge(false, from, client, () -> domains.localityOf(recipient.getDomain()));
            metrics.count(row);
            tell(row, client, from, sender, Optional.of(recipient));
            return answer(session, row, from, client, HookResult.DECLINED);
        });
    }

    /**
     * With {@code verifyIdentity} James refuses an internal sender without AUTH for good (530), at MAIL already: there
     * rule 1 takes the place of that refusal.
     */
    @Override
    public HookResult onHookResult(SMTPSession session, HookResult result, long executionTime, Hook hook) {
        // The same hook of James has other refusals too: for AUTH as somebody else, in 3.9 for a header without From.
        if (!(hook instanceof AbstractSenderAuthIdentifyVerificationHook)
                || !SMTPRetCode.AUTH_REQUIRED.equals(result.getSmtpRetCode())
                || isTrusted(session)) {
            return result;
        }
        return guarded(session, result, () -> {
            MaybeSender sender =
                    session.getAttachment(SMTPSession.SENDER, State.Transaction).orElse(MaybeSender.nullSender());
            OutboundAddress client = client(session);
            Sender from = domains.senderOf(sender);
            RelayRow row = rule.judgeSender(from, client);
            if (row.verdict() != Verdict.GRANT) {
                // What is granted is counted at RCPT.
                metrics.count(row);
            }
            tell(row, client, from, sender, Optional.empty());
            return answer(session, row, from, client, result);
        });
    }

    /**
     * Marks the mail for rule 2: what it may do does not depend on whether its client is still listed then, and what a
     * trusted network sends is above both rules.
     */
    @Override
    public HookResult onMessage(SMTPSession session, Mail mail) {
        return guarded(session, HookResult.DECLINED, () -> {
            if (session.getAttachment(GRANT, State.Transaction).isPresent()) {
                mail.setAttribute(GRANTED);
            } else if (session.getUsername() == null && isTrusted(session)) {
                mail.setAttribute(TRUSTED_NETWORK);
            }
            return HookResult.DECLINED;
        });
    }

    private static Attribute mark(String name) {
        return new Attribute(AttributeName.of(name), AttributeValue.of(true));
    }

    private HookResult answer(
            SMTPSession session, RelayRow row, Sender from, OutboundAddress client, HookResult asWithoutUs) {
        Verdict verdict = enforcement.applyTo(row.verdict());
        if (verdict == Verdict.GRANT) {
            grant(session);
            return HookResult.DECLINED;
        }
        return RelayReply.to(verdict, from, client)
                .map(AuthorizedOutboundHook::refusal)
                .orElse(asWithoutUs);
    }

    private static HookResult refusal(String description) {
        return HookResult.builder()
                .hookReturnCode(HookReturnCode.denySoft())
                .smtpReturnCode(RelayReply.CODE)
                .smtpDescription(description)
                .build();
    }

    private static boolean isTrusted(SMTPSession session) {
        return session.getUsername() != null
                || (session.isRelayingAllowed()
                        && session.getAttachment(GRANT, State.Connection).isEmpty());
    }

    private static void grant(SMTPSession session) {
        session.setAttachment(GRANT, true, State.Connection);
        session.setAttachment(GRANT, true, State.Transaction);
        session.setRelayingAllowed(true);
    }

    private static void takeGrantBack(SMTPSession session) {
        boolean ours = session.removeAttachment(GRANT, State.Connection).isPresent();
        // AUTH since then gave a permission of its own.
        if (ours && session.getUsername() == null) {
            session.setRelayingAllowed(false);
        }
    }

    private static OutboundAddress client(SMTPSession session) {
        return OutboundAddress.of(session.getRemoteAddress().getAddress());
    }

    /** Says in the log what is refused, and has what is of one of our domains counted. */
    private void tell(
            RelayRow row, OutboundAddress client, Sender from, MaybeSender sender, Optional<MailAddress> recipient) {
        Verdict verdict = row.verdict();
        if (verdict != Verdict.REFUSE && verdict != Verdict.TRY_LATER) {
            return;
        }
        String address = sender.asString("");
        LOGGER.info(
                "{} {} by row {} of rule 1: <{}> to {}",
                enforcement == Enforcement.ENFORCE ? "Refused" : "Would have refused",
                client,
                row.number(),
                PrintableText.of(address),
                PrintableText.of(recipient.map(to -> "<" + to.asString() + ">").orElse("any recipient")));
        if (verdict == Verdict.REFUSE && from.internalDomain().isPresent()) {
            refusals.refused(from.internalDomain().get(), client, address, recipient.map(MailAddress::getDomain));
        }
    }

    /** An exception that leaves a hook costs the client its connection. */
    private HookResult guarded(SMTPSession session, HookResult asWithoutUs, Supplier<HookResult> decision) {
        try {
            return decision.get();
        } catch (RuntimeException | LinkageError e) {
            LOGGER.error("Cannot judge a command of {}: mail is put off", session.getSessionID(), e);
            metrics.count(RelayRow.UNDECIDED);
            return enforcement == Enforcement.ENFORCE ? UNAVAILABLE : asWithoutUs;
        }
    }
}
