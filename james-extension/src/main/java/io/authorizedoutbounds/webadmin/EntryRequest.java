// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Optional;

/** The body of a {@code PUT} of an entry: {@code {"comment": text, "expiresAt": ISO 8601 with offset}}, all optional. */
final class EntryRequest {
    private static final EntryRequest EMPTY = new EntryRequest(null, null);
    private static final String EXPECTED =
            "The body is not what is expected: one JSON object with \"comment\" (text) and \"expiresAt\""
                    + " (like \"2030-01-31T12:00:00Z\"), both optional";
    private static final ObjectReader READER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .withCoercionConfig(
                    LogicalType.Textual, text -> text.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
            .build()
            .readerFor(EntryRequest.class);

    private final Optional<String> comment;
    private final Optional<Instant> expiresAt;

    @JsonCreator
    private EntryRequest(@JsonProperty("comment") String comment, @JsonProperty("expiresAt") String expiresAt) {
        this.comment = Optional.ofNullable(comment).filter(text -> !text.isEmpty());
        this.expiresAt = Optional.ofNullable(expiresAt).map(EntryRequest::instant);
    }

    /** @throws IllegalArgumentException when the body is neither empty nor such an object */
    static EntryRequest parse(String body) {
        if (body.isBlank()) {
            return EMPTY;
        }
        try {
            EntryRequest request = READER.readValue(body);
            if (request == null) {
                throw new IllegalArgumentException(EXPECTED);
            }
            return request;
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(EXPECTED + ": " + e.getOriginalMessage(), e);
        }
    }

    private static Instant instant(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException("'expiresAt' is not a time like \"2030-01-31T12:00:00Z\"", e);
        }
    }

    Optional<String> comment() {
        return comment;
    }

    Optional<Instant> expiresAt() {
        return expiresAt;
    }
}
