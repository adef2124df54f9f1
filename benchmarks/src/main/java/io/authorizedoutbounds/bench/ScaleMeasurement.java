// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.CqlSessionBuilder;
import com.datastax.oss.driver.api.core.cql.SimpleStatement;
import com.github.benmanes.caffeine.cache.Ticker;
import io.authorizedoutbounds.bench.Decisions.Question;
import io.authorizedoutbounds.cache.CacheSettings;
import io.authorizedoutbounds.cache.CachedLookup;
import io.authorizedoutbounds.cache.FixedDomainList;
import io.authorizedoutbounds.cache.InternalDomains;
import io.authorizedoutbounds.cache.TestCacheSettings;
import io.authorizedoutbounds.cassandra.CassandraAuthorizedOutboundStore;
import io.authorizedoutbounds.cassandra.CassandraConnection;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.policy.OutboundLists;
import io.authorizedoutbounds.policy.RelayRow;
import io.authorizedoutbounds.policy.RelayRule;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;
import org.awaitility.Awaitility;

/** A million domains with three million addresses: what a decision takes, what memory takes, how changes get around. */
class ScaleMeasurement implements Measurement {
    /** For a trial: a power of ten, at least 10000. */
    private static final DataSet DATA = new DataSet(Integer.getInteger("bench.scale.domains", 1_000_000));

    /** The default of {@code cache.domains.maximum} and {@code cache.addresses.maximum} for a million domains. */
    private static final int CACHE_MAXIMUM = DATA.domains() / 10;

    /** The default. */
    private static final Duration LOOKUP_TIMEOUT = Duration.ofMillis(500);

    /** Of each row. Ten such ranges of domains and three times the limit of memory are less than all domains. */
    private static final int QUESTIONS = DATA.domains() / 50;

