// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import com.google.common.util.concurrent.Uninterruptibles;
import io.authorizedoutbounds.bench.SoakMails.Tally;
import io.authorizedoutbounds.bench.SoakOutages.Outage;
import io.authorizedoutbounds.bench.SoakReport.Episode;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer.Footprint;
import io.authorizedoutbounds.it.smtp.SmtpSink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Two Jameses under a steady load while lists are changed over WebAdmin, one outage after another; an oracle that knows
 * all changes judges each answer.
 */
class SoakMeasurement implements Measurement {
    private static final int SECONDS = Integer.getInteger("bench.soak.seconds", 600);
    private static final int CONNECTIONS = Integer.getInteger("bench.soak.connections", 500);
    private static final int RCPT_PER_SECOND = Integer.getInteger("bench.soak.rcpt", 2);

    /** From an outage to the next: longer than the poller remembers to read a change again. */
    private static final int QUIET = Integer.getInteger("bench.soak.quiet", 50);

    private static final int CHANGES_PER_SECOND = Integer.getInteger("bench.soak.changes", 4);
    private static final int CHANGING_THREADS = 8;
    private static final int WARM_UP = 20;
    private static final int FROZEN = 20;
    private static final int DOWN = 10;

    /** Also longer than the driver needs to find that a connection is of no use: half a minute. */
    private static final int FROZEN_LONG = 45;

    private static final int STALE_MAXIMUM = 30;
    private static final long PROPAGATION = TimeUnit.SECONDS.toNanos(2);
    private static final long RECOVERY = TimeUnit.SECONDS.toNanos(10);

    /** A Cassandra that is killed loses what it has acknowledged in the last 100 ms (commitlog_sync: periodic). */
    private static final long UNSYNCED = TimeUnit.MILLISECONDS.toNanos(500);

    private static final double MAX_GROWTH = 1.25;
    private static final long IDLE_TIMEOUT = TimeUnit.SECONDS.toNanos(90);
    private static final int DOMAINS = 25;
    private static final int ADDRESSES_PER_DOMAIN = 4;
    private static final String USER = "user@" + domain(0);
    private static final String KEYSPACE = "soak";

    private final List<Episode> episodes = new ArrayList<>();
    private SoakRun run;
    private SoakOutages outages;
    private SoakOracle oracle;
    private SoakAnswers answers;
    private SoakStalls stalls;
    private Footprint idle;
    private Footprint warm;
    private Footprint last;
    private Footprint idleAgain;

    @Override
    public Report run() throws Exception {
        System.out.println("Starting Cassandra and two Jameses ...");
        run = new SoakRun();
        outages = new SoakOutages(RECOVERY);
        oracle = new SoakOracle(PROPAGATION, TimeUnit.SECONDS.toNanos(STALE_MAXIMUM), outages);
        answers = new SoakAnswers(oracle, outages);
        try (CassandraServer cassandra = CassandraServer.asInProduction().start();
                SoakStalls newStalls = new SoakStalls(run, cassandra);
                SmtpSink sink = new SmtpSink();
                SoakNode one = start(0, cassandra, sink);
                SoakNode other = start(1, cassandra, sink)) {
            stalls = newStalls;
            List<SoakNode> nodes = List.of(one, other);
            List<SoakEntry> entries = entries();
            SoakChanges changes = new SoakChanges(
                    run, nodes, oracle, TimeUnit.SECONDS.toNanos(1) * CHANGING_THREADS / CHANGES_PER_SECOND);
            changes.prepare(entries);
            one.webAdmin().put(domain(0), SoakMails.CLIENT);
            SoakMails mails = new SoakMails(run, nodes, sink, outages, domain(0));
            SoakLoad load = new SoakLoad(run, nodes, entries, USER, answers, RCPT_PER_SECOND);
            idle = one.footprint();
            ExecutorService threads = Executors.newCachedThreadPool();
            try {
                List<CompletableFuture<Void>> clients = new ArrayList<>();
                clients.add(CompletableFuture.runAsync(stalls::watch, threads));
                clients.add(CompletableFuture.runAsync(mails::send, threads));
                for (List<SoakEntry> ofThread : Lists.partition(entries, entries.size() / CHANGING_THREADS + 1)) {
                    clients.add(CompletableFuture.runAsync(() -> changes.change(ofThread), threads));
                }
                for (int client = 0; client < CONNECTIONS; client++) {
                    clients.add(CompletableFuture.runAsync(load::send, threads));
                }
                cycle(cassandra, nodes);
                last = one.footprint();
                run.stop();
                CompletableFuture.allOf(clients.toArray(CompletableFuture<?>[]::new))
                        .get(1, TimeUnit.MINUTES);
            } finally {
                run.stop();
                threads.shutdownNow();
            }
            System.out.println("Waiting for the mails ...");
            Tally tally = mails.awaitEnd();
            idleAgain = awaitIdle(one);
            return report(changes, tally);
        }
    }

