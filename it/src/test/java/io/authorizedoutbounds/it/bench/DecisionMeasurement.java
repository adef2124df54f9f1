// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.bench;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
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
        lines.add("Two forks of five seconds each, mean and 99.9 % confidence interval; one thread.\n");
        lines.add("| decision | domains in memory | ns | B |");
        lines.add("|---|---|---|---|");
        double slowest = 0;
        double largest = 0;
        for (RunResult result : results) {
            String name = result.getParams().getBenchmark();
            String benchmark = name.substring(name.lastIndexOf('.') + 1);
            double nanoseconds = result.getPrimaryResult().getScore();
            double bytes =
                    result.getSecondaryResults().get("gc.alloc.rate.norm").getScore();
            if (!benchmark.startsWith("miss")) {
                slowest = Math.max(slowest, nanoseconds);
                largest = Math.max(largest, bytes);
            }
            lines.add(String.format(
                    Locale.ROOT,
                    "| %s | %s | %.0f ± %.0f | %.1f |",
                    benchmark,
                    result.getParams().getParam("domains"),
                    nanoseconds,
                    result.getPrimaryResult().getScoreError(),
                    bytes));
        }
        return new Report(
                "Decisions",
                String.join("\n", lines),
                List.of(new Budget(
                        "decision on a cache hit, the slowest and the largest of all",
                        "≤ 200 ns, ≤ 32 B",
                        String.format(Locale.ROOT, "%.0f ns, %.1f B", slowest, largest),
                        slowest <= BUDGET_NANOSECONDS && largest <= BUDGET_BYTES)));
    }
}
