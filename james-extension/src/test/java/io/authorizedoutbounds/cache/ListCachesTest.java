// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableMap;
import io.authorizedoutbounds.monitoring.TestMetrics;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.MemoryAuthorizedOutboundStore;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.SettableClock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.james.core.Domain;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ListCachesTest {
    private static final Domain OTHER_DOMAIN = Domain.of("b.example");
    private static final OutboundAddress CLIENT = OutboundAddress.parse("192.0.2.1");
    private static final OutboundAddress OTHER_CLIENT = OutboundAddress.parse("192.0.2.2");

    /** Reads of the ticker until a change is invalidated; negative when there is none. */
    private final AtomicInteger readsUntilAChange = new AtomicInteger(-1);

    private final MemoryAuthorizedOutboundStore lists =
            new MemoryAuthorizedOutboundStore(new SettableClock(Instant.EPOCH));
    private final GuardedStore store = new GuardedStore(
            lists,
            FixedDomainList.internalDomains(FixedDomainList.of()),
            Duration.ofMinutes(1),
            () -> 0,
            TestMetrics.unseen());
    private final ListCaches caches = new ListCaches(store, 10, 10, this::readTicker);

    private long readTicker() {
        if (readsUntilAChange.getAndDecrement() == 0) {
            caches.invalidate(OTHER_DOMAIN, OTHER_CLIENT);
        }
        return 0;
    }

    private void list(OutboundAddress address) {
        lists.save(AuthorizedOutbound.builder()
                        .domain(OTHER_DOMAIN)
                        .address(address)
                        .addedAt(Instant.EPOCH)
                        .build())
                .toCompletableFuture()
                .join();
    }

    @Test
    void addressThatIsOnNoListShouldBeCachedAsUnlisted() {
        caches.invalidate(OTHER_DOMAIN, OTHER_CLIENT);
        assertThat(caches.byAddress().get(CLIENT)).isCompletedWithValue(ImmutableMap.of());

        caches.cacheUnlisted(CLIENT, caches.invalidations());

        assertThat(caches.unlisted(CLIENT)).isEqualTo(ListCaches.Unlisted.CACHED);
        assertThat(caches.byAddress().getIfPresent(CLIENT)).isNull();
    }

    /** Its domain may have been removed from James, and may return. */
    @Test
    void addressThatIsOnAListShouldNotBeCachedAsUnlisted() {
        list(CLIENT);
        assertThat(caches.byAddress().get(CLIENT)).isCompletedWithValue(ImmutableMap.of(OTHER_DOMAIN, Instant.MAX));

        caches.cacheUnlisted(CLIENT, caches.invalidations());

        assertThat(caches.unlisted(CLIENT)).isEqualTo(ListCaches.Unlisted.NOT_CACHED);
        assertThat(caches.byAddress().getIfPresent(CLIENT)).isNotNull();
    }

    @Test
    void sizeShouldCountDomainsListedAddressesAndUnlistedOnes() {
        list(OTHER_CLIENT);
        assertThat(caches.byDomain().get(OTHER_DOMAIN)).isCompleted();
        assertThat(caches.byAddress().get(OTHER_CLIENT)).isCompleted();
        assertThat(caches.byAddress().get(CLIENT)).isCompleted();
        caches.cacheUnlisted(CLIENT, caches.invalidations());

        assertThat(caches.size()).isEqualTo(3);
    }

    /** The ticker is read between all steps. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void addressShouldNotBeCachedAsUnlistedWhenAChangeComesMeanwhile(int reads) {
        assertThat(caches.byAddress().get(CLIENT)).isCompletedWithValue(ImmutableMap.of());
        long before = caches.invalidations();
        readsUntilAChange.set(reads);

        caches.cacheUnlisted(CLIENT, before);

        assertThat(readsUntilAChange).hasNegativeValue();
        assertThat(caches.unlisted(CLIENT)).isEqualTo(ListCaches.Unlisted.NOT_CACHED);
    }
}
