// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.james.core.Domain;
import org.junit.jupiter.api.Test;

class RefusalOverviewTest {
    private static final Instant TEN = Instant.parse("2026-11-24T10:00:00Z");
    private static final Instant ELEVEN = Instant.parse("2026-11-24T11:00:00Z");

    private final RefusalOverview overview = new RefusalOverview();

    private static RefusalSum.Builder sum(String domain, Instant hour, long attempts) {
        return RefusalSum.builder()
                .id(UUID.randomUUID())
                .domain(Domain.of(domain))
                .hour(hour)
                .attempts(attempts)
                .refused(0)
                .quarantined(0)
                .addresses(0)
                .lastSeen(hour.plusSeconds(60));
    }

    private RefusalOverview.OfDomain only() {
        List<RefusalOverview.OfDomain> domains = overview.domains().collect(Collectors.toList());
        assertThat(domains).hasSize(1);
        return domains.get(0);
    }

    private List<String> names() {
        return overview.domains().map(of -> of.domain().asString()).collect(Collectors.toList());
    }

    @Test
    void sumsOfHoursAndNodesShouldAddUp() {
        overview.add(sum("a.example", TEN, 3).refused(2).quarantined(5).build());
        overview.add(sum("a.example", TEN, 4).refused(1).quarantined(6).build());
        overview.add(sum("a.example", ELEVEN, 10).refused(8).quarantined(7).build());

        assertThat(only().attempts()).isEqualTo(17);
        assertThat(only().refused()).isEqualTo(11);
        assertThat(only().quarantined()).isEqualTo(18);
    }

    /** Two nodes, or two hours, may have counted the same addresses. */
    @Test
    void addressesShouldBeTheMostThatOneNodeHasCountedWithinAnHour() {
        overview.add(sum("a.example", TEN, 1).addresses(2).build());
        overview.add(sum("a.example", TEN, 1).addresses(3).build());
        overview.add(sum("a.example", ELEVEN, 1).addresses(1).build());

        assertThat(only().addresses()).isEqualTo(3);
    }

    @Test
    void domainShouldBeLastSeenAtTheLatestInstantInWhateverOrderItsSumsAreAdded() {
        overview.add(sum("a.example", TEN, 1).build());
        overview.add(sum("a.example", ELEVEN, 1).build());
        overview.add(sum("a.example", TEN, 1).build());

        assertThat(only().lastSeen()).isEqualTo(Instant.parse("2026-11-24T11:01:00Z"));
    }

    @Test
    void domainsWithTheMostAttemptsShouldBeFirstAndOthersInTheOrderOfTheirNames() {
        overview.add(sum("few.example", TEN, 1).build());
        overview.add(sum("b.example", TEN, 4).build());
        overview.add(sum("c.example", TEN, 4).build());
        overview.add(sum("a.example", TEN, 4).build());
        overview.add(sum("many.example", TEN, 2).build());
        overview.add(sum("many.example", ELEVEN, 3).build());

        assertThat(names()).containsExactly("many.example", "a.example", "b.example", "c.example", "few.example");
    }

    @Test
    void overviewWithoutSumsShouldHaveNoDomains() {
        assertThat(names()).isEmpty();
    }
}
