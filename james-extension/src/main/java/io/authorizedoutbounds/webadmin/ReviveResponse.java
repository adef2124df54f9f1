// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.google.common.collect.ImmutableList;
import io.authorizedoutbounds.policy.AuthorizedOutbound;

/** The addresses whose entries count again, sorted. */
final class ReviveResponse {
    private final ImmutableList<String> revived;

    ReviveResponse(ImmutableList<AuthorizedOutbound> entries) {
        this.revived = entries.stream()
                .map(AuthorizedOutbound::address)
                .sorted()
                .map(Object::toString)
                .collect(ImmutableList.toImmutableList());
    }

    @JsonProperty("revived")
    ImmutableList<String> revived() {
        return revived;
    }
}
