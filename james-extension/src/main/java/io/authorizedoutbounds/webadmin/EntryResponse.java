// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import java.time.Instant;
import java.util.Optional;

/** An entry as WebAdmin shows it; a missing value is {@code null}, instants are ISO 8601 in UTC. */
@JsonPropertyOrder({"domain", "ip", "comment", "addedBy", "addedAt", "expiresAt", "orphaned"})
final class EntryResponse {
    private final AuthorizedOutbound entry;
    private final boolean withDomain;
    private final boolean orphaned;

    private EntryResponse(AuthorizedOutbound entry, boolean withDomain, boolean orphaned) {
        this.entry = entry;
        this.withDomain = withDomain;
        this.orphaned = orphaned;
    }

    /** Among the entries of its domain, which is internal now or not. */
    static EntryResponse ofDomain(AuthorizedOutbound entry, boolean internal) {
        return new EntryResponse(entry, false, !internal || entry.orphanedAt().isPresent());
    }

    /** Among the entries of all domains. */
    static EntryResponse ofAll(AuthorizedOutbound entry) {
        return new EntryResponse(entry, true, entry.orphanedAt().isPresent());
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

    /** True when the entry does not count because its domain was removed from James; otherwise absent. */
    @JsonProperty("orphaned")
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    Optional<Boolean> orphaned() {
        return orphaned ? Optional.of(true) : Optional.empty();
    }
}
