// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.authorizedoutbounds.policy.OutboundChange.Action;
import java.time.Instant;
import java.util.UUID;
import org.apache.james.core.Domain;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class OutboundChangeTest {
    private static OutboundChange.Builder change(Action action) {
        return OutboundChange.builder()
                .id(UUID.randomUUID())
                .changedAt(Instant.parse("2026-11-24T10:00:00Z"))
                .action(action)
                .domain(Domain.of("a.example"));
    }

    @ParameterizedTest
    @CsvSource({"PUT, put", "REMOVE, remove", "ORPHAN, orphan"})
    void changeOfAnEntryShouldNeedAnAddress(Action action, String word) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> change(action).build())
                .withMessage("'" + word + "' needs an address");
    }

    @ParameterizedTest
    @EnumSource(names = {"PUT", "REMOVE", "ORPHAN"})
    void changeOfAnEntryShouldHaveItsAddress(Action action) {
        OutboundAddress address = OutboundAddress.parse("192.0.2.1");

        assertThat(change(action).address(address).build().address()).contains(address);
    }

    @ParameterizedTest
    @EnumSource(names = {"ENFORCE", "REPORT", "INHERIT"})
    void changeOfTheEnforcementShouldNeedNoAddress(Action action) {
        assertThat(change(action).build().address()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Enforcement.class)
    void actionOfAnEnforcementShouldHaveItsName(Enforcement own) {
        assertThat(Action.of(own).name()).isEqualTo(own.name());
    }
}
