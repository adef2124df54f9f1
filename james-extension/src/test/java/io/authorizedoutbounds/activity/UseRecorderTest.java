// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.activity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.google.common.net.InetAddresses;
import io.authorizedoutbounds.policy.Author;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.EntryId;
import io.authorizedoutbounds.policy.MemoryAuthorizedOutboundStore;
import io.authorizedoutbounds.policy.MemoryUseStore;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundLists;
import io.authorizedoutbounds.policy.SettableClock;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.apache.james.core.Domain;
import org.junit.jupiter.api.Test;

class UseRecorderTest {
    private static final Instant NOW = Instant.parse("2026-11-24T10:15:30Z");
    private static final Instant HOUR = Instant.parse("2026-11-24T10:00:00Z");
    private static final Instant NEXT_HOUR = Instant.parse("2026-11-24T11:00:00Z");
    private static final Domain DOMAIN = Domain.of("a.example");
    private static final Domain OTHER_DOMAIN = Domain.of("b.example");
    private static final OutboundAddress ADDRESS = OutboundAddress.parse("203.0.113.7");
    private static final OutboundAddress OTHER_ADDRESS = OutboundAddress.parse("203.0.113.8");

    private final SettableClock clock = new SettableClock(NOW);
    private final MemoryUseStore store = new MemoryUseStore();
    private final MemoryAuthorizedOutboundStore lists = new MemoryAuthorizedOutboundStore(clock);
    private final AtomicBoolean listsAreReachable = new AtomicBoolean(true);
    private final AtomicLong dropped = new AtomicLong();
    private final UseRecorder recorder =
            new UseRecorder(store, listsOutOfReachAtTimes(), clock, dropped::incrementAndGet);

    private OutboundLists listsOutOfReachAtTimes() {
        return (OutboundLists) Proxy.newProxyInstance(
                OutboundLists.class.getClassLoader(),
                new Class<?>[] {OutboundLists.class},
                (proxy, method, arguments) -> listsAreReachable.get()
                        ? method.invoke(lists, arguments)
                        : CompletableFuture.failedFuture(new IllegalStateException("out of reach")));
    }

    private static OutboundAddress address(int number) {
        return OutboundAddress.of(InetAddresses.fromInteger(0xCB000000 + number));
    }

    private static AuthorizedOutbound entry(Domain domain, OutboundAddress address) {
        return AuthorizedOutbound.builder()
                .domain(domain)
                .address(address)
                .addedAt(NOW.minus(Duration.ofDays(100)))
                .build();
    }

    private void list(Domain domain, OutboundAddress address) {
        lists.save(entry(domain, address)).toCompletableFuture().join();
    }

    private Optional<Instant> lastUse(Domain domain, OutboundAddress address) {
        return store.find(EntryId.of(domain, address))
                .toCompletableFuture()
                .join()
                .hourOf(entry(domain, address));
    }

    private void use(int entries) {
        IntStream.range(0, entries).forEach(i -> recorder.record(EntryId.of(DOMAIN, address(i))));
    }

    private void write(int times) {
        IntStream.range(0, times).forEach(i -> recorder.write());
    }

    @Test
    void useShouldBeStoredByTheNextWriteToTheHour() {
        recorder.record(EntryId.of(DOMAIN, ADDRESS));
        assertThat(store.writes()).isZero();

        recorder.write();

        assertThat(lastUse(DOMAIN, ADDRESS)).contains(HOUR);
        assertThat(lastUse(OTHER_DOMAIN, ADDRESS)).isEmpty();
        assertThat(lastUse(DOMAIN, OTHER_ADDRESS)).isEmpty();
    }

    @Test
    void manyUsesWithinAnHourShouldBeOneWrite() {
        for (int turn = 0; turn < 10; turn++) {
            recorder.record(EntryId.of(DOMAIN, ADDRESS));
            recorder.record(EntryId.of(DOMAIN, ADDRESS));
            recorder.write();
        }

        assertThat(store.writes()).isEqualTo(1);
    }

