// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundChange;
import java.time.Instant;
import java.util.Optional;

/** A change as WebAdmin shows it. */
@JsonPropertyOrder({"changedAt", "changedBy", "action", "domain", "ip", "comment", "expiresAt"})
final class ChangeResponse {
    private final OutboundChange change;

    ChangeResponse(OutboundChange change) {
        this.change = change;
    }

    @JsonProperty("changedAt")
    Instant changedAt() {
        return change.changedAt();
    }

    @JsonProperty("changedBy")
    Optional<String> changedBy() {
        return change.changedBy().user();
    }

    @JsonProperty("action")
    String action() {
        return change.action().word();
    }

    @JsonProperty("domain")
    String domain() {
        return change.domain().asString();
    }

    /** Absent for a change of the enforcement. */
    @JsonProperty("ip")
    Optional<String> ip() {
        return change.address().map(OutboundAddress::asString);
    }

    @JsonProperty("comment")
    Optional<String> comment() {
        return change.comment();
    }

    @JsonProperty("expiresAt")
    Optional<Instant> expiresAt() {
        return change.expiresAt();
    }
}
