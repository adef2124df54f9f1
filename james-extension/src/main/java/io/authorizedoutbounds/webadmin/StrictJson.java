// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonMappingException.Reference;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.collect.Iterables;
import io.authorizedoutbounds.policy.PrintableText;
import java.util.Optional;

/**
 * Binds a body to a class: one JSON value without a second one behind it, without a key that is there twice or that the
 * class does not have, and with values of the right type only (a text is a {@link JsonText}).
 */
final class StrictJson {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            // Or some messages would repeat the body.
            .disable(JsonParser.Feature.INCLUDE_SOURCE_IN_LOCATION)
            .withCoercionConfig(
                    boolean.class, flags -> flags.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.String, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.EmptyString, CoercionAction.Fail))
            .build();

    private StrictJson() {}

    static ObjectReader readerFor(Class<?> type) {
        return MAPPER.readerFor(type);
    }

    /** What is wrong, without the names of classes that Jackson's own message has; empty when that is all it says. */
    static Optional<String> reason(JsonProcessingException failure) {
        if (failure instanceof ValueInstantiationException) {
            return Optional.of(failure.getCause().getMessage());
        }
        if (failure instanceof UnrecognizedPropertyException) {
            String key = ((UnrecognizedPropertyException) failure).getPropertyName();
            return Optional.of("unknown key " + PrintableText.quoted(key));
        }
        if (failure instanceof MismatchedInputException) {
            return keyOf((MismatchedInputException) failure)
                    .map(key -> "\"" + key + "\" is not " + expected((MismatchedInputException) failure));
        }
        return parseError(failure).map(error -> PrintableText.of(error.getOriginalMessage()));
    }

    private static Optional<String> keyOf(JsonMappingException failure) {
        return Optional.ofNullable(Iterables.getLast(failure.getPath(), null)).map(Reference::getFieldName);
    }

    private static String expected(MismatchedInputException failure) {
        return failure.getTargetType() == boolean.class ? "true or false" : "a text";
    }

    /** The error of a body that is not JSON, which Jackson wraps when it is within an array. */
    static Optional<JsonParseException> parseError(JsonProcessingException failure) {
        Throwable error = failure instanceof JsonParseException ? failure : failure.getCause();
        return Optional.ofNullable(error)
                .filter(JsonParseException.class::isInstance)
                .map(JsonParseException.class::cast);
    }
}
