// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.activity;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedMap;
import com.google.common.net.InetAddresses;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.MemoryAuthorizedOutboundStore;
import io.authorizedoutbounds.policy.MemoryRefusalStore;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundList;
import io.authorizedoutbounds.policy.OutboundLists;
import io.authorizedoutbounds.policy.RefusalCount;
import io.authorizedoutbounds.policy.RefusalSummary;
import io.authorizedoutbounds.policy.SettableClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.apache.james.core.Domain;
import org.junit.jupiter.api.Test;

class RefusalRecorderTest {
    private static final Instant NOW = Instant.parse("2026-11-24T10:15:30Z");
    private static final Domain DOMAIN = Domain.of("a.example");
    private static final Domain OTHER_DOMAIN = Domain.of("b.example");
    private static final Domain RECIPIENT = Domain.of("x.example");

    private final SettableClock clock = new SettableClock(NOW);
    private final MemoryRefusalStore store = new MemoryRefusalStore();
    private final MemoryAuthorizedOutboundStore lists = new MemoryAuthorizedOutboundStore(clock);

    /** Whether the lists can be read. */
    private boolean listsUp = true;

    private final RefusalRecorder recorder = new RefusalRecorder(store, new Lists(), clock);

    private final class Lists implements OutboundLists {
        @Override
        public CompletionStage<OutboundList> read(Domain domain) {
            throw new AssertionError("Read a list");
        }

        @Override
        public CompletionStage<ImmutableList<AuthorizedOutbound>> listings(OutboundAddress address) {
            return listsUp
                    ? lists.listings(address)
                    : CompletableFuture.failedFuture(new IllegalStateException("down"));
        }
    }

    private void list(Domain domain, OutboundAddress address) {
        lists.save(AuthorizedOutbound.builder()
                        .domain(domain)
                        .address(address)
                        .addedAt(clock.instant())
                        .build())
                .toCompletableFuture()
                .join();
    }

    private static OutboundAddress address(int number) {
        return OutboundAddress.of(InetAddresses.fromInteger(0xCB000000 + number));
    }

    private RefusalSummary summaryOf(Domain domain) {
        RefusalSummary summary = new RefusalSummary();
        countsOf(domain).forEach(summary::add);
        return summary;
    }

    private ImmutableList<RefusalCount> countsOf(Domain domain) {
        return store.newest(domain, Integer.MAX_VALUE).toCompletableFuture().join();
    }

    private ImmutableSortedMap<Instant, Long> attemptsByHour(Domain domain) {
        return store.attemptsByHour(domain).toCompletableFuture().join();
    }

    private void refuse(int number, int times) {
        for (int i = 0; i < times; i++) {
            recorder.record(DOMAIN, Enforcement.ENFORCE, address(number), "user@a.example", RECIPIENT);
        }
    }

    @Test
    void refusalShouldBeStoredByTheNextWrite() {
        recorder.record(DOMAIN, Enforcement.ENFORCE, address(1), "first@a.example", Domain.of("y.example"));
        clock.set(NOW.plusSeconds(5));
        recorder.record(DOMAIN, Enforcement.ENFORCE, address(1), "last@a.example", RECIPIENT);

        recorder.write();

        RefusalCount count = summaryOf(DOMAIN).byAddress().get(0);
        assertThat(count.client()).contains(address(1));
        assertThat(count.attempts()).isEqualTo(2);
        assertThat(count.firstSeen()).isEqualTo(NOW);
        assertThat(count.lastSeen()).isEqualTo(NOW.plusSeconds(5));
        assertThat(count.lastSender()).isEqualTo("last@a.example");
        assertThat(count.lastRecipientDomain()).contains("x.example");
        assertThat(count.hour()).isEqualTo(Instant.parse("2026-11-24T10:00:00Z"));
        assertThat(summaryOf(OTHER_DOMAIN).byAddress()).isEmpty();
    }

