// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import static org.assertj.core.api.Assertions.assertThat;

import com.datastax.oss.driver.api.core.uuid.Uuids;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ChangeTimeTest {
    private static final Instant NOW = Instant.parse("2024-05-01T10:00:00.123456Z");

    private static ChangeTime at(Instant instant) {
        return ChangeTime.after(List.of(), instant);
    }

    @Test
    void timeShouldBeThatOfTheClockWhenNothingWasChangedLater() {
        assertThat(at(NOW).asInstant()).isEqualTo(NOW);
        assertThat(ChangeTime.after(List.of(at(NOW.minusSeconds(20)), at(NOW.minusMillis(1))), NOW)
                        .asInstant())
                .isEqualTo(NOW);
    }

    @Test
    void timeShouldBeAMicrosecondAfterTheLastChangeWhenTheClockIsBehind() {
        Instant last = NOW.plusSeconds(20);

        assertThat(ChangeTime.after(List.of(at(NOW), at(last)), NOW).asInstant())
                .isEqualTo(last.plusNanos(1000));
        assertThat(ChangeTime.after(List.of(at(NOW)), NOW).asInstant()).isEqualTo(NOW.plusNanos(1000));
    }

    @Test
    void microsecondsShouldBeThoseSince1970() {
        assertThat(at(NOW).asMicroseconds()).isEqualTo(1_714_557_600_123_456L);
    }

    /** RFC 4122, version 1. */
    @Test
    void idShouldBeATimeUuidOfThatTime() {
        UUID id = at(NOW).newId();

        assertThat(id.version()).isEqualTo(1);
        assertThat(id.variant()).isEqualTo(2);
        assertThat(ChangeTime.of(id).asInstant()).isEqualTo(NOW);
        assertThat(Instant.ofEpochMilli(Uuids.unixTimestamp(id))).isEqualTo(Instant.parse("2024-05-01T10:00:00.123Z"));
    }

    @Test
    void idsOfOneTimeShouldDiffer() {
        Set<UUID> ids = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            ids.add(at(NOW).newId());
        }

        assertThat(ids).hasSize(1000);
    }
}
