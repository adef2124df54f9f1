// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.orphans;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import io.authorizedoutbounds.cache.FixedDomainList;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.MemoryAuthorizedOutboundStore;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.SettableClock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.james.core.Domain;
import org.apache.james.domainlist.api.DomainList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OrphanSweepTest {
    private static final Instant NOW = Instant.parse("2026-11-24T10:15:30Z");
    private static final Domain PRESENT = Domain.of("a.example");
    private static final Domain REMOVED = Domain.of("b.example");
    private static final DomainList BOTH = FixedDomainList.of("a.example", "b.example");
    private static final DomainList ONE = FixedDomainList.of("a.example");

    /** The removed domain's entries are on the second page. */
    private static final int PAGE_SIZE = 600;

    private final MemoryAuthorizedOutboundStore store =
            new MemoryAuthorizedOutboundStore(new SettableClock(NOW), PAGE_SIZE);
    private final Orphaning orphaning = new Orphaning(store, Enforcement.ENFORCE);

    /** As of System.nanoTime(), which may be negative. */
    private final AtomicLong nanos = new AtomicLong(Duration.ofDays(-100).toNanos());

    @BeforeEach
    void listsOfBoth() {
        for (int i = 1; i <= 700; i++) {
            save(PRESENT, i);
        }
        save(REMOVED, 1);
        save(REMOVED, 2);
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

    /** Advances the time by the interval between sweeps, then takes the steps that 702 entries on two pages need. */
    private void sweepOnce(OrphanSweep sweep) {
        nanos.addAndGet(Duration.ofMinutes(10).toNanos());
        sweep.step();
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
        assertThat(orphansOf(REMOVED)).isZero();
        sweepOnce(sweep);

        assertThat(orphansOf(REMOVED)).isEqualTo(2);
        assertThat(orphansOf(PRESENT)).isZero();
    }

    @Test
    void removedDomainOnTheSecondPageShouldBeOrphaned() {
        assertThat(store.everything().toCompletableFuture().join().entries())
                .extracting(AuthorizedOutbound::domain)
                .containsOnly(PRESENT);
        OrphanSweep sweep = sweepOf(ONE);

        sweepOnce(sweep);
        sweepOnce(sweep);

        assertThat(orphansOf(REMOVED)).isEqualTo(2);
    }

    @Test
    void stepShouldGoThroughAtMost500Entries() {
        OrphanSweep sweep = sweepOf(ONE);
        sweepOnce(sweep);
        nanos.addAndGet(Duration.ofMinutes(10).toNanos());

        sweep.step();
        sweep.step();
        assertThat(orphansOf(REMOVED)).isZero();
        sweep.step();

        assertThat(orphansOf(REMOVED)).isEqualTo(2);
    }

    @Test
    void nextSweepShouldFollowTenMinutesAfterTheLastOne() {
        OrphanSweep sweep = sweepOf(ONE);
        sweepOnce(sweep);

        nanos.addAndGet(Duration.ofMinutes(10).toNanos() - 1);
        for (int step = 0; step < 10; step++) {
            sweep.step();
        }
        assertThat(orphansOf(REMOVED)).isZero();
        nanos.addAndGet(1);
        for (int step = 0; step < 10; step++) {
            sweep.step();
        }

        assertThat(orphansOf(REMOVED)).isEqualTo(2);
    }

    @Test
    void nothingShouldBeOrphanedWhileEveryDomainIsThere() {
        OrphanSweep sweep = sweepOf(BOTH);

        sweepOnce(sweep);
        sweepOnce(sweep);

        assertThat(orphansOf(REMOVED)).isZero();
        assertThat(orphansOf(PRESENT)).isZero();
    }

    @Test
    void nothingShouldBeOrphanedWhileTheDomainListCannotBeRead() {
        OrphanSweep sweep = sweepOf(FixedDomainList.unreadable());

        sweepOnce(sweep);
        sweepOnce(sweep);

        assertThat(orphansOf(REMOVED)).isZero();
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

        assertThat(orphansOf(REMOVED)).isZero();
    }

    /** Of a James whose list is empty, or that of another James, while it has entries of so many domains. */
    private OrphanSweep sweepThatMisses(int missing, int present) {
        String[] names = new String[present];
        for (int i = 0; i < present; i++) {
            names[i] = "present" + i + ".example";
            save(Domain.of(names[i]), 1);
        }
        for (int i = 0; i < missing; i++) {
            save(Domain.of("missing" + i + ".example"), 1);
        }
        // Both of the other tests are in James's list here.
        return sweepOf(FixedDomainList.of(Stream.concat(Stream.of(names), Stream.of("a.example", "b.example"))
                .toArray(String[]::new)));
    }

    private long orphanedOf(int missing) {
        return IntStream.range(0, missing)
                .filter(i -> orphansOf(Domain.of("missing" + i + ".example")) == 1)
                .count();
    }

    private void sweepWhole(OrphanSweep sweep) {
        nanos.addAndGet(Duration.ofMinutes(10).toNanos());
        for (int step = 0; step < 10; step++) {
            sweep.step();
        }
    }

    /** More than 10 domains and more than 5 percent of those with entries; two more domains have entries in each case. */
    @ParameterizedTest
    @CsvSource({
        // missing, present, orphaned
        "10, 0, 10",
        "11, 0, 0",
        "11, 206, 0",
        "11, 207, 11",
        "12, 225, 0",
    })
    void sweepThatWouldOrphanTooManyDomainsShouldOrphanNone(int missing, int present, long orphaned) {
        OrphanSweep sweep = sweepThatMisses(missing, present);

        sweepWhole(sweep);
        sweepWhole(sweep);

        assertThat(orphanedOf(missing)).isEqualTo(orphaned);
        assertThat(sweep.held()).isEqualTo(orphaned == 0 ? missing : 0);
    }

    @Test
    void confirmationShouldOrphanWhatWasHeld() throws Exception {
        OrphanSweep sweep = sweepThatMisses(20, 0);
        sweepWhole(sweep);
        sweepWhole(sweep);

        int orphaned = sweep.confirm();

        assertThat(orphaned).isEqualTo(20);
        assertThat(orphanedOf(20)).isEqualTo(20);
        assertThat(sweep.held()).isZero();
    }

    @Test
    void confirmationShouldOrphanNothingThatNoSweepHasHeld() throws Exception {
        OrphanSweep sweep = sweepThatMisses(20, 0);

        assertThat(sweep.confirm()).isZero();

        assertThat(orphanedOf(20)).isZero();
    }

    @Test
    void nothingShouldBeOrphanedInReportMode() {
        OrphanSweep sweep = new OrphanSweep(
                store, FixedDomainList.internalDomains(ONE), new Orphaning(store, Enforcement.REPORT), nanos::get);

        sweepOnce(sweep);
        sweepOnce(sweep);

        assertThat(orphansOf(REMOVED)).isZero();
    }
}
