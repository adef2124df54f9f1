// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.apache.james.core.Domain;
import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DomainNamesTest {
    private static final String U_LABELS = "b\u00fccher.example";
    private static final String A_LABELS = "xn--bcher-kva.example";

    /** The JDK makes "ss" of the sharp s, which is another domain. */
    private static final String REPLACED = "stra\u00dfe.example";

    @ParameterizedTest
    @CsvSource({"A.Example, a.example", A_LABELS + ", " + A_LABELS, U_LABELS + ", " + A_LABELS})
    void canonicalFormShouldBeInALabels(String name, String canonical) {
        assertThat(DomainNames.canonical(Domain.of(name))).isEqualTo(Domain.of(canonical));
    }

    @Test
    void nameWithALetterThatIsReplacedShouldBeRejectedWithWhatItWouldBe() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DomainNames.canonical(Domain.of(REPLACED)))
                .withMessage(
                        "it has a letter that international domain names replace; give 'strasse.example' if that is"
                                + " what you mean");
    }

    @ParameterizedTest
    @CsvSource({U_LABELS + ", " + A_LABELS, A_LABELS + ", " + U_LABELS})
    void internationalNameShouldHaveAnotherForm(String name, String other) {
        assertThat(DomainNames.otherForm(Domain.of(name))).contains(Domain.of(other));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.example", REPLACED})
    void otherNamesShouldHaveOneForm(String name) {
        assertThat(DomainNames.otherForm(Domain.of(name))).isEmpty();
    }

    @Test
    void domainOfASenderShouldBePrinted() throws Exception {
        assertThat(DomainNames.printable(MaybeSender.of(new MailAddress("user@a.example"))))
                .isEqualTo("a.example");
    }

    @Test
    void nullSenderShouldBePrintedAsSuch() {
        assertThat(DomainNames.printable(MaybeSender.nullSender())).isEqualTo("<>");
    }
}
