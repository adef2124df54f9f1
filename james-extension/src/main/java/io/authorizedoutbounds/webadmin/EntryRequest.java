// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import java.time.Instant;
import java.util.Optional;

/** The body of a {@code PUT} of an entry: {@code {"comment": text, "expiresAt": ISO 8601 with offset}}, all optional. */
final class EntryRequest {
    private static final EntryRequest EMPTY = new EntryRequest(null, null);
    private static final String EXPECTED =
            "The body is not what is expected: one JSON object with \"comment\" (text) and \"expiresAt\""
                    + " (like \"2030-01-31T12:00:00Z\"), both optional";
    private static final ObjectReader READER = StrictJson.readerFor(EntryRequest.class);

    /** Null when there is none. */
    private final String comment;

    /** Null when there is none. */
    private final Instant expiresAt;

    /**
     * The values of the keys; a missing one is {@code null}.
     *
     * @throws IllegalArgumentException when a value cannot be stored
     */
    @JsonCreator
    EntryRequest(@JsonProperty("comment") JsonText comment, @JsonProperty("expiresAt") JsonText expiresAt) {
        this.comment = JsonText.of(comment)
                .filter(text -> !text.isEmpty())
                .map(EntryRequest::storable)
                .orElse(null);
        this.expiresAt = JsonText.of(expiresAt)
                .map(text -> RequestValues.instant("expiresAt", text))
                .orElse(null);
    }

    /** @throws IllegalArgumentException when the body is neither empty nor such an object */
    static EntryRequest parse(String body) {
        if (body.isBlank()) {
            return EMPTY;
        }
        try {
            return Optional.ofNullable(READER.<EntryRequest>readValue(body))
                    .orElseThrow(() -> new IllegalArgumentException(EXPECTED));
        } catch (ValueInstantiationException e) {
            throw new IllegalArgumentException(e.getCause().getMessage(), e);
        } catch (JsonProcessingException e) {
            String reason = StrictJson.reason(e).map(text -> ": " + text).orElse("");
            throw new IllegalArgumentException(EXPECTED + reason, e);
        }
    }

    /** Half a surrogate pair cannot be stored, a control character is never meant. */
    private static String storable(String comment) {
        boolean odd = comment.codePoints()
                .anyMatch(c -> Character.getType(c) == Character.SURROGATE
                        || (Character.isISOControl(c) && c != '\n' && c != '\t'));
        if (odd) {
            throw new IllegalArgumentException("'comment' has a control character or half a character in it");
        }
        return comment;
    }

    Optional<String> comment() {
        return Optional.ofNullable(comment);
    }

    Optional<Instant> expiresAt() {
        return Optional.ofNullable(expiresAt);
    }
}