    /** Connections to WebAdmin that nobody uses are closed after half a minute. */
    private Footprint awaitIdle(SoakNode node) {
        long limit = System.nanoTime() + IDLE_TIMEOUT;
        Footprint footprint = node.footprint();
        while (footprint.sockets() > MAX_GROWTH * idle.sockets() && System.nanoTime() < limit) {
            Uninterruptibles.sleepUninterruptibly(Duration.ofSeconds(5));
            footprint = node.footprint();
        }
        return footprint;
    }

    private static SoakNode start(int number, CassandraServer cassandra, SmtpSink sink) {
        return SoakNode.start(
                number,
                cassandra,
                KEYSPACE,
                STALE_MAXIMUM + "s",
                IntStream.range(0, DOMAINS).mapToObj(SoakMeasurement::domain).toList(),
                USER,
                sink);
    }

    private static String domain(int number) {
        return "soak" + number + ".example";
    }

    private static List<SoakEntry> entries() {
        return IntStream.range(0, DOMAINS * ADDRESSES_PER_DOMAIN)
                .mapToObj(number -> new SoakEntry(
                        domain(number % DOMAINS), "127.1." + number % DOMAINS + "." + (1 + number / DOMAINS)))
                .toList();
    }

    /** One outage after another, each with a time to recover, until the time is over. */
    private void cycle(CassandraServer cassandra, List<SoakNode> nodes) {
        long end = run.now() + TimeUnit.SECONDS.toNanos(SECONDS);
        SoakRecovery recovery = new SoakRecovery(run, nodes);
        System.out.println(SoakReport.HEADER);
        run.pause(TimeUnit.SECONDS.toNanos(WARM_UP));
        warm = nodes.get(0).footprint();
        List<Runnable> kinds = List.of(
                () -> freeze(cassandra, FROZEN),
                () -> restart(cassandra),
                () -> freeze(cassandra, FROZEN_LONG),
                () -> restart(nodes.get(1)));
        for (int number = 0; run.now() < end; number++) {
            kinds.get(number % kinds.size()).run();
            Outage outage = outages.all().get(number);
            long quietUntil = outage.endsAt() + TimeUnit.SECONDS.toNanos(QUIET);
            episodes.add(new Episode(outage, recovery.await(outage.endsAt(), quietUntil)));
            run.pauseUntil(quietUntil);
            System.out.println(newReport().line(number));
        }
    }

    private void freeze(CassandraServer cassandra, int seconds) {
        Outage outage = outages.begin("Cassandra frozen", SoakOutages.ALL_NODES, run.now());
        cassandra.freeze();
        try {
            run.pause(TimeUnit.SECONDS.toNanos(seconds));
        } finally {
            cassandra.thaw();
        }
        outage.end(run.now());
    }

    private void restart(CassandraServer cassandra) {
        Outage outage = outages.begin("Cassandra killed", SoakOutages.ALL_NODES, run.now());
        cassandra.kill();
        oracle.loseChangesSince(outage.beginsAt() - UNSYNCED);
        run.pause(TimeUnit.SECONDS.toNanos(DOWN));
        cassandra.start();
        outage.end(run.now());
    }

    private void restart(SoakNode node) {
        Outage outage = outages.begin("node " + node.number() + " killed", node.number(), run.now());
        node.restart();
        outage.end(run.now());
    }

    private SoakReport newReport() {
        return new SoakReport(episodes, answers, stalls, RECOVERY);
    }