    @Test
    void attemptsThatWereRefusedShouldBeCountedBesideThoseThatWouldHaveBeen() {
        recorder.record(DOMAIN, Enforcement.REPORT, address(1), "user@a.example", RECIPIENT);
        recorder.record(DOMAIN, Enforcement.ENFORCE, address(1), "user@a.example", RECIPIENT);
        recorder.recordAtMail(DOMAIN, Enforcement.REPORT, address(1), "user@a.example");
        recorder.recordAtMail(DOMAIN, Enforcement.ENFORCE, address(2), "user@a.example");

        recorder.write();

        assertThat(summaryOf(DOMAIN).byAddress())
                .extracting(count -> count.client().orElseThrow() + " " + count.attempts() + " " + count.refused())
                .containsExactlyInAnyOrder(address(1) + " 3 1", address(2) + " 1 1");
    }

    @Test
    void manyAttemptsOfOneAddressShouldBeOneCountInEachWrite() {
        for (int write = 1; write <= 3; write++) {
            refuse(1, 1000);
            recorder.write();

            assertThat(store.writes()).isEqualTo(write);
        }

        assertThat(summaryOf(DOMAIN).byAddress())
                .extracting(RefusalCount::attempts)
                .containsExactly(3000L);
    }

    @Test
    void nothingShouldBeStoredWhenNothingWasRefused() {
        refuse(1, 1);
        recorder.write();

        recorder.write();

        assertThat(store.writes()).isEqualTo(1);
    }

    @Test
    void writeShouldStoreAtMost300CountsAndTheNextOnesTheRest() {
        IntStream.range(0, 700).forEach(number -> refuse(number, 3));

        recorder.write();
        assertThat(store.writes()).isEqualTo(300);
        recorder.write();
        assertThat(store.writes()).isEqualTo(600);
        recorder.write();
        assertThat(store.writes()).isEqualTo(700);

        assertThat(summaryOf(DOMAIN).byAddress())
                .hasSize(700)
                .extracting(RefusalCount::attempts)
                .containsOnly(3L);
    }

    @Test
    void attemptsOfFurtherAddressesShouldBeSummed() {
        IntStream.range(0, 1200).forEach(number -> refuse(number, 2));
        refuse(0, 5);
        for (int write = 0; write < 5; write++) {
            recorder.write();
        }

        RefusalSummary summary = summaryOf(DOMAIN);
        assertThat(summary.byAddress()).hasSize(1000);
        assertThat(summary.byAddress())
                .filteredOn(count -> count.client().equals(Optional.of(address(0))))
                .extracting(RefusalCount::attempts)
                .containsExactly(7L);
        assertThat(summary.dropped()).isEqualTo(2 * 200);
        assertThat(attemptsByHour(DOMAIN).values()).containsExactly(2L * 1200 + 5);
    }

    @Test
    void anotherDomainShouldBeCountedWhenOneHasTooMany() {
        IntStream.range(0, 1200).forEach(number -> refuse(number, 1));
        recorder.record(OTHER_DOMAIN, Enforcement.ENFORCE, address(1), "user@b.example", RECIPIENT);
        for (int write = 0; write < 5; write++) {
            recorder.write();
        }

        assertThat(summaryOf(OTHER_DOMAIN).byAddress())
                .extracting(RefusalCount::client)
                .containsExactly(Optional.of(address(1)));
    }

    @Test
    void eachHourShouldHaveACountOfItsOwn() {
        refuse(1, 2);
        clock.advance(Duration.ofHours(1));
        refuse(1, 3);
        recorder.write();

        RefusalSummary summary = summaryOf(DOMAIN);
        assertThat(attemptsByHour(DOMAIN))
                .containsOnly(
                        Map.entry(Instant.parse("2026-11-24T10:00:00Z"), 2L),
                        Map.entry(Instant.parse("2026-11-24T11:00:00Z"), 3L));
        assertThat(summary.byAddress()).extracting(RefusalCount::attempts).containsExactly(5L);
    }

    @Test
    void newHourShouldHaveRoomAgain() {
        IntStream.range(0, 1000).forEach(number -> refuse(number, 1));
        for (int write = 0; write < 4; write++) {
            recorder.write();
        }
        clock.advance(Duration.ofHours(1));
        recorder.write();

        refuse(5000, 1);
        recorder.write();

        assertThat(countsOf(DOMAIN))
                .extracting(RefusalCount::client)
                .contains(Optional.of(address(5000)))
                .doesNotContain(Optional.empty());
    }

