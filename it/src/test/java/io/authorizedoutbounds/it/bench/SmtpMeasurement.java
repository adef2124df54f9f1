// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.bench;

import com.google.common.collect.Collections2;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableListMultimap;
import io.authorizedoutbounds.it.CassandraServer;
import io.authorizedoutbounds.it.JamesServer;
import io.authorizedoutbounds.it.PostfixServer;
import io.authorizedoutbounds.it.WebAdmin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** RCPT/s of James with the extension, of the same James without it, and of Postfix with the same rule. */
class SmtpMeasurement implements Measurement {
    private static final ImmutableList<String> DOMAINS =
            IntStream.range(0, 10).mapToObj(i -> "d" + i + ".example").collect(ImmutableList.toImmutableList());
    private static final String LISTED = "127.0.0.2";
    private static final String UNLISTED = "127.0.0.3";
    private static final Duration DURATION = Duration.ofSeconds(4);

    /** Of each James, of all kinds: with fewer the first round still meets interpreted code. */
    private static final int WARM_UPS = 3;

    private static final double AGAINST_JAMES = 0.95;
    private static final double PASSES_AGAINST_POSTFIX = 2;
    private static final double PIPELINED_REFUSALS_AGAINST_POSTFIX = 1.5;

    private enum Subject {
        EXTENSION("James with the extension"),
        JAMES("James without it"),
        POSTFIX("Postfix");

        private final String title;

        Subject(String title) {
            this.title = title;
        }
    }

    private enum Kind {
        PIPELINED_PASSES("passes, pipelined", LISTED, true),
        PASSES("passes, one by one", LISTED, false),
        PIPELINED_REFUSALS("refusals, pipelined", UNLISTED, true),
        REFUSALS("refusals, one by one", UNLISTED, false);

        private final String title;
        private final String client;
        private final boolean pipelined;

        Kind(String title, String client, boolean pipelined) {
            this.title = title;
            this.client = client;
            this.pipelined = pipelined;
        }

        private boolean passes() {
            return client.equals(LISTED);
        }

        private int reply(Subject subject) {
            if (passes()) {
                return 250;
            }
            // James by itself refuses for good whoever may not relay.
            return subject == Subject.JAMES ? 550 : 451;
        }
    }

    /** In the order of the rounds, so that what was measured in one round can be compared. */
    private record Rates(Kind kind, ImmutableListMultimap<Subject, Double> rates) {
        private List<Double> ratios(Subject other) {
            List<Double> ratios = new ArrayList<>();
            for (int round = 0; round < rates.get(other).size(); round++) {
                ratios.add(rates.get(Subject.EXTENSION).get(round)
                        / rates.get(other).get(round));
            }
            return ratios;
        }

        private double ratio(Subject other) {
            return median(ratios(other));
        }

        private String ratioWithSpread(Subject other) {
            List<Double> sorted = ratios(other).stream().sorted().collect(Collectors.toList());
            return String.format(
                    Locale.ROOT, "%.2f (%.2f–%.2f)", median(sorted), sorted.get(0), sorted.get(sorted.size() - 1));
        }

        private Budget budget(Subject other, String against, double least) {
            return new Budget(
                    "RCPT/s with the extension, " + kind.title + ", against " + against,
                    "≥ " + least + " ×",
                    ratioWithSpread(other) + " ×",
                    ratio(other) >= least);
        }

        private String row() {
            return String.format(
                    Locale.ROOT,
                    "| %s | %.0f | %.0f | %.0f | %s | %s |",
                    kind.title,
                    median(rates.get(Subject.EXTENSION)),
                    median(rates.get(Subject.JAMES)),
                    median(rates.get(Subject.POSTFIX)),
                    ratioWithSpread(Subject.JAMES),
                    ratioWithSpread(Subject.POSTFIX));
        }
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().collect(Collectors.toList());
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    private final SmtpLoad load = new SmtpLoad(DOMAINS);

