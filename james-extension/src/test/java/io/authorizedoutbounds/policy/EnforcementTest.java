// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class EnforcementTest {
    @ParameterizedTest
    @CsvSource({"ENFORCE, enforce", "REPORT, report"})
    void enforcementShouldBeWrittenAndReadAsItsWord(Enforcement enforcement, String word) {
        assertThat(enforcement.word()).isEqualTo(word);
        assertThat(Enforcement.parse(word)).isEqualTo(enforcement);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "off", "ENFORCE", " report"})
    void otherWordsShouldBeRejectedWithWhatIsAllowed(String word) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Enforcement.parse(word))
                .withMessage("give 'enforce' or 'report'");
    }

    @ParameterizedTest
    @EnumSource(Verdict.class)
    void verdictShouldHoldWhenItIsEnforcedAndPassWhenItIsReported(Verdict verdict) {
        assertThat(Enforcement.ENFORCE.applyTo(verdict)).isEqualTo(verdict);
        assertThat(Enforcement.REPORT.applyTo(verdict)).isEqualTo(Verdict.PASS);
    }
}
