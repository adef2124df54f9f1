// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import java.time.Instant;
import java.util.Optional;

/** An entry as WebAdmin shows it; what is not there is {@code null}, instants are ISO 8601 in UTC. */
@JsonPropertyOrder({"ip", "comment", "addedBy", "addedAt", "expiresAt"})
final class EntryResponse {
    private final AuthorizedOutbound entry;

    EntryResponse(AuthorizedOutbound entry) {
        this.entry = entry;
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
}
