// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.james.core.Domain;

/** Rule 1: who may send what through this server. Pure and thread-safe given a lookup that is. */
public final class RelayRule {
    private final OutboundLookup lookup;
    private final RelaySettings settings;
    private final BooleanSupplier blockRuleInForce;

    /**
     * The rule with its settings.
     *
     * @param blockRuleInForce whether rule 2 judges what row 6 grants; without it row 6 is row 7, or a listed server would be
     *                         a springboard
     */
    public RelayRule(OutboundLookup lookup, RelaySettings settings, BooleanSupplier blockRuleInForce) {
        this.lookup = lookup;
        this.settings = settings;
        this.blockRuleInForce = blockRuleInForce;
    }

    /** The same rule over another lookup. */
    public RelayRule over(OutboundLookup otherLookup) {
        return new RelayRule(otherLookup, settings, blockRuleInForce);
    }

    /** Whether row 1 applies to such a session whoever the sender is. */
    public boolean isAbove(SessionTrust trust) {
        switch (trust) {
            case AUTHENTICATED:
                return true;
            case TRUSTED_NETWORK:
                return settings.trustedNetworks() == TrustedNetworks.BYPASS;
            case NONE:
                return false;
        }
        throw new IllegalStateException("No answer for " + trust);
    }

    /**
     * Judges one recipient. Makes at most one lookup, and none for rows 1 and 5.
     *
     * @param recipient called only when it matters, since James may have to look for it in all its domains
     * @param exempt    whether rule 2 exempts the sender or the recipient; called only when it matters
     */
    public RelayDecision judge(
            SessionTrust trust,
            Sender sender,
            OutboundAddress client,
            Supplier<Locality> recipient,
            BooleanSupplier exempt) {
        if (isAbove(trust)) {
            return byDefault(RelayRow.TRUSTED);
        }
        switch (sender.locality()) {
            case INTERNAL:
                return judgeInternal(sender.internalDomain().orElseThrow(), client, recipient);
            case EXTERNAL:
                return byDefault(
                        trust == SessionTrust.TRUSTED_NETWORK
                                ? RelayRow.TRUSTED
                                : judgeExternal(sender, client, recipient, exempt));
            case UNKNOWN:
                return sender.domain()
                        .flatMap(lookup::lastEnforcementOf)
                        .map(own -> RelayDecision.byDomain(RelayRow.UNDECIDED, own))
                        .orElseGet(() -> byDefault(RelayRow.UNDECIDED));
        }
        throw new IllegalStateException("No row for the sender");
    }

    /** Judges the sender of a session before it names a recipient, as for an external recipient. */
    public RelayDecision judgeSender(SessionTrust trust, Sender sender, OutboundAddress client) {
        return judge(trust, sender, client, () -> Locality.EXTERNAL, () -> false);
    }

    private RelayDecision byDefault(RelayRow row) {
        return RelayDecision.byDefault(row, settings.enforcement());
    }

    private RelayDecision judgeInternal(Domain domain, OutboundAddress client, Supplier<Locality> recipient) {
        DomainListing listing = lookup.listedFor(domain, client);
        RelayRow row = rowOf(listing.listing(), recipient);
        Optional<Enforcement> own = listing.enforcement();
        return own.isPresent() ? RelayDecision.byDomain(row, own.get()) : byDefault(row);
    }

    private RelayRow rowOf(Listing listing, Supplier<Locality> recipient) {
        switch (listing) {
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
        if (settings.protectLocalRecipients()) {
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

    private RelayRow judgeExternal(
            Sender sender, OutboundAddress client, Supplier<Locality> recipient, BooleanSupplier exempt) {
        switch (recipient.get()) {
            case INTERNAL:
                return RelayRow.INBOUND;
            case EXTERNAL:
                return judgeRelay(sender, client, exempt);
            case UNKNOWN:
                return RelayRow.UNDECIDED;
        }
        throw new IllegalStateException("No row for the recipient");
    }

    private RelayRow judgeRelay(Sender sender, OutboundAddress client, BooleanSupplier exempt) {
        if (!blockRuleInForce.getAsBoolean()) {
            return RelayRow.UNJUDGED;
        }
        switch (lookup.listedForAny(client)) {
            case LISTED:
                boolean refused = settings.externalSenders() == ExternalSenders.REFUSE
                        && !sender.isNull()
                        && !exempt.getAsBoolean();
                return refused ? RelayRow.EXTERNAL_SENDER : RelayRow.LISTED;
            case UNLISTED:
                return RelayRow.UNLISTED;
            case UNKNOWN:
                return RelayRow.UNDECIDED;
        }
        throw new IllegalStateException("No row for what the lists say");
    }
}
