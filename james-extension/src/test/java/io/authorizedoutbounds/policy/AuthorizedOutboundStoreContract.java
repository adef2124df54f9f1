// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Iterables;
import com.google.common.net.InetAddresses;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.james.core.Domain;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every {@link AuthorizedOutboundStore} does. Each test has domains and addresses of its own, so that a store may
 * be shared and need not be empty.
 */
public interface AuthorizedOutboundStoreContract {
    /** The store under test, which takes the time from {@link #clock()}. */
    AuthorizedOutboundStore store();

    /**
     * The store's clock. At the beginning of each test it has to show the real time: a store may leave it to a database,
     * which has a clock of its own, to drop what has expired. Tests move it, by hours.
     */
    SettableClock clock();

    // A whole list

    @Test
    default void replacedListShouldBeTheNewOne() {
        Domain domain = freshDomain();
        AuthorizedOutbound kept = fullEntry(domain, freshIpv4());
        AuthorizedOutbound removed = fullEntry(domain, freshIpv4());
        AuthorizedOutbound saved = plainEntry(domain, freshIpv6());
        save(kept);
        save(removed);

        replace(domain, ImmutableList.of(saved), ImmutableList.of(kept), ImmutableList.of(removed.address()));

        assertThat(list(domain)).containsExactlyInAnyOrder(kept, saved);
        assertThat(find(domain, removed.address())).isEmpty();
        assertThat(domainsListing(kept.address())).containsExactly(domain);
        assertThat(domainsListing(saved.address())).containsExactly(domain);
        assertThat(domainsListing(removed.address())).isEmpty();
    }

    @Test
    default void longListShouldBeReplaced() {
        Domain domain = freshDomain();
        List<AuthorizedOutbound> before = IntStream.range(0, 60)
                .mapToObj(i -> plainEntry(domain, freshIpv4()))
                .collect(Collectors.toList());
        List<AuthorizedOutbound> added = IntStream.range(0, 60)
                .mapToObj(i -> plainEntry(domain, freshIpv4()))
                .collect(Collectors.toList());
        before.forEach(this::save);

        replace(
                domain,
                ImmutableList.copyOf(added),
                ImmutableList.copyOf(before.subList(0, 30)),
                before.subList(30, 60).stream()
                        .map(AuthorizedOutbound::address)
                        .collect(ImmutableList.toImmutableList()));

        assertThat(list(domain)).containsExactlyInAnyOrderElementsOf(Iterables.concat(added, before.subList(0, 30)));
        assertThat(domainsListing(before.get(0).address())).containsExactly(domain);
        assertThat(domainsListing(before.get(59).address())).isEmpty();
    }

    @Test
    default void onlyWhatChangesInAReplacedListShouldBeInTheHistory() {
        Domain domain = freshDomain();
        AuthorizedOutbound kept = plainEntry(domain, freshIpv4());
        AuthorizedOutbound removed = plainEntry(domain, freshIpv4());
        AuthorizedOutbound saved = plainEntry(domain, freshIpv4());
        save(kept);
        save(removed);
        Instant before = clock().instant().minus(Duration.ofHours(1));
        int earlier = await(store().history(domain, before, 100)).size();

        replace(domain, ImmutableList.of(saved), ImmutableList.of(kept), ImmutableList.of(removed.address()));

        assertThat(await(store().history(domain, before, 100)))
                .hasSize(earlier + 2)
                .filteredOn(change -> !change.address().equals(Optional.of(kept.address())))
                .extracting(OutboundChange::action)
                .contains(OutboundChange.Action.REMOVE, OutboundChange.Action.PUT);
    }

    @Test
    default void listThatIsReplacedByNoneShouldBeEmpty() {
        Domain domain = freshDomain();
        AuthorizedOutbound removed = fullEntry(domain, freshIpv4());
        save(removed);

        replace(domain, ImmutableList.of(), ImmutableList.of(), ImmutableList.of(removed.address()));

        assertThat(list(domain)).isEmpty();
        assertThat(domainsListing(removed.address())).isEmpty();
    }

    private void replace(
            Domain domain,
            ImmutableList<AuthorizedOutbound> saved,
            ImmutableList<AuthorizedOutbound> kept,
            ImmutableList<OutboundAddress> removed) {
        await(store().replace(domain, new ListReplacement(saved, kept, removed), Author.of("carol")));
    }

    // What is saved

    @Test
    default void savedEntryShouldBeFoundAsItWas() {
        AuthorizedOutbound entry = fullEntry(freshDomain(), freshIpv4());

        save(entry);

        assertThat(find(entry.domain(), entry.address())).contains(entry);
    }

    @Test
    default void savedEntryShouldBeListedAsItWas() {
        AuthorizedOutbound entry = fullEntry(freshDomain(), freshIpv4());

        save(entry);

        assertThat(list(entry.domain())).containsExactly(entry);
    }

    @Test
    default void savedEntryShouldMakeItsDomainOneThatListsTheAddress() {
        AuthorizedOutbound entry = fullEntry(freshDomain(), freshIpv4());

        save(entry);

        assertThat(domainsListing(entry.address())).containsExactly(entry.domain());
    }

