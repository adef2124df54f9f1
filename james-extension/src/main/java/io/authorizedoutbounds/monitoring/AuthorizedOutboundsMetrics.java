// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.monitoring;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import com.google.common.primitives.Ints;
import io.authorizedoutbounds.cache.CachedLookup;
import io.authorizedoutbounds.cache.InternalDomains;
import io.authorizedoutbounds.cache.LookupMetrics;
import io.authorizedoutbounds.policy.BlockRow;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.RelayDecision;
import io.authorizedoutbounds.policy.RelayRow;
import io.authorizedoutbounds.policy.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.apache.james.metrics.api.GaugeRegistry;
import org.apache.james.metrics.api.Metric;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.metrics.api.TimeMetric;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts decisions and times lookups, in James's own metrics. The names are API: alerts and dashboards use them.
 * Thread-safe.
 *
 * <p>Counts are added up here and published to James's metrics once a second, since each increment of James's counter reads
 * the clock and updates moving averages. A crash loses the counts of the last second.
 */
public class AuthorizedOutboundsMetrics implements LookupMetrics {
    private static final Logger LOGGER = LoggerFactory.getLogger(AuthorizedOutboundsMetrics.class);
    private static final String PREFIX = "authorizedOutbounds.";
    private static final String LOOKUPS = PREFIX + "lookups";
    private static final double NANOS_OF_SECOND = Duration.ofSeconds(1).toNanos();

    /** Between two calls of {@link #publish}. */
    public static final Duration PUBLICATION_INTERVAL = Duration.ofSeconds(1);

    /** One of James's counters, and our count for it. */
    private static final class Counter {
        private final Metric metric;
        private final LongAdder counted = new LongAdder();

        /** Guarded by the lock of the metrics. */
        private long published;

        private Counter(Metric metric) {
            this.metric = metric;
        }

        private void increment() {
            counted.increment();
        }

        private void add(long value) {
            counted.add(value);
        }

        private void publish() {
            // James takes an int; the rest is published the next time.
            int more = Ints.saturatedCast(counted.sum() - published);
            if (more > 0) {
                metric.add(more);
                published += more;
            }
        }
    }

    private final MetricFactory factory;
    private final GaugeRegistry gauges;

    private final List<Counter> counters = new ArrayList<>();
    private final ImmutableMap<Verdict, Counter> decisions;
    private final ImmutableMap<RelayRow, Counter> refusals;
    private final Counter reported;
    private final ImmutableMap<BlockRow.Outcome, Counter> mails;
    private final Counter hits;
    private final Counter misses;
    private final Counter failedLookups;
    private final Counter lookupMicroseconds;
    private final Counter droppedUses;

    public AuthorizedOutboundsMetrics(MetricFactory factory, GaugeRegistry gauges) {
        this.factory = factory;
        this.gauges = gauges;
        decisions = Maps.immutableEnumMap(ImmutableMap.of(
                Verdict.PASS, counter("decisions.pass"),
                Verdict.GRANT, counter("decisions.grant"),
                Verdict.REFUSE, counter("decisions.refuse"),
                Verdict.DEFER, counter("decisions.defer")));
        Counter row7 = counter("refusals.row7");
        refusals = Maps.immutableEnumMap(ImmutableMap.of(
                RelayRow.UNLISTED_FOR_DOMAIN,
                counter("refusals.row3"),
                RelayRow.EXTERNAL_SENDER,
                counter("refusals.row6"),
                RelayRow.UNLISTED,
                row7,
                RelayRow.UNJUDGED,
                row7,
                RelayRow.UNDECIDED,
                counter("refusals.row8")));
        reported = counter("refusals.reported");
        mails = Maps.immutableEnumMap(ImmutableMap.of(
                BlockRow.Outcome.PASS, counter("mails.passed"),
                BlockRow.Outcome.BLOCK, counter("mails.blocked"),
                BlockRow.Outcome.DEFER, counter("mails.deferred")));
        hits = counter("cache.hits");
        misses = counter("cache.misses");
        failedLookups = counter("lookups.failed");
        lookupMicroseconds = counter("lookups.microseconds");
        droppedUses = counter("uses.dropped");
        // Creates the timer, so that it exists from the start as the counters do. The factory returns the same one each
        // time.
        startLookup();
    }

    private Counter counter(String name) {
        Counter counter = new Counter(factory.generate(PREFIX + name));
        counters.add(counter);
        return counter;
    }

    /** Adds the counts since the last call to James's metrics; to be called once a {@link #PUBLICATION_INTERVAL}. Throws nothing. */
    public synchronized void publish() {
        for (Counter counter : counters) {
            try {
                counter.publish();
            } catch (RuntimeException | Error e) {
                // An Error too: the executor would never publish again. The count is published the next time.
                LOGGER.debug("Cannot publish a counter", e);
            }
        }
    }

    /**
     * Counts a decision of rule 1 on a RCPT, or on a MAIL that is not passed, by its row; with {@code report} also as reported
     * when it would have been refused or deferred.
     */
    public void count(RelayDecision decision) {
        count(decision.row());
        if (decision.isRefusalOrDeferral() && decision.enforcement() == Enforcement.REPORT) {
            reported.increment();
        }
    }

    /** Counts a row of rule 1 whatever its enforcement is. */
    public void count(RelayRow row) {
        decisions.get(row.verdict()).increment();
        Counter refusal = refusals.get(row);
        if (refusal != null) {
            refusal.increment();
        }
    }

    /** Counts an outcome of rule 2, once each time that a mail is judged. In report mode the one it would have had. */
    public void count(BlockRow.Outcome outcome) {
        mails.get(outcome).increment();
    }

    /** Counts a RCPT that is not recorded as the last use of its entry, since too many entries wait to be written. */
    public void countDroppedUse() {
        droppedUses.increment();
    }

    @Override
    public void countHit() {
        hits.increment();
    }

    @Override
    public void countMiss() {
        misses.increment();
    }

    @Override
    public TimeMetric startLookup() {
        return factory.timer(LOOKUPS);
    }

    @Override
    public void endLookup(TimeMetric lookup, boolean answered) {
        Duration time = lookup.stopAndPublish().elasped();
        lookupMicroseconds.add(TimeUnit.NANOSECONDS.toMicros(time.toNanos()));
        if (!answered) {
            failedLookups.increment();
        }
    }

    /** Registers the gauge of James's own domain list. */
    public void register(InternalDomains domains) {
        gauges.register(PREFIX + "domains.breaker.open", () -> domains.isBreakerOpen() ? 1 : 0);
    }

    /** Registers the gauges of the lookup. */
    public void register(CachedLookup lookup) {
        gauges.register(PREFIX + "propagation.lag.seconds", () -> lookup.lag().toNanos() / NANOS_OF_SECOND);
        gauges.register(
                PREFIX + "cache.remaining.seconds", () -> lookup.remaining().toNanos() / NANOS_OF_SECOND);
        gauges.register(PREFIX + "breaker.open", () -> lookup.isBreakerOpen() ? 1 : 0);
    }
}
