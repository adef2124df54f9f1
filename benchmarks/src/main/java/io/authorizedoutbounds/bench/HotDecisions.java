// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import io.authorizedoutbounds.bench.Decisions.Question;
import io.authorizedoutbounds.bench.Measurement.Budget;
import io.authorizedoutbounds.cache.CachedLookup;
import io.authorizedoutbounds.policy.RelayRow;
import io.authorizedoutbounds.policy.RelayRule;
import io.authorizedoutbounds.policy.TestRelaySettings;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/** Times cache hits: with few and with many cached keys, with a large database behind the cache and with none. */
class HotDecisions {
    private static final int WARM_UP_ROUNDS = 5;
    private static final int ROUNDS = 25;
    private static final int FEW_KEYS = 10;
    private static final double MEDIAN_BUDGET = 1.25;
    private static final double TAIL_BUDGET = 2;

    /** A cache with what is behind it, and the times of its hits. */
    private static final class Subject {
        private final String behind;
        private final RelayRule rule;
        private final int keys;
        private final Map<RelayRow, Histogram> nanoseconds = new EnumMap<>(RelayRow.class);

        private Subject(String behind, CachedLookup lookup, int keys) {
            this.behind = behind;
            this.rule = new RelayRule(lookup, TestRelaySettings.enforced(), () -> true);
            this.keys = keys;
        }

        private void judge(List<Question> questions, boolean counts) {
            List<Question> known = IntStream.range(0, questions.size())
                    .mapToObj(i -> questions.get(i % keys))
                    .toList();
            Histogram round = Decisions.judge(rule, known);
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

    private final int domains;
    private final int keys;
    private final Subject all;
    private final Subject few;
    private final Subject withoutDatabase;
    private final List<String> lines = new ArrayList<>();

    /**
     * Nothing is measured yet.
     *
     * @param domains            the number of domains in Cassandra
     * @param keys               the questions of each row
     * @param overCassandra      has many keys in its cache
     * @param fewOverCassandra   has few
     * @param overNothing        has many, and no database behind
     */
    HotDecisions(
            int domains,
            int keys,
            CachedLookup overCassandra,
            CachedLookup fewOverCassandra,
            CachedLookup overNothing) {
        this.domains = domains;
        this.keys = keys;
        String cassandra = String.format(Locale.ROOT, "Cassandra, %,d domains", domains);
        this.all = new Subject(cassandra, overCassandra, keys);
        this.few = new Subject(cassandra, fewOverCassandra, FEW_KEYS);
        this.withoutDatabase = new Subject("no database", overNothing, keys);
    }

    /** Measures the given questions of each row. */
    void measure(Map<RelayRow, List<Question>> questions) {
        for (int round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
            // All in turn: the compiler sees them all, and what disturbs the machine disturbs them alike.
            for (List<Question> row : questions.values()) {
                for (Subject subject : List.of(all, few, withoutDatabase)) {
                    subject.judge(row, round >= 0);
                }
            }
        }
    }

    /** The table and how to read it, in Markdown. */
    List<String> text() {
        lines.add("| hot decision, ns | behind the cache | cached keys | p50 | p99 | p99.9 | mean |");
        lines.add("|---|---|---|---|---|---|---|");
        for (RelayRow row : Decisions.ROWS) {
            for (Subject subject : List.of(all, withoutDatabase, few)) {
                add("row " + row.number(), subject.behind, subject.keys, subject.nanoseconds.get(row));
            }
        }
        add("the clock alone", "", 0, Decisions.timeNothing(ROUNDS * keys));
        lines.add(String.format(
                Locale.ROOT,
                "%n%,d decisions a line, one at a time, with the clock read before and after each: its own time is in"
                        + " all figures. What few keys touch stays in the caches of the processor, what many touch comes"
                        + " from main memory, with a database behind it or without. JMH has the cost of a decision alone:"
                        + " see Decisions.%n",
                ROUNDS * keys));
        return lines;
    }

    private void add(String row, String behind, int cached, Histogram nanoseconds) {
        String line = String.format(
                Locale.ROOT,
                "| %s | %s | %,d | %d | %d | %d | %.0f |",
                row,
                behind,
                cached,
                nanoseconds.getValueAtPercentile(50),
                nanoseconds.getValueAtPercentile(99),
                nanoseconds.getValueAtPercentile(99.9),
                nanoseconds.getMean());
        System.out.println("  " + line);
        lines.add(line);
    }

    Budget budget() {
        double median = 0;
        double tail = 0;
        for (RelayRow row : Decisions.ROWS) {
            median = Math.max(median, all.percentile(row, 50) / withoutDatabase.percentile(row, 50));
            tail = Math.max(tail, all.percentile(row, 99) / withoutDatabase.percentile(row, 99));
        }
        return new Budget(
                String.format(
                        Locale.ROOT,
                        "hot decision among %,d domains, to one with as much in the cache and no database behind, p50 and"
                                + " p99, the worst rows",
                        domains),
                "≤ 1.25 ×, ≤ 2 ×",
                String.format(Locale.ROOT, "%.2f ×, %.2f ×", median, tail),
                median <= MEDIAN_BUDGET && tail <= TAIL_BUDGET);
    }
}
