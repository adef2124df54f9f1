// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PrintableTextTest {
    static Stream<Arguments> texts() {
        return Stream.of(
                arguments("user@a.example", "user@a.example"),
                arguments(" ~", " ~"),
                arguments("", ""),
                arguments("a\r\nb", "a??b"),
                arguments("\u0000\u001f\u007f", "???"),
                arguments("m\u00fcller", "m?ller"),
                arguments("\uff11", "?"),
                arguments("\u202eevil", "?evil"));
    }

    @ParameterizedTest
    @MethodSource("texts")
    void whatIsNotPrintableAsciiShouldBeAQuestionMark(String text, String shown) {
        assertThat(PrintableText.of(text)).isEqualTo(shown);
    }

    @Test
    void textShouldBeQuotedInAscii() {
        assertThat(PrintableText.quoted("a\r\nb")).isEqualTo("'a??b'");
    }

    @Test
    void textOf64CharactersShouldBeQuotedWhole() {
        assertThat(PrintableText.quoted("x".repeat(64))).isEqualTo("'" + "x".repeat(64) + "'");
    }

    @Test
    void longerTextShouldBeCutWhereItIsQuoted() {
        assertThat(PrintableText.quoted("x".repeat(65))).isEqualTo("'" + "x".repeat(64) + "...'");
    }
}
