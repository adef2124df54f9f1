// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.RefusalCount;
import java.time.Instant;
import java.util.Optional;

/** The refusals of one address, as WebAdmin shows them. */
@JsonPropertyOrder({
    "ip",
    "attempts",
    "refused",
    "quarantined",
    "firstSeen",
    "lastSeen",
    "lastSender",
    "lastRecipientDomain"
})
final class RefusalResponse {
    private final RefusalCount count;

    RefusalResponse(RefusalCount count) {
        this.count = count;
    }

    @JsonProperty("ip")
    Optional<String> ip() {
        return count.client().map(OutboundAddress::asString);
    }

    @JsonProperty("attempts")
    long attempts() {
        return count.attempts();
    }

    /** The others would have been, if the domain did not report. */
    @JsonProperty("refused")
    long refused() {
        return count.refused();
    }

    /** Mails of external senders that rule 2 has quarantined. */
    @JsonProperty("quarantined")
    long quarantined() {
        return count.quarantined();
    }

    @JsonProperty("firstSeen")
    Instant firstSeen() {
        return count.firstSeen();
    }

    @JsonProperty("lastSeen")
    Instant lastSeen() {
        return count.lastSeen();
    }

    @JsonProperty("lastSender")
    String lastSender() {
        return count.lastSender();
    }

    @JsonProperty("lastRecipientDomain")
    Optional<String> lastRecipientDomain() {
        return count.lastRecipientDomain();
    }
}
