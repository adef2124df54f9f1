// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.google.common.collect.ImmutableMap;
import io.authorizedoutbounds.cache.CachedLookup;
import io.authorizedoutbounds.cache.ChangeLogPoller;
import io.authorizedoutbounds.cache.FixedDomainList;
import io.authorizedoutbounds.cache.InternalDomains;
import io.authorizedoutbounds.monitoring.TestMetrics;
import io.authorizedoutbounds.orphans.OrphanSweep;
import io.authorizedoutbounds.orphans.TestOrphaning;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.Listing;
import io.authorizedoutbounds.policy.MemoryAuthorizedOutboundStore;
import io.authorizedoutbounds.policy.OutboundAddress;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.apache.commons.configuration2.MapConfiguration;
import org.apache.james.core.Domain;
import org.apache.james.core.healthcheck.Result;
import org.apache.james.core.healthcheck.ResultStatus;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** With a {@code stale.maximum} of half an hour, and a reading of the changes each second. */
class AuthorizedOutboundsHealthCheckTest {
    private static final Duration STALE_MAXIMUM = Duration.ofMinutes(30);
    private static final OutboundAddress CLIENT = OutboundAddress.parse("192.0.2.1");
    private static final Duration BOUND = Duration.ofSeconds(10);
    private static final String DEFER = "(451 4.3.0)";

    private final AtomicLong nanos = new AtomicLong(Duration.ofDays(-100).toNanos());
    private final MemoryAuthorizedOutboundStore store = new MemoryAuthorizedOutboundStore(Clock.systemUTC());
    private CompletableFuture<Void> outage = CompletableFuture.completedFuture(null);

    /** What an outage is of, by domain or address. */
    private Predicate<Object> lost = asked -> true;

    private ConfigurationGaps gaps = XmlFiles.complete().gaps();
    private InternalDomains domains = FixedDomainList.internalDomains(FixedDomainList.of("a.example"));
    private CachedLookup lookup = lookup("1s");
    private final OrphanSweep sweep = new OrphanSweep(
            store, FixedDomainList.internalDomains(FixedDomainList.of()), TestOrphaning.of(store), nanos::get);
    private ChangeLogPoller changeLog = changeLog(lookup);

    private CachedLookup lookup(String propagationInterval) {
        return new CachedLookup(
                untilAnOutage(),
                domains,
                configuration(propagationInterval).cacheSettings(),
                Clock.systemUTC(),
                nanos::get,
                TestMetrics.unseen());
    }

    private ChangeLogPoller changeLog(CachedLookup polled) {
        return new ChangeLogPoller(
                new MemoryAuthorizedOutboundStore(Clock.systemUTC()),
                polled,
                STALE_MAXIMUM,
                Clock.systemUTC(),
                nanos::get);
    }

    private static AuthorizedOutboundsConfiguration configuration(String propagationInterval) {
        return AuthorizedOutboundsConfiguration.from(new MapConfiguration(ImmutableMap.of(
                "stale.maximum",
                STALE_MAXIMUM.toSeconds() + "s",
                "lookup.timeout",
                "10ms",
                "propagation.interval",
                propagationInterval)));
    }

