// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RelayDecisionTest {
    @ParameterizedTest
    @CsvSource({
        "TRUSTED, false",
        "LISTED_FOR_DOMAIN, false",
        "UNLISTED_FOR_DOMAIN, true",
        "UNPROTECTED_RECIPIENT, false",
        "INBOUND, false",
        "LISTED, false",
        "EXTERNAL_SENDER, true",
        "UNLISTED, true",
        "UNJUDGED, true",
        "UNDECIDED, true"
    })
    void rowsThatRefuseOrDeferShouldBeKnownWhetherTheyAreEnforcedOrNot(RelayRow row, boolean refusalOrDeferral) {
        assertThat(RelayDecision.byDefault(row, Enforcement.ENFORCE).isRefusalOrDeferral())
                .isEqualTo(refusalOrDeferral);
        assertThat(RelayDecision.byDomain(row, Enforcement.REPORT).isRefusalOrDeferral())
                .isEqualTo(refusalOrDeferral);
    }
}
