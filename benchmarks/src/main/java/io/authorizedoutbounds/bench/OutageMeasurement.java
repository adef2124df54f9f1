// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import com.google.common.collect.ImmutableList;
import io.authorizedoutbounds.bench.SecondBySecond.Second;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** A James under load while its Cassandra is frozen for a minute: the rate of inbound mail, and how long other mail waits. */
class OutageMeasurement implements Measurement {
    private static final int WARM_UP = Integer.getInteger("bench.outage.warmup", 20);
    private static final int NORMAL = 20;
    private static final int FROZEN = Integer.getInteger("bench.outage.frozen", 60);
    private static final int FREEZE = WARM_UP + NORMAL;
    private static final int THAW = FREEZE + FROZEN;
    private static final int END = THAW + NORMAL;

    /** Seconds. Three lookups that fail open the breaker: at this rate within one. */
    private static final int OPENING = 2;

    private static final double INBOUND_BUDGET = 0.95;
    private static final double UNDECIDABLE_BUDGET_MILLIS = 600;
    private static final double OPEN_BUDGET_MILLIS = 50;

    /** Of the report: the seconds before and after a change that have a line of their own. */
    private static final int SECONDS_BEFORE = 2;

    private static final int SECONDS_AFTER = 6;
    private static final int SECONDS_PER_LINE = 10;

    @Override
    public Report run() throws InterruptedException, ExecutionException {
        System.out.println("Starting Cassandra and James ...");
        try (CassandraServer cassandra = CassandraServer.asInProduction().start();
                JamesServer james = JamesServer.builder()
                        .cassandra(cassandra, "outage")
                        // The clients have loopback addresses.
                        .setting("allow.private.addresses", "true")
                        .asInProduction()
                        .start()) {
            OutageLoad.prepare(WebAdmin.of(james).awaitLists());
            OutageLoad load = new OutageLoad(james.smtpPort(), OPEN_BUDGET_MILLIS);
            try {
                load.start();
                follow(load, cassandra);
            } finally {
                load.stop();
            }
            return report(load, james.log());
        }
    }

    private static void follow(OutageLoad load, CassandraServer cassandra)
            throws InterruptedException, ExecutionException {
        System.out.println(header());
        boolean frozen = false;
        try {
            for (int second = 0; second < END; second++) {
                if (second == FREEZE) {
                    cassandra.freeze();
                    frozen = true;
                }
                if (second == THAW) {
                    cassandra.thaw();
                    frozen = false;
                }
                load.await(second + 1);
                if (second > 0) {
                    // A second late, when the replies to its commands have come.
                    System.out.println(line(load, second - 1));
                }
            }
        } finally {
            if (frozen) {
                cassandra.thaw();
            }
        }
    }

    private static String header() {
        return "| second | Cassandra | inbound RCPT/s | slowest, ms | listed pair: answers | slowest, ms"
                + " | undecidable: answers | above 50 ms | slowest, ms |\n|---|---|---|---|---|---|---|---|---|";
    }

    private static String state(int second) {
        if (second < WARM_UP) {
            return "warm-up";
        }
        return second >= FREEZE && second < THAW ? "frozen" : "normal";
    }

    /** One second, numbered from the end of the warm-up. */
    private static String line(OutageLoad load, int second) {
        Second inbound = load.inbound.second(second);
        Second cached = load.cached.second(second);
        Second undecidable = load.undecidable.second(second);
        return String.format(
                Locale.ROOT,
                "| %d | %s | %,d | %.1f | %s | %.1f | %s | %d | %.1f |",
                second - WARM_UP,
                state(second),
                inbound.count(),
                inbound.maximum(),
                cached.answers(),
                cached.maximum(),
                undecidable.answers(),
                undecidable.slow(),
                undecidable.maximum());
    }

