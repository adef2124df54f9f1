// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.PrintableText;
import java.util.Optional;

/** The body of a {@code PUT} of the enforcement of a domain: {@code {"enforcement": "report" or "enforce"}}. */
final class EnforcementRequest {
    private static final String EXPECTED =
            "The body is not what is expected: one JSON object with \"enforcement\", either \"report\" or \"enforce\"";
    private static final ObjectReader READER = StrictJson.readerFor(EnforcementRequest.class);

    private final Enforcement enforcement;

    /**
     * The value of the key; a missing one is {@code null}.
     *
     * @throws IllegalArgumentException when it is no enforcement
     */
    @JsonCreator
    EnforcementRequest(@JsonProperty("enforcement") JsonText enforcement) {
        this.enforcement = JsonText.of(enforcement)
                .map(EnforcementRequest::parseEnforcement)
                .orElseThrow(() -> new IllegalArgumentException(EXPECTED));
    }

    private static Enforcement parseEnforcement(String text) {
        try {
            return Enforcement.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "'enforcement' is " + PrintableText.quoted(text) + ": " + e.getMessage(), e);
        }
    }

    /** @throws IllegalArgumentException when the body is no such object */
    static Enforcement parse(String body) {
        try {
            return Optional.ofNullable(READER.<EnforcementRequest>readValue(body))
                    .orElseThrow(() -> new IllegalArgumentException(EXPECTED))
                    .enforcement;
        } catch (ValueInstantiationException e) {
            throw new IllegalArgumentException(e.getCause().getMessage(), e);
        } catch (JsonProcessingException e) {
            String reason = StrictJson.reason(e).map(text -> ": " + text).orElse("");
            throw new IllegalArgumentException(EXPECTED + reason, e);
        }
    }
}
