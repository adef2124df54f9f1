// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.google.common.util.concurrent.Uninterruptibles;
import io.authorizedoutbounds.cassandra.CassandraConnection;
import io.authorizedoutbounds.cassandra.CassandraRefusalStore;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import io.authorizedoutbounds.policy.RefusalStore;
import io.authorizedoutbounds.policy.RefusalSum;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.awaitility.Awaitility;

/** The overview of a hundred thousand domains that had refusals in the last week, and the count of those that enforce. */
class OverviewMeasurement implements Measurement {
    private static final DataSet DATA = new DataSet(Integer.getInteger("bench.overview.domains", 100_000));
    private static final String KEYSPACE = "overview";
    private static final int HEAP_MEGABYTES = 512;

    /** As many sums as are read of more. */
    private static final int SUMS_OF_A_DOMAIN = 2;

    private static final Duration RETENTION = Duration.ofDays(7);
    private static final int HOURS = 160;
    private static final int READS = 20;
    private static final double BUDGET_SECONDS = 1;

    private final HttpClient client = HttpClient.newHttpClient();

    @Override
    public Report run() throws Exception {
        System.out.println("Starting Cassandra and James ...");
        try (CassandraServer cassandra = CassandraServer.withJvm("-Xms2g", "-Xmx2g", "-XX:+UseG1GC")
                        .start();
                JamesServer james = JamesServer.builder()
                        .withDomainsInCassandra()
                        .cassandra(cassandra, KEYSPACE)
                        .heap(HEAP_MEGABYTES)
                        .start()) {
            WebAdmin.of(james).awaitLists();
            load(cassandra);
            String base = "http://127.0.0.1:" + james.webAdminPort() + "/authorizedOutbounds/";
            List<Double> overview = read(base + "refused?limit=100", "\"domain\"", 100);
            List<Double> count = read(base + "enforcement", "\"enforcing\":10", 1);
            return report(overview, count, Budget.ofTombstones(cassandra, KEYSPACE));
        }
    }

    private static void load(CassandraServer cassandra) throws InterruptedException {
        try (CqlSession session = cassandra.sessionBuilder(KEYSPACE).build()) {
            System.out.printf(Locale.ROOT, "Adding %,d domains to James ...%n", DATA.domains());
            PreparedStatement domain = session.prepare("INSERT INTO domains (domain) VALUES (?)");
            ConcurrentWrites.writeAll(
                    DATA.domains(),
                    i -> session.executeAsync(domain.bind(DATA.domain(i).asString())));
            System.out.println("Their lists ...");
            DataSetLoader.open(session, KEYSPACE, DATA).load();
            System.out.println("Their refusals ...");
            RefusalStore refusals =
                    new CassandraRefusalStore(CassandraConnection.shared(session), RETENTION, Clock.systemUTC());
            Awaitility.await("the tables").until(() -> !refusals.newestSums(Instant.now(), 1)
                    .toCompletableFuture()
                    .isCompletedExceptionally());
            Instant thisHour = Instant.now().truncatedTo(ChronoUnit.HOURS);
            ConcurrentWrites.writeAll(DATA.domains() * SUMS_OF_A_DOMAIN, i -> refusals.saveSum(sum(i, thisHour)));
        }
    }

    private static RefusalSum sum(int number, Instant thisHour) {
        Instant hour = thisHour.minus(Duration.ofHours(number % HOURS));
        return RefusalSum.builder()
                .id(UUID.randomUUID())
                .domain(DATA.domain(number % DATA.domains()))
                .hour(hour)
                .attempts(1 + number % 1000)
                .refused(number % 3)
                .quarantined(number % 2)
                .addresses(1 + number % 5)
                .lastSeen(hour.plusSeconds(number % 3600))
                .build();
    }

    /** Reads so many times, each after a pause, as somebody does who looks at the page. */
    private List<Double> read(String uri, String expected, int times) throws IOException, InterruptedException {
        List<Double> seconds = new ArrayList<>();
        for (int i = 0; i < READS; i++) {
            Uninterruptibles.sleepUninterruptibly(Duration.ofMillis(200));
            long start = System.nanoTime();
            HttpResponse<String> answer =
                    client.send(HttpRequest.newBuilder(URI.create(uri)).build(), HttpResponse.BodyHandlers.ofString());
            seconds.add((System.nanoTime() - start) / 1e9);
            int found = answer.body().split(expected, -1).length - 1;
            if (answer.statusCode() != 200 || found != times) {
                throw new IllegalStateException(
                        uri + " answered " + answer.statusCode() + " with " + found + " times " + expected);
            }
        }
        System.out.println("  " + uri + " " + seconds);
        return seconds;
    }

    private static Report report(List<Double> overview, List<Double> count, Budget tombstones) {
        String text = String.format(
                Locale.ROOT,
                "A James with its domains in Cassandra and a heap of %d MB; %,d domains with %,d addresses, each domain with"
                        + " refusals in %d hours of the last week, which is as many rows as are read.%n%n"
                        + "| read over WebAdmin | first, s | median, s | maximum, s |%n|---|---|---|---|%n"
                        + "| the overview of all domains, the 100 with the most attempts | %s |%n"
                        + "| how many domains enforce | %s |%n%n%d reads a line, one after another.",
                HEAP_MEGABYTES,
                DATA.domains(),
                DATA.addresses(),
                SUMS_OF_A_DOMAIN,
                figures(overview),
                figures(count),
                READS);
        return new Report(
                "The overview of many domains",
                text,
                List.of(
                        new Budget(
                                String.format(
                                        Locale.ROOT, "overview of %,d domains with refusals, median", DATA.domains()),
                                "≤ 1 s",
                                String.format(Locale.ROOT, "%.2f s", median(overview)),
                                median(overview) <= BUDGET_SECONDS),
                        tombstones));
    }

    private static String figures(List<Double> seconds) {
        return String.format(
                Locale.ROOT,
                "%.2f | %.2f | %.2f",
                seconds.get(0),
                median(seconds),
                seconds.stream().max(Double::compare).orElseThrow());
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
    }
}
