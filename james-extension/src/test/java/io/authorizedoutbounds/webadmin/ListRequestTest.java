// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.common.collect.ImmutableMap;
import io.authorizedoutbounds.policy.OutboundAddress;
import java.time.Instant;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.james.core.Domain;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ListRequestTest {
    private static final Domain DOMAIN = Domain.of("a.example");
    private static final String EXPECTED =
            "The body is not what is expected: a JSON array of objects with \"ip\", and optionally \"comment\" and"
                    + " \"expiresAt\"";

    private static ImmutableMap<OutboundAddress, ListEntryRequest> parse(String body) {
        return ListRequest.parse(DOMAIN, body);
    }

    private static OutboundAddress address(String text) {
        return OutboundAddress.parse(text);
    }

    @Test
    void entriesShouldBeReadInTheirOrder() {
        ImmutableMap<OutboundAddress, ListEntryRequest> entries =
                parse("[{\"ip\":\"203.0.113.9\",\"comment\":\"office\",\"expiresAt\":\"2030-01-31T12:00:00Z\"},"
                        + "{\"ip\":\"203.0.113.7\"}]");

        assertThat(entries.keySet()).containsExactly(address("203.0.113.9"), address("203.0.113.7"));
        assertThat(entries.get(address("203.0.113.9")).details().comment()).contains("office");
        assertThat(entries.get(address("203.0.113.9")).details().expiresAt())
                .contains(Instant.parse("2030-01-31T12:00:00Z"));
        assertThat(entries.get(address("203.0.113.7")).details().comment()).isEmpty();
        assertThat(entries.get(address("203.0.113.7")).details().expiresAt()).isEmpty();
    }

    /** As the export and the list write them. */
    @ValueSource(
            strings = {
                "\"domain\":\"a.example\"",
                "\"domain\":null",
                "\"addedBy\":\"admin\",\"addedAt\":\"2026-11-24T10:15:30Z\"",
                "\"addedBy\":null",
                "\"lastUsedAt\":\"2026-11-24T10:00:00Z\"",
                "\"comment\":null,\"expiresAt\":null",
                "\"orphaned\":null",
                "\"orphaned\":false",
                "\"orphaned\":true"
            })
    @ParameterizedTest
    void keysOfTheExportShouldBeAccepted(String keys) {
        assertThat(parse("[{\"ip\":\"203.0.113.9\"," + keys + "}]").keySet()).containsExactly(address("203.0.113.9"));
    }

    @Test
    void orphanedEntryShouldStaySo() {
        ImmutableMap<OutboundAddress, ListEntryRequest> entries =
                parse("[{\"ip\":\"203.0.113.9\",\"orphaned\":true},{\"ip\":\"203.0.113.7\"}]");

        assertThat(entries.get(address("203.0.113.9")).isOrphaned()).isTrue();
        assertThat(entries.get(address("203.0.113.7")).isOrphaned()).isFalse();
    }

    @Test
    void emptyArrayShouldBeAnEmptyList() {
        assertThat(parse("[]")).isEmpty();
    }

    @ValueSource(
            strings = {
                "",
                " ",
                "null",
                "true",
                "1",
                "\"203.0.113.9\"",
                "{}",
                "{\"ip\":\"203.0.113.9\"}",
                "[",
                "[] 1",
                "[][]",
                "[{\"ip\":\"203.0.113.9\"},]",
                "[{\"ip\":\"203.0.113.9\"}",
                "[{\"ip\":\"203.0",
                "[{'ip':1}]",
                "[{\"ip\":\"203.0.113.9\",\"ip\":\"203.0.113.8\"}]"
            })
    @ParameterizedTest
    void bodyShouldBeRejectedWithWhatIsExpected(String body) {
        assertThatIllegalArgumentException().isThrownBy(() -> parse(body)).withMessageStartingWith(EXPECTED);
    }

    @CsvSource(
            delimiter = '|',
            value = {
                "1 | it is no object with an \"ip\" that is a text",
                "null | it is no object with an \"ip\" that is a text",
                "\"203.0.113.9\" | it is no object with an \"ip\" that is a text",
                "[] | it is no object with an \"ip\" that is a text",
                "{} | it is no object with an \"ip\" that is a text",
                "{\"ip\":null} | it is no object with an \"ip\" that is a text",
                "{\"ip\":1} | \"ip\" is not a text",
                "{\"ip\":true} | \"ip\" is not a text",
                "{\"ip\":[\"203.0.113.9\"]} | \"ip\" is not a text",
                "{\"ip\":\"203.0.113.9\",\"comment\":1.5} | \"comment\" is not a text",
                "{\"ip\":\"203.0.113.9\",\"expiresAt\":1} | \"expiresAt\" is not a text",
                "{\"ip\":\"203.0.113.9\",\"domain\":{}} | \"domain\" is not a text",
                "{\"ip\":\"203.0.113.9\",\"orphaned\":\"false\"} | \"orphaned\" is not true or false",
                "{\"ip\":\"203.0.113.9\",\"orphaned\":\"\"} | \"orphaned\" is not true or false",
                "{\"ip\":\"203.0.113.9\",\"orphaned\":0} | \"orphaned\" is not true or false",
                "{\"ip\":\"203.0.113.9\",\"note\":\"x\"} | unknown key 'note'",
                "{\"ip\":\"203.0.113.9\",\"Comment\":\"x\"} | unknown key 'Comment'",
                "{\"ip\":\"203.0.113.9\",\"domain\":\"x.example\"} | it is of another domain, 'x.example'",
                "{\"ip\":\"203.0.113.8\"} | 203.0.113.8 is there twice",
                "{\"ip\":\"::ffff:203.0.113.8\"} | 203.0.113.8 is there twice"
            })
    @ParameterizedTest
    void wrongEntryShouldBeNamedByItsNumberWithTheReason(String entry, String reason) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse("[{\"ip\":\"203.0.113.8\"}," + entry + "]"))
                .withMessage("Entry 2: " + reason);
    }

    @CsvSource(
            delimiter = '|',
            value = {
                "{\"ip\":\"203.0.113.0/24\"} | '203.0.113.0/24' is a network",
                "{\"ip\":\"203.0.113.9\",\"expiresAt\":\"tomorrow\"} | 'expiresAt' is 'tomorrow', not a time",
                "{\"ip\":\"203.0.113.9\",\"comment\":\"\\u0000\"} | 'comment' has a control character"
            })
    @ParameterizedTest
    void valueThatIsNotUnderstoodShouldBeNamedByItsEntryWithTheReason(String entry, String reason) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse("[" + entry + "]"))
                .withMessageStartingWith("Entry 1: " + reason);
    }

    @Test
    void listOfMoreThanTenThousandEntriesShouldBeRejectedWithItsLength() {
        String body = IntStream.range(0, 10_001)
                .mapToObj(i -> "{\"ip\":\"203.0." + i / 250 + "." + i % 250 + "\"}")
                .collect(Collectors.joining(",", "[", "]"));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse(body))
                .withMessage("The body has 10001 entries: a list has at most 10000");
    }

    @ValueSource(
            strings = {
                "[{\"ip\":\"%s\"}]",
                "[{\"%s\":1}]",
                "[{\"ip\":\"203.0.113.9\",\"domain\":\"%s\"}]",
                "[{\"ip\":%s}]",
                "[%s]",
                "%s"
            })
    @ParameterizedTest
    void messageShouldStayShortAndNameNoClassesWhenTheBodyIsLong(String format) {
        String body = String.format(format, "x".repeat(100_000));

        Throwable thrown = catchThrowable(() -> parse(body));

        assertThat(thrown).isInstanceOf(IllegalArgumentException.class);
        assertThat(thrown.getMessage())
                .hasSizeLessThan(1000)
                .doesNotContain("io.authorizedoutbounds", "java.", "com.fasterxml");
    }
}
