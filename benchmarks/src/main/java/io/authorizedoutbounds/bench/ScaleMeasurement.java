// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import com.datastax.oss.driver.api.core.CqlSession;
import com.github.benmanes.caffeine.cache.Ticker;
import com.google.common.collect.Maps;
import io.authorizedoutbounds.cache.CacheSettings;
import io.authorizedoutbounds.cache.CachedLookup;
import io.authorizedoutbounds.cache.FixedDomainList;
import io.authorizedoutbounds.cache.InternalDomains;
import io.authorizedoutbounds.cache.TestCacheSettings;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.policy.OutboundLists;
import io.authorizedoutbounds.policy.RelayRow;
import io.authorizedoutbounds.policy.RelayRule;
import io.authorizedoutbounds.policy.TestRelaySettings;
import java.lang.management.ManagementFactory;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/** A million domains with three million addresses: how long a decision takes, the heap of the caches, how soon a change holds. */
class ScaleMeasurement implements Measurement {
    /** For a trial: a power of ten, at least 10000. */
    private static final DataSet DATA = new DataSet(Integer.getInteger("bench.scale.domains", 1_000_000));

    /** The default of {@code cache.domains.maximum} and {@code cache.addresses.maximum} for a million domains. */
    private static final int CACHE_MAXIMUM = DATA.domains() / 10;

    /** The default. */
    private static final Duration LOOKUP_TIMEOUT = Duration.ofMillis(500);

    /** Of each row. Ten such ranges of domains and three times the limit of the cache are less than all domains. */
    private static final int QUESTIONS = DATA.domains() / 50;

    private static final int CHANGES = Integer.getInteger("bench.scale.changes", 100);
    private static final int THREADS = 4;
    private static final int FILLING_THREADS = 16;
    private static final String KEYSPACE = "scale";
    private static final double MEBIBYTE = 1024 * 1024;
    private static final Duration COLD_BUDGET = Duration.ofMillis(20);
    private static final Duration PROPAGATION_BUDGET = Duration.ofSeconds(2);
    private static final double HEAP_BUDGET = 1.25;

    private final List<String> text = new ArrayList<>();
    private final List<Budget> budgets = new ArrayList<>();
    private final Decisions decisions = new Decisions(DATA);

