// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.auto.value.AutoValue;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * What the list of a domain says of an address, and the enforcement that the domain has of its own. All values exist from
 * the start: a decision allocates none.
 */
@AutoValue
public abstract class DomainListing {
    private static final Map<Listing, DomainListing> INHERITED = new EnumMap<>(Listing.class);
    private static final Map<Enforcement, Map<Listing, DomainListing>> OWN = new EnumMap<>(Enforcement.class);

    static {
        for (Listing listing : Listing.values()) {
            INHERITED.put(listing, new AutoValue_DomainListing(listing, Optional.empty()));
            for (Enforcement own : Enforcement.values()) {
                OWN.computeIfAbsent(own, none -> new EnumMap<>(Listing.class))
                        .put(listing, new AutoValue_DomainListing(listing, Optional.of(own)));
            }
        }
    }

    DomainListing() {}

    /** For a domain without an enforcement of its own, or whose own one is not known. */
    public static DomainListing of(Listing listing) {
        return INHERITED.get(listing);
    }

    /** For a domain with an enforcement of its own. */
    public static DomainListing of(Listing listing, Enforcement own) {
        return OWN.get(own).get(listing);
    }

    public abstract Listing listing();

    /** The domain's own; empty when it has none, or when that is not known. */
    public abstract Optional<Enforcement> enforcement();
}
