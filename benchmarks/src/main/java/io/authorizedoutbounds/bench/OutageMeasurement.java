// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import com.google.common.collect.ImmutableList;
import io.authorizedoutbounds.bench.SecondBySecond.Second;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.smtp.SmtpClient;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A James under load while its Cassandra stands still for a minute: what inbound mail and what the others notice. */
class OutageMeasurement implements Measurement {
    private static final int WARM_UP = Integer.getInteger("bench.outage.warmup", 20);
    private static final int NORMAL = 20;
    private static final int FROZEN = Integer.getInteger("bench.outage.frozen", 60);
    private static final int FREEZE = WARM_UP + NORMAL;
    private static final int THAW = FREEZE + FROZEN;
    private static final int END = THAW + NORMAL;

    /** Seconds. Three lookups that fail open the breaker: at this rate within one. */
    private static final int OPENING = 2;

    private static final int INBOUND_CLIENTS = 2;
    private static final int RECIPIENTS_OF_A_MAIL = 20;

    /** Connections are tied to threads of James: whoever stays on one would see that thread only. */
    private static final int MAILS_OF_A_CONNECTION = 20;

    private static final int CACHED_A_SECOND = 100;
    private static final int UNDECIDABLE_A_SECOND = 10;
    private static final int UNDECIDABLE_AT_ONCE = 32;
    private static final String INBOUND_CLIENT = "127.0.0.3";
    private static final String LISTED_CLIENT = "127.0.0.2";
    private static final String INTERNAL_DOMAIN = "internal.example";
    private static final String EXTERNAL_SENDER = "someone@remote.example.com";
    private static final String EXTERNAL_RECIPIENT = "someone@elsewhere.example.org";
    private static final String TAKEN = "250";
    private static final String UNLISTED = "451 4.7.1";
    private static final String UNAVAILABLE = "451 4.3.0";

    private static final double INBOUND_BUDGET = 0.95;
    private static final double UNDECIDABLE_BUDGET_MILLIS = 600;
    private static final double OPEN_BUDGET_MILLIS = 50;

    /** Lines of the report around a change, seconds before and after. */
    private static final int BEFORE = 2;

    private static final int AFTER = 6;
    private static final int SECONDS_OF_A_LINE = 10;

    @Override
    public Report run() throws InterruptedException, ExecutionException {
        System.out.println("Starting Cassandra and James ...");
        try (CassandraServer cassandra = new CassandraServer().start();
                JamesServer james = JamesServer.builder()
                        .cassandra(cassandra, "outage")
                        // The clients have loopback addresses.
                        .setting("allow.private.addresses", "true")
                        .asInProduction()
                        .start()) {
            prepare(WebAdmin.of(james).awaitLists());
            Load load = new Load(james.smtpPort());
            try {
                load.start();
                follow(load, cassandra);
            } finally {
                load.stop();
            }
            return report(load, james.log());
        }
    }

    private static void prepare(WebAdmin webAdmin) {
        webAdmin.addDomain(INTERNAL_DOMAIN);
        for (int user = 0; user < RECIPIENTS_OF_A_MAIL; user++) {
            webAdmin.addUser(user(user), "secret");
        }
        int status = webAdmin.put(INTERNAL_DOMAIN, LISTED_CLIENT).statusCode();
        if (status != 204) {
            throw new IllegalStateException("WebAdmin answered " + status);
        }
    }

    private static String user(int number) {
        return "user" + number + "@" + INTERNAL_DOMAIN;
    }

    /** The clients. The first answer that must not come ends all. */
    private static final class Load {
        private final int port;
        private final long start = System.nanoTime();
        private final SecondBySecond inbound = new SecondBySecond(start, OPEN_BUDGET_MILLIS);
        private final SecondBySecond cached = new SecondBySecond(start, OPEN_BUDGET_MILLIS);
        private final SecondBySecond undecidable = new SecondBySecond(start, OPEN_BUDGET_MILLIS);
        private final CompletableFuture<Void> failure = new CompletableFuture<>();
        private final ScheduledExecutorService threads =
                Executors.newScheduledThreadPool(INBOUND_CLIENTS + 1 + UNDECIDABLE_AT_ONCE);
        private final AtomicInteger addresses = new AtomicInteger();
        private volatile boolean stopped;

        private Load(int port) {
            this.port = port;
        }

