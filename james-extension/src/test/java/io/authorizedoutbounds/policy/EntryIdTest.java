// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.james.core.Domain;
import org.junit.jupiter.api.Test;

class EntryIdTest {
    private static EntryId id(String domain, String address) {
        return EntryId.of(Domain.of(domain), OutboundAddress.parse(address));
    }

    @Test
    void idsOfOneEntryShouldBeEqual() {
        assertThat(id("a.example", "192.0.2.1"))
                .isEqualTo(id("A.Example", "::ffff:192.0.2.1"))
                .hasSameHashCodeAs(id("A.Example", "::ffff:192.0.2.1"));
    }

    @Test
    void idsOfTwoEntriesShouldDifferThoughTheyShareTheDomainOrTheAddress() {
        assertThat(id("a.example", "192.0.2.1"))
                .isNotEqualTo(id("b.example", "192.0.2.1"))
                .isNotEqualTo(id("a.example", "192.0.2.2"))
                .doesNotHaveSameHashCodeAs(id("b.example", "192.0.2.1"))
                .doesNotHaveSameHashCodeAs(id("a.example", "192.0.2.2"));
    }

    @Test
    void idShouldNotEqualItsText() {
        assertThat((Object) id("a.example", "192.0.2.1")).isNotEqualTo("192.0.2.1 of a.example");
    }

    @Test
    void idShouldHaveTheDomainAndTheAddress() {
        assertThat(id("a.example", "192.0.2.1").domain()).isEqualTo(Domain.of("a.example"));
        assertThat(id("a.example", "192.0.2.1").address()).isEqualTo(OutboundAddress.parse("192.0.2.1"));
    }

    @Test
    void textShouldNameTheAddressAndTheDomain() {
        assertThat(id("a.example", "192.0.2.1")).hasToString("192.0.2.1 of a.example");
    }
}
