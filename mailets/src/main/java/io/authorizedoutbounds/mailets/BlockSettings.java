// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.mailets;

import com.google.auto.value.AutoValue;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import io.authorizedoutbounds.policy.BlockExemptions;
import io.authorizedoutbounds.policy.PrintableText;
import java.util.Optional;
import org.apache.james.core.MailAddress;
import org.apache.mailet.Mail;
import org.apache.mailet.MailetConfig;

/** The parameters of the mailet. */
@AutoValue
abstract class BlockSettings implements BlockExemptions {
    private static final String PROCESSOR = "processor";
    private static final String RETRY_PROCESSOR = "retryProcessor";
    private static final String EXEMPT_SENDERS = "exemptSenders";
    private static final String EXEMPT_RECIPIENTS = "exemptRecipients";
    private static final ImmutableSet<String> PARAMETERS =
            ImmutableSet.of(PROCESSOR, RETRY_PROCESSOR, EXEMPT_SENDERS, EXEMPT_RECIPIENTS);

    private static final ImmutableSet<String> NOT_FOR_MAIL = ImmutableSet.of("", Mail.DEFAULT, Mail.GHOST, Mail.ERROR);

    /** Parameters of every mailet that James itself reads, with the value of each that would let mail bypass the rule. */
    private static final ImmutableMap<String, String> OF_JAMES =
            ImmutableMap.of("onMailetException", "ignore", "onMatchException", "nomatch");

    /**
     * Reads the parameters.
     *
     * @throws IllegalArgumentException naming the file, the mailet, the parameter and what is allowed
     */
    static BlockSettings read(MailetConfig config) {
        refuseUnknownParameters(config);
        refuseBypasses(config);
        return new AutoValue_BlockSettings(
                processor(config, PROCESSOR, "blocked-sender"),
                processor(config, RETRY_PROCESSOR, "block-policy-unavailable"),
                exemptions(config, EXEMPT_SENDERS),
                exemptions(config, EXEMPT_RECIPIENTS));
    }

    private static void refuseUnknownParameters(MailetConfig config) {
        ImmutableSet<String> unknown = Sets.difference(
                        ImmutableSet.copyOf(config.getInitParameterNames()), Sets.union(PARAMETERS, OF_JAMES.keySet()))
                .immutableCopy();
        if (!unknown.isEmpty()) {
            throw rejected("does not know " + PrintableText.of(unknown.toString()) + "; it knows " + PARAMETERS);
        }
    }

    private static void refuseBypasses(MailetConfig config) {
        OF_JAMES.forEach((parameter, value) -> {
            if (parameter(config, parameter, "").trim().equalsIgnoreCase(value)) {
                throw rejected(parameter + "=" + value + " would let mail out that was not judged: leave it out");
            }
        });
    }

    private static String parameter(MailetConfig config, String name, String defaultValue) {
        return Optional.ofNullable(config.getInitParameter(name)).orElse(defaultValue);
    }

    private static String processor(MailetConfig config, String parameter, String defaultValue) {
        String name = parameter(config, parameter, defaultValue).trim();
        if (NOT_FOR_MAIL.contains(name)) {
            throw rejected(parameter + "='" + name + "' would lose the mail, bounce it or judge it for ever:"
                    + " give a processor of its own, as " + defaultValue);
        }
        return name;
    }

    private static Exemptions exemptions(MailetConfig config, String parameter) {
        try {
            return Exemptions.parse(parameter(config, parameter, ""));
        } catch (IllegalArgumentException e) {
            throw rejected(parameter + ": " + e.getMessage());
        }
    }

    private static IllegalArgumentException rejected(String reason) {
        return new IllegalArgumentException(
                "mailetcontainer.xml: " + BlockExternalSenders.class.getSimpleName() + " " + reason);
    }

    /** Where mail with blocked recipients goes. */
    abstract String processor();

    /** Where deferred mail goes. */
    abstract String retryProcessor();

    abstract Exemptions exemptSenders();

    abstract Exemptions exemptRecipients();

    @Override
    public boolean exemptsSender(MailAddress sender) {
        return exemptSenders().contain(sender);
    }

    @Override
    public boolean exemptsRecipient(MailAddress recipient) {
        return exemptRecipients().contain(recipient);
    }
}
