// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.smtp;

import io.authorizedoutbounds.cache.InternalDomains;
import io.authorizedoutbounds.policy.Listing;
import io.authorizedoutbounds.policy.Locality;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundLookup;
import io.authorizedoutbounds.policy.RelayRow;
import io.authorizedoutbounds.policy.RelayRule;
import io.authorizedoutbounds.policy.Sender;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.apache.james.core.Domain;
import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;

/**
 * Rule 1 for the recipients of one sender: who the sender is, and what the lists say of the client, holds for the next
 * recipient too, until the lists or the domains change on this node, and no longer than {@link #MAX_AGE}.
 *
 * <p>What could not be read is read again for each recipient. Used by one thread at a time, as James's session.
 */
final class Transaction implements OutboundLookup {
    /** Expiry, and what the caches refresh by themselves, raises no generation. A change on another node holds so much later. */
    static final Duration MAX_AGE = Duration.ofMillis(250);

    private final MaybeSender mailFrom;
    private final OutboundAddress client;
    private final RelayRule rule;
    private final OutboundLookup lookup;
    private final InternalDomains domains;
    private final LongSupplier nanoTime;

    private long generation;
    private long settledAt;
    private Sender sender = Sender.unknown();

    /** What the lists say of this client, for this sender: only one of the two questions is asked of one sender. */
    private Listing listing = Listing.UNKNOWN;

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

    OutboundAddress client() {
        return client;
    }

    /** As it was for the last row. */
    Sender sender() {
        return sender;
    }

    /** Whether it has been granted the permission to relay. */
    boolean isGranted() {
        return granted;
    }

    void grant() {
        granted = true;
    }

    RelayRow judge(MailAddress recipient) {
        settle();
        return rule.judge(false, sender, client, () -> domains.localityOf(recipient.getDomain()));
    }

    RelayRow judgeSender() {
        settle();
        return rule.judgeSender(sender, client);
    }

    private void settle() {
        // Both are read before what they are about, so that nothing counts as newer than it is.
        long now = nanoTime.getAsLong();
        long current = lookup.generation();
        boolean settled =
                sender.locality() != Locality.UNKNOWN && current == generation && now - settledAt < MAX_AGE.toNanos();
        if (!settled) {
            sender = Sender.unknown();
            listing = Listing.UNKNOWN;
            generation = current;
            settledAt = now;
            sender = domains.senderOf(mailFrom);
        }
    }

    @Override
    public Listing listedFor(Domain domain, OutboundAddress address) {
        if (listing == Listing.UNKNOWN) {
            listing = lookup.listedFor(domain, address);
        }
        return listing;
    }

    @Override
    public Listing listedForAny(OutboundAddress address) {
        if (listing == Listing.UNKNOWN) {
            listing = lookup.listedForAny(address);
        }
        return listing;
    }

    @Override
    public long generation() {
        return lookup.generation();
    }
}
