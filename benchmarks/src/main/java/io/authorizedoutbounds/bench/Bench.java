// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import io.authorizedoutbounds.bench.Measurement.Budget;
import io.authorizedoutbounds.bench.Measurement.Report;
import io.authorizedoutbounds.it.build.Build;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs the benchmarks one after another and holds what they measure against the budgets of the design. */
public final class Bench {
    private static final ImmutableMap<String, Measurement> PARTS = ImmutableMap.of(
            "decision", new DecisionMeasurement(),
            "smtp", new SmtpMeasurement(),
            "scale", new ScaleMeasurement(),
            "outage", new OutageMeasurement(),
            "soak", new SoakMeasurement(),
            "operator", new OperatorMeasurement(),
            "overview", new OverviewMeasurement());
    private static final String WRITE = "--write";
    private static final Path DOCUMENT = Build.repository().resolve("docs/performance.md");

    private Bench() {}

    /** Names of parts, none for all of them; with {@code --write} all go to {@code docs/performance.md} too. */
    public static void main(String[] arguments) throws Exception {
        List<String> asked = new ArrayList<>(ImmutableList.copyOf(arguments));
        boolean write = asked.remove(WRITE);
        if (!PARTS.keySet().containsAll(asked) || (write && !asked.isEmpty())) {
            System.err.println("usage: ./bench [" + WRITE + "] | [" + String.join("] [", PARTS.keySet()) + "]");
            System.exit(2);
        }
        List<Report> reports = new ArrayList<>();
        for (String name : asked.isEmpty() ? PARTS.keySet() : asked) {
            System.out.println("\n== " + name);
            reports.add(PARTS.get(name).run());
        }
        String page = page(reports);
        System.out.println("\n" + page);
        if (write) {
            Files.writeString(DOCUMENT, "# Performance\n\nMade by `./bench --write`.\n\n" + page);
        }
        System.exit(
                reports.stream().flatMap(report -> report.budgets().stream()).allMatch(Budget::holds) ? 0 : 1);
    }

    private static String page(List<Report> reports) throws IOException {
        StringBuilder page =
                new StringBuilder("Measured on " + machine() + "\n\n| what | budget | measured | holds |\n");
        page.append("|---|---|---|---|\n");
        for (Report report : reports) {
            for (Budget budget : report.budgets()) {
                page.append("| ")
                        .append(budget.what())
                        .append(" | ")
                        .append(budget.allowed())
                        .append(" | ");
                page.append(budget.measured())
                        .append(" | ")
                        .append(budget.holds() ? "yes" : "**no**")
                        .append(" |\n");
            }
        }
        for (Report report : reports) {
            page.append("\n## ")
                    .append(report.title())
                    .append("\n\n")
                    .append(report.text().strip())
                    .append("\n");
        }
        return page.toString();
    }

    private static String machine() throws IOException {
        String cpu = Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.substring(line.indexOf(':') + 2))
                .findFirst()
                .orElse("an unknown processor");
        return Runtime.getRuntime().availableProcessors() + " cores of " + cpu + ", " + System.getProperty("os.name")
                + " " + System.getProperty("os.version") + ", Java " + Runtime.version() + ".";
    }
}
