// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import com.google.common.collect.ImmutableList;
import com.google.inject.Inject;
import java.util.Arrays;
import java.util.Optional;
import org.apache.commons.configuration2.HierarchicalConfiguration;
import org.apache.commons.configuration2.ex.ConfigurationException;
import org.apache.james.server.core.configuration.ConfigurationProvider;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is missing in James's own files, so that a rule does not hold for some mail: an enabled SMTP server where the hook
 * is not the first handler, and a mailet container without the mailet. Read and logged once, when James starts; James reads
 * these files once too. Immutable.
 */
public class ConfigurationGaps {
    private static final Logger LOGGER = LoggerFactory.getLogger(ConfigurationGaps.class);

    /** This package does not depend on the hook and the mailet; these are the names that an operator writes. */
    private static final String HOOK = "io.authorizedoutbounds.smtp.AuthorizedOutboundHook";

    private static final String MAILET = "io.authorizedoutbounds.mailets.BlockExternalSenders";

    private final ImmutableList<String> descriptions;

    /** @throws ConfigurationException when James itself cannot read a file either */
    @Inject
    public ConfigurationGaps(ConfigurationProvider files) throws ConfigurationException {
        ImmutableList.Builder<String> found = ImmutableList.builder();
        for (HierarchicalConfiguration<?> server :
                files.getConfiguration("smtpserver").configurationsAt("smtpserver")) {
            gapOf(server).ifPresent(found::add);
        }
        gapOf(files.getConfiguration("mailetcontainer").getStringArray("processors.processor.mailet[@class]"))
                .ifPresent(found::add);
        descriptions = found.build();
        descriptions.forEach(description -> LOGGER.warn("{}", description));
    }

    /** A sentence for each, with the remedy; empty when both rules hold for every mail. */
    public ImmutableList<String> descriptions() {
        return descriptions;
    }

    private static Optional<String> gapOf(HierarchicalConfiguration<?> server) {
        // The defaults are James's own.
        if (!server.getBoolean("[@enabled]", true)) {
            return Optional.empty();
        }
        ImmutableList<String> handlers = ImmutableList.copyOf(server.getStringArray("handlerchain.handler[@class]"));
        if (handlers.indexOf(HOOK) == 0) {
            return Optional.empty();
        }
        String listener =
                server.getString("jmxName", "smtpserver") + " (" + server.getString("bind", "0.0.0.0:25") + ")";
        return Optional.of(
                handlers.contains(HOOK)
                        ? "conf/smtpserver.xml: a handler of " + listener
                                + " comes before the AuthorizedOutboundHook and"
                                + " may let mail pass that no list allows; move <handler class=\"" + HOOK
                                + "\"/> to the beginning of its <handlerchain>"
                        : "conf/smtpserver.xml: " + listener
                                + " has no AuthorizedOutboundHook, so no list of authorized"
                                + " outbounds holds for what it takes; add <handler class=\"" + HOOK
                                + "\"/> at the beginning of its <handlerchain>");
    }

    /** Which processor it is in does not matter: what sends mail from one processor to another is beyond this file. */
    private static Optional<String> gapOf(String[] mailets) {
        return Arrays.asList(mailets).contains(MAILET)
                ? Optional.empty()
                : Optional.of(
                        "conf/mailetcontainer.xml: BlockExternalSenders is in no processor, so mail of external senders"
                                + " to external recipients is refused (451 4.7.1), from listed addresses too; add"
                                + " <mailet match=\"All\" class=\"" + MAILET
                                + "\"/> at the beginning of <processor state=\"root\">"
                                + " and the processors blocked-sender and block-policy-unavailable");
    }
}
