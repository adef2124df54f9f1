// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.RefusalOverview;
import java.time.Instant;

/** What was refused of one domain, or would have been, as WebAdmin shows it in the overview of all domains. */
@JsonPropertyOrder({"domain", "enforcement", "attempts", "refused", "quarantined", "addresses", "lastSeen"})
final class DomainRefusalsResponse {
    private final RefusalOverview.OfDomain refused;
    private final Enforcement enforcement;

    DomainRefusalsResponse(RefusalOverview.OfDomain refused, Enforcement enforcement) {
        this.refused = refused;
        this.enforcement = enforcement;
    }

    @JsonProperty("domain")
    String domain() {
        return refused.domain().asString();
    }

    /** The one that applies. */
    @JsonProperty("enforcement")
    String enforcement() {
        return enforcement.word();
    }

    @JsonProperty("attempts")
    long attempts() {
        return refused.attempts();
    }

    @JsonProperty("refused")
    long refused() {
        return refused.refused();
    }

    /** Mails of external senders that rule 2 has quarantined. */
    @JsonProperty("quarantined")
    long quarantined() {
        return refused.quarantined();
    }

    /** The most that one node has counted within one hour. */
    @JsonProperty("addresses")
    int addresses() {
        return refused.addresses();
    }

    @JsonProperty("lastSeen")
    Instant lastSeen() {
        return refused.lastSeen();
    }
}
