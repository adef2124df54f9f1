// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.time.Instant;
import org.apache.james.core.Domain;
import org.junit.jupiter.api.Test;

class ListReplacementTest {
    private static final OutboundAddress ADDRESS = OutboundAddress.parse("192.0.2.1");
    private static final ImmutableList<AuthorizedOutbound> ENTRY = ImmutableList.of(AuthorizedOutbound.builder()
            .domain(Domain.of("a.example"))
            .address(ADDRESS)
            .addedAt(Instant.parse("2026-11-24T10:00:00Z"))
            .build());

    @Test
    void entriesShouldBeWhatTheyWereMadeWith() {
        ListReplacement replacement = new ListReplacement(ImmutableList.of(), ENTRY, ImmutableList.of(ADDRESS));

        assertThat(replacement.saved()).isEmpty();
        assertThat(replacement.kept()).isEqualTo(ENTRY);
        assertThat(replacement.removed()).containsExactly(ADDRESS);
    }

    @Test
    void listOfWhichAllIsKeptShouldBeUnchanged() {
        assertThat(new ListReplacement(ImmutableList.of(), ENTRY, ImmutableList.of()).isUnchanged())
                .isTrue();
    }

    @Test
    void listShouldBeChangedWhenAnEntryIsSavedOrRemoved() {
        assertThat(new ListReplacement(ENTRY, ENTRY, ImmutableList.of()).isUnchanged())
                .isFalse();
        assertThat(new ListReplacement(ImmutableList.of(), ENTRY, ImmutableList.of(ADDRESS)).isUnchanged())
                .isFalse();
    }
}
