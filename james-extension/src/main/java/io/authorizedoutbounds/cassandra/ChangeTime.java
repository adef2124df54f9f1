// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cassandra;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/**
 * When a change was made, to the microsecond. It is the timestamp of the change's rows, by which Cassandra decides which of
 * two writes is the later one, and it is in the change's id.
 */
final class ChangeTime {
    /** From the start of the Gregorian calendar, at which the time of a version 1 UUID starts (RFC 4122), to 1970. */
    private static final long GREGORIAN_MICROSECONDS = 12_219_292_800_000_000L;

    private static final long VARIANT_OF_RFC_4122 = 0x8000_0000_0000_0000L;
    private static final long VERSION_1 = 0x1000L;

    private final long microseconds;

    private ChangeTime(long microseconds) {
        this.microseconds = microseconds;
    }

    /** @param microseconds since 1970 */
    static ChangeTime ofMicroseconds(long microseconds) {
        return new ChangeTime(microseconds);
    }

    /** The time in the id of a change. */
    static ChangeTime of(UUID id) {
        return new ChangeTime(Math.floorDiv(id.timestamp(), 10L) - GREGORIAN_MICROSECONDS);
    }

    /** Now, or a microsecond after the last of the changes when {@code now} is not after it. */
    static ChangeTime after(Collection<ChangeTime> changes, Instant now) {
        long last =
                changes.stream().mapToLong(change -> change.microseconds).max().orElse(Long.MIN_VALUE);
        return new ChangeTime(Math.max(ChronoUnit.MICROS.between(Instant.EPOCH, now), last + 1));
    }

    /** A microsecond earlier. */
    ChangeTime justBefore() {
        return new ChangeTime(microseconds - 1);
    }

    long asMicroseconds() {
        return microseconds;
    }

    Instant asInstant() {
        return Instant.EPOCH.plus(microseconds, ChronoUnit.MICROS);
    }

    /** A unique id with this time in it. */
    UUID newId() {
        long time = (microseconds + GREGORIAN_MICROSECONDS) * 10;
        long high = (time << 32) | ((time >>> 16) & 0xFFFF_0000L) | VERSION_1 | (time >>> 48);
        return new UUID(high, VARIANT_OF_RFC_4122 | (ThreadLocalRandom.current().nextLong() >>> 2));
    }
}
