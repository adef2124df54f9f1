// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import com.google.common.collect.ImmutableMap;
import io.authorizedoutbounds.policy.DomainListing;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.Listing;
import io.authorizedoutbounds.policy.OutboundAddress;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Predicate;

/** The list of a domain as decisions read it. No more than they need, since there may be many. */
final class CachedList {
    private final ImmutableMap<OutboundAddress, Instant> ends;
    private final DomainListing listed;
    private final DomainListing unlisted;

    private CachedList(ImmutableMap<OutboundAddress, Instant> ends, DomainListing listed, DomainListing unlisted) {
        this.ends = ends;
        this.listed = listed;
        this.unlisted = unlisted;
    }

    /**
     * Of a domain without an enforcement of its own.
     *
     * @param ends the addresses, each with the instant at which it stops to count; MAX for none
     */
    static CachedList of(ImmutableMap<OutboundAddress, Instant> ends) {
        return new CachedList(ends, DomainListing.of(Listing.LISTED), DomainListing.of(Listing.UNLISTED));
    }

    /** Of a domain with an enforcement of its own. */
    static CachedList of(ImmutableMap<OutboundAddress, Instant> ends, Enforcement own) {
        return new CachedList(ends, DomainListing.of(Listing.LISTED, own), DomainListing.of(Listing.UNLISTED, own));
    }

    /** @param isActive whether an address that stops to count at an instant counts */
    DomainListing listing(OutboundAddress client, Predicate<Instant> isActive) {
        Instant end = ends.get(client);
        return end != null && isActive.test(end) ? listed : unlisted;
    }

    /** The domain's own. */
    Optional<Enforcement> enforcement() {
        return unlisted.enforcement();
    }

    /** Addresses. */
    int size() {
        return ends.size();
    }
}
