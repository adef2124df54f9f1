// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import java.time.Duration;
import java.time.Instant;

/** How long Cassandra keeps a row, in seconds. */
final class TimeToLive {
    /** The row does not expire. */
    static final int UNLIMITED = 0;

    private TimeToLive() {}

    /**
     * Rounded up: the column {@code expires_at} has the exact instant. A row may outlive it by the time for which its batch
     * was retried.
     */
    static int between(Instant now, Instant expiry) {
        return Math.toIntExact(Duration.between(now, expiry).plusMillis(999).toSeconds());
    }
}
