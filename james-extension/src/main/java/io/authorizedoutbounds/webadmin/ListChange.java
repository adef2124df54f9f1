// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.OutboundAddress;
import java.util.Collection;

/** The difference between two states of a list, and its JSON. */
@JsonPropertyOrder({"added", "removed", "kept"})
final class ListChange {
    private final ImmutableMap<OutboundAddress, AuthorizedOutbound> before;
    private final ImmutableMap<OutboundAddress, AuthorizedOutbound> after;

    ListChange(Collection<AuthorizedOutbound> before, Collection<AuthorizedOutbound> after) {
        this.before = Maps.uniqueIndex(before, AuthorizedOutbound::address);
        this.after = Maps.uniqueIndex(after, AuthorizedOutbound::address);
    }

    /** New entries, entries with another comment or expiry, and entries that were orphaned. */
    ImmutableList<AuthorizedOutbound> toSave() {
        return after.values().stream().filter(entry -> !isUnchanged(entry)).collect(ImmutableList.toImmutableList());
    }

    private boolean isUnchanged(AuthorizedOutbound entry) {
        AuthorizedOutbound known = before.get(entry.address());
        return counted(entry.address())
                && known.comment().equals(entry.comment())
                && known.expiresAt().equals(entry.expiresAt());
    }

    private boolean counted(OutboundAddress address) {
        return before.containsKey(address) && before.get(address).orphanedAt().isEmpty();
    }

    ImmutableList<OutboundAddress> toRemove() {
        return before.keySet().stream()
                .filter(address -> !after.containsKey(address))
                .collect(ImmutableList.toImmutableList());
    }

    /** New entries and those that were orphaned. */
    @JsonProperty("added")
    ImmutableList<String> added() {
        return sorted(
                after.keySet().stream().filter(address -> !counted(address)).collect(ImmutableList.toImmutableList()));
    }

    @JsonProperty("removed")
    ImmutableList<String> removed() {
        return sorted(toRemove());
    }

    /** Their comment and expiry are those of the new list. */
    @JsonProperty("kept")
    ImmutableList<String> kept() {
        return sorted(after.keySet().stream().filter(this::counted).collect(ImmutableList.toImmutableList()));
    }

    private static ImmutableList<String> sorted(Collection<OutboundAddress> addresses) {
        return addresses.stream().sorted().map(OutboundAddress::asString).collect(ImmutableList.toImmutableList());
    }
}
