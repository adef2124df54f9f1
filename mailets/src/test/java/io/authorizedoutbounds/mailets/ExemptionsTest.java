// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.mailets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.apache.james.core.MailAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExemptionsTest {
    private static final Exemptions EXEMPTIONS =
            Exemptions.parse(" Partner.Example,news@agency.example ,, xn--mller-kva.example ");

    @ParameterizedTest
    @CsvSource({
        "anyone@partner.example, true",
        "Anyone@PARTNER.example, true",
        "news@agency.example, true",
        "NEWS@Agency.Example, true",
        "other@agency.example, false",
        "anyone@sub.partner.example, false",
        "anyone@notpartner.example, false",
        "partner.example@remote.example, false",
        "\"anyone@partner.example\"@remote.example, false",
        "anyone@[192.0.2.1], false",
        "anyone@xn--mller-kva.example, true",
    })
    void addressShouldBeExemptWhenItOrItsDomainIsNamed(String address, boolean exempt) throws Exception {
        assertThat(EXEMPTIONS.contain(new MailAddress(address))).isEqualTo(exempt);
    }

    @Test
    void nothingShouldBeExemptWhenNothingIsNamed() throws Exception {
        assertThat(Exemptions.parse(" , ").contain(new MailAddress("anyone@partner.example")))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "*",
                "*.example",
                "@partner.example",
                "someone@",
                "10.0.0.0/8",
                "192.0.2.1",
                "two words",
                "a..example",
                "-a.example",
                "<a@b.example>"
            })
    void whatIsNeitherAddressNorDomainShouldBeQuoted(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Exemptions.parse("partner.example, " + text))
                .withMessageStartingWith("'" + text + "' is ");
    }

    @Test
    void quotedTextShouldBePrintableAndShort() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Exemptions.parse("a\r\nb" + "c".repeat(100)))
                .withMessageStartingWith("'a??b" + "c".repeat(60) + "...' ");
    }
}
