// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import java.time.Instant;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.james.core.Domain;
import org.junit.jupiter.api.Test;

class RefusalSummaryTest {
    private static final Instant TEN = Instant.parse("2026-11-24T10:00:00Z");
    private static final Instant ELEVEN = Instant.parse("2026-11-24T11:00:00Z");

    private final RefusalSummary summary = new RefusalSummary();

    private static RefusalCount count(Instant hour, int address, long attempts, String sender) {
        return countOfNoAddress(hour, attempts, sender).toBuilder()
                .client(OutboundAddress.of(InetAddresses.fromInteger(0xCB000000 + address)))
                .build();
    }

    private static RefusalCount countOfNoAddress(Instant hour, long attempts, String sender) {
        return RefusalCount.builder()
                .id(UUID.randomUUID())
                .domain(Domain.of("a.example"))
                .hour(hour)
                .attempts(attempts)
                .refused(attempts - 1)
                .quarantined(2)
                .firstSeen(hour.plusSeconds(60))
                .lastSeen(hour.plusSeconds(120))
                .lastSender(sender)
                .lastRecipientDomain(sender + ".example")
                .build();
    }

    @Test
    void countsOfNodesAndHoursShouldAddUp() {
        summary.add(count(ELEVEN, 1, 2, "late"));
        summary.add(count(TEN, 1, 3, "early"));
        summary.add(count(TEN, 1, 5, "early"));
        summary.add(count(TEN, 2, 7, "other"));

        assertThat(summary.byAddress()).extracting(RefusalCount::attempts).containsExactly(10L, 7L);
        assertThat(summary.byAddress()).extracting(RefusalCount::refused).containsExactly(7L, 6L);
        assertThat(summary.byAddress()).extracting(RefusalCount::quarantined).containsExactly(6L, 2L);
        RefusalCount first = summary.byAddress().get(0);
        assertThat(first.firstSeen()).isEqualTo(TEN.plusSeconds(60));
        assertThat(first.lastSeen()).isEqualTo(ELEVEN.plusSeconds(120));
        assertThat(first.lastSender()).isEqualTo("late");
        assertThat(first.lastRecipientDomain()).contains("late.example");
        assertThat(summary.dropped()).isZero();
    }

    @Test
    void orderOfTheCountsShouldNotMatter() {
        summary.add(count(TEN, 1, 3, "early"));
        summary.add(count(ELEVEN, 1, 2, "late"));

        RefusalCount only = summary.byAddress().get(0);
        assertThat(only.firstSeen()).isEqualTo(TEN.plusSeconds(60));
        assertThat(only.lastSeen()).isEqualTo(ELEVEN.plusSeconds(120));
        assertThat(only.lastSender()).isEqualTo("late");
    }

    @Test
    void whatIsOfNoAddressShouldOnlyBeCounted() {
        summary.add(countOfNoAddress(TEN, 4, "any"));

        assertThat(summary.byAddress()).isEmpty();
        assertThat(summary.dropped()).isEqualTo(4);
    }

    @Test
    void moreThanAThousandAddressesShouldOnlyBeCounted() {
        IntStream.rangeClosed(1, 1003).forEach(number -> summary.add(count(TEN, number, 2, "any")));
        summary.add(count(TEN, 1, 1, "any"));

        assertThat(summary.byAddress()).hasSize(1000);
        assertThat(summary.byAddress()).extracting(RefusalCount::attempts).contains(3L);
        assertThat(summary.dropped()).isEqualTo(6);
    }
}
