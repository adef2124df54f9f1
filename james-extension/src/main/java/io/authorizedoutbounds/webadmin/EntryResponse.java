// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import java.time.Instant;
import java.util.Optional;

/** An entry as WebAdmin shows it; what is not there is {@code null}, instants are ISO 8601 in UTC. */
@JsonPropertyOrder({"domain", "ip", "comment", "addedBy", "addedAt", "expiresAt", "orphaned"})
final class EntryResponse {
    private final AuthorizedOutbound entry;
    private final Optional<String> domain;
    private final Optional<Boolean> orphaned;

    private EntryResponse(AuthorizedOutbound entry, Optional<String> domain, boolean orphaned) {
        this.entry = entry;
        this.domain = domain;
        this.orphaned = orphaned ? Optional.of(true) : Optional.empty();
    }

    /** Among those of its domain, which is in James now or not. */
    static EntryResponse ofDomain(AuthorizedOutbound entry, boolean internal) {
        return new EntryResponse(
                entry, Optional.empty(), !internal || entry.orphanedAt().isPresent());
    }

    /** Among those of all domains. */
    static EntryResponse ofAll(AuthorizedOutbound entry) {
        return new EntryResponse(
                entry,
                Optional.of(entry.domain().asString()),
                entry.orphanedAt().isPresent());
    }

    @JsonProperty("domain")
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    Optional<String> domain() {
        return domain;
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
        return entry.addedBy();
    }

    @JsonProperty("addedAt")
    Instant addedAt() {
        return entry.addedAt();
    }

    @JsonProperty("expiresAt")
    Optional<Instant> expiresAt() {
        return entry.expiresAt();
    }

    /** Whether it does not count, since its domain has left James: there only when it is so. */
    @JsonProperty("orphaned")
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    Optional<Boolean> orphaned() {
        return orphaned;
    }
}
