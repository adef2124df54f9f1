// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import io.authorizedoutbounds.policy.PrintableText;
import java.time.Instant;
import java.util.Optional;

/** The body of a {@code PUT} of an entry: {@code {"comment": text, "expiresAt": ISO 8601 with offset}}, all optional. */
final class EntryRequest {
    private static final EntryRequest EMPTY = new EntryRequest(null, null);
    private static final String EXPECTED =
            "The body is not what is expected: one JSON object with \"comment\" (text) and \"expiresAt\""
                    + " (like \"2030-01-31T12:00:00Z\"), both optional";
    private static final ObjectReader READER = StrictJson.readerFor(EntryRequest.class);

    private final Optional<String> comment;
    private final Optional<Instant> expiresAt;

    @JsonCreator
    private EntryRequest(@JsonProperty("comment") JsonNode comment, @JsonProperty("expiresAt") JsonNode expiresAt) {
        this.comment = text("comment", comment).filter(text -> !text.isEmpty()).map(EntryRequest::storable);
        this.expiresAt = text("expiresAt", expiresAt).map(text -> RequestValues.instant("expiresAt", text));
    }

    /**
     * Of the values of its keys; what is not there is {@code null}.
     *
     * @throws IllegalArgumentException when one of them is of another kind
     */
    static EntryRequest of(JsonNode comment, JsonNode expiresAt) {
        return new EntryRequest(comment, expiresAt);
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
        } catch (ValueInstantiationException e) {
            throw new IllegalArgumentException(e.getCause().getMessage(), e);
        } catch (UnrecognizedPropertyException e) {
            throw new IllegalArgumentException(
                    EXPECTED + ": unknown key " + PrintableText.quoted(e.getPropertyName()), e);
        } catch (JsonParseException e) {
            throw new IllegalArgumentException(EXPECTED + ": " + e.getOriginalMessage(), e);
        } catch (JsonProcessingException e) {
            // Its message speaks of Java classes.
            throw new IllegalArgumentException(EXPECTED, e);
        }
    }

    /** By hand: Jackson takes a number or a truth value for a text. */
    private static Optional<String> text(String key, JsonNode value) {
        if (value == null || value.isNull()) {
            return Optional.empty();
        }
        if (!value.isTextual()) {
            throw new IllegalArgumentException(EXPECTED + ": \"" + key + "\" is not a text");
        }
        return Optional.of(value.textValue());
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
        return comment;
    }

    Optional<Instant> expiresAt() {
        return expiresAt;
    }
}
