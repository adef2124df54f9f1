// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.james.core.Domain;

/** Whatever a body holds, it is understood or refused with a message of bounded length. */
class RequestBodyPropertyTest {
    private static final Domain DOMAIN = Domain.of("a.example");
    private static final int DEEP = 100_000;

    /** Whether the body is understood. */
    static boolean isUnderstood(Consumer<String> parser, String body) {
        try {
            parser.accept(body);
            return true;
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).isNotBlank().hasSizeLessThan(2000);
            return false;
        }
    }

    static void parseAll(String body) {
        isUnderstood(EntryRequest::parse, body);
        isUnderstood(EnforcementRequest::parse, body);
        isUnderstood(text -> ListRequest.parse(DOMAIN, text), body);
    }

    @Provide
    Arbitrary<String> json() {
        return json(3);
    }

    private static Arbitrary<String> json(int depth) {
        Arbitrary<String> values = Arbitraries.of(
                "null",
                "true",
                "1",
                "-1e999",
                "\"\"",
                "\"203.0.113.7\"",
                "\"2030-01-31T12:00:00Z\"",
                "\"+1000000000-01-01T00:00:00Z\"",
                "\"report\"",
                "\"\\ud800\"",
                "\"\\u0000\"",
                "{}",
                "[]",
                "",
                "{",
                "]");
        if (depth == 0) {
            return values;
        }
        Arbitrary<String> inner = json(depth - 1);
        return Arbitraries.oneOf(
                values,
                inner.list().ofMaxSize(3).map(all -> "[" + String.join(",", all) + "]"),
                inner.list().ofMaxSize(4).map(RequestBodyPropertyTest::object));
    }

    private static String object(List<String> values) {
        String[] keys = {"ip", "comment", "expiresAt", "enforcement"};
        StringBuilder object = new StringBuilder("{");
        for (int i = 0; i < values.size(); i++) {
            object.append(i == 0 ? "" : ",")
                    .append('"')
                    .append(keys[i])
                    .append("\":")
                    .append(values.get(i));
        }
        return object.append('}').toString();
    }

    @Property
    void anyTextShouldBeUnderstoodOrRefusedWithAMessage(@ForAll String body) {
        parseAll(body);
    }

    @Property
    void anyJsonShouldBeUnderstoodOrRefusedWithAMessage(@ForAll("json") String body) {
        parseAll(body);
    }

    @Property
    void anyCommentShouldBeStoredAsItIsOrRefused(@ForAll String comment) {
        String body = "{\"comment\":" + quoted(comment) + "}";

        isUnderstood(
                text -> assertThat(EntryRequest.parse(text).comment().orElse(""))
                        .isEqualTo(comment),
                body);
    }

    private static String quoted(String text) {
        StringBuilder json = new StringBuilder("\"");
        text.chars().forEach(c -> json.append(String.format("\\u%04x", c)));
        return json.append('"').toString();
    }

    @Example
    void deepAndLongBodiesShouldBeRefusedInNoTime() {
        for (String part : new String[] {"[", "{\"comment\":", "[{\"ip\":", "\"", " ", "{\"comment\":\"x\"},", "\\"}) {
            assertTimeoutPreemptively(Duration.ofSeconds(10), () -> parseAll(part.repeat(DEEP)), part);
        }
    }
}
