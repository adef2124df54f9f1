// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import com.google.common.collect.Collections2;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableListMultimap;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Lists;
import io.authorizedoutbounds.it.server.CassandraServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;

/**
 * RCPT/s of James with the extension against the same James without it, and against Postfix with the same rule: for each
 * setup, one after another.
 *
 * <p>Two system properties are for trying it out: {@code bench.smtp.millis}, how long each server is measured each time, as
 * a rule 2000; and {@code bench.smtp.setups}, names of {@link SmtpSetup} with commas, as a rule all.
 */
class SmtpMeasurement implements Measurement {
    private static final Duration DURATION = Duration.ofMillis(Long.getLong("bench.smtp.millis", 2000));

    private static final ImmutableList<SmtpSetup> SETUPS = Optional.ofNullable(System.getProperty("bench.smtp.setups"))
            .map(names -> Arrays.stream(names.split(",")).map(SmtpSetup::valueOf))
            .orElseGet(() -> Arrays.stream(SmtpSetup.values()))
            .collect(ImmutableList.toImmutableList());

    /** Of each James, with all traffic: with fewer the first round still meets interpreted code. */
    private static final int WARM_UPS = 2;

    /** Each order once: none is always first after a pause, or always after the one that leaves most behind. */
    private static final ImmutableList<List<SmtpSubject>> ROUNDS =
            ImmutableList.copyOf(Collections2.permutations(List.of(SmtpSubject.values())));

    /** Rounds with the same JVMs. What one JVM makes of the same James differs by a tenth, so a median needs several of them. */
    private static final int ROUNDS_OF_A_START = 2;

    private final Map<SmtpTraffic, SmtpLoad> loads = new EnumMap<>(SmtpTraffic.class);

    @Override
    public Report run() throws Exception {
        ImmutableList.Builder<SmtpRates> rates = ImmutableList.builder();
        try (CassandraServer cassandra = CassandraServer.asInProduction().start()) {
            for (SmtpSetup setup : SETUPS) {
                System.out.println("\n" + setup.title());
                rates.addAll(measure(setup, cassandra));
            }
        }
        return report(rates.build());
    }

    private List<SmtpRates> measure(SmtpSetup setup, CassandraServer cassandra) throws Exception {
        Rates rates = new Rates();
        int round = 0;
        for (List<List<SmtpSubject>> orders : Lists.partition(ROUNDS, ROUNDS_OF_A_START)) {
            int first = round;
            setup.run(cassandra, first, ports -> measure(setup, ports, first, orders, rates));
            round += orders.size();
        }
        return rates.of(setup);
    }

    private Rates measure(
            SmtpSetup setup,
            ImmutableMap<SmtpSubject, Integer> ports,
            int first,
            List<List<SmtpSubject>> orders,
            Rates rates)
            throws ExecutionException, InterruptedException {
        System.out.println("Warming up ...");
        for (int i = 0; i < WARM_UPS; i++) {
            for (SmtpTraffic traffic : setup.traffic()) {
                for (SmtpSubject james : List.of(SmtpSubject.EXTENSION, SmtpSubject.JAMES)) {
                    rate(ports, james, traffic);
                }
            }
        }
        for (int i = 0; i < orders.size(); i++) {
            for (SmtpTraffic traffic : setup.traffic()) {
                StringBuilder line = new StringBuilder("Round " + (first + i + 1) + ", " + traffic.title() + ":");
                for (SmtpSubject subject : orders.get(i)) {
                    if (!setup.measures(subject, traffic)) {
                        continue;
                    }
                    double rate = rate(ports, subject, traffic);
                    rates.add(traffic, subject, rate);
                    line.append(String.format(Locale.ROOT, "  %s %.0f", subject.title(), rate));
                }
                System.out.println(line);
            }
        }
        return rates;
    }

    /** Of one setup, in the order of the rounds. */
    private static final class Rates {
        private final Map<SmtpTraffic, ImmutableListMultimap.Builder<SmtpSubject, Double>> byTraffic =
                new EnumMap<>(SmtpTraffic.class);

        private void add(SmtpTraffic traffic, SmtpSubject subject, double rate) {
            byTraffic
                    .computeIfAbsent(traffic, any -> ImmutableListMultimap.builder())
                    .put(subject, rate);
        }

        private List<SmtpRates> of(SmtpSetup setup) {
            return byTraffic.entrySet().stream()
                    .map(entry -> new SmtpRates(
                            setup, entry.getKey(), entry.getValue().build()))
                    .toList();
        }
    }

    private double rate(Map<SmtpSubject, Integer> ports, SmtpSubject subject, SmtpTraffic traffic)
            throws ExecutionException, InterruptedException {
        try {
            return loads.computeIfAbsent(traffic, SmtpTraffic::load)
                    .rcptsPerSecond(
                            ports.get(subject),
                            traffic.client(),
                            traffic.pipelined(),
                            traffic.reply(subject),
                            DURATION);
        } catch (ExecutionException e) {
            throw new ExecutionException(subject.title() + ", " + traffic.title(), e.getCause());
        }
    }

    private static Report report(List<SmtpRates> all) {
        List<String> lines = new ArrayList<>();
        lines.add(
                ("RCPT/s over %d connections, in transactions of %d recipients, all different where the table does not say"
                                + " \"one recipient\"; %d internal domains. Passes: from a listed client, with an internal sender,"
                                + " to outside. Inbound: from an unlisted client, with an external sender, to internal users that"
                                + " exist. Refusals: from an unlisted client, with an internal sender, to outside. Each setup is"
                                + " measured by itself, in %d rounds, with newly started servers after each %d; each round measures its servers in"
                                + " another order, %.1f s each."
                                + " The figures are medians of the rounds, the ratios medians of the rounds' ratios with the least"
                                + " and the most. The client and Cassandra run on the same machine.\n")
                        .formatted(
                                SmtpLoad.CONNECTIONS,
                                SmtpLoad.RECIPIENTS,
                                SmtpTraffic.DOMAINS.size(),
                                ROUNDS.size(),
                                ROUNDS_OF_A_START,
                                DURATION.toMillis() / 1e3));
        lines.add(
                "The extension refuses with 451, James without it with 550. James without it has the listed client in its"
                        + " trusted network (`authorizedAddresses`), in each setup: so it passes. Logs are as each server is"
                        + " shipped, those of the extension as docs/operate.md has them: James without it and Postfix log each refusal"
                        + " in a line, the extension at most ten lines a second for one client. Postfix has one restriction class"
                        + " for each domain, with lmdb tables, and refuses with 451. It resolves each recipient in another process,"
                        + " and opens a queue file for each transaction that passes, which James does only after DATA.\n");
        lines.add(
                "A James with domains and users in Cassandra asks Cassandra for them on the thread of the connection, at"
                        + " each RCPT and more than once, with and without the extension. Its own cache of domains"
                        + " (`domainlist.xml`) is off by default; users are not cached. Both its servers share one Cassandra, each"
                        + " with a keyspace of its own.");
        List<Budget> budgets = new ArrayList<>();
        for (SmtpSetup setup : SETUPS) {
            lines.add("\n### " + setup.title() + "\n\n" + SmtpRates.head(setup));
            for (SmtpRates rates : all) {
                if (rates.setup() == setup) {
                    lines.add(rates.row());
                    budgets.addAll(rates.budgets());
                }
            }
        }
        return new Report("RCPT over SMTP", String.join("\n", lines), budgets);
    }
}
