// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableMap;
import java.time.Instant;
import org.apache.james.core.Domain;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LastUsesTest {
    private static final Instant ADDED_AT = Instant.parse("2026-11-24T10:15:30Z");
    private static final AuthorizedOutbound ENTRY = AuthorizedOutbound.builder()
            .domain(Domain.of("a.example"))
            .address(OutboundAddress.parse("203.0.113.7"))
            .addedAt(ADDED_AT)
            .build();
    private static final LastUses NONE = LastUses.copyOf(ImmutableMap.of());

    private static LastUses usedIn(String hour) {
        return LastUses.copyOf(ImmutableMap.of(ENTRY.id(), Instant.parse(hour)));
    }

    @Test
    void useInTheHourInWhichTheEntryWasPutShouldBeItsUse() {
        assertThat(usedIn("2026-11-24T10:00:00Z").hourOf(ENTRY)).contains(Instant.parse("2026-11-24T10:00:00Z"));
    }

    @Test
    void useBeforeTheEntryWasPutShouldBeThatOfAnEarlierOne() {
        assertThat(usedIn("2026-11-24T09:00:00Z").hourOf(ENTRY)).isEmpty();
    }

    @Test
    void entryWithoutAUseShouldHaveNone() {
        assertThat(NONE.hourOf(ENTRY)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        // The hour in which it was used has not ended.
        "2026-11-25T12:00:00Z, 2026-11-25T12:30:00Z, false",
        "2026-11-25T12:00:00Z, 2026-11-25T12:59:59Z, false",
        "2026-11-25T12:00:00Z, 2026-11-25T13:00:00Z, true",
        "2026-11-25T12:00:00Z, 2027-02-25T00:00:00Z, true",
        "2026-11-25T12:00:00Z, 2026-11-25T11:00:00Z, false",
        // An earlier entry was used.
        "2026-11-24T09:00:00Z, 2026-11-24T10:15:31Z, true",
        "2026-11-24T09:00:00Z, 2026-11-24T10:15:30Z, false",
    })
    void entryShouldBeUnusedSinceTheEndOfTheHourOfItsLastUse(String hour, Instant since, boolean unused) {
        assertThat(usedIn(hour).isUnusedSince(ENTRY, since)).isEqualTo(unused);
    }

    @ParameterizedTest
    @CsvSource({"2026-11-24T10:15:30Z, false", "2026-11-24T10:15:31Z, true"})
    void entryThatWasNeverUsedShouldBeUnusedSinceItWasPut(Instant since, boolean unused) {
        assertThat(NONE.isUnusedSince(ENTRY, since)).isEqualTo(unused);
    }
}