    @Test
    void useInTheNextHourShouldBeAnotherWrite() {
        recorder.record(EntryId.of(DOMAIN, ADDRESS));
        recorder.write();
        clock.set(NEXT_HOUR);

        recorder.record(EntryId.of(DOMAIN, ADDRESS));
        recorder.write();

        assertThat(store.writes()).isEqualTo(2);
        assertThat(lastUse(DOMAIN, ADDRESS)).contains(NEXT_HOUR);
    }

    @Test
    void useShouldBeThatOfItsOwnHourHoweverLateItIsWritten() {
        recorder.record(EntryId.of(DOMAIN, ADDRESS));
        clock.set(NOW.plus(Duration.ofHours(5)));

        recorder.write();

        assertThat(lastUse(DOMAIN, ADDRESS)).contains(HOUR);
    }

    @Test
    void clockThatIsSetBackShouldNotStoreAnEarlierUse() {
        recorder.record(EntryId.of(DOMAIN, ADDRESS));
        recorder.write();
        clock.set(NOW.minus(Duration.ofHours(3)));

        recorder.record(EntryId.of(DOMAIN, ADDRESS));
        recorder.write();

        assertThat(store.writes()).isEqualTo(1);
        assertThat(lastUse(DOMAIN, ADDRESS)).contains(HOUR);
    }

    @Test
    void writeShouldStoreAtMost200UsesAndTheNextOnesTheRest() {
        use(450);

        recorder.write();
        assertThat(store.writes()).isEqualTo(200);
        recorder.write();
        assertThat(store.writes()).isEqualTo(400);
        recorder.write();
        assertThat(store.writes()).isEqualTo(450);
        recorder.write();
        assertThat(store.writes()).isEqualTo(450);
    }

    @Test
    void useOfAnAddressShouldBeThatOfEachOfItsEntries() {
        list(DOMAIN, ADDRESS);
        list(OTHER_DOMAIN, ADDRESS);
        list(DOMAIN, OTHER_ADDRESS);

        recorder.recordOfAnyDomain(ADDRESS);
        recorder.write();

        assertThat(lastUse(DOMAIN, ADDRESS)).contains(HOUR);
        assertThat(lastUse(OTHER_DOMAIN, ADDRESS)).contains(HOUR);
        assertThat(lastUse(DOMAIN, OTHER_ADDRESS)).isEmpty();
    }

    @Test
    void orphanedEntryShouldNotBeUsed() {
        list(DOMAIN, ADDRESS);
        list(OTHER_DOMAIN, ADDRESS);
        lists.orphan(DOMAIN, Author.unknown()).toCompletableFuture().join();

        recorder.recordOfAnyDomain(ADDRESS);
        recorder.write();

        assertThat(lastUse(DOMAIN, ADDRESS)).isEmpty();
        assertThat(lastUse(OTHER_DOMAIN, ADDRESS)).contains(HOUR);
    }

    @Test
    void useOfAnAddressShouldNotBeWrittenAgainWhenItsEntryIsRecorded() {
        list(DOMAIN, ADDRESS);
        recorder.record(EntryId.of(DOMAIN, ADDRESS));
        recorder.write();

        recorder.recordOfAnyDomain(ADDRESS);
        recorder.write();
        recorder.recordOfAnyDomain(ADDRESS);
        recorder.write();

        assertThat(store.writes()).isEqualTo(1);
    }

    @Test
    void writeShouldLookUpAtMost50AddressesAndTheNextOnesTheRest() {
        IntStream.range(0, 120).forEach(i -> {
            list(DOMAIN, address(i));
            recorder.recordOfAnyDomain(address(i));
        });

        recorder.write();
        assertThat(store.writes()).isEqualTo(50);
        recorder.write();
        assertThat(store.writes()).isEqualTo(100);
        recorder.write();
        assertThat(store.writes()).isEqualTo(120);
    }

