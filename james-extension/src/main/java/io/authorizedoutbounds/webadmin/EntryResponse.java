// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.LastUses;
import java.time.Instant;
import java.util.Optional;

/** An entry as WebAdmin shows it; a missing value is {@code null}, instants are ISO 8601 in UTC. */
@JsonPropertyOrder({"domain", "ip", "comment", "addedBy", "addedAt", "expiresAt", "lastUsedAt", "orphaned"})
final class EntryResponse {
    private final AuthorizedOutbound entry;
    private final LastUses lastUses;
    private final boolean withDomain;
    private final boolean orphaned;

    private EntryResponse(AuthorizedOutbound entry, LastUses lastUses, boolean withDomain, boolean orphaned) {
        this.entry = entry;
        this.lastUses = lastUses;
        this.withDomain = withDomain;
        this.orphaned = orphaned;
    }

    /** Among the entries of its domain, which is internal now or not. */
    static EntryResponse ofDomain(AuthorizedOutbound entry, LastUses lastUses, boolean internal) {
        return new EntryResponse(
                entry, lastUses, false, !internal || entry.orphanedAt().isPresent());
    }

    /** Among the entries of all domains. */
    static EntryResponse ofAll(AuthorizedOutbound entry, LastUses lastUses) {
        return new EntryResponse(entry, lastUses, true, entry.orphanedAt().isPresent());
    }

    @JsonProperty("domain")
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    Optional<String> domain() {
        return Optional.of(entry.domain().asString()).filter(domain -> withDomain);
    }

    @JsonProperty("ip")
    String ip() {
        return entry.address().asString();
    }

    @JsonProperty("comment")
    Optional<String> comment() {
        return entry.comment();
    }

    @JsonProperty("addedBy")
    Optional<String> addedBy() {
        return entry.addedBy().user();
    }

    @JsonProperty("addedAt")
    Instant addedAt() {
        return entry.addedAt();
    }

    @JsonProperty("expiresAt")
    Optional<Instant> expiresAt() {
        return entry.expiresAt();
    }

    /** The beginning of the hour; absent when the entry was not used since it was put. */
    @JsonProperty("lastUsedAt")
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    Optional<Instant> lastUsedAt() {
        return lastUses.hourOf(entry);
    }

    /** True when the entry does not count because its domain was removed from James; otherwise absent. */
    @JsonProperty("orphaned")
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    Optional<Boolean> orphaned() {
        return orphaned ? Optional.of(true) : Optional.empty();
    }
}
