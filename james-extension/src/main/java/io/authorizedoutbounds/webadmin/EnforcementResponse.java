// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.authorizedoutbounds.policy.DomainEnforcement;
import io.authorizedoutbounds.policy.Enforcement;
import java.time.Instant;
import java.util.Optional;

/** The enforcement of a domain, as WebAdmin shows it. */
@JsonPropertyOrder({"enforcement", "inherited", "changedBy", "changedAt"})
final class EnforcementResponse {
    private final DomainEnforcement ofDomain;
    private final Enforcement byDefault;

    EnforcementResponse(DomainEnforcement ofDomain, Enforcement byDefault) {
        this.ofDomain = ofDomain;
        this.byDefault = byDefault;
    }

    /** The one that applies. */
    @JsonProperty("enforcement")
    String enforcement() {
        return ofDomain.own().orElse(byDefault).word();
    }

    /** Whether it is the default. */
    @JsonProperty("inherited")
    boolean isInherited() {
        return ofDomain.own().isEmpty();
    }

    @JsonProperty("changedBy")
    Optional<String> changedBy() {
        return ofDomain.changedBy().user();
    }

    /** Absent when the domain never had one of its own. */
    @JsonProperty("changedAt")
    Optional<Instant> changedAt() {
        return ofDomain.changedAt();
    }
}
