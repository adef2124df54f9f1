// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import com.google.common.primitives.Ints;
import com.google.inject.Inject;
import io.authorizedoutbounds.policy.BlockRow;
import io.authorizedoutbounds.policy.RelayRow;
import io.authorizedoutbounds.policy.Verdict;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.james.metrics.api.GaugeRegistry;
import org.apache.james.metrics.api.Metric;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.metrics.api.TimeMetric;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is counted and measured, in James's own metrics. The names are API, as alerts and dashboards have them. Thread-safe.
 */
public class AuthorizedOutboundsMetrics {
    private static final Logger LOGGER = LoggerFactory.getLogger(AuthorizedOutboundsMetrics.class);
    private static final String PREFIX = "authorizedOutbounds.";
    private static final String LOOKUPS = PREFIX + "lookups";
    private static final double NANOSECONDS = Duration.ofSeconds(1).toNanos();

    private final MetricFactory factory;
    private final GaugeRegistry gauges;

    private final ImmutableMap<Verdict, Metric> decisions;
    private final ImmutableMap<RelayRow, Metric> refusals;
    private final ImmutableMap<BlockRow.Outcome, Metric> mails;
    private final Metric hits;
    private final Metric misses;
    private final Metric failedLookups;
    private final Metric microsecondsOfLookups;

    @Inject
    public AuthorizedOutboundsMetrics(MetricFactory factory, GaugeRegistry gauges) {
        this.factory = factory;
        this.gauges = gauges;
        decisions = Maps.immutableEnumMap(ImmutableMap.of(
                Verdict.PASS, counter("decisions.pass"),
                Verdict.GRANT, counter("decisions.grant"),
                Verdict.REFUSE, counter("decisions.refuse"),
                Verdict.TRY_LATER, counter("decisions.tryLater")));
        refusals = Maps.immutableEnumMap(ImmutableMap.of(
                RelayRow.UNLISTED_FOR_DOMAIN, counter("refusals.row3"),
                RelayRow.UNLISTED, counter("refusals.row7"),
                RelayRow.UNDECIDED, counter("refusals.row8")));
        mails = Maps.immutableEnumMap(ImmutableMap.of(
                BlockRow.Outcome.LEAVE, counter("mails.left"),
                BlockRow.Outcome.BLOCK, counter("mails.blocked"),
                BlockRow.Outcome.PUT_OFF, counter("mails.putOff")));
        hits = counter("cache.hits");
        misses = counter("cache.misses");
        failedLookups = counter("lookups.failed");
        microsecondsOfLookups = counter("lookups.microseconds");
        // There from the start, as the counters are; James's factory hands out the same one each time.
        startLookup();
    }

    private Metric counter(String name) {
        return factory.generate(PREFIX + name);
    }

    /** Counts what rule 1 says to a RCPT, or to a MAIL that it refuses. In report mode what it would have said. */
    public void count(RelayRow row) {
        try {
            decisions.get(row.verdict()).increment();
            Metric refusal = refusals.get(row);
            if (refusal != null) {
                refusal.increment();
            }
        } catch (RuntimeException | LinkageError e) {
            // Of a metric no decision depends.
            LOGGER.debug("Cannot count a decision", e);
        }
    }

    /** Counts what rule 2 says to a mail, once each time that it is judged. In report mode what it would have said. */
    public void count(BlockRow.Outcome outcome) {
        mails.get(outcome).increment();
    }

    /** Counts an answer from memory. */
    void countHit() {
        hits.increment();
    }

    /** Counts an answer that was not in memory, whether or not the store then gave it. */
    void countMiss() {
        misses.increment();
    }

    /** Starts to measure a question to the store; to be {@linkplain #endLookup ended} once. */
    TimeMetric startLookup() {
        return factory.timer(LOOKUPS);
    }

    /** @param answered whether there is an answer, in time for a decision */
    void endLookup(TimeMetric lookup, boolean answered) {
        Duration time = lookup.stopAndPublish().elasped();
        microsecondsOfLookups.add(Ints.saturatedCast(TimeUnit.NANOSECONDS.toMicros(time.toNanos())));
        if (!answered) {
            failedLookups.increment();
        }
    }

    /** Shows the state of the lookup from now on. */
    void show(CachedLookup lookup) {
        gauges.register(PREFIX + "propagation.lag", () -> lookup.lag().toNanos() / NANOSECONDS);
        gauges.register(PREFIX + "memory.remaining", () -> lookup.remaining().toNanos() / NANOSECONDS);
        gauges.register(PREFIX + "breaker.open", () -> lookup.isStoreLeftAlone() ? 1 : 0);
    }
}
