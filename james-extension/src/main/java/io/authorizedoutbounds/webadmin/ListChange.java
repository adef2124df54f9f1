// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.ListReplacement;
import io.authorizedoutbounds.policy.OutboundAddress;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.function.Predicate;

/** The difference between two states of a list, and its JSON. */
@JsonPropertyOrder({"added", "removed", "kept"})
final class ListChange {
    private final ImmutableMap<OutboundAddress, AuthorizedOutbound> before;
    private final ImmutableMap<OutboundAddress, AuthorizedOutbound> after;

    ListChange(Collection<AuthorizedOutbound> before, Collection<AuthorizedOutbound> after) {
        this.before = Maps.uniqueIndex(before, AuthorizedOutbound::address);
        this.after = Maps.uniqueIndex(after, AuthorizedOutbound::address);
    }

    /** New entries, and entries with another comment or expiry, or that are orphaned now and were not, or were. */
    ImmutableList<AuthorizedOutbound> toSave() {
        return after.values().stream().filter(entry -> !isUnchanged(entry)).collect(ImmutableList.toImmutableList());
    }

    /** The same for the store. */
    ListReplacement asReplacement() {
        ImmutableList<AuthorizedOutbound> unchanged = after.values().stream()
                .filter(this::isUnchanged)
                .map(entry -> before.get(entry.address()))
                .collect(ImmutableList.toImmutableList());
        return new ListReplacement(toSave(), unchanged, toRemove());
    }

    /** Whether a list that was read after the change is what the change has made it; entries may have expired since. */
    boolean isMadeIn(Collection<AuthorizedOutbound> list, Instant now) {
        Map<OutboundAddress, AuthorizedOutbound> expected = Maps.filterValues(after, entry -> entry.isActiveAt(now));
        Map<OutboundAddress, AuthorizedOutbound> found =
                Maps.filterValues(Maps.uniqueIndex(list, AuthorizedOutbound::address), entry -> entry.isActiveAt(now));
        return found.keySet().equals(expected.keySet());
    }

    private boolean isUnchanged(AuthorizedOutbound entry) {
        AuthorizedOutbound known = before.get(entry.address());
        return known != null
                && known.orphanedAt().isPresent() == entry.orphanedAt().isPresent()
                && known.comment().equals(entry.comment())
                && known.expiresAt().equals(entry.expiresAt());
    }

    private static boolean counts(ImmutableMap<OutboundAddress, AuthorizedOutbound> list, OutboundAddress address) {
        return list.containsKey(address) && list.get(address).orphanedAt().isEmpty();
    }

    ImmutableList<OutboundAddress> toRemove() {
        return before.keySet().stream()
                .filter(address -> !after.containsKey(address))
                .collect(ImmutableList.toImmutableList());
    }

    /** New entries, and those that were orphaned and count now. */
    @JsonProperty("added")
    ImmutableList<String> added() {
        return sorted(
                after.keySet(),
                address -> !before.containsKey(address) || (counts(after, address) && !counts(before, address)));
    }

    /** Entries that are no longer there, and those that are orphaned now. */
    @JsonProperty("removed")
    ImmutableList<String> removed() {
        return sorted(
                before.keySet(),
                address -> !after.containsKey(address) || (counts(before, address) && !counts(after, address)));
    }

    /** Their comment and expiry are those of the new list. */
    @JsonProperty("kept")
    ImmutableList<String> kept() {
        return sorted(
                after.keySet(),
                address -> before.containsKey(address) && counts(before, address) == counts(after, address));
    }

    private static ImmutableList<String> sorted(
            Collection<OutboundAddress> addresses, Predicate<OutboundAddress> filter) {
        return addresses.stream()
                .filter(filter)
                .sorted()
                .map(OutboundAddress::asString)
                .collect(ImmutableList.toImmutableList());
    }
}
