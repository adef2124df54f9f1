// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.authorizedoutbounds.policy.Enforcement;
import java.util.Optional;

/** How many domains enforce rule 1, as WebAdmin shows it. */
@JsonPropertyOrder({"default", "domains", "enforcing"})
final class EnforcementCountResponse {
    private final Enforcement byDefault;
    private final int domains;
    private final long enforcing;
    private final boolean isComplete;

    /** @param isComplete whether all domains that enforce are known */
    EnforcementCountResponse(Enforcement byDefault, int domains, long enforcing, boolean isComplete) {
        this.byDefault = byDefault;
        this.domains = domains;
        this.enforcing = enforcing;
        this.isComplete = isComplete;
    }

    /** Of the domains that have no enforcement of their own. */
    @JsonProperty("default")
    String byDefault() {
        return byDefault.word();
    }

    /** The internal domains. */
    @JsonProperty("domains")
    int domains() {
        return domains;
    }

    /** Those of them that enforce; absent when too many have an enforcement of their own. */
    @JsonProperty("enforcing")
    Optional<Long> enforcing() {
        return isComplete ? Optional.of(enforcing) : Optional.empty();
    }
}