    private static Report report(OutageLoad load, String log) {
        List<Second> normal = ImmutableList.<Second>builder()
                .addAll(load.inbound.seconds(WARM_UP, FREEZE))
                .addAll(load.inbound.seconds(THAW, END))
                .build();
        List<Second> frozen = load.inbound.seconds(FREEZE, THAW);
        double ratio = median(frozen) / median(normal);
        double slowest = largest(load.undecidable.seconds(FREEZE, THAW), Second::maximum);
        List<Second> open = load.undecidable.seconds(FREEZE + OPENING, THAW);
        double slowestButOne = largest(open, Second::runnerUp);
        List<String> text = new ArrayList<>();
        text.add(String.format(
                Locale.ROOT,
                "A James with a heap of 1 GB, warmed up for %d s; Cassandra frozen (SIGSTOP) after %d s for %d s. At the"
                        + " same time %d clients send inbound mail (row 5) as fast as it is answered, a new connection"
                        + " every %d RCPT; one sends %d RCPT a second from a listed address that is cached (row 2), on"
                        + " one connection; %d RCPT a second come from addresses never seen to an external recipient"
                        + " (row 7), each on a connection of its own. Seconds are those of the command.%n",
                WARM_UP,
                NORMAL,
                FROZEN,
                OutageLoad.INBOUND_CLIENTS,
                OutageLoad.MAILS_PER_CONNECTION * OutageLoad.RECIPIENTS_PER_MAIL,
                OutageLoad.CACHED_PER_SECOND,
                OutageLoad.UNDECIDABLE_PER_SECOND));
        text.add(String.format(
                Locale.ROOT,
                "Inbound RCPT/s: median %,.0f normally and %,.0f while frozen; mean %,.0f and %,.0f (%.2f ×)."
                        + " Lookups that failed by the log of James: %d. Undecidable answers above 50 ms once the"
                        + " breaker was open: %.1f a second on average, %d at most. Row 7 again %s.%n",
                median(normal),
                median(frozen),
                mean(normal),
                mean(frozen),
                mean(frozen) / mean(normal),
                log.lines()
                        .filter(line -> line.contains("Cannot read the lists of authorized outbounds"))
                        .count(),
                open.stream().mapToInt(second -> second.slow()).average().orElseThrow(),
                (int) largest(open, second -> second.slow()),
                recovery(load)));
        text.add(header());
        IntStream.range(WARM_UP, END)
                .filter(second -> isNear(second, FREEZE) || isNear(second, THAW))
                .forEach(second -> text.add(line(load, second)));
        text.add("\nThe whole, in tens of seconds, numbers of inbound RCPT being medians of a second:\n");
        text.add(header());
        for (int from = WARM_UP; from < END; from += SECONDS_PER_LINE) {
            text.add(lineOfTen(load, from));
        }
        return new Report(
                "Cassandra frozen",
                String.join("\n", text),
                List.of(
                        new Budget(
                                "inbound RCPT/s while Cassandra is frozen, medians of seconds",
                                "≥ 0.95 × normal",
                                String.format(Locale.ROOT, "%.2f ×", ratio),
                                ratio >= INBOUND_BUDGET),
                        new Budget(
                                "undecidable RCPT while Cassandra is frozen, the slowest",
                                "≤ 600 ms",
                                String.format(Locale.ROOT, "%.0f ms", slowest),
                                slowest <= UNDECIDABLE_BUDGET_MILLIS),
                        new Budget(
                                "the same once the breaker is open, all but one probe a second",
                                "≤ 50 ms",
                                String.format(Locale.ROOT, "%.1f ms", slowestButOne),
                                slowestButOne <= OPEN_BUDGET_MILLIS)));
    }

    private static boolean isNear(int second, int change) {
        return second >= change - SECONDS_BEFORE && second < change + SECONDS_AFTER;
    }

    private static String lineOfTen(OutageLoad load, int from) {
        int until = Math.min(from + SECONDS_PER_LINE, END);
        List<Second> undecidable = load.undecidable.seconds(from, until);
        return String.format(
                Locale.ROOT,
                "| %d to %d | %s | %,.0f | %.1f | %s | %.1f | %s | %d | %.1f |",
                from - WARM_UP,
                until - 1 - WARM_UP,
                state(from),
                median(load.inbound.seconds(from, until)),
                largest(load.inbound.seconds(from, until), Second::maximum),
                answers(load.cached.seconds(from, until)),
                largest(load.cached.seconds(from, until), Second::maximum),
                answers(undecidable),
                undecidable.stream().mapToInt(second -> second.slow()).sum(),
                largest(undecidable, Second::maximum));
    }

    private static String answers(List<Second> seconds) {
        Map<String, Integer> codes = new TreeMap<>();
        seconds.forEach(second -> second.codes().forEach((code, count) -> codes.merge(code, count, Integer::sum)));
        return SecondBySecond.answers(codes);
    }

    /** When the lists are read again. */
    private static String recovery(OutageLoad load) {
        return IntStream.range(THAW, END)
                .filter(second -> !load.undecidable.second(second).codes().containsKey(OutageLoad.UNAVAILABLE))
                .mapToObj(second -> (second - THAW) + " s after the thaw")
                .findFirst()
                .orElse("not before the end");
    }

    private static double largest(List<Second> seconds, ToDoubleFunction<Second> figure) {
        return seconds.stream().mapToDouble(figure).max().orElseThrow();
    }

    private static double median(List<Second> seconds) {
        List<Integer> sorted = seconds.stream().map(Second::count).sorted().toList();
        return (sorted.get((sorted.size() - 1) / 2) + sorted.get(sorted.size() / 2)) / 2.0;
    }

    private static double mean(List<Second> seconds) {
        return seconds.stream().mapToInt(Second::count).average().orElseThrow();
    }
}