    @Test
    default void listingsOfAnAddressShouldBeBareEntries() {
        AuthorizedOutbound entry = fullEntry(freshDomain(), freshIpv4());

        save(entry);

        assertThat(await(store().listings(entry.address())))
                .containsExactly(AuthorizedOutbound.builder()
                        .domain(entry.domain())
                        .address(entry.address())
                        .addedAt(entry.addedAt())
                        .expiresAt(entry.expiresAt().get())
                        .build());
    }

    @Test
    default void everyChangeShouldBeInTheChangeLog() {
        Instant before = clock().instant().minusSeconds(1);
        AuthorizedOutbound put = plainEntry(freshDomain(), freshIpv4());
        AuthorizedOutbound removed = plainEntry(freshDomain(), freshIpv6());

        save(put);
        save(removed);
        await(store().remove(removed.domain(), removed.address(), Author.unknown()));

        assertThat(changesOf(put, before)).hasSize(1);
        assertThat(changesOf(removed, before)).hasSize(2).doesNotHaveDuplicates();
    }

    @Test
    default void earlierChangesShouldNotBeReturned() {
        // An hour that has no change of another test: a change is never made before the last one.
        clock().advance(Duration.ofDays(-1));
        AuthorizedOutbound entry = plainEntry(freshDomain(), freshIpv4());

        save(entry);

        assertThat(changesOf(entry, clock().instant().plusSeconds(30))).isEmpty();
    }

    @Test
    default void changesOfManyHoursShouldBeReturned() {
        AuthorizedOutbound entry = plainEntry(freshDomain(), freshIpv4());

        save(entry);

        assertThat(changesOf(entry, clock().instant().minus(Duration.ofHours(5))))
                .hasSize(1);
    }

    @Test
    default void noMoreChangesThanTheLimitShouldBeReturned() {
        Instant before = clock().instant().minusSeconds(1);
        for (int i = 0; i < 7; i++) {
            save(plainEntry(freshDomain(), freshIpv4()));
        }

        assertThat(await(store().changesSince(before, 5))).hasSize(5);
        assertThat(await(store().changesSince(before, 1))).hasSize(1);
    }

    /** Another node whose clock is ahead has made the first of two changes, and both are in the change log. */
    @Test
    default void laterOfTwoChangesShouldWinWhateverTheClocksSay() {
        AuthorizedOutbound removed = plainEntry(freshDomain(), freshIpv4());
        AuthorizedOutbound put = plainEntry(freshDomain(), freshIpv6());
        clock().advance(Duration.ofSeconds(20));
        save(removed);
        remove(put.domain(), put.address());
        clock().advance(Duration.ofSeconds(-20));

        remove(removed.domain(), removed.address());
        save(put);

        assertAbsent(removed.domain(), removed.address());
        assertThat(find(put.domain(), put.address())).contains(put);
        assertThat(list(put.domain())).containsExactly(put);
        assertThat(domainsListing(put.address())).containsExactly(put.domain());
    }

    // Many changes, history, everything

    @Test
    default void manyChangesShouldAllBeMade() {
        Domain domain = freshDomain();
        ImmutableList<AuthorizedOutbound> removed = plainEntries(domain, 12);
        ImmutableList<AuthorizedOutbound> saved = plainEntries(domain, 95);
        removed.forEach(this::save);

        await(store().change(domain, saved, addresses(removed), Author.of("admin")));

        assertThat(list(domain)).containsExactlyInAnyOrderElementsOf(saved);
        assertThat(domainsListing(saved.get(94).address())).containsExactly(domain);
        assertThat(domainsListing(removed.get(0).address())).isEmpty();
        assertThat(history(domain, 1000)).hasSize(12 + 95 + 12);
    }

    @Test
    default void fewChangesShouldAllBeMade() {
        Domain domain = freshDomain();
        AuthorizedOutbound removed = plainEntry(domain, freshIpv4());
        AuthorizedOutbound saved = plainEntry(domain, freshIpv6());
        save(removed);

        await(store().change(domain, ImmutableList.of(saved), ImmutableList.of(removed.address()), Author.unknown()));

        assertThat(list(domain)).containsExactly(saved);
    }

    @Test
    default void noChangeShouldChangeNothing() {
        Domain domain = freshDomain();

        await(store().change(domain, ImmutableList.of(), ImmutableList.of(), Author.unknown()));

        assertThat(list(domain)).isEmpty();
        assertThat(history(domain, 10)).isEmpty();
    }

    @Test
    default void orphanedEntryShouldBeMarkedUntilItIsPutAgain() {
        AuthorizedOutbound entry = fullEntry(freshDomain(), freshIpv4());
        save(entry);

        ImmutableList<AuthorizedOutbound> orphaned = await(store().orphan(entry.domain(), Author.of("admin")));

        assertThat(orphaned).hasSize(1);
        Instant at = orphaned.get(0).orphanedAt().get();
        assertThat(orphaned).containsExactly(entry.orphaned(at));
        assertThat(find(entry.domain(), entry.address())).contains(entry.orphaned(at));
        assertThat(list(entry.domain())).containsExactly(entry.orphaned(at));
        assertThat(await(store().listings(entry.address())))
                .containsExactly(entry.orphaned(at).bare());
        assertThat(await(store().orphan(entry.domain(), Author.unknown()))).isEmpty();

        save(entry);

        assertThat(list(entry.domain())).containsExactly(entry);
        assertThat(await(store().listings(entry.address()))).containsExactly(entry.bare());
    }

