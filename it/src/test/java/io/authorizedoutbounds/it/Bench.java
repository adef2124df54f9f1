// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** Runs the benchmarks and holds what they measure against the budgets of the design. */
public final class Bench {
    private static final double BUDGET_NANOSECONDS = 200;
    private static final double BUDGET_BYTES = 32;
    private static final Path DOCUMENT = Build.repository().resolve("docs/performance.md");

    private Bench() {}

    /** With {@code --write} the table goes to {@code docs/performance.md} too. */
    public static void main(String[] arguments) throws RunnerException, IOException {
        Collection<RunResult> results = new Runner(new OptionsBuilder()
                        .include(DecisionBenchmark.class.getName())
                        .addProfiler(GCProfiler.class)
                        .build())
                .run();
        List<String> lines = new ArrayList<>();
        lines.add("| decision on a hit | domains in memory | ns | B | within " + Math.round(BUDGET_NANOSECONDS)
                + " ns and " + Math.round(BUDGET_BYTES) + " B |");
        lines.add("|---|---|---|---|---|");
        boolean all = true;
        for (RunResult result : results) {
            double nanoseconds = result.getPrimaryResult().getScore();
            double error = result.getPrimaryResult().getScoreError();
            double bytes =
                    result.getSecondaryResults().get("gc.alloc.rate.norm").getScore();
            boolean within = nanoseconds <= BUDGET_NANOSECONDS && bytes <= BUDGET_BYTES;
            all &= within;
            String name = result.getParams().getBenchmark();
            lines.add(String.format(
                    Locale.ROOT,
                    "| %s | %s | %.0f ± %.0f | %.1f | %s |",
                    name.substring(name.lastIndexOf('.') + 1),
                    result.getParams().getParam("domains"),
                    nanoseconds,
                    error,
                    bytes,
                    within ? "yes" : "NO"));
        }
        String table = String.join("\n", lines) + "\n\n" + machine() + "\n";
        System.out.println("\n" + table);
        if (List.of(arguments).contains("--write")) {
            Files.writeString(DOCUMENT, "# Performance\n\nMade by `./bench --write`.\n\n" + table);
        }
        System.out.println(all ? "All budgets that are measured here hold." : "NOT all budgets hold.");
        System.exit(all ? 0 : 1);
    }

    private static String machine() throws IOException {
        String cpu = Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.substring(line.indexOf(':') + 2))
                .findFirst()
                .orElse("unknown");
        return "Measured with JMH (two forks of five seconds each, mean and 99.9 % confidence interval) on "
                + Runtime.getRuntime().availableProcessors() + " cores of " + cpu + ", "
                + Runtime.getRuntime().maxMemory() / (1 << 20) + " MB of heap, Java " + Runtime.version() + ".";
    }
}
