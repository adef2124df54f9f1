// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.james.core.Domain;
import org.junit.jupiter.api.Test;

class RefusalSummaryTest {
    private static final Instant TEN = Instant.parse("2026-11-24T10:00:00Z");
    private static final Instant ELEVEN = Instant.parse("2026-11-24T11:00:00Z");

    private final RefusalSummary summary = new RefusalSummary();

    private static RefusalCount count(Instant hour, Optional<Integer> address, long attempts, String sender) {
        return new RefusalCount(
                UUID.randomUUID(),
                Domain.of("a.example"),
                hour,
                address.map(number -> OutboundAddress.of(InetAddresses.fromInteger(0xCB000000 + number))),
                attempts,
                hour.plusSeconds(60),
                hour.plusSeconds(120),
                sender,
                Optional.of(sender + ".example"));
    }

    @Test
    void countsOfNodesAndHoursShouldAddUp() {
        summary.add(count(ELEVEN, Optional.of(1), 2, "late"));
        summary.add(count(TEN, Optional.of(1), 3, "early"));
        summary.add(count(TEN, Optional.of(1), 5, "early"));
        summary.add(count(TEN, Optional.of(2), 7, "other"));

        assertThat(summary.byAddress()).extracting(RefusalCount::attempts).containsExactly(10L, 7L);
        RefusalCount first = summary.byAddress().get(0);
        assertThat(first.firstSeen()).isEqualTo(TEN.plusSeconds(60));
        assertThat(first.lastSeen()).isEqualTo(ELEVEN.plusSeconds(120));
        assertThat(first.lastSender()).isEqualTo("late");
        assertThat(first.lastRecipientDomain()).contains("late.example");
        assertThat(summary.byHour()).isEqualTo(Map.of(TEN, 15L, ELEVEN, 2L));
        assertThat(summary.dropped()).isZero();
    }

    @Test
    void whatIsOfNoAddressShouldOnlyBeCounted() {
        summary.add(count(TEN, Optional.empty(), 4, "any"));

        assertThat(summary.byAddress()).isEmpty();
        assertThat(summary.dropped()).isEqualTo(4);
        assertThat(summary.byHour()).isEqualTo(Map.of(TEN, 4L));
    }

    @Test
    void moreThanAThousandAddressesShouldOnlyBeCounted() {
        IntStream.rangeClosed(1, 1003).forEach(number -> summary.add(count(TEN, Optional.of(number), 2, "any")));
        summary.add(count(TEN, Optional.of(1), 1, "any"));

        assertThat(summary.byAddress()).hasSize(1000);
        assertThat(summary.byAddress()).extracting(RefusalCount::attempts).contains(3L);
        assertThat(summary.dropped()).isEqualTo(6);
    }
}
