// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class DomainEnforcementTest {
    @Test
    void domainThatNeverHadOneShouldHaveTheDefaultByNobody() {
        DomainEnforcement enforcement = DomainEnforcement.neverChanged();

        assertThat(enforcement.own()).isEmpty();
        assertThat(enforcement.changedBy().user()).isEmpty();
        assertThat(enforcement.changedAt()).isEmpty();
    }

    @Test
    void changeShouldBeDatedToTheMillisecond() {
        DomainEnforcement enforcement = DomainEnforcement.builder()
                .own(Enforcement.REPORT)
                .changedBy(Author.of("admin"))
                .changedAt(Instant.parse("2026-11-24T10:00:00.123999Z"))
                .build();

        assertThat(enforcement.own()).contains(Enforcement.REPORT);
        assertThat(enforcement.changedBy().user()).contains("admin");
        assertThat(enforcement.changedAt()).contains(Instant.parse("2026-11-24T10:00:00.123Z"));
    }
}
