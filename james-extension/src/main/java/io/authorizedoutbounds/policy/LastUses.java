// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import com.google.common.collect.ImmutableMap;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;

/**
 * When some entries last let a RCPT through, to the hour.
 *
 * <p>A use before the hour in which an entry was put is that of an earlier entry, and not a use of this one.
 */
public final class LastUses {
    private final ImmutableMap<EntryId, Instant> hours;

    private LastUses(ImmutableMap<EntryId, Instant> hours) {
        this.hours = hours;
    }

    /**
     * The last uses of the entries that were used.
     *
     * @param hours the beginning of the hour of the last use, by entry
     */
    public static LastUses copyOf(Map<EntryId, Instant> hours) {
        return new LastUses(ImmutableMap.copyOf(hours));
    }

    /** The beginning of the hour in which an entry was last used; empty when it was not used since it was put. */
    public Optional<Instant> hourOf(AuthorizedOutbound entry) {
        return Optional.ofNullable(hours.get(entry.id()))
                .filter(hour -> !hour.isBefore(entry.addedAt().truncatedTo(ChronoUnit.HOURS)));
    }

    /**
     * Whether an entry was put before an instant, and not used since then. A use may have been at any time of its hour, so
     * that hour must have ended by then.
     */
    public boolean isUnusedSince(AuthorizedOutbound entry, Instant instant) {
        return entry.addedAt().isBefore(instant)
                && hourOf(entry)
                        .map(hour -> !hour.plus(1, ChronoUnit.HOURS).isAfter(instant))
                        .orElse(true);
    }
}