    private Report report(SoakChanges changes, Tally mails) {
        SoakReport report = newReport();
        ImmutableList.Builder<String> text = ImmutableList.builder();
        text.add(String.format(
                Locale.ROOT,
                "Two Jameses (memory app with a queue on disk) on one Cassandra, `stale.maximum=%ds`; %d connections send %d RCPT a second each,"
                        + " a new connection to either node every %d RCPT: half of them from an address that is sometimes"
                        + " listed, as its domain (rows 2 and 3), the others with external senders from such an address"
                        + " (rows 6 and 7) and from addresses never seen (row 7), and inbound (row 5). At the same time"
                        + " %d changes a second over the WebAdmin of either node, PUT and DELETE, of %d entries in %d"
                        + " domains. An answer is right when the entry was so at some time from its RCPT to its answer; a change"
                        + " holds on its own node from the 204 on, and 2 s later on the other one. Stale: as it was before,"
                        + " in an outage of Cassandra or within %.0f s of its end. Health and polls are looked at four"
                        + " times a second.%n",
                STALE_MAXIMUM,
                CONNECTIONS,
                RCPT_PER_SECOND,
                SoakLoad.MAILS_PER_CONNECTION * SoakLoad.RECIPIENTS_PER_MAIL,
                CHANGES_PER_SECOND,
                DOMAINS * ADDRESSES_PER_DOMAIN,
                DOMAINS,
                (double) TimeUnit.NANOSECONDS.toSeconds(RECOVERY)));
        text.add("Changes acknowledged: " + changes.acknowledged() + ", not acknowledged: " + changes.failed()
                + ". Answers: "
                + answers.counts().entrySet().stream()
                        .map(count -> String.format(
                                Locale.ROOT, "%,d %s", count.getValue().sum(), count.getKey()))
                        .collect(Collectors.joining(", "))
                + ". Another client read a row of Cassandra every 5 ms, which took longer than 100 ms " + stalls.count()
                + " times.\n");
        text.add(String.format(
                Locale.ROOT,
                "Four whole mails a second, from an address that is always listed, to either node: %,d were acknowledged; %,d"
                        + " of an internal sender reached the next server, %,d of an external sender were quarantined, %,d were lost,"
                        + " %,d of an external sender got out. Twice: %,d, and %,d within 15 s of the end of a node that was"
                        + " killed, which hands over again what it has not recorded.%n",
                mails.acknowledged(),
                mails.delivered(),
                mails.quarantined(),
                mails.lost(),
                mails.leaked(),
                mails.doubled(),
                mails.doubledByAKill()));
        text.add(String.format(
                Locale.ROOT,
                "Node 0, which is not killed, under the load, after the warm-up and at the end: heap after a full collection %.1f"
                        + " MB and %.1f MB, threads %d and %d. Its sockets before the load and after it: %d and %d.%n",
                warm.heap() / 1e6,
                last.heap() / 1e6,
                warm.threads(),
                last.threads(),
                idle.sockets(),
                idleAgain.sockets()));
        text.add(SoakReport.HEADER);
        IntStream.range(0, episodes.size()).mapToObj(report::line).forEach(text::add);
        text.add("");
        text.addAll(report.examples());
        return new Report(
                "A soak with outages",
                String.join("\n", text.build()),
                ImmutableList.<Budget>builder()
                        .addAll(report.budgets())
                        .add(new Budget(
                                "mails of a soak that were lost, doubled (but by the end of a node) or let out",
                                "0",
                                mails.lost() + ", " + mails.doubled() + ", " + mails.leaked(),
                                mails.isRight()))
                        .add(growth())
                        .build());
    }

    private Budget growth() {
        double heap = (double) last.heap() / warm.heap();
        double threads = (double) last.threads() / warm.threads();
        double sockets = (double) idleAgain.sockets() / idle.sockets();
        return new Budget(
                "heap and threads of a node at the end of a soak, to those after the warm-up; sockets after it, to those before",
                "≤ 1.25 × each",
                String.format(Locale.ROOT, "%.2f ×, %.2f ×, %.2f ×", heap, threads, sockets),
                Stream.of(heap, threads, sockets).allMatch(ratio -> ratio > 0 && ratio <= MAX_GROWTH));
    }
}
