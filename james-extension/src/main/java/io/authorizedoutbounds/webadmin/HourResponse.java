// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.time.Instant;

/** How many attempts were refused in an hour, as WebAdmin shows it. */
@JsonPropertyOrder({"hour", "attempts"})
final class HourResponse {
    private final Instant hour;
    private final long attempts;

    HourResponse(Instant hour, long attempts) {
        this.hour = hour;
        this.attempts = attempts;
    }

    @JsonProperty("hour")
    Instant hour() {
        return hour;
    }

    @JsonProperty("attempts")
    long attempts() {
        return attempts;
    }
}