    @Test
    void countThatCouldNotBeStoredShouldBeStoredLater() {
        store.setUp(false);
        refuse(1, 2);
        recorder.write();
        refuse(1, 1);
        recorder.write();
        assertThat(summaryOf(DOMAIN).byAddress()).isEmpty();

        store.setUp(true);
        recorder.write();

        assertThat(summaryOf(DOMAIN).byAddress())
                .extracting(RefusalCount::attempts)
                .containsExactly(3L);
    }

    @Test
    void countsShouldBeBoundedHoweverManyDomainsAndAddressesAreRefused() {
        for (int number = 0; number < 50_000; number++) {
            recorder.record(
                    Domain.of("d" + number + ".example"), Enforcement.ENFORCE, address(number), "user", RECIPIENT);
        }
        for (int write = 0; write < 200; write++) {
            recorder.write();
        }

        assertThat(store.writes()).isEqualTo(20_000);
    }

    @Test
    void storeThatThrowsShouldBeTriedAgain() {
        store.setThrowing(new NoClassDefFoundError("not linked"));
        refuse(1, 2);

        recorder.write();
        assertThat(store.writes()).isEqualTo(1);
        store.setUp(true);
        recorder.write();

        assertThat(summaryOf(DOMAIN).byAddress())
                .extracting(RefusalCount::attempts)
                .containsExactly(2L);
    }

    @Test
    void addressesOfAPastHourShouldLeaveNoRoomTaken() {
        for (int number = 0; number < 10_000; number++) {
            recorder.record(
                    Domain.of("d" + number + ".example"), Enforcement.ENFORCE, address(number), "user", RECIPIENT);
        }
        for (int write = 0; write < 34; write++) {
            recorder.write();
        }
        clock.advance(Duration.ofHours(1));
        recorder.write();

        refuse(1, 1);
        recorder.write();

        assertThat(summaryOf(DOMAIN).byAddress())
                .extracting(RefusalCount::client)
                .containsExactly(Optional.of(address(1)));
    }

    @Test
    void countOfAPastHourShouldBeStoredLater() {
        store.setUp(false);
        refuse(1, 2);
        recorder.write();
        clock.advance(Duration.ofHours(1));
        recorder.write();
        refuse(1, 3);
        recorder.write();

        store.setUp(true);
        recorder.write();

        assertThat(attemptsByHour(DOMAIN).values()).containsExactly(2L, 3L);
        assertThat(countsOf(DOMAIN)).extracting(RefusalCount::attempts).containsExactly(3L, 2L);
    }

    @Test
    void lastRefusalAtMailShouldHaveNoRecipient() {
        recorder.record(DOMAIN, Enforcement.ENFORCE, address(1), "first@a.example", RECIPIENT);
        recorder.recordAtMail(DOMAIN, Enforcement.ENFORCE, address(1), "last@a.example");
        recorder.write();

        RefusalCount count = summaryOf(DOMAIN).byAddress().get(0);
        assertThat(count.attempts()).isEqualTo(2);
        assertThat(count.lastSender()).isEqualTo("last@a.example");
        assertThat(count.lastRecipientDomain()).isEmpty();
    }

    @Test
    void longSenderShouldBeCut() {
        recorder.recordAtMail(DOMAIN, Enforcement.ENFORCE, address(1), "x".repeat(5000) + "@a.example");
        recorder.write();

        assertThat(summaryOf(DOMAIN).byAddress().get(0).lastSender()).hasSize(512);
        assertThat(summaryOf(DOMAIN).byAddress().get(0).lastRecipientDomain()).isEmpty();
    }

    @Test
    void sumsShouldBeBoundedHoweverManyDomainsAreRefused() {
        for (int number = 0; number < 20_000; number++) {
            recorder.record(Domain.of("d" + number + ".example"), Enforcement.ENFORCE, address(1), "user", RECIPIENT);
        }
        for (int write = 0; write < 200; write++) {
            recorder.write();
        }

        assertThat(attemptsByHour(Domain.of("d9999.example")).values()).containsExactly(1L);
        assertThat(attemptsByHour(Domain.of("d10000.example"))).isEmpty();
    }

