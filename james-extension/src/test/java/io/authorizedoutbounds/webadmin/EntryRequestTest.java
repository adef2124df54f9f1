// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EntryRequestTest {
    private static final String EXPECTED =
            "The body is not what is expected: one JSON object with \"comment\" (text) and"
                    + " \"expiresAt\" (like \"2030-01-31T12:00:00Z\"), both optional";

    @ValueSource(
            strings = {
                "",
                " ",
                "\r\n\t ",
                "{}",
                " {} ",
                "{\"comment\":null}",
                "{\"comment\":null,\"expiresAt\":null}",
                "{\"comment\":\"\"}"
            })
    @ParameterizedTest
    void bodyThatSaysNothingShouldGiveNoFields(String body) {
        EntryRequest request = EntryRequest.parse(body);

        assertThat(request.comment()).isEmpty();
        assertThat(request.expiresAt()).isEmpty();
    }

    @Test
    void bothFieldsShouldBeRead() {
        EntryRequest request =
                EntryRequest.parse("{\"comment\":\"mail server\",\"expiresAt\":\"2030-01-31T12:00:00Z\"}");

        assertThat(request.comment()).contains("mail server");
        assertThat(request.expiresAt()).contains(Instant.parse("2030-01-31T12:00:00Z"));
    }

    @Test
    void fieldsShouldBeReadInAnyOrder() {
        EntryRequest request =
                EntryRequest.parse("{\"expiresAt\":\"2030-01-31T12:00:00Z\",\"comment\":\"mail server\"}");

        assertThat(request.comment()).contains("mail server");
        assertThat(request.expiresAt()).contains(Instant.parse("2030-01-31T12:00:00Z"));
    }

    @Test
    void commentShouldBeReadAsItIs() {
        EntryRequest request =
                EntryRequest.parse("{\"comment\":\" B\u00fccher \\ud83d\\udce7 \\\"quoted\\\" \\n second line \"}");

        assertThat(request.comment()).contains(" B\u00fccher \ud83d\udce7 \"quoted\" \n second line ");
        assertThat(request.expiresAt()).isEmpty();
    }

    @CsvSource({
        "2030-01-31T12:00:00Z,          2030-01-31T12:00:00Z",
        "2030-01-31T12:00:00.123Z,      2030-01-31T12:00:00.123Z",
        "2030-01-31T12:00:00+02:00,     2030-01-31T10:00:00Z",
        "2030-01-31T00:30:00-05:00,     2030-01-31T05:30:00Z",
        "2030-01-31T12:00Z,             2030-01-31T12:00:00Z"
    })
    @ParameterizedTest
    void expiryShouldBeReadWithItsOffset(String text, Instant expected) {
        EntryRequest request = EntryRequest.parse("{\"expiresAt\":\"" + text + "\"}");

        assertThat(request.expiresAt()).contains(expected);
        assertThat(request.comment()).isEmpty();
    }

    @ValueSource(
            strings = {
                // Other types
                "null",
                "true",
                "1",
                "\"2030-01-31T12:00:00Z\"",
                "[]",
                "[{}]",
                "[{\"comment\":\"a\"}]",
                "{\"comment\":1}",
                "{\"comment\":1.5}",
                "{\"comment\":true}",
                "{\"comment\":{}}",
                "{\"comment\":[]}",
                "{\"comment\":[\"a\"]}",
                "{\"expiresAt\":1896091200}",
                "{\"expiresAt\":true}",
                "{\"expiresAt\":{}}",
                "{\"expiresAt\":[\"2030-01-31T12:00:00Z\"]}",
                // More than one body
                "{}{}",
                "{} {}",
                "{\"comment\":\"a\"}{\"comment\":\"b\"}",
                "{\"comment\":\"a\"},",
                "{} 1",
                // Unknown and doubled keys
                "{\"ip\":\"192.0.2.1\"}",
                "{\"Comment\":\"a\"}",
                "{\"comment\":\"a\",\"addedBy\":\"b\"}",
                "{\"comment\":\"a\",\"comment\":\"b\"}",
                "{\"expiresAt\":null,\"expiresAt\":\"2030-01-31T12:00:00Z\"}",
                // Not JSON
                "{",
                "{\"comment\":\"a\"",
                "{'comment':'a'}",
                "{comment:\"a\"}",
                "{\"comment\":\"a\",}",
                "comment=a",
                "// {}",
                "{\"comment\":\"a\nb\"}"
            })
    @ParameterizedTest
    void bodyShouldBeRejectedWithWhatIsExpected(String body) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EntryRequest.parse(body))
                .withMessageStartingWith(EXPECTED);
    }

    @Test
    void unknownKeyShouldBeNamed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EntryRequest.parse("{\"expires\":\"2030-01-31T12:00:00Z\"}"))
                .withMessageStartingWith(EXPECTED)
                .withMessageContaining("unknown key 'expires'");
    }

    @Test
    void doubledKeyShouldBeNamed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EntryRequest.parse("{\"comment\":\"a\",\"comment\":\"b\"}"))
                .withMessageStartingWith(EXPECTED)
                .withMessageContaining("'comment'");
    }

    @ValueSource(
            strings = {
                "",
                "tomorrow",
                "2030-01-31",
                "2030-01-31T12:00:00",
                "2030-02-30T12:00:00Z",
                "2030-01-31T24:30:00Z",
                "2030-01-31 12:00:00Z",
                "2030-01-31T12:00:00Z[Europe/Paris]",
                "1896091200",
                " 2030-01-31T12:00:00Z"
            })
    @ParameterizedTest
    void badTimeShouldBeQuotedWithWhatIsExpected(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EntryRequest.parse("{\"expiresAt\":\"" + text + "\"}"))
                .withMessageContaining("'expiresAt'")
                .withMessageContaining("'" + text + "'")
                .withMessageContaining("\"2030-01-31T12:00:00Z\"");
    }

    @ValueSource(strings = {"{\"expiresAt\":\"%s\"}", "{\"%s\":1}", "{\"comment\":%s}", "%s"})
    @ParameterizedTest
    void messageShouldStayShortWhenTheBodyIsLong(String format) {
        String body = String.format(format, "x".repeat(100_000));

        Throwable thrown = catchThrowable(() -> EntryRequest.parse(body));

        assertThat(thrown).isInstanceOf(IllegalArgumentException.class);
        assertThat(thrown.getMessage()).hasSizeLessThan(1000);
    }

    @ValueSource(
            strings = {
                "{\"ip\":\"192.0.2.1\"}",
                "{\"expiresAt\":\"tomorrow\"}",
                "{\"comment\":[]}",
                "{\"comment\":1}",
                "[]",
                "true",
                "{}{}",
                "{"
            })
    @ParameterizedTest
    void messageShouldNotNameOurClasses(String body) {
        Throwable thrown = catchThrowable(() -> EntryRequest.parse(body));

        assertThat(thrown).isInstanceOf(IllegalArgumentException.class);
        assertThat(thrown.getMessage()).doesNotContain("io.authorizedoutbounds", "java.");
    }

    /** Found by {@link RequestBodyFuzzTest}: Jackson's message had the first 500 characters of the body in it. */
    @ValueSource(strings = {"{}}", "{\"comment\":}", "{\"comment\":\"x\"", "[{}", "tru"})
    @ParameterizedTest
    void messageShouldNotRepeatTheBody(String malformed) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EntryRequest.parse(malformed + "\u0000".repeat(500)))
                .withMessageStartingWith(EXPECTED)
                .satisfies(failure ->
                        assertThat(failure.getMessage()).hasSizeLessThan(600).doesNotContain("\u0000", "\\u0000"));
    }
}