    private static final int CHANGES = Integer.getInteger("bench.scale.changes", 100);
    private static final int THREADS = 4;
    private static final int FILLING_THREADS = 16;
    private static final int HOT_WARM_UP_ROUNDS = 5;
    private static final int HOT_ROUNDS = 25;
    private static final double HOT_MEDIAN_BUDGET = 1.25;
    private static final double HOT_TAIL_BUDGET = 2;
    private static final int FEW = 10;
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
            try (CqlSession session = session(cassandra).build()) {
                session.execute(SimpleStatement.newInstance("CREATE KEYSPACE " + KEYSPACE
                                + " WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}")
                        .setTimeout(Duration.ofMinutes(1)));
            }
            try (CqlSession session = session(cassandra).withKeyspace(KEYSPACE).build()) {
                measureHere(session);
            }
            measurePropagation(new Propagation(cassandra, KEYSPACE, DATA, CHANGES));
        }
        return new Report(title(), String.join("\n", text), budgets);
    }

    private static CassandraServer startCassandra() {
        System.out.println("Starting Cassandra ...");
        return CassandraServer.withJvm("-Xms2g", "-Xmx2g", "-XX:+UseG1GC").start();
    }

    private static CqlSessionBuilder session(CassandraServer cassandra) {
        return CqlSession.builder()
                .addContactPoint(new InetSocketAddress(InetAddress.getLoopbackAddress(), cassandra.port()))
                .withLocalDatacenter("datacenter1");
    }

    private static String title() {
        return String.format(Locale.ROOT, "%,d domains with %,d addresses", DATA.domains(), DATA.addresses());
    }

    private void measureHere(CqlSession session) throws InterruptedException, ExecutionException {
        // As in a James with a session of its own, which this JVM can close.
        OutboundLists store = new CassandraAuthorizedOutboundStore(
                CassandraConnection.shared(session), Duration.ofDays(90), Clock.systemUTC());
        Awaitility.await("the tables")
                .atMost(Duration.ofMinutes(1))
                .until(() -> !store.list(DATA.domain(0)).toCompletableFuture().isCompletedExceptionally());
        System.out.println("Loading " + title() + " ...");
        Duration load = new DataSetLoader(session, KEYSPACE, DATA).load();
        text.add(String.format(
                Locale.ROOT,
                "One Cassandra with a heap of 2 GB; loaded in %d s, its files written and in order before anything was"
                        + " measured. They are in the memory of the machine: *cold* is what is not cached in"
                        + " James. A decision is that of the drop-in's own classes in one JVM, without SMTP.%n",
                load.toSeconds()));
        InternalDomains domains = FixedDomainList.internalDomains(FixedDomainList.of(IntStream.range(0, DATA.domains())
                .mapToObj(number -> DATA.domain(number).asString())
                .toArray(String[]::new)));
        warmUp(lookup(store, domains));
        CachedLookup memory = lookup(store, domains);
        measureCold(new RelayRule(memory, true, () -> true));
        measureHot(memory, lookup(store, domains), lookup(new DataSetStore(DATA), domains));
        measureHeap(new RelayRule(lookup(store, domains), true, () -> true));
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
        RelayRule rule = new RelayRule(lookup, true, () -> true);
        int from = 8 * QUESTIONS;
        for (RelayRow row : Decisions.ROWS) {
            int start = row == RelayRow.UNLISTED_FOR_DOMAIN ? from + QUESTIONS : from;
            Decisions.ask(rule, decisions.about(row, start, QUESTIONS), THREADS);
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
            Histogram oneAtATime = Decisions.ask(rule, decisions.about(row, positionOf(row), QUESTIONS));
            addCold(row, 1, oneAtATime);
            slowest = Math.max(slowest, oneAtATime.getValueAtPercentile(99));
        }
        for (RelayRow row : Decisions.ROWS) {
            addCold(
                    row,
                    THREADS,
                    Decisions.ask(rule, decisions.about(row, positionOf(row) + QUESTIONS, QUESTIONS), THREADS));
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

    /** A memory with what it holds, and what its hits take. */
    private static final class Hot {
        private final String what;
        private final RelayRule rule;
        private final int keys;
        private final Map<RelayRow, Histogram> nanoseconds = new EnumMap<>(RelayRow.class);

        private Hot(String what, CachedLookup lookup, int keys) {
            this.what = what;
            this.rule = new RelayRule(lookup, true, () -> true);
            this.keys = keys;
        }

        private void ask(List<Question> questions, boolean counts) {
            List<Question> known = IntStream.range(0, questions.size())
                    .mapToObj(i -> questions.get(i % keys))
                    .toList();
            Histogram round = Decisions.ask(rule, known);
            if (counts) {
                nanoseconds
                        .computeIfAbsent(questions.get(0).answer(), row -> Decisions.newHistogram())
                        .add(round);
            }
        }

        private double percentile(RelayRow row, double percentile) {
            return nanoseconds.get(row).getValueAtPercentile(percentile);
        }
    }

    private void measureHot(CachedLookup memory, CachedLookup memoryOfFew, CachedLookup memoryWithoutCassandra) {
        System.out.println("Hot decisions ...");
        int keys = 2 * QUESTIONS;
        String cassandra = String.format(Locale.ROOT, "Cassandra, %,d domains", DATA.domains());
        Hot all = new Hot(cassandra, memory, keys);
        Hot few = new Hot(cassandra, memoryOfFew, FEW);
        Hot alone = new Hot("no database", memoryWithoutCassandra, keys);
        for (int round = -HOT_WARM_UP_ROUNDS; round < HOT_ROUNDS; round++) {
            // All in turn: the compiler sees them all, and what disturbs the machine disturbs them alike.
            for (RelayRow row : Decisions.ROWS) {
                List<Question> questions = decisions.about(row, positionOf(row), keys);
                for (Hot hot : List.of(all, few, alone)) {
                    hot.ask(questions, round >= 0);
                }
            }
        }
        text.add("| hot decision, ns | behind the cache | cached keys | p50 | p99 | p99.9 | mean |");
        text.add("|---|---|---|---|---|---|---|");
        double median = 0;
        double tail = 0;
        for (RelayRow row : Decisions.ROWS) {
            for (Hot hot : List.of(all, alone, few)) {
                addHot("row " + row.number(), hot.what, hot.keys, hot.nanoseconds.get(row));
            }
            median = Math.max(median, all.percentile(row, 50) / alone.percentile(row, 50));
            tail = Math.max(tail, all.percentile(row, 99) / alone.percentile(row, 99));
        }
        addHot("the clock alone", "", 0, Decisions.askNothing(HOT_ROUNDS * keys));
        text.add(String.format(
                Locale.ROOT,
                "%n%,d decisions a line, one at a time, with the clock read before and after each: its own time is in"
                        + " all figures. What few keys touch stays in the caches of the processor, what many touch comes"
                        + " from main memory, with a database behind it or without. JMH has the cost of a decision alone: see Decisions.%n",
                HOT_ROUNDS * keys));
        budgets.add(new Budget(
                String.format(
                        Locale.ROOT,
                        "hot decision among %,d domains, to one with as much in the cache and no database behind, p50 and"
                                + " p99, the worst rows",
                        DATA.domains()),
                "≤ 1.25 ×, ≤ 2 ×",
                String.format(Locale.ROOT, "%.2f ×, %.2f ×", median, tail),
                median <= HOT_MEDIAN_BUDGET && tail <= HOT_TAIL_BUDGET));
    }

    private void addHot(String row, String behind, int keys, Histogram nanoseconds) {
        String line = String.format(
                Locale.ROOT,
                "| %s | %s | %,d | %d | %d | %d | %.0f |",
                row,
                behind,
                keys,
                nanoseconds.getValueAtPercentile(50),
                nanoseconds.getValueAtPercentile(99),
                nanoseconds.getValueAtPercentile(99.9),
                nanoseconds.getMean());
        System.out.println("  " + line);
        text.add(line);
    }

    private void measureHeap(RelayRule rule) throws InterruptedException, ExecutionException {
        System.out.println("Memory ...");
        double before = usedHeap();
        List<Double> used = new ArrayList<>();
        for (int filled = 0; filled < 3; filled++) {
            for (RelayRow row : List.of(RelayRow.LISTED_FOR_DOMAIN, RelayRow.LISTED, RelayRow.UNLISTED)) {
                Decisions.ask(rule, decisions.about(row, filled * CACHE_MAXIMUM, CACHE_MAXIMUM), FILLING_THREADS);
            }
            used.add(usedHeap() - before);
            // Keeps the memory of the rule alive until here.
            Decisions.ask(rule, decisions.about(RelayRow.LISTED, filled * CACHE_MAXIMUM, 1));
            System.out.printf(
                    "  %,d domains, as many listed addresses and as many unlisted ones asked for: %.1f MB%n",
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
