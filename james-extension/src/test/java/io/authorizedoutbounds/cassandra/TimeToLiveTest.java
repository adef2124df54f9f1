// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TimeToLiveTest {
    private static final Instant NOW = Instant.parse("2024-05-01T10:00:00Z");

    @ParameterizedTest
    @CsvSource({"2024-05-01T10:00:00.001Z, 1", "2024-05-01T10:00:01Z, 1", "2024-05-01T10:00:01.001Z, 2"})
    void timeToLiveShouldBeRoundedUpToASecond(Instant expiry, int seconds) {
        assertThat(TimeToLive.between(NOW, expiry)).isEqualTo(seconds);
    }

    @Test
    void timeToLiveShouldReachToTheLatestExpiry() {
        assertThat(TimeToLive.between(NOW, Instant.parse("2038-01-01T00:00:00Z")))
                .isEqualTo(431_359_200);
    }
}