    @Test
    default void longListShouldBeOrphanedWithItsLongComments() {
        Domain domain = freshDomain();
        for (int i = 0; i < 12; i++) {
            save(commented(domain, freshIpv4(), "\u6f22".repeat(AuthorizedOutbound.MAX_COMMENT_LENGTH)));
        }
        ImmutableList<AuthorizedOutbound> entries = list(domain);

        await(store().orphan(domain, Author.unknown()));

        assertThat(list(domain)).hasSize(12).allMatch(entry -> entry.orphanedAt()
                .isPresent());
        await(store().change(domain, entries, ImmutableList.of(), Author.unknown()));
        assertThat(list(domain)).isEqualTo(entries);
    }

    @Test
    default void historyShouldShowTheNewestChangeFirst() {
        AuthorizedOutbound entry = fullEntry(freshDomain(), freshIpv4());
        save(entry);
        await(store().orphan(entry.domain(), Author.of("third@a.example")));
        await(store().remove(entry.domain(), entry.address(), Author.of("other@a.example")));

        ImmutableList<OutboundChange> history = history(entry.domain(), 10);

        assertThat(history)
                .extracting(OutboundChange::action)
                .containsExactly(OutboundChange.Action.REMOVE, OutboundChange.Action.ORPHAN, OutboundChange.Action.PUT);
        assertThat(history).allSatisfy(change -> {
            assertThat(change.domain()).isEqualTo(entry.domain());
            assertThat(change.address()).contains(entry.address());
        });
        OutboundChange put = history.get(2);
        assertThat(put.comment()).isEqualTo(entry.comment());
        assertThat(put.expiresAt()).isEqualTo(entry.expiresAt());
        assertThat(put.changedBy()).isEqualTo(entry.addedBy());
        OutboundChange removal = history.get(0);
        assertThat(removal.changedBy()).isEqualTo(Author.of("other@a.example"));
        assertThat(removal.comment()).isEmpty();
    }

    @Test
    default void historyShouldGoOverManyHoursAndEndAtTheLimit() {
        Domain domain = freshDomain();
        ImmutableList<AuthorizedOutbound> entries = plainEntries(domain, 4);
        for (AuthorizedOutbound entry : entries) {
            save(entry);
            clock().advance(Duration.ofHours(30));
        }

        assertThat(history(domain, 3))
                .extracting(change -> change.address().orElseThrow())
                .containsExactly(
                        entries.get(3).address(),
                        entries.get(2).address(),
                        entries.get(1).address());
        assertThat(await(store().history(domain, clock().instant().minus(Duration.ofHours(65)), 10)))
                .extracting(change -> change.address().orElseThrow())
                .containsExactly(entries.get(3).address(), entries.get(2).address());
    }

    @Test
    default void historyOfAllDomainsShouldHaveEach() {
        AuthorizedOutbound one = plainEntry(freshDomain(), freshIpv4());
        AuthorizedOutbound other = plainEntry(freshDomain(), freshIpv4());
        save(one);
        save(other);

        assertThat(await(store().history(clock().instant().minus(Duration.ofMinutes(1)), 10_000)))
                .extracting(OutboundChange::domain)
                .contains(one.domain(), other.domain());
    }

    @Test
    default void everythingShouldHaveEachEntryOnceWithTheEntriesOfADomainTogether() {
        ImmutableList<AuthorizedOutbound> ofOne = plainEntries(freshDomain(), 3);
        ImmutableList<AuthorizedOutbound> ofAnother = plainEntries(freshDomain(), 2);
        ofOne.forEach(this::save);
        ofAnother.forEach(this::save);

        List<AuthorizedOutbound> everything = new ArrayList<>();
        AuthorizedOutboundStore.Page page = await(store().everything());
        everything.addAll(page.entries());
        for (var next = page.next(); next.isPresent(); next = page.next()) {
            page = await(next.get());
            everything.addAll(page.entries());
        }

        for (ImmutableList<AuthorizedOutbound> entries : List.of(ofOne, ofAnother)) {
            int first = IntStream.range(0, everything.size())
                    .filter(i -> entries.contains(everything.get(i)))
                    .findFirst()
                    .orElseThrow();
            assertThat(everything.subList(first, first + entries.size())).containsExactlyInAnyOrderElementsOf(entries);
        }
        assertThat(everything).doesNotHaveDuplicates();
    }

    private ImmutableList<OutboundChange> history(Domain domain, int limit) {
        return await(store().history(domain, clock().instant().minus(Duration.ofDays(10)), limit));
    }

    private ImmutableList<AuthorizedOutbound> plainEntries(Domain domain, int count) {
        return Stream.generate(() -> plainEntry(domain, freshIpv4()))
                .limit(count)
                .collect(ImmutableList.toImmutableList());
    }

    private static ImmutableList<OutboundAddress> addresses(ImmutableList<AuthorizedOutbound> entries) {
        return entries.stream().map(AuthorizedOutbound::address).collect(ImmutableList.toImmutableList());
    }

