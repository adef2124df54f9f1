// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.net.InetAddresses;
import io.authorizedoutbounds.cache.CachedLookup;
import io.authorizedoutbounds.cache.ChangeLogPoller;
import io.authorizedoutbounds.cache.FixedDomainList;
import io.authorizedoutbounds.cache.TestCacheSettings;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.BlockRow;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundList;
import io.authorizedoutbounds.policy.RelayRow;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.james.core.Domain;
import org.apache.james.metrics.api.Gauge;
import org.apache.james.metrics.api.GaugeRegistry;
import org.apache.james.metrics.api.Metric;
import org.apache.james.metrics.tests.RecordingMetricFactory;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class AuthorizedOutboundsMetricsTest {
    private static final Domain DOMAIN = Domain.of("a.example");
    private static final OutboundAddress CLIENT = OutboundAddress.parse("192.0.2.1");

    private final RecordingMetricFactory counters = new RecordingMetricFactory();
    private final Gauges gauges = new Gauges();
    private final AuthorizedOutboundsMetrics metrics = new AuthorizedOutboundsMetrics(counters, gauges);

    private ImmutableMap<String, Integer> counted() {
        metrics.publish();
        return counters.countForPrefixName("authorizedOutbounds.").entrySet().stream()
                .filter(counter -> counter.getValue() > 0)
                .collect(ImmutableMap.toImmutableMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /** An alert on a counter that is not there yet would never fire. */
    @Test
    void countersShouldBeThereFromTheStart() {
        assertThat(counters.countForPrefixName(""))
                .containsOnlyKeys(
                        "authorizedOutbounds.decisions.pass",
                        "authorizedOutbounds.decisions.grant",
                        "authorizedOutbounds.decisions.refuse",
                        "authorizedOutbounds.decisions.defer",
                        "authorizedOutbounds.refusals.row3",
                        "authorizedOutbounds.refusals.row6",
                        "authorizedOutbounds.refusals.row7",
                        "authorizedOutbounds.refusals.row8",
                        "authorizedOutbounds.refusals.reported",
                        "authorizedOutbounds.mails.passed",
                        "authorizedOutbounds.mails.blocked",
                        "authorizedOutbounds.mails.deferred",
                        "authorizedOutbounds.cache.hits",
                        "authorizedOutbounds.cache.misses",
                        "authorizedOutbounds.lookups.failed",
                        "authorizedOutbounds.lookups.microseconds",
                        "authorizedOutbounds.uses.dropped")
                .allSatisfy((name, count) -> assertThat(count).isZero());
    }

    @Test
    void decisionShouldBeCountedByItsVerdictAndARefusalByItsRow() {
        for (RelayRow row : RelayRow.values()) {
            metrics.count(row);
        }

        assertThat(counted())
                .containsOnly(
                        Map.entry("authorizedOutbounds.decisions.pass", 3),
                        Map.entry("authorizedOutbounds.decisions.grant", 2),
                        Map.entry("authorizedOutbounds.decisions.refuse", 4),
                        Map.entry("authorizedOutbounds.decisions.defer", 1),
                        Map.entry("authorizedOutbounds.refusals.row3", 1),
                        Map.entry("authorizedOutbounds.refusals.row6", 1),
                        Map.entry("authorizedOutbounds.refusals.row7", 2),
                        Map.entry("authorizedOutbounds.refusals.row8", 1));
    }

    @Test
    void useThatIsDroppedShouldBeCounted() {
        metrics.countDroppedUse();
        metrics.countDroppedUse();

        assertThat(counted()).containsOnly(Map.entry("authorizedOutbounds.uses.dropped", 2));
    }

    @Test
    void countShouldReachJamesOnceAndWhenItIsPublished() {
        metrics.count(RelayRow.INBOUND);
        metrics.count(RelayRow.INBOUND);
        assertThat(counters.countFor("authorizedOutbounds.decisions.pass")).isZero();

        metrics.publish();
        metrics.publish();
        assertThat(counters.countFor("authorizedOutbounds.decisions.pass")).isEqualTo(2);

        metrics.count(RelayRow.INBOUND);
        metrics.publish();
        assertThat(counters.countFor("authorizedOutbounds.decisions.pass")).isEqualTo(3);
    }

    @Test
    void whatJamesDoesNotTakeShouldBePublishedTheNextTime() {
        Map<String, Integer> published = new HashMap<>();
        AtomicLong failures = new AtomicLong(1);
        AuthorizedOutboundsMetrics failing = new AuthorizedOutboundsMetrics(
                new RecordingMetricFactory() {
                    @Override
                    public Metric generate(String name) {
                        Metric recorded = super.generate(name);
                        return (Metric) Proxy.newProxyInstance(
                                getClass().getClassLoader(), new Class<?>[] {Metric.class}, (proxy, method, values) -> {
                                    if (failures.getAndDecrement() > 0) {
                                        throw new IllegalStateException("broken");
                                    }
                                    published.merge(name, (Integer) values[0], Integer::sum);
                                    return method.invoke(recorded, values);
                                });
                    }
                },
                gauges);
        failing.count(RelayRow.INBOUND);

        failing.publish();
        assertThat(published).isEmpty();
        failing.publish();

        assertThat(published).containsExactly(Map.entry("authorizedOutbounds.decisions.pass", 1));
    }

    @Test
    void mailShouldBeCountedByItsOutcome() {
        metrics.count(BlockRow.Outcome.PASS);
        metrics.count(BlockRow.Outcome.BLOCK);
        metrics.count(BlockRow.Outcome.BLOCK);
        metrics.count(BlockRow.Outcome.DEFER);

        assertThat(counted())
                .containsOnly(
                        Map.entry("authorizedOutbounds.mails.passed", 1),
                        Map.entry("authorizedOutbounds.mails.blocked", 2),
                        Map.entry("authorizedOutbounds.mails.deferred", 1));
    }

    @Nested
    class OfALookup {
        private final AtomicLong nanos = new AtomicLong(Duration.ofDays(-100).toNanos());
        private CompletableFuture<ImmutableList<AuthorizedOutbound>> answer =
                CompletableFuture.completedFuture(ImmutableList.of());
        private final CachedLookup lookup = new CachedLookup(
                storeThatAnswers(),
                FixedDomainList.internalDomains(FixedDomainList.of("a.example")),
                TestCacheSettings.patient().toBuilder()
                        .lookupTimeout(Duration.ofMillis(50))
                        .build(),
                Clock.systemUTC(),
                nanos::get,
                metrics);

        private AuthorizedOutboundStore storeThatAnswers() {
            return (AuthorizedOutboundStore) Proxy.newProxyInstance(
                    getClass().getClassLoader(),
                    new Class<?>[] {AuthorizedOutboundStore.class},
                    (proxy, method, arguments) ->
                            method.getName().equals("read") ? answer.thenApply(OutboundList::of) : answer);
        }

        private int count(String counter) {
            metrics.publish();
            return counters.countFor("authorizedOutbounds." + counter);
        }

        @Test
        void answerShouldBeAMissTheFirstTimeAndAHitAfterThat() {
            for (int i = 0; i < 3; i++) {
                lookup.listedFor(DOMAIN, CLIENT);
            }
            assertThat(count("cache.misses")).isEqualTo(1);
            assertThat(count("cache.hits")).isEqualTo(2);

            for (int i = 0; i < 3; i++) {
                lookup.listedForAny(CLIENT);
            }

            assertThat(count("cache.misses")).isEqualTo(2);
            assertThat(count("cache.hits")).isEqualTo(4);
        }

        @Test
        void eachQuestionToTheStoreShouldBeTimedOnce() {
            lookup.listedFor(DOMAIN, CLIENT);
            lookup.listedFor(DOMAIN, CLIENT);
            lookup.listedForAny(CLIENT);

            assertThat(counters.executionTimesFor("authorizedOutbounds.lookups"))
                    .hasSize(2);
            assertThat(count("lookups.failed")).isZero();
        }

        @Test
        void questionThatFailsShouldBeCountedAsFailed() {
            answer = CompletableFuture.failedFuture(new IllegalStateException("down"));

            lookup.listedFor(DOMAIN, CLIENT);

            assertThat(counters.executionTimesFor("authorizedOutbounds.lookups"))
                    .hasSize(1);
            assertThat(count("lookups.failed")).isEqualTo(1);
        }

        @Test
        void answerThatComesTooLateForADecisionShouldBeCountedAsFailed() {
            answer = new CompletableFuture<>();
            lookup.listedFor(DOMAIN, CLIENT);
            nanos.addAndGet(Duration.ofMillis(51).toNanos());

            answer.complete(ImmutableList.of());

            assertThat(counters.executionTimesFor("authorizedOutbounds.lookups"))
                    .hasSize(1);
            assertThat(count("lookups.failed")).isEqualTo(1);
        }

        @Test
        void timeOfQuestionsShouldBeAddedUp() {
            answer = new CompletableFuture<>();
            lookup.listedFor(DOMAIN, CLIENT);

            answer.complete(ImmutableList.of());

            // It was waited for as long as the timeout.
            assertThat(count("lookups.microseconds")).isBetween(50_000, 10_000_000);
        }

        @Test
        void lagShouldBeTheTimeSinceTheLastGoodReading() {
            metrics.register(lookup);
            new ChangeLogPoller(storeThatAnswers(), lookup, Duration.ofHours(1), Clock.systemUTC(), nanos::get).poll();
            nanos.addAndGet(Duration.ofMillis(2500).toNanos());

            assertThat(gauges.read("authorizedOutbounds.propagation.lag.seconds"))
                    .isEqualTo(2.5);
            assertThat(gauges.read("authorizedOutbounds.cache.remaining.seconds"))
                    .isEqualTo(3597.5);
        }

        @Test
        void memoryShouldCountForNoLongerThanStaleMaximum() {
            metrics.register(lookup);
            nanos.addAndGet(Duration.ofHours(2).toNanos());

            assertThat(gauges.read("authorizedOutbounds.propagation.lag.seconds"))
                    .isEqualTo(7200.0);
            assertThat(gauges.read("authorizedOutbounds.cache.remaining.seconds"))
                    .isEqualTo(0.0);
        }

        @Test
        void breakerShouldBeShownOpenAfterThreeFailuresAndAnswersThatNobodyAskedForAsMisses() {
            metrics.register(lookup);
            assertThat(gauges.read("authorizedOutbounds.breaker.open")).isEqualTo(0);
            answer = CompletableFuture.failedFuture(new IllegalStateException("down"));

            for (int i = 0; i < 5; i++) {
                lookup.listedForAny(OutboundAddress.of(InetAddresses.fromInteger(i + 1)));
            }

            assertThat(gauges.read("authorizedOutbounds.breaker.open")).isEqualTo(1);
            assertThat(count("cache.misses")).isEqualTo(5);
        }
    }

    private static final class Gauges implements GaugeRegistry {
        private final Map<String, Gauge<?>> gauges = new HashMap<>();

        @Override
        public <T> GaugeRegistry register(String name, Gauge<T> gauge) {
            gauges.put(name, gauge);
            return this;
        }

        @Override
        public <T> SettableGauge<T> settableGauge(String name) {
            throw new UnsupportedOperationException("Gauges are read when somebody looks");
        }

        private Object read(String name) {
            assertThat(gauges).containsKey(name);
            return gauges.get(name).get();
        }
    }
}
