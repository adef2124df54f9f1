// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/**
 * When a change was made, to the microsecond: the timestamp of its rows, by which Cassandra tells which of two is the
 * later, and the time in its id.
 *
 * <p>A hybrid logical clock (Kulkarni and others, 2014): the time of the node's clock, or just after the last change when
 * that is ahead of the clock.
 */
final class ChangeTime {
    /** From the beginning of the Gregorian calendar, where the time of a version 1 UUID begins (RFC 4122), to 1970. */
    private static final long GREGORIAN_MICROSECONDS = 12_219_292_800_000_000L;

    private static final long VARIANT_OF_RFC_4122 = 0x8000_0000_0000_0000L;
    private static final long VERSION_1 = 0x1000L;

    private final long microseconds;

    private ChangeTime(long microseconds) {
        this.microseconds = microseconds;
    }

    /** So long after 1970. */
    static ChangeTime ofMicroseconds(long microseconds) {
        return new ChangeTime(microseconds);
    }

    /** When the change with this id was made. */
    static ChangeTime of(UUID id) {
        return new ChangeTime(Math.floorDiv(id.timestamp(), 10L) - GREGORIAN_MICROSECONDS);
    }

    /** Now, or right after the last of the changes when the clock is behind it. */
    static ChangeTime after(Collection<ChangeTime> changes, Instant now) {
        long last =
                changes.stream().mapToLong(change -> change.microseconds).max().orElse(Long.MIN_VALUE);
        return new ChangeTime(Math.max(ChronoUnit.MICROS.between(Instant.EPOCH, now), last + 1));
    }

    long asMicroseconds() {
        return microseconds;
    }

    Instant asInstant() {
        return Instant.EPOCH.plus(microseconds, ChronoUnit.MICROS);
    }

    /** An id that no other change has, with this time in it. */
    UUID newId() {
        long time = (microseconds + GREGORIAN_MICROSECONDS) * 10;
        long high = (time << 32) | ((time >>> 16) & 0xFFFF_0000L) | VERSION_1 | (time >>> 48);
        return new UUID(high, VARIANT_OF_RFC_4122 | (ThreadLocalRandom.current().nextLong() >>> 2));
    }
}
