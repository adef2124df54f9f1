// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.orphans;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import io.authorizedoutbounds.cache.FixedDomainList;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.MemoryAuthorizedOutboundStore;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.SettableClock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.james.core.Domain;
import org.apache.james.domainlist.api.DomainList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OrphanSweepTest {
    private static final Instant NOW = Instant.parse("2026-11-24T10:15:30Z");
    private static final Domain STAYING = Domain.of("a.example");
    private static final Domain LEAVING = Domain.of("b.example");
    private static final DomainList BOTH = FixedDomainList.of("a.example", "b.example");
    private static final DomainList ONE = FixedDomainList.of("a.example");

    private final MemoryAuthorizedOutboundStore store = new MemoryAuthorizedOutboundStore(new SettableClock(NOW));
    private final Orphaning orphaning = new Orphaning(store);
    private final AtomicLong nanos = new AtomicLong();

    @BeforeEach
    void listsOfBoth() {
        for (int i = 1; i <= 700; i++) {
            save(STAYING, i);
        }
        save(LEAVING, 1);
        save(LEAVING, 2);
    }

    private void save(Domain domain, int number) {
        store.save(AuthorizedOutbound.builder()
                        .domain(domain)
                        .address(OutboundAddress.of(InetAddresses.fromInteger(0xCB000000 + number)))
                        .addedAt(NOW)
                        .build())
                .toCompletableFuture()
                .join();
    }

    private OrphanSweep sweepOf(DomainList domainList) {
        return new OrphanSweep(store, FixedDomainList.internalDomains(domainList), orphaning, nanos::get);
    }

    /** The pause before it and as many steps as it needs for 702 entries. */
    private void sweepOnce(OrphanSweep sweep) {
        nanos.addAndGet(Duration.ofMinutes(10).toNanos());
        sweep.step();
        sweep.step();
    }

    private long orphansOf(Domain domain) {
        return store.list(domain).toCompletableFuture().join().stream()
                .filter(entry -> entry.orphanedAt().isPresent())
                .count();
    }

    @Test
    void listOfADomainThatTwoSweepsMissShouldBeOrphaned() {
        OrphanSweep sweep = sweepOf(ONE);

        sweepOnce(sweep);
        assertThat(orphansOf(LEAVING)).isZero();
        sweepOnce(sweep);

        assertThat(orphansOf(LEAVING)).isEqualTo(2);
        assertThat(orphansOf(STAYING)).isZero();
    }

    @Test
    void nothingShouldBeOrphanedWhileEveryDomainIsThere() {
        OrphanSweep sweep = sweepOf(BOTH);

        sweepOnce(sweep);
        sweepOnce(sweep);

        assertThat(orphansOf(LEAVING)).isZero();
        assertThat(orphansOf(STAYING)).isZero();
    }

    @Test
    void nothingShouldBeOrphanedWhileTheDomainListCannotBeRead() {
        OrphanSweep sweep = sweepOf(FixedDomainList.unreadable());

        sweepOnce(sweep);
        sweepOnce(sweep);

        assertThat(orphansOf(LEAVING)).isZero();
    }

    @Test
    void sweepsShouldPauseBetweenThem() {
        OrphanSweep sweep = sweepOf(ONE);

        for (int step = 0; step < 100; step++) {
            sweep.step();
        }
        sweepOnce(sweep);
        for (int step = 0; step < 100; step++) {
            sweep.step();
        }

        assertThat(orphansOf(LEAVING)).isZero();
    }
}
