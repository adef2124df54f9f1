// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.james.core.Domain;

/** Rule 1: who may send what through this server. Pure and thread-safe given a lookup that is. */
public final class RelayRule {
    private final OutboundLookup lookup;
    private final boolean protectLocalRecipients;
    private final BooleanSupplier blockRuleInForce;

    /**
     * The rule with its setting.
     *
     * @param protectLocalRecipients whether an unlisted client is refused for internal recipients too
     * @param blockRuleInForce       whether rule 2 judges what row 6 grants; without it row 6 is row 7, or a listed server
     *                               would be a springboard
     */
    public RelayRule(OutboundLookup lookup, boolean protectLocalRecipients, BooleanSupplier blockRuleInForce) {
        this.lookup = lookup;
        this.protectLocalRecipients = protectLocalRecipients;
        this.blockRuleInForce = blockRuleInForce;
    }

    /** The same rule over another lookup. */
    public RelayRule over(OutboundLookup otherLookup) {
        return new RelayRule(otherLookup, protectLocalRecipients, blockRuleInForce);
    }

    /**
     * Judges one recipient. Makes at most one lookup, and none for rows 1 and 5.
     *
     * @param trusted   whether the session is authenticated or its client in a trusted network
     * @param recipient called only when it matters, since James may have to look for it in all its domains
     */
    public RelayRow judge(boolean trusted, Sender sender, OutboundAddress client, Supplier<Locality> recipient) {
        if (trusted) {
            return RelayRow.TRUSTED;
        }
        if (sender.internalDomain().isPresent()) {
            return judgeInternal(sender.internalDomain().get(), client, recipient);
        }
        return sender.locality() == Locality.EXTERNAL ? judgeExternal(client, recipient) : RelayRow.UNDECIDED;
    }

    /** Judges the sender of a session that is not trusted before it names a recipient, as for an external recipient. */
    public RelayRow judgeSender(Sender sender, OutboundAddress client) {
        return judge(false, sender, client, () -> Locality.EXTERNAL);
    }

    private RelayRow judgeInternal(Domain domain, OutboundAddress client, Supplier<Locality> recipient) {
        switch (lookup.listedFor(domain, client)) {
            case LISTED:
                return RelayRow.LISTED_FOR_DOMAIN;
            case UNLISTED:
                return judgeUnlisted(recipient);
            case UNKNOWN:
                return RelayRow.UNDECIDED;
        }
        throw new IllegalStateException("No row for what the lists say");
    }

    private RelayRow judgeUnlisted(Supplier<Locality> recipient) {
        if (protectLocalRecipients) {
            return RelayRow.UNLISTED_FOR_DOMAIN;
        }
        switch (recipient.get()) {
            case INTERNAL:
                return RelayRow.UNPROTECTED_RECIPIENT;
            case EXTERNAL:
                return RelayRow.UNLISTED_FOR_DOMAIN;
            case UNKNOWN:
                return RelayRow.UNDECIDED;
        }
        throw new IllegalStateException("No row for the recipient");
    }

    private RelayRow judgeExternal(OutboundAddress client, Supplier<Locality> recipient) {
        switch (recipient.get()) {
            case INTERNAL:
                return RelayRow.INBOUND;
            case EXTERNAL:
                return judgeRelay(client);
            case UNKNOWN:
                return RelayRow.UNDECIDED;
        }
        throw new IllegalStateException("No row for the recipient");
    }

    private RelayRow judgeRelay(OutboundAddress client) {
        if (!blockRuleInForce.getAsBoolean()) {
            return RelayRow.UNJUDGED;
        }
        switch (lookup.listedForAny(client)) {
            case LISTED:
                return RelayRow.LISTED;
            case UNLISTED:
                return RelayRow.UNLISTED;
            case UNKNOWN:
                return RelayRow.UNDECIDED;
        }
        throw new IllegalStateException("No row for what the lists say");
    }
}