    @Test
    void writeShouldStoreAtMost100SumsAndTheNextOnesTheRest() {
        for (int number = 0; number < 150; number++) {
            recorder.record(Domain.of("d" + number + ".example"), Enforcement.ENFORCE, address(1), "user", RECIPIENT);
        }

        recorder.write();
        assertThat(attemptsByHour(Domain.of("d99.example")).values()).containsExactly(1L);
        assertThat(attemptsByHour(Domain.of("d100.example"))).isEmpty();
        recorder.write();

        assertThat(attemptsByHour(Domain.of("d149.example")).values()).containsExactly(1L);
    }

    @Test
    void sumThatCouldNotBeStoredShouldBeStoredLater() {
        store.setUp(false);
        refuse(1, 2);
        recorder.write();
        refuse(2, 1);
        recorder.write();
        assertThat(attemptsByHour(DOMAIN)).isEmpty();

        store.setUp(true);
        recorder.write();

        assertThat(attemptsByHour(DOMAIN).values()).containsExactly(3L);
    }

    // --- External senders of listed clients

    @Test
    void refusalOfAnExternalSenderShouldCountForTheDomainsThatListTheClient() {
        list(DOMAIN, address(1));
        list(OTHER_DOMAIN, address(1));
        recorder.recordExternalSender(Enforcement.ENFORCE, address(1), "news@news.a.example", RECIPIENT);
        recorder.recordExternalSender(Enforcement.REPORT, address(1), "last@news.a.example", RECIPIENT);

        recorder.write();

        for (Domain domain : ImmutableList.of(DOMAIN, OTHER_DOMAIN)) {
            assertThat(countsOf(domain)).singleElement().satisfies(count -> {
                assertThat(count.client()).contains(address(1));
                assertThat(count.attempts()).isEqualTo(2);
                assertThat(count.refused()).isEqualTo(1);
                assertThat(count.quarantined()).isZero();
                assertThat(count.lastSender()).isEqualTo("last@news.a.example");
                assertThat(count.lastRecipientDomain()).contains("x.example");
            });
        }
    }

    /** CASES 65. */
    @Test
    void quarantinedMailShouldCountForTheDomainsThatListTheClient() {
        list(DOMAIN, address(1));
        recorder.recordQuarantined(address(1), "news@news.a.example", RECIPIENT);
        refuse(1, 3);

        recorder.write();

        assertThat(countsOf(DOMAIN)).singleElement().satisfies(count -> {
            assertThat(count.attempts()).isEqualTo(3);
            assertThat(count.quarantined()).isEqualTo(1);
        });
        assertThat(store.newestSums(NOW, 10).toCompletableFuture().join())
                .singleElement()
                .satisfies(sum -> {
                    assertThat(sum.attempts()).isEqualTo(3);
                    assertThat(sum.refused()).isEqualTo(3);
                    assertThat(sum.quarantined()).isEqualTo(1);
                    assertThat(sum.addresses()).isEqualTo(1);
                });
        assertThat(countsOf(OTHER_DOMAIN)).isEmpty();
    }

    @Test
    void externalSenderShouldBeCountedWhenTheListsCanBeReadAgain() {
        list(DOMAIN, address(1));
        listsUp = false;
        recorder.recordQuarantined(address(1), "first@news.a.example", RECIPIENT);
        recorder.write();
        recorder.recordQuarantined(address(1), "second@news.a.example", RECIPIENT);
        recorder.write();
        assertThat(countsOf(DOMAIN)).isEmpty();

        listsUp = true;
        recorder.write();

        assertThat(countsOf(DOMAIN)).singleElement().satisfies(count -> assertThat(count.quarantined())
                .isEqualTo(2));
    }

    @Test
    void externalSenderOfAnAddressThatNoDomainListsShouldCountForNone() {
        recorder.recordQuarantined(address(1), "news@news.a.example", RECIPIENT);

        recorder.write();

        assertThat(store.newestSums(NOW, 10).toCompletableFuture().join()).isEmpty();
    }
}
