// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import io.authorizedoutbounds.policy.Author;
import io.authorizedoutbounds.policy.DomainNames;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.PrintableText;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.james.core.Domain;
import org.apache.james.webadmin.authentication.AuthenticationFilter;
import spark.HaltException;
import spark.Request;

/** The parts of a request as values; 400 with a message for what is not one. */
final class RequestValues {
    /** The path of a domain in James's WebAdmin. */
    static final String DOMAIN_PATH = "/domains/:domain";

    private static final Pattern JSON = Pattern.compile("(?i)application/json *(;.*)?");

    /** Ten thousand entries with long comments. */
    private static final int MAX_BODY_BYTES = 32 * 1024 * 1024;

    private RequestValues() {}

    /**
     * The domain of a path below {@link #DOMAIN_PATH}.
     *
     * @throws HaltException 400 when it is no domain
     */
    static Domain pathDomain(Request request) {
        return domain(request.params(":domain"));
    }

    /**
     * The domain of a path below {@link #DOMAIN_PATH} as James's own routes read it, which decode it once more; empty when
     * it is no domain.
     */
    static Optional<Domain> pathDomainOfJames(Request request) {
        try {
            String name = URLDecoder.decode(request.params(":domain"), StandardCharsets.UTF_8);
            return Optional.of(DomainNames.canonical(Domain.of(name)));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** @throws HaltException 400 when it is no domain */
    static Domain domain(String text) {
        try {
            return DomainNames.canonical(Domain.of(text));
        } catch (IllegalArgumentException e) {
            throw HttpErrors.badRequest("'" + text + "' is not a domain: " + e.getMessage());
        }
    }

    /** @throws HaltException 400 when it is not one plain address */
    static OutboundAddress address(String text) {
        try {
            return OutboundAddress.parse(text);
        } catch (IllegalArgumentException e) {
            throw HttpErrors.badRequest(e.getMessage());
        }
    }

    /** The part of the path that a wildcard at its end stands for, slashes included: a network gets its own message. */
    static String rest(Request request) {
        return request.splat().length == 0 ? "" : request.splat()[0];
    }

    /** A parameter of the query; an empty one counts as absent. */
    static Optional<String> parameter(Request request, String name) {
        return Optional.ofNullable(request.queryParams(name)).filter(value -> !value.isEmpty());
    }

    /** @throws HaltException 400 when it is neither absent nor such a number */
    static int number(Request request, String name, int min, int max, int defaultValue) {
        Optional<String> given = parameter(request, name);
        if (given.isEmpty()) {
            return defaultValue;
        }
        return given.filter(value -> value.matches("[0-9]{1,9}"))
                .map(Integer::parseInt)
                .filter(value -> min <= value && value <= max)
                .orElseThrow(() -> HttpErrors.badRequest("'" + name + "' is " + PrintableText.quoted(given.get())
                        + ", give a number from " + min + " to " + max));
    }

    /** The instant of a parameter of the query; 400 when it is none. */
    static Instant instantOrBadRequest(String name, String text) {
        try {
            return instant(name, text);
        } catch (IllegalArgumentException e) {
            throw HttpErrors.badRequest(e.getMessage());
        }
    }

    /** @throws IllegalArgumentException quoting the text, when it is not ISO 8601 with an offset */
    static Instant instant(String name, String text) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException(
                    "'" + name + "' is " + PrintableText.quoted(text) + ", not a time like \"2030-01-31T12:00:00Z\"",
                    e);
        }
    }

    /** The user of the token; unknown when WebAdmin asks for none. */
    static Author author(Request request) {
        return Optional.<String>ofNullable(request.attribute(AuthenticationFilter.LOGIN))
                .map(Author::of)
                .orElse(Author.unknown());
    }

    /**
     * The body of a call that takes JSON or nothing.
     *
     * @throws HaltException 400 when its type is another one, when it is too long or breaks off
     */
    static String body(Request request) {
        long length = contentLength(request);
        if (length > MAX_BODY_BYTES) {
            throw tooLong();
        }
        String contentType = request.contentType();
        if (length > 0 && contentType != null && !JSON.matcher(contentType).matches()) {
            throw HttpErrors.badRequest(
                    "The body is " + PrintableText.quoted(contentType) + ", give 'application/json'");
        }
        byte[] bytes = request.bodyAsBytes();
        // Spark returns null, or the beginning, for a body that breaks off.
        if (bytes == null || bytes.length != length) {
            throw HttpErrors.badRequest("The body does not have the " + length + " bytes of its Content-Length");
        }
        return utf8(bytes);
    }

    private static String utf8(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw HttpErrors.badRequest("The body is not in UTF-8");
        }
    }

    /** 0 for a request without a body: one of unknown length is refused before. */
    private static long contentLength(Request request) {
        String length = request.headers("Content-Length");
        try {
            return length == null ? 0 : Long.parseLong(length.trim());
        } catch (NumberFormatException e) {
            throw HttpErrors.badRequest("Content-Length is " + PrintableText.quoted(length) + ", give a number");
        }
    }

    private static HaltException tooLong() {
        return HttpErrors.badRequest("The body is longer than " + MAX_BODY_BYTES + " bytes");
    }
}
