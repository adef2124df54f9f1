// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import io.authorizedoutbounds.it.server.JamesServer;
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
import java.util.regex.Pattern;

/** Uses WebAdmin and says how long each call took. */
class Operator {
    private static final Pattern IP = Pattern.compile("\"ip\":\"");

    private final HttpClient client = HttpClient.newHttpClient();
    private final String base;

    Operator(JamesServer james) {
        this.base = "http://127.0.0.1:" + james.webAdminPort();
    }

    /**
     * What one call read.
     *
     * @param entries    how many objects with an address
     * @param characters of JSON
     */
    record Answer(long entries, long characters, double seconds) {}

    /** Reads an array of objects with an address, however long it is. */
    Answer read(String path) throws IOException, InterruptedException {
        long start = System.nanoTime();
        HttpResponse<InputStream> answer =
                client.send(request(path).build(), HttpResponse.BodyHandlers.ofInputStream());
        long entries = 0;
        long characters = 0;
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                characters += line.length() + 1;
                entries += IP.matcher(line).results().count();
            }
        }
        if (answer.statusCode() != 200) {
            throw new IllegalStateException(path + " answered " + answer.statusCode());
        }
        return new Answer(entries, characters, seconds(start));
    }

    /** Reads so many times, one after another. */
    List<Answer> read(String path, int times) throws IOException, InterruptedException {
        List<Answer> answers = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            answers.add(read(path));
        }
        return answers;
    }

    /** Replaces the list of a domain and returns the seconds that it took. */
    double replaceList(String domain, String body) throws IOException, InterruptedException {
        HttpRequest request = request(listOf(domain))
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

    static String listOf(String domain) {
        return "/domains/" + domain + "/authorizedOutbounds";
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(base + path));
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }
}