    /** In an outage it answers as the test has it, or never. */
    private AuthorizedOutboundStore untilAnOutage() {
        return (AuthorizedOutboundStore) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {AuthorizedOutboundStore.class},
                (proxy, method, arguments) -> (lost.test(arguments[0])
                                ? outage
                                : CompletableFuture.completedFuture(null))
                        .thenCompose(over -> (CompletableFuture<?>) invoke(method, arguments)));
    }

    private Object invoke(Method method, Object[] arguments) {
        try {
            return method.invoke(store, arguments);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private Result check() {
        return Mono.from(new AuthorizedOutboundsHealthCheck(lookup, domains, gaps, sweep).check())
                .block();
    }

    private void readChanges() {
        changeLog.poll();
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    /** Three keys that are not in memory; the last failure may be counted a moment after its answer. */
    private void askInVain() {
        for (int i = 0; i < 3; i++) {
            lookup.listedFor(Domain.of("unknown" + i + ".example"), CLIENT);
        }
        assertTimeoutPreemptively(BOUND, () -> {
            while (!lookup.isBreakerOpen()) {
                Thread.onSpinWait();
            }
        });
    }

    private void assertUnhealthy(String cause) {
        Result result = check();
        assertThat(result.getStatus()).isEqualTo(ResultStatus.UNHEALTHY);
        assertThat(result.getCause())
                .hasValueSatisfying(
                        sentence -> assertThat(sentence).startsWith(cause).contains(DEFER));
    }

    @Test
    void domainListOfJamesThatDoesNotAnswerShouldBeUnhealthy() {
        readChanges();
        domains = FixedDomainList.internalDomains(FixedDomainList.unreadable());
        for (int i = 0; i < 3; i++) {
            domains.localityOf(Domain.of("unknown" + i + ".example"));
        }
        await().until(domains::isBreakerOpen);

        assertUnhealthy("James's own domain list does not answer");
    }

    @Test
    void sweepThatWaitsForAConfirmationShouldBeDegraded() {
        readChanges();
        for (int i = 0; i < 11; i++) {
            store.save(AuthorizedOutbound.builder()
                            .domain(Domain.of("removed" + i + ".example"))
                            .address(CLIENT)
                            .addedAt(Instant.now())
                            .build())
                    .toCompletableFuture()
                    .join();
        }
        for (int sweeps = 0; sweeps < 2; sweeps++) {
            pass(Duration.ofMinutes(10));
            sweep.step();
        }
        readChanges();

        Result result = check();

        assertThat(result.getStatus()).isEqualTo(ResultStatus.DEGRADED);
        assertThat(result.getCause())
                .contains(
                        "11 domains with authorized outbounds are not in James's domain list, too many to orphan their"
                                + " entries without confirmation; if they were removed, confirm it with POST"
                                + " /authorizedOutbounds/sweep?confirm");
    }

    @Test
    void nameShouldDoForAPath() {
        assertThat(new AuthorizedOutboundsHealthCheck(lookup, domains, gaps, sweep)
                        .componentName()
                        .getName())
                .isEqualTo("AuthorizedOutbounds");
    }

    @Test
    void nodeWithAGapInItsConfigurationShouldBeDegraded() {
        gaps = XmlFiles.complete().mailets("ToRepository").gaps();
        readChanges();

        assertThat(check().getStatus()).isEqualTo(ResultStatus.DEGRADED);
        assertThat(check().getCause()).hasValueSatisfying(cause -> assertThat(cause)
                .startsWith("conf/mailetcontainer.xml: BlockExternalSenders is in no processor"));
    }

    @Test
    void everyReasonToBeDegradedShouldBeInOneMessage() {
        gaps = XmlFiles.complete().handlers("A").mailets("ToRepository").gaps();
        readChanges();
        pass(Duration.ofSeconds(7));

        assertThat(check().getStatus()).isEqualTo(ResultStatus.DEGRADED);
        assertThat(check().getCause()).hasValueSatisfying(cause -> assertThat(cause)
                .contains("have not been read for 7 s")
                .contains(". conf/smtpserver.xml: ")
                .contains(". conf/mailetcontainer.xml: "));
    }

    @Test
    void nodeThatCannotDecideShouldBeUnhealthyWhateverItsConfigurationLeavesOut() {
        gaps = XmlFiles.complete().mailets("ToRepository").gaps();

        assertUnhealthy("Cassandra has not been reached since James started");
    }

    @Test
    void nodeThatFollowsTheChangesShouldBeHealthy() {
        readChanges();
        pass(Duration.ofSeconds(5));

        assertThat(check().getStatus()).isEqualTo(ResultStatus.HEALTHY);
        assertThat(check().getCause()).isEmpty();
    }

    @Test
    void nodeThatHasNeverReachedCassandraShouldBeUnhealthy() {
        assertUnhealthy("Cassandra has not been reached since James started: ");
    }

    @Test
    void nodeThatMissesChangesShouldBeDegraded() {
        readChanges();
        pass(Duration.ofSeconds(6));

        Result result = check();

        assertThat(result.getStatus()).isEqualTo(ResultStatus.DEGRADED);
        assertThat(result.getCause())
                .contains(
                        "The changes of the lists of authorized outbounds have not been read for 6 s: what other nodes"
                                + " changed since is not seen; what is in the cache holds for another 1794 s");
    }

    @Test
    void nodeThatReadsSeldomShouldBeGivenThreeIntervals() {
        lookup = lookup("10s");
        changeLog = changeLog(lookup);
        readChanges();
        pass(Duration.ofSeconds(30));
        assertThat(check().getStatus()).isEqualTo(ResultStatus.HEALTHY);

        pass(Duration.ofSeconds(1));

        assertThat(check().getStatus()).isEqualTo(ResultStatus.DEGRADED);
    }

    @Test
    void nodeWhoseMemoryCountsNoMoreShouldBeUnhealthy() {
        readChanges();
        pass(STALE_MAXIMUM.plusSeconds(1));

        assertUnhealthy("The changes of the lists of authorized outbounds have not been read for 1801 s, longer than"
                + " stale.maximum: ");
    }

    /** However fresh memory is: what is not in it cannot be decided. */
    @Test
    void nodeThatLeavesAFrozenCassandraAloneShouldBeUnhealthy() {
        readChanges();
        outage = new CompletableFuture<>();

        askInVain();

        assertUnhealthy("Cassandra does not answer: ");
    }

    /** A balancer that sends an unhealthy node no mail must not keep it unhealthy by that. */
    @Test
    void nodeWithoutMailShouldBeHealthyOnceCassandraAnswersAgain() {
        readChanges();
        outage = CompletableFuture.failedFuture(new IllegalStateException("down"));
        askInVain();
        assertUnhealthy("Cassandra does not answer: ");

        outage = CompletableFuture.completedFuture(null);

        // The breaker leaves Cassandra alone for a second.
        pass(Duration.ofSeconds(1));
        readChanges();
        assertThat(check().getStatus()).isEqualTo(ResultStatus.HEALTHY);
    }

    /** Longer than the breaker leaves Cassandra alone, while changes are read. */
    private void assertStaysUnhealthy() {
        for (int second = 0; second < 3; second++) {
            readChanges();
            assertUnhealthy("Cassandra does not answer: ");
            pass(Duration.ofSeconds(1));
        }
    }

    /** A poll of the change log may be slow; the lists must answer within the time of a decision. */
    @Test
    void nodeShouldStayUnhealthyWhileTheChangesCanBeReadAndTheListsCannot() {
        readChanges();
        outage = CompletableFuture.failedFuture(new IllegalStateException("down"));
        askInVain();

        assertStaysUnhealthy();
    }

    /** A cluster that has lost a quorum of some of its data only: all other lists are read. */
    @Test
    void nodeShouldBeHealthyAgainWhileOnlyAPartOfTheListsCannotBeRead() {
        readChanges();
        lost = asked -> asked.toString().contains("unknown");
        outage = CompletableFuture.failedFuture(new IllegalStateException("no quorum"));
        askInVain();

        pass(Duration.ofSeconds(1));
        readChanges();

        assertThat(check().getStatus()).isEqualTo(ResultStatus.HEALTHY);
        assertThat(lookup.listedFor(Domain.of("unknown0.example"), CLIENT).listing())
                .isEqualTo(Listing.UNKNOWN);
        assertThat(lookup.listedFor(Domain.of("a.example"), CLIENT).listing()).isEqualTo(Listing.UNLISTED);
    }
}