    private ImmutableList<UUID> changesOf(AuthorizedOutbound entry, Instant since) {
        return await(store().changesSince(since, Integer.MAX_VALUE)).stream()
                .filter(change -> change.domain().equals(entry.domain()))
                .filter(change -> change.address().equals(Optional.of(entry.address())))
                .map(OutboundChange::id)
                .collect(ImmutableList.toImmutableList());
    }

    @Test
    default void entryWithoutOptionalFieldsShouldComeBackEqual() {
        AuthorizedOutbound entry = plainEntry(freshDomain(), freshIpv4());

        save(entry);

        assertThat(find(entry.domain(), entry.address())).contains(entry);
        assertThat(list(entry.domain())).containsExactly(entry);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "it's \"quoted\" and 'quoted'",
                "first line\nsecond line\r\nthird\tline",
                "back\\slash % %s $1 {} ; -- /* */ DROP TABLE",
                "B\u00fccher \u65e5\u672c\u8a9e \u0627\u0644\u0639\u0631\u0628\u064a\u0629 \ud83d\udce7",
                "e\u0301 is not \u00e9",
                " blanks around "
            })
    default void commentShouldComeBackAsItWas(String comment) {
        AuthorizedOutbound entry = commented(freshDomain(), freshIpv4(), comment);

        save(entry);

        assertThat(find(entry.domain(), entry.address())).contains(entry);
        assertThat(list(entry.domain())).containsExactly(entry);
    }

    @Test
    default void longestCommentShouldComeBackAsItWas() {
        AuthorizedOutbound entry = commented(freshDomain(), freshIpv4(), "\u65e5".repeat(1000));

        save(entry);

        assertThat(find(entry.domain(), entry.address())).contains(entry);
    }

    @Test
    default void latestExpiryShouldComeBackAsItWas() {
        AuthorizedOutbound entry = expiring(freshDomain(), freshIpv4(), Instant.parse("2038-01-01T00:00:00Z"));

        save(entry);

        assertThat(find(entry.domain(), entry.address())).contains(entry);
    }

    // What is not there

    @Test
    default void unknownDomainShouldHaveNoEntries() {
        Domain domain = freshDomain();

        assertThat(list(domain)).isEmpty();
        assertThat(find(domain, freshIpv4())).isEmpty();
    }

    @Test
    default void unknownAddressShouldBeListedByNoDomain() {
        assertThat(domainsListing(freshIpv4())).isEmpty();
        assertThat(domainsListing(freshIpv6())).isEmpty();
    }

    @Test
    default void otherAddressOfADomainShouldNotBeFound() {
        AuthorizedOutbound entry = plainEntry(freshDomain(), freshIpv4());

        save(entry);

        assertThat(find(entry.domain(), freshIpv4())).isEmpty();
    }

    // Saving again

    @Test
    default void saveShouldReplaceTheEntryOfTheSameDomainAndAddress() {
        AuthorizedOutbound first = fullEntry(freshDomain(), freshIpv4());
        AuthorizedOutbound second = entry(first.domain(), first.address())
                .comment("another comment")
                .addedBy(Author.of("another user"))
                .addedAt(first.addedAt().plusSeconds(60))
                .expiresAt(hoursFromNow(50))
                .build();
        save(first);

        save(second);

        assertThat(find(first.domain(), first.address())).contains(second);
        assertThat(list(first.domain())).containsExactly(second);
        assertThat(domainsListing(first.address())).containsExactly(first.domain());
    }

    @Test
    default void saveShouldLeaveNoOptionalFieldOfTheEntryItReplaces() {
        AuthorizedOutbound first = fullEntry(freshDomain(), freshIpv4());
        AuthorizedOutbound second = plainEntry(first.domain(), first.address());
        save(first);

        save(second);

        assertThat(find(first.domain(), first.address())).contains(second);
        assertThat(list(first.domain())).containsExactly(second);
    }

    @Test
    default void saveWithoutExpiryShouldMakeAnExpiringEntryLast() {
        Domain domain = freshDomain();
        OutboundAddress address = freshIpv4();
        AuthorizedOutbound lasting = plainEntry(domain, address);
        save(expiring(domain, address, hoursFromNow(2)));

        save(lasting);

        clock().advance(Duration.ofHours(3));
        assertThat(find(domain, address)).contains(lasting);
        assertThat(list(domain)).containsExactly(lasting);
        assertThat(domainsListing(address)).containsExactly(domain);
    }

    @Test
    default void saveWithExpiryShouldEndAnEntryThatHadNone() {
        Domain domain = freshDomain();
        OutboundAddress address = freshIpv4();
        save(plainEntry(domain, address));

        save(expiring(domain, address, hoursFromNow(2)));

        clock().advance(Duration.ofHours(3));
        assertAbsent(domain, address);
    }

    @Test
    default void saveTwiceShouldBeAsOnce() {
        AuthorizedOutbound entry = fullEntry(freshDomain(), freshIpv4());
        save(entry);

        save(entry);

        assertThat(find(entry.domain(), entry.address())).contains(entry);
        assertThat(list(entry.domain())).containsExactly(entry);
        assertThat(domainsListing(entry.address())).containsExactly(entry.domain());
    }

    @Test
    default void entriesSavedAtTheSameTimeShouldAllBeThere() {
        Domain domain = freshDomain();
        ImmutableList<AuthorizedOutbound> entries = IntStream.rangeClosed(1, 50)
                .mapToObj(number -> plainEntry(domain, OutboundAddress.parse("192.0.2." + number)))
                .collect(ImmutableList.toImmutableList());

        entries.parallelStream().forEach(this::save);

        assertThat(list(domain)).containsExactlyElementsOf(entries);
    }

    // Removing

    @Test
    default void removedEntryShouldBeInNoAnswer() {
        AuthorizedOutbound entry = fullEntry(freshDomain(), freshIpv4());
        save(entry);

        remove(entry.domain(), entry.address());

        assertAbsent(entry.domain(), entry.address());
    }

    @Test
    default void removeByAnUnknownAuthorShouldRemoveToo() {
        AuthorizedOutbound entry = fullEntry(freshDomain(), freshIpv4());
        save(entry);

        await(store().remove(entry.domain(), entry.address(), Author.unknown()));

        assertAbsent(entry.domain(), entry.address());
    }

    @Test
    default void removeTwiceShouldBeAsOnce() {
        AuthorizedOutbound entry = plainEntry(freshDomain(), freshIpv4());
        save(entry);
        remove(entry.domain(), entry.address());

        remove(entry.domain(), entry.address());

        assertAbsent(entry.domain(), entry.address());
    }

    @Test
    default void removeOfWhatIsNotThereShouldChangeNothing() {
        AuthorizedOutbound entry = plainEntry(freshDomain(), freshIpv4());
        OutboundAddress other = freshIpv4();
        save(entry);

        remove(entry.domain(), other);

        assertThat(list(entry.domain())).containsExactly(entry);
        assertAbsent(entry.domain(), other);
    }

    @Test
    default void removeFromAnUnknownDomainShouldChangeNothing() {
        Domain domain = freshDomain();
        OutboundAddress address = freshIpv4();

        remove(domain, address);

        assertAbsent(domain, address);
    }

    @Test
    default void removeShouldLeaveTheOtherAddressesOfTheDomain() {
        Domain domain = freshDomain();
        AuthorizedOutbound remaining = plainEntry(domain, freshIpv4());
        AuthorizedOutbound removed = plainEntry(domain, freshIpv4());
        save(remaining);
        save(removed);

        remove(domain, removed.address());

        assertThat(list(domain)).containsExactly(remaining);
        assertThat(find(domain, remaining.address())).contains(remaining);
        assertThat(domainsListing(remaining.address())).containsExactly(domain);
    }

    @Test
    default void entryShouldComeBackWhenItIsSavedAfterItsRemoval() {
        AuthorizedOutbound first = fullEntry(freshDomain(), freshIpv4());
        AuthorizedOutbound second = plainEntry(first.domain(), first.address());
        save(first);
        remove(first.domain(), first.address());

        save(second);

        assertThat(find(first.domain(), first.address())).contains(second);
        assertThat(list(first.domain())).containsExactly(second);
        assertThat(domainsListing(first.address())).containsExactly(first.domain());
    }

    // Domains apart

    @Test
    default void addressOfOneDomainShouldNotBeThatOfAnother() {
        AuthorizedOutbound entry = plainEntry(freshDomain(), freshIpv4());
        Domain other = freshDomain();

        save(entry);

        assertThat(find(other, entry.address())).isEmpty();
        assertThat(list(other)).isEmpty();
    }

    @Test
    default void addressOfADomainShouldNotBeThatOfItsSubDomainOrParent() {
        Domain parent = freshDomain();
        Domain domain = Domain.of("sub." + parent.asString());
        Domain child = Domain.of("deeper." + domain.asString());
        AuthorizedOutbound entry = plainEntry(domain, freshIpv4());

        save(entry);

        assertThat(find(parent, entry.address())).isEmpty();
        assertThat(list(parent)).isEmpty();
        assertThat(find(child, entry.address())).isEmpty();
        assertThat(list(child)).isEmpty();
    }

    @Test
    default void everyDomainThatSharesAnAddressShouldBeOneThatListsIt() {
        OutboundAddress address = freshIpv4();
        AuthorizedOutbound one = fullEntry(freshDomain(), address);
        AuthorizedOutbound other = plainEntry(freshDomain(), address);

        save(one);
        save(other);

        assertThat(domainsListing(address)).containsExactlyInAnyOrder(one.domain(), other.domain());
        assertThat(list(one.domain())).containsExactly(one);
        assertThat(list(other.domain())).containsExactly(other);
    }

    @Test
    default void removeFromOneDomainShouldLeaveTheAddressToTheOthers() {
        OutboundAddress address = freshIpv4();
        AuthorizedOutbound removed = plainEntry(freshDomain(), address);
        AuthorizedOutbound remaining = plainEntry(freshDomain(), address);
        save(removed);
        save(remaining);

        remove(removed.domain(), address);

        assertThat(domainsListing(address)).containsExactly(remaining.domain());
        assertThat(find(remaining.domain(), address)).contains(remaining);
        assertThat(find(removed.domain(), address)).isEmpty();
    }

    // Both families

    @Test
    default void ipv6EntryShouldBeInEveryAnswer() {
        AuthorizedOutbound entry = fullEntry(freshDomain(), freshIpv6());

        save(entry);

        assertThat(find(entry.domain(), entry.address())).contains(entry);
        assertThat(list(entry.domain())).containsExactly(entry);
        assertThat(domainsListing(entry.address())).containsExactly(entry.domain());
    }

    @Test
    default void removedIpv6EntryShouldBeInNoAnswer() {
        AuthorizedOutbound entry = fullEntry(freshDomain(), freshIpv6());
        save(entry);

        remove(entry.domain(), entry.address());

        assertAbsent(entry.domain(), entry.address());
    }

    @Test
    default void entrySavedAsIpv4MappedShouldBeThatOfTheIpv4Address() {
        OutboundAddress address = freshIpv4();
        OutboundAddress mapped = OutboundAddress.parse("::ffff:" + address.asString());
        AuthorizedOutbound entry = plainEntry(freshDomain(), mapped);

        save(entry);

        assertThat(find(entry.domain(), address).map(found -> found.address().asString()))
                .contains(address.asString());
        assertThat(domainsListing(address)).containsExactly(entry.domain());
    }

    @Test
    default void entryOfAnIpv4AddressShouldBeFoundAndRemovedAsIpv4Mapped() {
        AuthorizedOutbound entry = plainEntry(freshDomain(), freshIpv4());
        OutboundAddress mapped =
                OutboundAddress.parse("::ffff:" + entry.address().asString());
        save(entry);

        Optional<AuthorizedOutbound> found = find(entry.domain(), mapped);
        remove(entry.domain(), mapped);

        assertThat(found).contains(entry);
        assertAbsent(entry.domain(), entry.address());
    }

    @Test
    default void ipv6AddressThatEmbedsAnIpv4EntryShouldNotBeFound() {
        AuthorizedOutbound entry = plainEntry(freshDomain(), freshIpv4());
        OutboundAddress nat64 =
                OutboundAddress.parse("64:ff9b::" + entry.address().asString());
        OutboundAddress compatible =
                OutboundAddress.parse("::" + entry.address().asString());

        save(entry);

        assertThat(find(entry.domain(), nat64)).isEmpty();
        assertThat(find(entry.domain(), compatible)).isEmpty();
    }

    @Test
    default void entriesShouldBeListedInTheOrderOfTheirAddresses() {
        Domain domain = freshDomain();

        ImmutableList.of("2001:db8::1", "10.0.0.1", "::1", "203.0.113.9", "9.0.0.1", "2001:db8::ff", "127.0.0.1")
                .forEach(text -> save(plainEntry(domain, OutboundAddress.parse(text))));

        assertThat(list(domain))
                .extracting(entry -> entry.address().asString())
                .containsExactly(
                        "9.0.0.1", "10.0.0.1", "127.0.0.1", "203.0.113.9", "::1", "2001:db8::1", "2001:db8::ff");
    }

    // Expiry

    @Test
    default void entryShouldBeInEveryAnswerUntilItExpires() {
        Instant expiry = hoursFromNow(2);
        AuthorizedOutbound entry = expiring(freshDomain(), freshIpv4(), expiry);
        save(entry);

        clock().set(expiry.minusMillis(1));

        assertThat(find(entry.domain(), entry.address())).contains(entry);
        assertThat(list(entry.domain())).containsExactly(entry);
        assertThat(domainsListing(entry.address())).containsExactly(entry.domain());
    }

    @Test
    default void entryShouldBeInNoAnswerAtTheInstantItExpires() {
        Instant expiry = hoursFromNow(2);
        AuthorizedOutbound entry = expiring(freshDomain(), freshIpv4(), expiry);
        save(entry);

        clock().set(expiry);

        assertAbsent(entry.domain(), entry.address());
    }

    @Test
    default void entryShouldBeInNoAnswerAfterItHasExpired() {
        Instant expiry = hoursFromNow(2);
        AuthorizedOutbound entry = expiring(freshDomain(), freshIpv6(), expiry);
        save(entry);

        clock().set(expiry.plus(Duration.ofHours(1)));

        assertAbsent(entry.domain(), entry.address());
    }

    @Test
    default void expiredEntryShouldNotHideThoseThatHaveNot() {
        Domain domain = freshDomain();
        OutboundAddress shared = freshIpv4();
        AuthorizedOutbound other = plainEntry(domain, freshIpv4());
        AuthorizedOutbound otherDomains = plainEntry(freshDomain(), shared);
        save(expiring(domain, shared, hoursFromNow(2)));
        save(other);
        save(otherDomains);

        clock().advance(Duration.ofHours(3));

        assertThat(list(domain)).containsExactly(other);
        assertThat(domainsListing(shared)).containsExactly(otherDomains.domain());
    }

    @Test
    default void savingAnExpiredEntryShouldLeaveNothing() {
        Domain domain = freshDomain();
        OutboundAddress address = freshIpv4();

        save(expiring(domain, address, hoursFromNow(-1)));

        assertAbsent(domain, address);
    }

    @Test
    default void savingAnEntryThatExpiresNowShouldLeaveNothing() {
        Domain domain = freshDomain();
        OutboundAddress address = freshIpv4();

        save(expiring(domain, address, hoursFromNow(0)));

        assertAbsent(domain, address);
    }

    @Test
    default void savingAnExpiredEntryShouldReplaceOneThatHasNot() {
        Domain domain = freshDomain();
        OutboundAddress address = freshIpv4();
        save(expiring(domain, address, hoursFromNow(2)));

        save(expiring(domain, address, hoursFromNow(-1)));

        assertAbsent(domain, address);
    }

    @Test
    default void savingAnExpiredEntryShouldReplaceOneWithoutExpiry() {
        Domain domain = freshDomain();
        OutboundAddress address = freshIpv4();
        save(plainEntry(domain, address));

        save(expiring(domain, address, hoursFromNow(-1)));

        assertAbsent(domain, address);
    }

    // The enforcement of a domain

    @Test
    default void domainShouldHaveNoEnforcementOfItsOwnAtFirst() {
        Domain domain = freshDomain();
        save(plainEntry(domain, freshIpv4()));

        assertThat(await(store().read(domain)).enforcement()).isEmpty();
        assertThat(await(store().findEnforcement(domain))).isEqualTo(DomainEnforcement.neverChanged());
    }

    @ParameterizedTest
    @EnumSource(Enforcement.class)
    default void enforcementShouldComeWithTheList(Enforcement own) {
        Domain domain = freshDomain();
        AuthorizedOutbound entry = plainEntry(domain, freshIpv4());
        save(entry);

        await(store().setEnforcement(domain, own, Author.of("carol")));

        assertThat(await(store().read(domain))).isEqualTo(OutboundList.of(ImmutableList.of(entry), own));
    }

    @Test
    default void enforcementShouldHaveItsLastChange() {
        Domain domain = freshDomain();
        Instant before = clock().instant().truncatedTo(ChronoUnit.MILLIS);

        await(store().setEnforcement(domain, Enforcement.REPORT, Author.of("carol")));

        DomainEnforcement enforcement = await(store().findEnforcement(domain));
        assertThat(enforcement.own()).contains(Enforcement.REPORT);
        assertThat(enforcement.changedBy()).isEqualTo(Author.of("carol"));
        assertThat(enforcement.changedAt().orElseThrow())
                .isBetween(before, clock().instant().plusSeconds(60));
    }

    @Test
    default void changedEnforcementShouldHaveNothingOfTheOneBefore() {
        Domain domain = freshDomain();
        await(store().setEnforcement(domain, Enforcement.REPORT, Author.of("carol")));

        await(store().setEnforcement(domain, Enforcement.ENFORCE, Author.unknown()));

        DomainEnforcement enforcement = await(store().findEnforcement(domain));
        assertThat(enforcement.own()).contains(Enforcement.ENFORCE);
        assertThat(enforcement.changedBy()).isEqualTo(Author.unknown());
    }

    @Test
    default void resetEnforcementShouldBeTheDefaultAndSayWhoResetIt() {
        Domain domain = freshDomain();
        await(store().setEnforcement(domain, Enforcement.REPORT, Author.of("carol")));

        await(store().resetEnforcement(domain, Author.of("dave")));

        assertThat(await(store().read(domain)).enforcement()).isEmpty();
        DomainEnforcement enforcement = await(store().findEnforcement(domain));
        assertThat(enforcement.own()).isEmpty();
        assertThat(enforcement.changedBy()).isEqualTo(Author.of("dave"));
    }

    @Test
    default void domainsWithAnEnforcementOfTheirOwnShouldBeFoundWithAndWithoutEntries() {
        Domain reporting = freshDomain();
        save(plainEntry(reporting, freshIpv4()));
        save(plainEntry(reporting, freshIpv4()));
        await(store().setEnforcement(reporting, Enforcement.REPORT, Author.unknown()));
        Domain enforcing = freshDomain();
        await(store().setEnforcement(enforcing, Enforcement.ENFORCE, Author.unknown()));
        Domain reset = freshDomain();
        await(store().setEnforcement(reset, Enforcement.REPORT, Author.unknown()));
        await(store().resetEnforcement(reset, Author.unknown()));
        Domain neverSet = freshDomain();
        save(plainEntry(neverSet, freshIpv4()));

        assertThat(await(store().ownEnforcements(Integer.MAX_VALUE)))
                .containsEntry(reporting, Enforcement.REPORT)
                .containsEntry(enforcing, Enforcement.ENFORCE)
                .doesNotContainKeys(reset, neverSet);
    }

    @Test
    default void domainWithAnEnforcementAndNoEntryShouldHaveNoEntry() {
        Domain domain = freshDomain();

        await(store().setEnforcement(domain, Enforcement.REPORT, Author.unknown()));

        assertThat(await(store().read(domain))).isEqualTo(OutboundList.of(ImmutableList.of(), Enforcement.REPORT));
        assertThat(everyDomainWithEntries()).doesNotContain(domain);
    }

    private Set<Domain> everyDomainWithEntries() {
        Set<Domain> domains = new HashSet<>();
        Optional<CompletionStage<AuthorizedOutboundStore.Page>> page = Optional.of(store().everything());
        while (page.isPresent()) {
            AuthorizedOutboundStore.Page entries = await(page.get());
            entries.entries().forEach(entry -> domains.add(entry.domain()));
            page = entries.next();
        }
        return domains;
    }

    @Test
    default void enforcementShouldStayWhateverBecomesOfTheEntries() {
        Domain domain = freshDomain();
        AuthorizedOutbound one = plainEntry(domain, freshIpv4());
        AuthorizedOutbound other = plainEntry(domain, freshIpv4());
        save(one);
        await(store().setEnforcement(domain, Enforcement.REPORT, Author.unknown()));

        await(store().replace(
                        domain,
                        new ListReplacement(
                                ImmutableList.of(other), ImmutableList.of(), ImmutableList.of(one.address())),
                        Author.unknown()));
        assertThat(await(store().read(domain)).enforcement()).contains(Enforcement.REPORT);
        await(store().orphan(domain, Author.unknown()));
        assertThat(await(store().read(domain)).enforcement()).contains(Enforcement.REPORT);
        await(store().replace(
                        domain,
                        new ListReplacement(ImmutableList.of(), ImmutableList.of(), ImmutableList.of(other.address())),
                        Author.unknown()));

        assertThat(await(store().read(domain))).isEqualTo(OutboundList.of(ImmutableList.of(), Enforcement.REPORT));
    }

    @Test
    default void changesOfTheEnforcementShouldBeInTheChangeLogAndInTheHistory() {
        Domain domain = freshDomain();
        Instant since = clock().instant().minusSeconds(1);

        await(store().setEnforcement(domain, Enforcement.REPORT, Author.of("carol")));
        await(store().setEnforcement(domain, Enforcement.ENFORCE, Author.of("dave")));
        await(store().resetEnforcement(domain, Author.unknown()));

        assertThat(await(store().changesSince(since, 10_000)))
                .filteredOn(change -> change.domain().equals(domain))
                .extracting(OutboundChange::action)
                .containsExactlyInAnyOrder(
                        OutboundChange.Action.REPORT, OutboundChange.Action.ENFORCE, OutboundChange.Action.INHERIT);
        assertThat(await(store().history(domain, since, 10)))
                .extracting(change -> change.action().word() + " by "
                        + change.changedBy().user().orElse("?") + " of " + change.address())
                .containsExactly(
                        "inherit by ? of Optional.empty",
                        "enforce by dave of Optional.empty",
                        "report by carol of Optional.empty");
    }

    // What the tests are written with

    private void save(AuthorizedOutbound entry) {
        await(store().save(entry));
    }

    private void remove(Domain domain, OutboundAddress address) {
        await(store().remove(domain, address, Author.of("somebody")));
    }

    private Optional<AuthorizedOutbound> find(Domain domain, OutboundAddress address) {
        return await(store().find(domain, address));
    }

    private ImmutableList<AuthorizedOutbound> list(Domain domain) {
        return await(store().list(domain));
    }

    private ImmutableSet<Domain> domainsListing(OutboundAddress address) {
        return await(store().listings(address)).stream()
                .map(AuthorizedOutbound::domain)
                .collect(ImmutableSet.toImmutableSet());
    }

    private void assertAbsent(Domain domain, OutboundAddress address) {
        assertThat(find(domain, address)).isEmpty();
        assertThat(list(domain)).extracting(AuthorizedOutbound::address).doesNotContain(address);
        assertThat(domainsListing(address)).doesNotContain(domain);
    }

    private static <T> T await(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(30, TimeUnit.SECONDS).join();
    }

    /** To the second, so that a test may set the clock to a millisecond before. */
    private Instant hoursFromNow(int hours) {
        return Instant.ofEpochSecond(clock().instant().getEpochSecond()).plus(Duration.ofHours(hours));
    }

    private AuthorizedOutbound fullEntry(Domain domain, OutboundAddress address) {
        return entry(domain, address)
                .comment("a comment")
                .addedBy(Author.of("admin@a.example"))
                .expiresAt(hoursFromNow(48))
                .build();
    }

    private AuthorizedOutbound plainEntry(Domain domain, OutboundAddress address) {
        return entry(domain, address).build();
    }

    private AuthorizedOutbound commented(Domain domain, OutboundAddress address, String comment) {
        return entry(domain, address).comment(comment).build();
    }

    private AuthorizedOutbound expiring(Domain domain, OutboundAddress address, Instant expiresAt) {
        return entry(domain, address).expiresAt(expiresAt).build();
    }

    private AuthorizedOutbound.Builder entry(Domain domain, OutboundAddress address) {
        return AuthorizedOutbound.builder().domain(domain).address(address).addedAt(clock().instant());
    }

    private static Domain freshDomain() {
        return Domain.of("d" + UUID.randomUUID() + ".example");
    }

    private static OutboundAddress freshIpv4() {
        // 128.0.0.0 to 191.255.255.255: no loopback, no multicast.
        return OutboundAddress.of(InetAddresses.fromInteger(
                0x80000000 | ThreadLocalRandom.current().nextInt(1 << 30)));
    }

    private static OutboundAddress freshIpv6() {
        byte[] bytes = new byte[16];
        ThreadLocalRandom.current().nextBytes(bytes);
        bytes[0] = 0x20;
        try {
            return OutboundAddress.of(InetAddress.getByAddress(bytes));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("Sixteen bytes are an address", e);
        }
    }
}