        private void start() {
            for (int client = 0; client < INBOUND_CLIENTS; client++) {
                threads.execute(guarded(this::sendInbound));
            }
            threads.execute(guarded(this::sendCached));
            long between = TimeUnit.SECONDS.toMicros(1) / UNDECIDABLE_A_SECOND;
            var unused = threads.scheduleAtFixedRate(
                    // On a thread of its own: the next one does not wait for the answer.
                    () -> threads.execute(guarded(this::sendUndecidable)), 0, between, TimeUnit.MICROSECONDS);
        }

        private void stop() {
            stopped = true;
            threads.shutdownNow();
        }

        private Runnable guarded(Runnable client) {
            return () -> {
                try {
                    client.run();
                } catch (RuntimeException e) {
                    if (!stopped) {
                        failure.completeExceptionally(e);
                    }
                }
            };
        }

        /** Waits until so many seconds have gone since the start. */
        private void await(int second) throws InterruptedException, ExecutionException {
            long nanos = TimeUnit.SECONDS.toNanos(second) - (System.nanoTime() - start);
            CompletableFuture<Void> time = new CompletableFuture<>();
            var unused = threads.schedule(() -> time.complete(null), nanos, TimeUnit.NANOSECONDS);
            CompletableFuture.anyOf(time, failure).get();
        }

        private void sendInbound() {
            while (!stopped) {
                try (SmtpClient client = SmtpClient.from(INBOUND_CLIENT, port)) {
                    for (int mail = 0; mail < MAILS_OF_A_CONNECTION && !stopped; mail++) {
                        expect(client.mail(EXTERNAL_SENDER), TAKEN);
                        for (int user = 0; user < RECIPIENTS_OF_A_MAIL; user++) {
                            timed(inbound, client, user(user), TAKEN);
                        }
                        expect(client.send("RSET"), TAKEN);
                    }
                }
            }
        }

        private void sendCached() {
            try (SmtpClient client = SmtpClient.from(LISTED_CLIENT, port)) {
                long next = System.nanoTime();
                for (int rcpt = 0; !stopped; rcpt++) {
                    if (rcpt % RECIPIENTS_OF_A_MAIL == 0) {
                        expect(client.send("RSET"), TAKEN);
                        expect(client.mail("sender@" + INTERNAL_DOMAIN), TAKEN);
                    }
                    timed(cached, client, EXTERNAL_RECIPIENT, TAKEN);
                    next += TimeUnit.SECONDS.toNanos(1) / CACHED_A_SECOND;
                    pause(next - System.nanoTime());
                }
            }
        }

        private void pause(long nanos) {
            try {
                threads.schedule(() -> {}, nanos, TimeUnit.NANOSECONDS).get();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }

        private void sendUndecidable() {
            try (SmtpClient client = SmtpClient.from(newAddress(), port)) {
                expect(client.mail(EXTERNAL_SENDER), TAKEN);
                timed(undecidable, client, EXTERNAL_RECIPIENT, UNLISTED, UNAVAILABLE);
            }
        }

        /** An address that James has never seen: nothing of it is cached. */
        private String newAddress() {
            int number = addresses.getAndIncrement();
            return "127.2." + number / 250 + "." + (1 + number % 250);
        }

        private static void timed(SecondBySecond series, SmtpClient client, String recipient, String... allowed) {
            long askedAt = System.nanoTime();
            series.add(askedAt, expect(client.rcpt(recipient), allowed));
        }

        /** The one of the allowed that it is. */
        private static String expect(String reply, String... allowed) {
            return Stream.of(allowed)
                    .filter(code -> reply.startsWith(code + " "))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("'" + reply + "' instead of "
                            + String.join(" or ", allowed) + (reply.isEmpty() ? ": the connection was dropped" : "")));
        }
    }

    private static void follow(Load load, CassandraServer cassandra) throws InterruptedException, ExecutionException {
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
                    // A second late: until then the answers to what was asked in it have come.
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
    private static String line(Load load, int second) {
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

    private static Report report(Load load, String log) {
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
                INBOUND_CLIENTS,
                MAILS_OF_A_CONNECTION * RECIPIENTS_OF_A_MAIL,
                CACHED_A_SECOND,
                UNDECIDABLE_A_SECOND));
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
        for (int from = WARM_UP; from < END; from += SECONDS_OF_A_LINE) {
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
        return second >= change - BEFORE && second < change + AFTER;
    }

    private static String lineOfTen(Load load, int from) {
        int until = Math.min(from + SECONDS_OF_A_LINE, END);
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
    private static String recovery(Load load) {
        return IntStream.range(THAW, END)
                .filter(second -> !load.undecidable.second(second).codes().containsKey(UNAVAILABLE))
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
