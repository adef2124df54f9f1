// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.smtp;

import io.authorizedoutbounds.cache.InternalDomains;
import io.authorizedoutbounds.policy.DomainListing;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.EntryId;
import io.authorizedoutbounds.policy.Listing;
import io.authorizedoutbounds.policy.Locality;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundLookup;
import io.authorizedoutbounds.policy.RelayDecision;
import io.authorizedoutbounds.policy.RelayRule;
import io.authorizedoutbounds.policy.Sender;
import io.authorizedoutbounds.policy.SessionTrust;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.apache.james.core.Domain;
import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;

/**
 * Rule 1 for the recipients of one sender. The locality of the sender and the answer of the lists are cached for the next
 * recipient, until the lists or the domains change on this node, and no longer than {@link #MAX_AGE}.
 *
 * <p>What could not be read is read again for each recipient. Used by one thread at a time, as James's session.
 */
final class Transaction implements OutboundLookup {
    /** Bounds the delay of changes that do not change the generation: expiry, and refreshes of the caches. */
    static final Duration MAX_AGE = Duration.ofMillis(250);

    private static final DomainListing UNKNOWN = DomainListing.of(Listing.UNKNOWN);

    private final MaybeSender mailFrom;
    private final OutboundAddress client;
    private final RelayRule rule;
    private final OutboundLookup lookup;
    private final InternalDomains domains;
    private final LongSupplier nanoTime;

    private long generation;
    private long refreshedAt;
    private Sender sender = Sender.unknown();

    /** The answers of the lists for this client and this sender, for which rule 1 makes only one of the two lookups. */
    private DomainListing ofDomain = UNKNOWN;

    private Listing ofAny = Listing.UNKNOWN;

    /** Null until it is used. */
    private EntryId entry;

    private boolean granted;

    /** @param nanoTime as {@link System#nanoTime} */
    Transaction(
            MaybeSender mailFrom,
            OutboundAddress client,
            RelayRule rule,
            OutboundLookup lookup,
            InternalDomains domains,
            LongSupplier nanoTime) {
        this.mailFrom = mailFrom;
        this.client = client;
        this.rule = rule.over(this);
        this.lookup = lookup;
        this.domains = domains;
        this.nanoTime = nanoTime;
    }

    boolean isFrom(MaybeSender other) {
        return mailFrom.equals(other);
    }

    /** As it was parsed. */
    MaybeSender mailFrom() {
        return mailFrom;
    }

    OutboundAddress client() {
        return client;
    }

    /** As it was at the last decision. */
    Sender sender() {
        return sender;
    }

    /** The entry of the sender's domain for the client. The sender must be internal. */
    EntryId entry() {
        if (entry == null) {
            entry = EntryId.of(sender.internalDomain().orElseThrow(), client);
        }
        return entry;
    }

    /** Whether it has been granted the permission to relay. */
    boolean isGranted() {
        return granted;
    }

    void grant() {
        granted = true;
    }

    /** @param exempt whether rule 2 exempts the sender or this recipient; called only when it matters */
    RelayDecision judge(SessionTrust trust, MailAddress recipient, BooleanSupplier exempt) {
        refresh();
        return rule.judge(trust, sender, client, () -> domains.localityOf(recipient.getDomain()), exempt);
    }

    RelayDecision judgeSender(SessionTrust trust) {
        refresh();
        return rule.judgeSender(trust, sender, client);
    }

    private void refresh() {
        // Both are read before the answers that they date, so that no answer counts as newer than it is.
        long now = nanoTime.getAsLong();
        long current = lookup.generation();
        boolean fresh =
                sender.locality() != Locality.UNKNOWN && current == generation && now - refreshedAt < MAX_AGE.toNanos();
        if (!fresh) {
            sender = Sender.unknown();
            ofDomain = UNKNOWN;
            ofAny = Listing.UNKNOWN;
            entry = null;
            generation = current;
            refreshedAt = now;
            sender = domains.senderOf(mailFrom);
        }
    }

    @Override
    public DomainListing listedFor(Domain domain, OutboundAddress address) {
        if (ofDomain.listing() == Listing.UNKNOWN) {
            ofDomain = lookup.listedFor(domain, address);
        }
        return ofDomain;
    }

    @Override
    public Listing listedForAny(OutboundAddress address) {
        if (ofAny == Listing.UNKNOWN) {
            ofAny = lookup.listedForAny(address);
        }
        return ofAny;
    }

    @Override
    public Optional<Enforcement> lastEnforcementOf(Domain domain) {
        return lookup.lastEnforcementOf(domain);
    }

    @Override
    public long generation() {
        return lookup.generation();
    }
}
