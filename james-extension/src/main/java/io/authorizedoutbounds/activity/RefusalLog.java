// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.activity;

import com.google.common.util.concurrent.RateLimiter;
import io.authorizedoutbounds.policy.DomainNames;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.PrintableText;
import io.authorizedoutbounds.policy.RelayDecision;
import io.authorizedoutbounds.policy.RelayRow;
import io.authorizedoutbounds.policy.Sender;
import io.authorizedoutbounds.policy.Verdict;
import java.time.Duration;
import org.apache.james.core.Domain;
import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs what rule 1 refuses and defers, and why: at most {@value #MAX_LINES_OF_CLIENT} lines a second of one client address
 * and {@value #MAX_LINES} of all, then the number of those left out. Thread-safe.
 */
public class RefusalLog {
    private static final Logger LOGGER = LoggerFactory.getLogger(RefusalLog.class);
    private static final int MAX_LINES_OF_CLIENT = 10;

    /** The owner of an IPv6 network has any number of addresses. */
    private static final int MAX_LINES = 100;

    private static final double MAX_FAULTS_PER_SECOND = 10;

    /** Between two calls of {@link #summarize}. */
    public static final Duration SUMMARY_INTERVAL = Duration.ofSeconds(1);

    private static final int MAX_TEXT_LENGTH = 320;

    private final LineLimiter<OutboundAddress> limiter = new LineLimiter<>(MAX_LINES_OF_CLIENT, MAX_LINES);
    private final RateLimiter faults = RateLimiter.create(MAX_FAULTS_PER_SECOND);

    /**
     * Logs a refusal, or deferral, at RCPT.
     *
     * @param decision one that refuses or defers, be it enforced or reported
     */
    public void log(
            RelayDecision decision, OutboundAddress client, Sender from, MaybeSender sender, MailAddress recipient) {
        if (admits(client)) {
            log(decision, client, from, sender, "<" + text(recipient.asString()) + ">");
        }
    }

    /**
     * Logs a refusal, or deferral, at MAIL, before the sender names a recipient.
     *
     * @param decision one that refuses or defers, be it enforced or reported
     */
    public void logAtMail(RelayDecision decision, OutboundAddress client, Sender from, MaybeSender sender) {
        if (admits(client)) {
            log(decision, client, from, sender, "any recipient");
        }
    }

    private boolean admits(OutboundAddress client) {
        return LOGGER.isInfoEnabled() && limiter.admits(client);
    }

    private static void log(
            RelayDecision decision, OutboundAddress client, Sender from, MaybeSender sender, String recipient) {
        LOGGER.info(
                "{}: {} (row {} of rule 1): <{}> to {}",
                outcome(decision),
                reason(decision.row(), client, from, sender),
                decision.row().number(),
                text(sender.asString("")),
                recipient);
    }

    private static String outcome(RelayDecision decision) {
        boolean refusal = decision.row().verdict() == Verdict.REFUSE;
        if (decision.enforcement() == Enforcement.ENFORCE) {
            return refusal ? "Refused" : "Deferred";
        }
        return refusal ? "Would have refused" : "Would have deferred";
    }

    private static String reason(RelayRow row, OutboundAddress client, Sender from, MaybeSender sender) {
        if (row.verdict() != Verdict.REFUSE) {
            return "what a decision on " + client + " needs cannot be read now";
        }
        if (row == RelayRow.UNJUDGED) {
            return client + " may not relay for external senders, as no processor has BlockExternalSenders";
        }
        if (row == RelayRow.EXTERNAL_SENDER) {
            return client + " may not send for " + DomainNames.printable(sender)
                    + ", which is not a domain of this server";
        }
        return client + " is not listed for "
                + from.internalDomain().map(Domain::asString).orElse("any domain");
    }

    private static String text(String text) {
        return PrintableText.of(text.length() <= MAX_TEXT_LENGTH ? text : text.substring(0, MAX_TEXT_LENGTH) + "...");
    }

    /** Logs that a fault of this extension has a command deferred, or in report mode passed. */
    public void logFault(String session, Throwable fault) {
        if (faults.tryAcquire()) {
            LOGGER.error("Cannot judge a command of {}: mail is deferred", session, fault);
        }
    }

    /**
     * Logs how many lines were left out, and starts the next second; to be called once a {@link #SUMMARY_INTERVAL}. Throws
     * nothing.
     */
    public void summarize() {
        try {
            LineLimiter.LeftOut<OutboundAddress> leftOut = limiter.reset();
            leftOut.byKey()
                    .forEach((client, count) ->
                            LOGGER.info("{} more refusals or deferrals of {} in the last second", count, client));
            if (leftOut.others() > 0) {
                LOGGER.info("{} more refusals or deferrals of other addresses in the last second", leftOut.others());
            }
        } catch (RuntimeException | Error e) {
            LOGGER.debug("Cannot log how many refusals were left out of the log", e);
        }
    }
}
