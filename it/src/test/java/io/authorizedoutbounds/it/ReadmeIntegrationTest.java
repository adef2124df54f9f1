// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import groovy.json.JsonSlurper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README says, done: its blocks are run, or are parts of files that are shipped. */
class ReadmeIntegrationTest {
    private static final String README = Build.read(Build.repository().resolve("README.md"));
    private static final Pattern EXPECTING_A_CODE = Pattern.compile("(.*?) +# (\\d{3})");
    private static final Pattern SETTING = Pattern.compile("(?m)^\\| `([a-z.]+)` \\| `(\\S+)` \\|");
    private static final Pattern METRIC = Pattern.compile("(?m)^\\| `(authorizedOutbounds_\\w+)` \\| (\\w+) \\|");
    private static final String LISTED = "203.0.113.7";
    private static final Pattern PICTURE = Pattern.compile("!\\[([^]]*)]\\(([^)]*)\\)");
    private static final String UNLISTED = "203.0.113.99";
    private static final int PROXY_PORT = Build.freePort();

    private static JamesServer james;
    private static WebAdmin webAdmin;

    @BeforeAll
    static void start() {
        james = JamesServer.builder()
                .cassandra(Servers.cassandra(), Servers.newKeyspace())
                .proxyListener(PROXY_PORT)
                .start();
        webAdmin = WebAdmin.of(james).awaitLists();
        webAdmin.addDomain("alpha.example");
        webAdmin.addUser("bob@alpha.example", "secret");
    }

    @AfterAll
    static void stop() {
        james.close();
    }

    private static List<String> blocks(String language) {
        return Pattern.compile("(?ms)^```" + language + "\n(.*?)^```$")
                .matcher(README)
                .results()
                .map(block -> block.group(1))
                .toList();
    }

    private static List<String> lines(String text) {
        return Splitter.on('\n').trimResults().omitEmptyStrings().splitToList(text);
    }

    @Test
    void transcriptShouldBeWhatJamesSays() {
        try (SmtpClient client = client(UNLISTED)) {
            String transcript = blocks("smtp").get(0);
            StringBuilder said = new StringBuilder();
            for (String line : lines(transcript)) {
                if (line.startsWith("C: ")) {
                    said.append(line).append('\n');
                    said.append("S: ").append(client.send(line.substring(3))).append('\n');
                }
            }
            assertThat(said.toString()).isEqualTo(transcript);
        }
    }

    @Test
    void commandsShouldDoWhatTheySay(@TempDir Path folder) throws Exception {
        Path zip = Build.dropInZip();
        Files.copy(zip, folder.resolve(zip.getFileName()));
        int run = 0;
        for (String block : blocks("shell")) {
            for (String line : lines(block)) {
                if (line.startsWith("./")) {
                    assertThat(Build.repository().resolve(line)).isExecutable();
                } else {
                    runs(folder, line);
                    run++;
                }
            }
        }

        assertThat(run).isGreaterThan(10);
        assertThat(folder.resolve("james/extensions-jars")
                        .resolve(Build.dropInJar().getFileName()))
                .hasSameBinaryContentAs(Build.dropInJar());
    }

    private static void runs(Path folder, String line) throws IOException, InterruptedException {
        Matcher expecting = EXPECTING_A_CODE.matcher(line);
        boolean code = expecting.matches();
        String command = (code ? expecting.group(1) : line)
                .replace("http://localhost:8000", "http://127.0.0.1:" + james.webAdminPort())
                .replace("localhost:25", "127.0.0.1:" + james.smtpPort());
        ProcessBuilder builder = new ProcessBuilder("bash", "-c", command).directory(folder.toFile());
        builder.environment().put("JAMES", folder.resolve("james").toString());
        Process process = builder.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = process.waitFor();
        if (code) {
            assertThat(output)
                    .as(command)
                    .containsPattern("(?m)^(HTTP/1\\.1 |<\\*\\* |<-  )" + expecting.group(2) + " ");
        } else {
            assertThat(status).as("%s: %s", command, output).isZero();
        }
    }

    @Test
    void propertiesShouldBeLinesOfWhatIsShipped() throws IOException {
        List<String> shipped = shippedFiles(".properties")
                .flatMap(file -> lines(Build.read(file)).stream())
                .toList();

        assertThat(blocks("properties")).isNotEmpty().allSatisfy(block -> assertThat(shipped)
                .containsAll(lines(block)));
    }

    @Test
    void xmlShouldBePartsOfWhatIsShippedOrTested() throws IOException {
        Stream<Path> tested =
                Stream.of(Build.resource("james/conf/logback.xml"), Build.resource("james/domain-cache.xml"));
        String shipped = Stream.concat(shippedFiles(".xml"), tested)
                .map(file -> String.join("\n", lines(Build.read(file))))
                .collect(Collectors.joining("\n"));

        assertThat(blocks("xml")).isNotEmpty().allSatisfy(block -> assertThat(shipped)
                .contains(String.join("\n", lines(block))));
    }

    @Test
    void settingsOfTheDriverShouldBePartsOfWhatIsShipped() {
        String shipped = String.join("\n", lines(Build.read(Build.dropIn().resolve("conf/cassandra-driver.conf"))));

        assertThat(blocks("hocon")).isNotEmpty().allSatisfy(block -> assertThat(shipped)
                .contains(String.join("\n", lines(block))));
    }

