// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import com.datastax.oss.driver.api.core.CqlSession;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What an operator waits for: the export of a million entries, and a list of ten thousand addresses in one call. */
class OperatorMeasurement implements Measurement {
    /** With three addresses each. */
    private static final DataSet DATA = new DataSet(Integer.getInteger("bench.operator.domains", 333_340));

    private static final String KEYSPACE = "operator";
    private static final int HEAP_MEGABYTES = 256;
    private static final int ADDRESSES = 10_000;
    private static final int ROUNDS = 3;

    private final HttpClient client = HttpClient.newHttpClient();

    @Override
    public Report run() throws Exception {
        System.out.println("Starting Cassandra and James ...");
        try (CassandraServer cassandra = CassandraServer.withJvm("-Xms2g", "-Xmx2g", "-XX:+UseG1GC")
                        .start();
                JamesServer james = JamesServer.builder()
                        .cassandra(cassandra, KEYSPACE)
                        .heap(HEAP_MEGABYTES)
                        .start()) {
            WebAdmin webAdmin = WebAdmin.of(james).awaitLists();
            try (CqlSession session =
                    cassandra.sessionBuilder().withKeyspace(KEYSPACE).build()) {
                System.out.printf("Loading %,d entries ...%n", DATA.addresses());
                new DataSetLoader(session, KEYSPACE, DATA).load();
            }
            String base = "http://127.0.0.1:" + james.webAdminPort();
            Export export = export(base);
            String domain = webAdmin.addDomain();
            URI list = URI.create(base + "/domains/" + domain + "/authorizedOutbounds");
            List<Double> added = new ArrayList<>();
            List<Double> kept = new ArrayList<>();
            List<Double> exchanged = new ArrayList<>();
            for (int round = 0; round < ROUNDS; round++) {
                replace(list, "[]");
                added.add(replace(list, addresses(203)));
                kept.add(replace(list, addresses(203)));
                exchanged.add(replace(list, addresses(205)));
            }
            return report(export, added, kept, exchanged);
        }
    }

    private record Export(long entries, double megabytes, double seconds) {}

    private Export export(String base) throws IOException, InterruptedException {
        List<Export> exports = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            long start = System.nanoTime();
            HttpResponse<InputStream> answer = client.send(
                    HttpRequest.newBuilder(URI.create(base + "/authorizedOutbounds"))
                            .build(),
                    HttpResponse.BodyHandlers.ofInputStream());
            long entries = 0;
            long characters = 0;
            try (BufferedReader lines =
                    new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    characters += line.length() + 1;
                    entries += line.startsWith("{") ? 1 : 0;
                }
            }
            exports.add(new Export(entries, characters / 1e6, seconds(start)));
            System.out.println("  " + exports.get(round));
        }
        exports.sort((one, other) -> Double.compare(one.seconds, other.seconds));
        return exports.get(ROUNDS / 2);
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    private static String addresses(int firstByte) {
        return IntStream.range(0, ADDRESSES)
                .mapToObj(i -> "{\"ip\":\"" + firstByte + ".1." + i / 250 + "." + i % 250 + "\",\"comment\":\"node " + i
                        + "\"}")
                .collect(Collectors.joining(",", "[", "]"));
    }

    private double replace(URI list, String body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(list)
                .timeout(Duration.ofMinutes(6))
                .header("Content-Type", "application/json")
                .PUT(HttpRequest.BodyPublishers.ofString(body))
                .build();
        long start = System.nanoTime();
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        double seconds = seconds(start);
        if (answer.statusCode() != 200) {
            throw new IllegalStateException(answer.body());
        }
        return seconds;
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }

    private static Report report(Export export, List<Double> added, List<Double> kept, List<Double> exchanged) {
        String text = String.format(
                Locale.ROOT,
                "A James with a heap of %d MB. The export of %,d entries (%.0f MB of JSON) took %.1f s.%n%n"
                        + "| list of %,d addresses over WebAdmin | s |%n|---|---|%n| all are new | %.2f |%n"
                        + "| all are there already | %.2f |%n| all are others: as many added and removed | %.2f |%n%n"
                        + "Medians of %d.%n",
                HEAP_MEGABYTES,
                export.entries,
                export.megabytes,
                export.seconds,
                ADDRESSES,
                median(added),
                median(kept),
                median(exchanged),
                ROUNDS);
        Budget budget = new Budget(
                String.format(
                        Locale.ROOT,
                        "entries in the export of %,d, from a heap of %d MB",
                        DATA.addresses(),
                        HEAP_MEGABYTES),
                "each",
                String.format(Locale.ROOT, "%,d in %.1f s", export.entries, export.seconds),
                export.entries == DATA.addresses());
        return new Report("What an operator waits for", text, List.of(budget));
    }
}