    @Override
    public Report run() throws InterruptedException, ExecutionException {
        try (CassandraServer cassandra = startCassandra()) {
            try (CqlSession session = cassandra.sessionBuilder().build()) {
                session.execute("CREATE KEYSPACE " + KEYSPACE
                        + " WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
            }
            try (CqlSession session = cassandra.sessionBuilder(KEYSPACE).build()) {
                measureHere(session);
            }
            measurePropagation(new Propagation(cassandra, KEYSPACE, DATA, CHANGES));
            budgets.add(Budget.ofTombstones(cassandra, KEYSPACE));
        }
        return new Report(title(), String.join("\n", text), budgets);
    }

    private static CassandraServer startCassandra() {
        System.out.println("Starting Cassandra ...");
        return CassandraServer.withJvm("-Xms2g", "-Xmx2g", "-XX:+UseG1GC")
                .allowTombstones(KEYSPACE)
                .start();
    }

    private static String title() {
        return String.format(Locale.ROOT, "%,d domains with %,d addresses", DATA.domains(), DATA.addresses());
    }

    private void measureHere(CqlSession session) throws InterruptedException, ExecutionException {
        DataSetLoader loader = DataSetLoader.open(session, KEYSPACE, DATA);
        System.out.println("Loading " + title() + " ...");
        Duration load = loader.load();
        OutboundLists store = loader.store();
        text.add(String.format(
                Locale.ROOT,
                "One Cassandra with a heap of 2 GB; loaded in %d s through the store, with a row of the change log for each"
                        + " address, its files written and in order before anything was measured. They are in the memory of"
                        + " the machine: *cold* is what is not cached in James. A decision is that of the drop-in's own"
                        + " classes in one JVM, without SMTP.%n",
                load.toSeconds()));
        InternalDomains domains = FixedDomainList.internalDomains(FixedDomainList.of(IntStream.range(0, DATA.domains())
                .mapToObj(number -> DATA.domain(number).asString())
                .toArray(String[]::new)));
        warmUp(lookup(store, domains));
        CachedLookup overCassandra = lookup(store, domains);
        measureCold(new RelayRule(overCassandra, TestRelaySettings.enforced(), () -> true));
        measureHot(overCassandra, lookup(store, domains), lookup(new DataSetStore(DATA), domains));
        measureHeap(new RelayRule(lookup(store, domains), TestRelaySettings.enforced(), () -> true));
    }

    private static CachedLookup lookup(OutboundLists store, InternalDomains domains) {
        CacheSettings settings = TestCacheSettings.patient().toBuilder()
                .lookupTimeout(LOOKUP_TIMEOUT)
                .maximumDomains(CACHE_MAXIMUM)
                .maximumAddresses(CACHE_MAXIMUM)
                .build();
        return new CachedLookup(
                store, domains, settings, Clock.systemUTC(), Ticker.systemTicker(), JamesMetrics.create());
    }

    /** The driver, rule 1 and Cassandra itself are compiled by use: with keys that are not asked for again. */
    private void warmUp(CachedLookup lookup) throws InterruptedException, ExecutionException {
        System.out.println("Warming up ...");
        RelayRule rule = new RelayRule(lookup, TestRelaySettings.enforced(), () -> true);
        int from = 8 * QUESTIONS;
        for (RelayRow row : Decisions.ROWS) {
            int start = row == RelayRow.UNLISTED_FOR_DOMAIN ? from + QUESTIONS : from;
            Decisions.judge(rule, decisions.about(row, start, QUESTIONS), THREADS);
        }
    }

    /** The first of two ranges of positions of a row, each of so many questions; rows 2 and 3 share the domains. */
    private static int positionOf(RelayRow row) {
        return row == RelayRow.UNLISTED_FOR_DOMAIN ? 2 * QUESTIONS : 0;
    }

    private void measureCold(RelayRule rule) throws InterruptedException, ExecutionException {
        System.out.println("Cold decisions ...");
        text.add("| cold decision, ms | threads | p50 | p99 | p99.9 | max |");
        text.add("|---|---|---|---|---|---|");
        long slowest = 0;
        for (RelayRow row : Decisions.ROWS) {
            Histogram oneAtATime = Decisions.judge(rule, decisions.about(row, positionOf(row), QUESTIONS));
            addCold(row, 1, oneAtATime);
            slowest = Math.max(slowest, oneAtATime.getValueAtPercentile(99));
        }
        for (RelayRow row : Decisions.ROWS) {
            addCold(
                    row,
                    THREADS,
                    Decisions.judge(rule, decisions.about(row, positionOf(row) + QUESTIONS, QUESTIONS), THREADS));
        }
        text.add(String.format(Locale.ROOT, "%n%,d decisions a line, each about another key.%n", QUESTIONS));
        budgets.add(new Budget(
                String.format(Locale.ROOT, "cold decision among %,d domains, p99, the slowest row", DATA.domains()),
                "≤ 20 ms",
                String.format(Locale.ROOT, "%.2f ms", millis(slowest)),
                slowest <= COLD_BUDGET.toNanos()));
    }

    private void addCold(RelayRow row, int threads, Histogram nanoseconds) {
        String line = String.format(
                Locale.ROOT,
                "| row %d | %d | %.2f | %.2f | %.2f | %.1f |",
                row.number(),
                threads,
                millis(nanoseconds.getValueAtPercentile(50)),
                millis(nanoseconds.getValueAtPercentile(99)),
                millis(nanoseconds.getValueAtPercentile(99.9)),
                millis(nanoseconds.getMaxValue()));
        System.out.println("  " + line);
        text.add(line);
    }

    private static double millis(long nanoseconds) {
        return nanoseconds / (double) TimeUnit.MILLISECONDS.toNanos(1);
    }

    private void measureHot(CachedLookup overCassandra, CachedLookup fewOverCassandra, CachedLookup overNothing) {
        System.out.println("Hot decisions ...");
        int keys = 2 * QUESTIONS;
        HotDecisions hot = new HotDecisions(DATA.domains(), keys, overCassandra, fewOverCassandra, overNothing);
        hot.measure(Maps.toMap(Decisions.ROWS, row -> decisions.about(row, positionOf(row), keys)));
        text.addAll(hot.text());
        budgets.add(hot.budget());
    }

    private void measureHeap(RelayRule rule) throws InterruptedException, ExecutionException {
        System.out.println("Heap ...");
        double before = usedHeap();
        List<Double> used = new ArrayList<>();
        for (int filled = 0; filled < 3; filled++) {
            for (RelayRow row : List.of(RelayRow.LISTED_FOR_DOMAIN, RelayRow.LISTED, RelayRow.UNLISTED)) {
                Decisions.judge(rule, decisions.about(row, filled * CACHE_MAXIMUM, CACHE_MAXIMUM), FILLING_THREADS);
            }
            used.add(usedHeap() - before);
            // Keeps the cache of the rule reachable until here.
            Decisions.judge(rule, decisions.about(RelayRow.LISTED, filled * CACHE_MAXIMUM, 1));
            System.out.printf(
                    "  %,d domains, as many listed addresses and as many unlisted ones looked up: %.1f MB%n",
                    (filled + 1) * CACHE_MAXIMUM, used.get(filled));
        }
        double first = used.get(0);
        double last = used.get(2);
        text.add(String.format(
                Locale.ROOT,
                "%nCache (used heap after a full collection, less what was used before; limits of %,d domains and %,d"
                        + " addresses): %.1f MB after looking up %,d domains, as many listed addresses and as many"
                        + " unlisted ones, %.1f MB after three times as many.%n",
                CACHE_MAXIMUM,
                CACHE_MAXIMUM,
                first,
                CACHE_MAXIMUM,
                last));
        budgets.add(new Budget(
                "heap of three times as many keys as the limits of the cache, to that of as many as the limits",
                "≤ 1.25 ×",
                String.format(Locale.ROOT, "%.2f × (%.1f MB, %.1f MB)", last / first, last, first),
                last <= HEAP_BUDGET * first));
    }

    /** MB. */
    private static double usedHeap() {
        double least = Double.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            least = Math.min(
                    least,
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / MEBIBYTE);
        }
        return least;
    }

    private void measurePropagation(Propagation propagation) throws InterruptedException, ExecutionException {
        System.out.println("Changes from one James to another ...");
        Histogram nanoseconds = propagation.measure();
        long p99 = nanoseconds.getValueAtPercentile(99);
        text.add(String.format(
                Locale.ROOT,
                "%d changes over WebAdmin, PUT and DELETE in turn, on two James in turn, at random moments; from the 204"
                        + " until the other James, which had cached the old answer, answers a RCPT accordingly:"
                        + " p50 %.0f ms, p99 %.0f ms, max %.0f ms.%n",
                CHANGES,
                millis(nanoseconds.getValueAtPercentile(50)),
                millis(p99),
                millis(nanoseconds.getMaxValue())));
        budgets.add(new Budget(
                "change seen on another node, p99",
                "≤ 2 s",
                String.format(Locale.ROOT, "%.2f s", millis(p99) / 1000),
                p99 <= PROPAGATION_BUDGET.toNanos()));
    }
}
