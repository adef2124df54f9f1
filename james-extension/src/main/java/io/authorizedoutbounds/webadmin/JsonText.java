// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.fasterxml.jackson.annotation.JsonCreator;
import java.util.Optional;

/** A text of JSON. Jackson also makes a {@code String} of a number or a truth value, but not this. */
final class JsonText {
    private final String value;

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    JsonText(String value) {
        this.value = value;
    }

    /** The text of a key; a missing key, and null in JSON, is {@code null}. */
    static Optional<String> of(JsonText text) {
        return Optional.ofNullable(text).map(present -> present.value);
    }
}