    @Override
    public Report run() throws Exception {
        try (PostfixServer postfix = new PostfixServer(DOMAINS, LISTED).start();
                CassandraServer cassandra = new CassandraServer().start();
                JamesServer extension = james().cassandra(cassandra, "bench")
                        .setting("allow.private.addresses", "true")
                        .start();
                JamesServer james = james().withoutDropIn().trusting(LISTED).start()) {
            WebAdmin lists = WebAdmin.of(extension).awaitLists();
            for (String domain : DOMAINS) {
                lists.addDomain(domain);
                if (lists.put(domain, LISTED).statusCode() != 204) {
                    throw new IllegalStateException("WebAdmin does not list " + LISTED + " for " + domain);
                }
                WebAdmin.of(james).addDomain(domain);
            }
            Map<Subject, Integer> ports = new EnumMap<>(Map.of(
                    Subject.EXTENSION, extension.smtpPort(),
                    Subject.JAMES, james.smtpPort(),
                    Subject.POSTFIX, postfix.port()));
            return report(measure(ports));
        }
    }

    private static JamesServer.Builder james() {
        return JamesServer.builder().asInProduction();
    }

    private List<Rates> measure(Map<Subject, Integer> ports) throws ExecutionException, InterruptedException {
        System.out.println("Warming up ...");
        for (int i = 0; i < WARM_UPS; i++) {
            for (Kind kind : Kind.values()) {
                rate(ports, Subject.EXTENSION, kind);
                rate(ports, Subject.JAMES, kind);
            }
        }
        Map<Kind, ImmutableListMultimap.Builder<Subject, Double>> rates = new EnumMap<>(Kind.class);
        int round = 0;
        // Each order once: none is always first after a pause, or always after the one that leaves most behind.
        for (List<Subject> order : Collections2.permutations(List.of(Subject.values()))) {
            round++;
            for (Kind kind : Kind.values()) {
                StringBuilder line = new StringBuilder("Round " + round + ", " + kind.title + ":");
                for (Subject subject : order) {
                    double rate = rate(ports, subject, kind);
                    rates.computeIfAbsent(kind, any -> ImmutableListMultimap.builder())
                            .put(subject, rate);
                    line.append(String.format(Locale.ROOT, "  %s %.0f", subject.title, rate));
                }
                System.out.println(line);
            }
        }
        return rates.entrySet().stream()
                .map(entry -> new Rates(entry.getKey(), entry.getValue().build()))
                .collect(Collectors.toList());
    }

    private double rate(Map<Subject, Integer> ports, Subject subject, Kind kind)
            throws ExecutionException, InterruptedException {
        try {
            return load.rcptsPerSecond(ports.get(subject), kind.client, kind.pipelined, kind.reply(subject), DURATION);
        } catch (ExecutionException e) {
            throw new ExecutionException(subject.title + ", " + kind.title, e.getCause());
        }
    }

    private static Report report(List<Rates> all) {
        List<String> lines = new ArrayList<>();
        lines.add(
                ("RCPT/s over %d connections, transactions of %d recipients (all different), %d internal domains. Each"
                                + " of six rounds measures the three servers in another order, %d s each; the figures are"
                                + " medians of the rounds, the ratios medians of the rounds' ratios with the least and the"
                                + " most. The client runs on the same machine. The extension refuses with 451, James without it"
                                + " with 550, and passes its trusted network. Postfix has one restriction class for each"
                                + " domain, with lmdb tables, and refuses with 451. Logs are as each is shipped, those of the"
                                + " extension as its README has them: each of the three logs a refusal in one line."
                                + " Postfix resolves each recipient in another process, and opens a queue file for each"
                                + " transaction that passes, which James does only after DATA.\n")
                        .formatted(SmtpLoad.CONNECTIONS, SmtpLoad.RECIPIENTS, DOMAINS.size(), DURATION.toSeconds()));
        lines.add("| | with the extension | James without it | Postfix | extension / without | extension / Postfix |");
        lines.add("|---|---|---|---|---|---|");
        List<Budget> budgets = new ArrayList<>();
        for (Rates rates : all) {
            lines.add(rates.row());
            budgets.add(rates.budget(Subject.JAMES, "the same James without it", AGAINST_JAMES));
        }
        for (Rates rates : all) {
            if (rates.kind().passes()) {
                budgets.add(rates.budget(Subject.POSTFIX, "Postfix", PASSES_AGAINST_POSTFIX));
            } else if (rates.kind().pipelined) {
                budgets.add(rates.budget(Subject.POSTFIX, "Postfix", PIPELINED_REFUSALS_AGAINST_POSTFIX));
            }
        }
        return new Report("RCPT over SMTP", String.join("\n", lines), budgets);
    }
}
