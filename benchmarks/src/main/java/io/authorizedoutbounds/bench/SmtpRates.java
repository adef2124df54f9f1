// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableListMultimap;
import io.authorizedoutbounds.bench.Measurement.Budget;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * RCPT/s of each server of a setup, in the order of the rounds, so that what was measured in one round can be compared.
 *
 * @param rates none of a server that this traffic is not measured with
 */
record SmtpRates(SmtpSetup setup, SmtpTraffic traffic, ImmutableListMultimap<SmtpSubject, Double> rates) {
    /** Those of the design, of this setup and traffic. */
    ImmutableList<Budget> budgets() {
        return others().filter(other -> rates.containsKey(other) && traffic.budgetAgainst(other) > 0)
                .map(other -> budget(other, traffic.budgetAgainst(other)))
                .collect(ImmutableList.toImmutableList());
    }

    private Stream<SmtpSubject> others() {
        return setup.subjects().stream().filter(subject -> subject != SmtpSubject.EXTENSION);
    }

    private Budget budget(SmtpSubject other, double least) {
        return new Budget(
                "RCPT/s with the extension, " + traffic.title() + ", against "
                        + (other == SmtpSubject.JAMES ? "the same James without it" : other.title()) + " ("
                        + setup.title() + ")",
                "≥ " + least + " ×",
                ratioWithSpread(other) + " ×",
                median(ratios(other)) >= least);
    }

    /** The head of a table of this setup, in Markdown. */
    static String head(SmtpSetup setup) {
        String titles = setup.subjects().stream().map(SmtpSubject::title).collect(Collectors.joining(" | "));
        String ratios = setup.subjects().stream()
                .filter(subject -> subject != SmtpSubject.EXTENSION)
                .map(other -> "with / " + (other == SmtpSubject.JAMES ? "without" : other.title()))
                .collect(Collectors.joining(" | "));
        return "| | " + titles + " | " + ratios + " |\n"
                + "|---".repeat(2 * setup.subjects().size()) + "|";
    }

    /** The row of this traffic in that table. */
    String row() {
        return Stream.of(
                        Stream.of(traffic.title()),
                        setup.subjects().stream().map(this::rate),
                        others().map(other -> rates.containsKey(other) ? ratioWithSpread(other) : ""))
                .flatMap(cells -> cells)
                .collect(Collectors.joining(" | ", "| ", " |"));
    }

    private String rate(SmtpSubject subject) {
        return rates.containsKey(subject) ? String.format(Locale.ROOT, "%.0f", median(rates.get(subject))) : "";
    }

    private List<Double> ratios(SmtpSubject other) {
        List<Double> extension = rates.get(SmtpSubject.EXTENSION);
        return IntStream.range(0, extension.size())
                .mapToObj(round -> extension.get(round) / rates.get(other).get(round))
                .sorted()
                .toList();
    }

    private String ratioWithSpread(SmtpSubject other) {
        List<Double> sorted = ratios(other);
        return String.format(
                Locale.ROOT, "%.2f (%.2f–%.2f)", median(sorted), sorted.get(0), sorted.get(sorted.size() - 1));
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