    private static Stream<Path> shippedFiles(String ending) throws IOException {
        try (Stream<Path> files = Files.list(Build.dropIn().resolve("conf"))) {
            return files.filter(file -> file.toString().endsWith(ending)).toList().stream();
        }
    }

    @Test
    void settingsShouldBeThoseOfTheSample() {
        Map<String, String> told = SETTING.matcher(README)
                .results()
                .collect(Collectors.toMap((MatchResult row) -> row.group(1), row -> row.group(2)));
        Map<String, String> shipped =
                lines(Build.read(Build.dropIn().resolve("conf/authorized-outbounds.properties"))).stream()
                        .filter(line -> !line.startsWith("#"))
                        .map(line -> Splitter.on('=').limit(2).splitToList(line))
                        .collect(Collectors.toMap(setting -> setting.get(0), setting -> setting.get(1)));

        assertThat(told).isEqualTo(shipped);
    }

    @Test
    void metricsShouldBeThoseOfTheTable() {
        Set<String> told = METRIC.matcher(README)
                .results()
                .map(row -> row.group(1) + " " + row.group(2))
                .collect(Collectors.toSet());
        Set<String> shown = webAdmin.metrics().types().entrySet().stream()
                .filter(metric -> metric.getKey().startsWith("authorizedOutbounds_"))
                .map(metric -> metric.getKey() + " " + metric.getValue())
                .collect(Collectors.toSet());

        assertThat(told).isEqualTo(shown);
    }

    @Test
    void alertsShouldAskForWhatJamesShows() {
        Metrics metrics = webAdmin.metrics();

        assertThat(blocks("promql")).hasSize(1).allSatisfy(block -> assertThat(lines(block))
                .isNotEmpty()
                .allSatisfy(line -> new PromQuery(line.replaceFirst("#.*", "")).assertFits(metrics)));
    }

    /** After some of all that it counts. */
    @Test
    void dashboardShouldAskForWhatJamesShows() {
        webAdmin.put("alpha.example", LISTED).then().statusCode(204);
        Metrics before = webAdmin.metrics();
        try (SmtpClient client = client(LISTED)) {
            client.mail("stranger@remote.example.com");
            assertThat(client.rcpt("friend@elsewhere.example.org")).startsWith("250");
            assertThat(client.data("blocked")).startsWith("250");
        }
        try (SmtpClient client = client(UNLISTED)) {
            client.mail("stranger@remote.example.com");
            assertThat(client.rcpt("friend@elsewhere.example.org")).startsWith("451 4.7.1");
            assertThat(client.rcpt("bob@alpha.example")).startsWith("250");
            assertThat(client.data("left as it is")).startsWith("250");
        }
        Awaitility.await("both mails and what was said to their recipients")
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> {
                    assertCounted(before, "mails_blocked");
                    assertCounted(before, "mails_passed");
                    assertCounted(before, "decisions_grant");
                    assertCounted(before, "decisions_refuse");
                    assertCounted(before, "decisions_pass");
                    assertCounted(before, "refusals_row7");
                });
        Metrics after = webAdmin.metrics();
        assertThat(after.value("authorizedOutbounds_lookups_count"))
                .isGreaterThan(before.value("authorizedOutbounds_lookups_count"));
        // Until the first reading of the changes it is the time since the start.
        Awaitility.await("the changes to be followed")
                .atMost(Duration.ofSeconds(30))
                .until(() -> webAdmin.metrics().value("authorizedOutbounds_propagation_lag_seconds") < 5);

        Map<?, ?> dashboard = (Map<?, ?>)
                new JsonSlurper().parseText(Build.read(Build.dropIn().resolve("grafana/authorized-outbounds.json")));

        assertThat((List<?>) dashboard.get("panels")).isNotEmpty().allSatisfy(panel -> {
            List<?> targets = (List<?>) ((Map<?, ?>) panel).get("targets");
            assertThat(targets)
                    .isNotEmpty()
                    .allSatisfy(target -> new PromQuery((String) ((Map<?, ?>) target).get("expr")).assertFits(after));
        });
    }

    private static void assertCounted(Metrics before, String counter) {
        String name = "authorizedOutbounds_" + counter + "_total";
        assertThat(webAdmin.metrics().value(name)).as(name).isEqualTo(before.value(name) + 1);
    }

    private static SmtpClient client(String address) {
        return SmtpClient.proxied("PROXY TCP4 " + address + " 192.0.2.1 35646 25", PROXY_PORT);
    }

    @Test
    void picturesShouldBeThereAndBeToldInWords() {
        List<MatchResult> pictures = PICTURE.matcher(README).results().toList();

        assertThat(pictures).isNotEmpty().allSatisfy(picture -> {
            assertThat(picture.group(1)).isNotBlank();
            assertThat(Build.repository().resolve(picture.group(2))).isRegularFile();
        });
    }

    @Test
    void everyReplyShouldHaveAHeading() {
        assertThat(README)
                .contains(
                        "### `451 4.7.1 Open relay not allowed: <ip> is not an authorized outbound address of <domain>`\n",
                        "### `451 4.7.1 Open relay not allowed: <ip> is not an authorized outbound address`\n",
                        "### `451 4.3.0 Authorized outbounds temporarily unavailable, try again later`\n");
    }
}
