// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/** The hours of the change log: each is a partition of its table. */
final class ChangeLogHours {
    /** How far the clock of another node may be ahead. */
    static final Duration MAX_CLOCK_SKEW = Duration.ofMinutes(2);

    private ChangeLogHours() {}

    /** The hour of a change that was made at that instant. */
    static Instant hourOf(Instant instant) {
        return instant.truncatedTo(ChronoUnit.HOURS);
    }

    /** The hours in which a change since an instant can be, the oldest first. */
    static List<Instant> since(Instant since, Instant now) {
        List<Instant> hours = new ArrayList<>();
        Instant last = now.plus(MAX_CLOCK_SKEW);
        for (Instant hour = hourOf(since); !hour.isAfter(last); hour = hour.plus(1, ChronoUnit.HOURS)) {
            hours.add(hour);
        }
        return hours;
    }
}
