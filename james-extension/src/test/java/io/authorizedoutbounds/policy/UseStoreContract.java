// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.james.core.Domain;
import org.junit.jupiter.api.Test;

/**
 * What every {@link UseStore} does, some days after {@link #HOUR} by the clock of the store. Each test has domains of its own,
 * so that a store may be shared.
 */
public interface UseStoreContract {
    OutboundAddress ADDRESS = OutboundAddress.parse("203.0.113.7");
    OutboundAddress OTHER_ADDRESS = OutboundAddress.parse("2001:db8::7");

    Instant HOUR = Instant.parse("2026-11-24T10:00:00Z");
    Instant NEXT_HOUR = HOUR.plus(1, ChronoUnit.HOURS);

    UseStore store();

    private static Domain freshDomain() {
        return Domain.of("u" + UUID.randomUUID() + ".example");
    }

    private static AuthorizedOutbound entry(Domain domain, OutboundAddress address) {
        return AuthorizedOutbound.builder()
                .domain(domain)
                .address(address)
                .addedAt(HOUR.minus(Duration.ofDays(1)))
                .build();
    }

    private void save(AuthorizedOutbound entry, Instant hour) {
        store().save(entry.id(), hour).toCompletableFuture().join();
    }

    private LastUses find(AuthorizedOutbound entry) {
        return store().find(entry.id()).toCompletableFuture().join();
    }

    private LastUses list(Domain domain) {
        return store().list(domain).toCompletableFuture().join();
    }

    private LastUses listAll(ImmutableList<AuthorizedOutbound> entries) {
        return store().listAll(entries).toCompletableFuture().join();
    }

    @Test
    default void useShouldBeThatOfItsEntryOnly() {
        Domain domain = freshDomain();
        AuthorizedOutbound used = entry(domain, ADDRESS);
        AuthorizedOutbound otherAddress = entry(domain, OTHER_ADDRESS);
        AuthorizedOutbound otherDomain = entry(freshDomain(), ADDRESS);

        save(used, HOUR);

        assertThat(find(used).hourOf(used)).contains(HOUR);
        assertThat(find(otherAddress).hourOf(otherAddress)).isEmpty();
        assertThat(find(otherDomain).hourOf(otherDomain)).isEmpty();
    }

    @Test
    default void listShouldHaveTheUsesOfItsDomain() {
        Domain domain = freshDomain();
        AuthorizedOutbound one = entry(domain, ADDRESS);
        AuthorizedOutbound other = entry(domain, OTHER_ADDRESS);
        AuthorizedOutbound otherDomain = entry(freshDomain(), ADDRESS);
        save(one, HOUR);
        save(other, NEXT_HOUR);
        save(otherDomain, HOUR);

        LastUses uses = list(domain);

        assertThat(uses.hourOf(one)).contains(HOUR);
        assertThat(uses.hourOf(other)).contains(NEXT_HOUR);
        assertThat(uses.hourOf(otherDomain)).isEmpty();
    }

    @Test
    default void listOfADomainThatWasNeverUsedShouldBeEmpty() {
        Domain domain = freshDomain();

        assertThat(list(domain).hourOf(entry(domain, ADDRESS))).isEmpty();
    }

    @Test
    default void laterHourShouldReplaceAnEarlierOne() {
        AuthorizedOutbound entry = entry(freshDomain(), ADDRESS);

        save(entry, HOUR);
        save(entry, NEXT_HOUR);

        assertThat(find(entry).hourOf(entry)).contains(NEXT_HOUR);
    }

    /** As when a node writes late, after an outage. */
    @Test
    default void earlierHourShouldNotReplaceALaterOne() {
        AuthorizedOutbound entry = entry(freshDomain(), ADDRESS);

        save(entry, NEXT_HOUR);
        save(entry, HOUR);

        assertThat(find(entry).hourOf(entry)).contains(NEXT_HOUR);
    }

    @Test
    default void useShouldBeStoredTwiceWithoutHarm() {
        AuthorizedOutbound entry = entry(freshDomain(), ADDRESS);

        save(entry, HOUR);
        save(entry, HOUR);

        assertThat(find(entry).hourOf(entry)).contains(HOUR);
    }

    @Test
    default void pageOfOneDomainShouldHaveItsUses() {
        AuthorizedOutbound entry = entry(freshDomain(), ADDRESS);
        save(entry, HOUR);

        assertThat(listAll(ImmutableList.of(entry)).hourOf(entry)).contains(HOUR);
    }

    @Test
    default void pageOfNothingShouldHaveNone() {
        AuthorizedOutbound entry = entry(freshDomain(), ADDRESS);
        save(entry, HOUR);

        assertThat(listAll(ImmutableList.of()).hourOf(entry)).isEmpty();
    }

    @Test
    default void manyAddressesOfADomainShouldAllBeInItsList() {
        Domain domain = freshDomain();
        ImmutableList<AuthorizedOutbound> entries = IntStream.range(1, 200)
                .mapToObj(i -> entry(domain, OutboundAddress.parse("198.51.100." + i)))
                .collect(ImmutableList.toImmutableList());
        entries.forEach(entry -> save(entry, HOUR));

        LastUses uses = list(domain);

        assertThat(entries).allSatisfy(entry -> assertThat(uses.hourOf(entry)).contains(HOUR));
    }
}