    @Test
    void useShouldBeWrittenOnceTheStoreAnswersAgain() {
        store.setReachable(entry -> false);
        recorder.record(EntryId.of(DOMAIN, ADDRESS));
        recorder.write();
        clock.set(NEXT_HOUR);
        recorder.record(EntryId.of(DOMAIN, OTHER_ADDRESS));
        recorder.write();

        store.setReachable(entry -> true);
        recorder.write();

        assertThat(lastUse(DOMAIN, ADDRESS)).contains(HOUR);
        assertThat(lastUse(DOMAIN, OTHER_ADDRESS)).contains(NEXT_HOUR);
    }

    @Test
    void entryThatIsUsedAgainDuringAnOutageShouldBeWrittenOnceWithTheLaterHour() {
        store.setReachable(entry -> false);
        recorder.record(EntryId.of(DOMAIN, ADDRESS));
        recorder.write();
        clock.set(NEXT_HOUR);
        recorder.record(EntryId.of(DOMAIN, ADDRESS));
        int failed = store.writes();

        store.setReachable(entry -> true);
        write(2);

        assertThat(store.writes()).isEqualTo(failed + 1);
        assertThat(lastUse(DOMAIN, ADDRESS)).contains(NEXT_HOUR);
    }

    @Test
    void addressShouldBeLookedUpOnceTheListsAnswerAgain() {
        list(DOMAIN, ADDRESS);
        listsAreReachable.set(false);
        recorder.recordOfAnyDomain(ADDRESS);
        recorder.write();
        clock.set(NEXT_HOUR);

        listsAreReachable.set(true);
        recorder.write();

        assertThat(lastUse(DOMAIN, ADDRESS)).contains(HOUR);
    }

    @Test
    void entriesThatCannotBeWrittenShouldNotKeepOthersWaiting() {
        store.setReachable(entry -> entry.address().compareTo(address(300)) >= 0);
        use(310);

        write(2);

        assertThat(lastUse(DOMAIN, address(309))).contains(HOUR);
        assertThat(lastUse(DOMAIN, address(0))).isEmpty();
    }

    @Test
    void storeThatThrowsShouldNotEndTheWrites() {
        store.setThrowing(new NoClassDefFoundError("broken"));
        recorder.record(EntryId.of(DOMAIN, ADDRESS));
        assertThatCode(recorder::write).doesNotThrowAnyException();

        store.setReachable(entry -> true);
        recorder.write();

        assertThat(lastUse(DOMAIN, ADDRESS)).contains(HOUR);
    }

    @Test
    void usesBeyondTheBoundShouldBeDroppedAndCounted() {
        use(UseQueue.MAX_KEYS);
        assertThat(dropped).hasValue(0);

        recorder.record(EntryId.of(OTHER_DOMAIN, ADDRESS));
        recorder.record(EntryId.of(OTHER_DOMAIN, ADDRESS));
        // It waits already.
        recorder.record(EntryId.of(DOMAIN, address(0)));
        assertThat(dropped).hasValue(2);

        recorder.write();
        recorder.record(EntryId.of(OTHER_DOMAIN, ADDRESS));
        assertThat(dropped).hasValue(2);
        write(UseQueue.MAX_KEYS / UseRecorder.MAX_WRITES);
        assertThat(lastUse(OTHER_DOMAIN, ADDRESS)).contains(HOUR);
    }

    @Test
    void newHourOfAnEntryThatWaitsShouldNeedNoRoom() {
        use(UseQueue.MAX_KEYS);
        clock.set(NEXT_HOUR);

        recorder.record(EntryId.of(DOMAIN, address(0)));
        recorder.write();

        assertThat(dropped).hasValue(0);
        assertThat(lastUse(DOMAIN, address(0))).contains(NEXT_HOUR);
    }
}
