// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** {@link DecisionBenchmark} with JMH. */
class DecisionMeasurement implements Measurement {
    private static final double BUDGET_NANOSECONDS = 200;
    private static final double BUDGET_BYTES = 32;

    @Override
    public Report run() throws RunnerException {
        Collection<RunResult> results = new Runner(new OptionsBuilder()
                        .include(DecisionBenchmark.class.getName())
                        .addProfiler(GCProfiler.class)
                        .build())
                .run();
        List<String> lines = new ArrayList<>();
        lines.add(
                "Two forks of five seconds each, mean and 99.9 % confidence interval; one thread. Rows 2 and 3 ask for all"
                        + " domains in turn: what many domains touch comes from main memory. A miss asks an in-memory store: it has"
                        + " all the work but the way to Cassandra. The use of row 2 is what the hook records after that row.\n");
        lines.add("| decision | cached domains | ns | B |");
        lines.add("|---|---|---|---|");
        Map<String, Worst> hits = new LinkedHashMap<>();
        for (RunResult result : results) {
            String name = result.getParams().getBenchmark();
            String benchmark = name.substring(name.lastIndexOf('.') + 1);
            String domains = result.getParams().getParam("domains");
            double nanoseconds = result.getPrimaryResult().getScore();
            double bytes =
                    result.getSecondaryResults().get("gc.alloc.rate.norm").getScore();
            if (benchmark.startsWith("row")) {
                hits.merge(domains, new Worst(nanoseconds, bytes), Worst::of);
            }
            lines.add(String.format(
                    Locale.ROOT,
                    "| %s | %s | %.0f ± %.0f | %.1f |",
                    benchmark,
                    domains,
                    nanoseconds,
                    result.getPrimaryResult().getScoreError(),
                    bytes));
        }
        List<Budget> budgets = new ArrayList<>();
        hits.forEach((domains, worst) -> budgets.add(new Budget(
                "decision on a cache hit, " + domains + " cached domains, the worst row",
                "≤ 200 ns, ≤ 32 B",
                String.format(Locale.ROOT, "%.0f ns, %.1f B", worst.nanoseconds(), worst.bytes()),
                worst.nanoseconds() <= BUDGET_NANOSECONDS && worst.bytes() <= BUDGET_BYTES)));
        return new Report("Decisions", String.join("\n", lines), budgets);
    }

    private record Worst(double nanoseconds, double bytes) {
        private Worst of(Worst other) {
            return new Worst(Math.max(nanoseconds, other.nanoseconds), Math.max(bytes, other.bytes));
        }
    }
}
