// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class ChangeLogHoursTest {
    private static final Instant EIGHT = Instant.parse("2024-05-01T08:00:00Z");
    private static final Instant NINE = Instant.parse("2024-05-01T09:00:00Z");
    private static final Instant TEN = Instant.parse("2024-05-01T10:00:00Z");

    @Test
    void changeShouldBeInTheHourInWhichItWasMade() {
        assertThat(ChangeLogHours.hourOf(TEN)).isEqualTo(TEN);
        assertThat(ChangeLogHours.hourOf(TEN.minusNanos(1000))).isEqualTo(NINE);
    }

    @Test
    void hoursShouldReachFromTheHourOfTheFirstInstantToTheHourOfTheSecond() {
        assertThat(ChangeLogHours.since(EIGHT.plusSeconds(1800), TEN.plusSeconds(1800)))
                .containsExactly(EIGHT, NINE, TEN);
    }

    @Test
    void hoursShouldIncludeTheNextOneWhenAClockThatIsTwoMinutesAheadShowsIt() {
        assertThat(ChangeLogHours.since(NINE, TEN.minusSeconds(120))).containsExactly(NINE, TEN);
        assertThat(ChangeLogHours.since(NINE, TEN.minusSeconds(121))).containsExactly(NINE);
    }

    @Test
    void noHourShouldBeReadForATimeToCome() {
        assertThat(ChangeLogHours.since(TEN, EIGHT)).isEmpty();
    }
}
