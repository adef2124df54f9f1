// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.documentation;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import groovy.json.JsonSlurper;
import io.authorizedoutbounds.it.build.Build;
import io.authorizedoutbounds.it.documentation.Documents.Block;
import io.authorizedoutbounds.it.junit.JamesExtension;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.smtp.SmtpClient;
import io.authorizedoutbounds.it.webadmin.Metrics;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the documents say, done: their commands are run in a James with the files as shipped, and what they name is compared
 * with what that James shows. What needs no James is in {@link DocumentationTest}.
 */
class DocumentationIntegrationTest {
    private static final Pattern CLIENT = Pattern.compile("# .*? (\\d+\\.\\d+\\.\\d+\\.\\d+) is .*:");
    private static final Pattern METRIC = Pattern.compile("(?m)^\\| `(authorizedOutbounds_\\w+)` \\| (\\w+) \\|");
    private static final String LISTED = "203.0.113.7";
    private static final String UNLISTED = "203.0.113.99";
    private static final int PROXY_PORT = Build.freePort();

    /** Commands that a build cannot run within itself: that their scripts are there is all that is asserted. */
    private static final Set<String> NOT_RUN = Set.of(
            "mvn package",
            "./mvnw package -pl james-config -am",
            "mvn spotless:apply",
            "./verify",
            "./demo --once",
            "./bench",
            "./bench fuzz",
            "./screenshots",
            "./mvnw -Prelease verify",
            ".ci/release-test",
            "docker compose -f docker/compose.yaml up -d --wait",
            "DROP_IN=/opt/authorized-outbounds docker compose -f docker/compose.yaml up -d --wait",
            "docker compose -f docker/compose.yaml logs james",
            "docker compose -f docker/compose.yaml down",
            "podman system service --time=0 unix:///run/podman.sock &",
            "export DOCKER_HOST=unix:///run/podman.sock TESTCONTAINERS_RYUK_DISABLED=true",
            "mvn verify -pl it -am -Dit.test=ContainerIntegrationTest -Dtest=ComposeFileTest");

    private static JamesServer james;
    private static WebAdmin webAdmin;

    @RegisterExtension
    static final JamesExtension SERVERS = JamesExtension.with(builder -> builder.proxyListener(PROXY_PORT)
            // As in docker/conf: docs/containers.md lists the address that its own mail comes from.
            .setting("allow.private.addresses", "true"));

    @BeforeAll
    static void addDomains(JamesServer server, WebAdmin admin) {
        james = server;
        webAdmin = admin;
        webAdmin.addDomain("alpha.example");
        webAdmin.addDomain("beta.example");
        webAdmin.addUser("bob@alpha.example", "secret");
    }

    @BeforeEach
    void listTheAddress() {
        webAdmin.put("alpha.example", LISTED).then().statusCode(204);
        webAdmin.resetEnforcement("alpha.example").then().statusCode(204);
    }

    @Test
    void transcriptsShouldBeWhatJamesSays() {
        assertThat(Documents.blocks("smtp")).isNotEmpty().allSatisfy(block -> assertThat(replay(block))
                .isEqualTo(block.text()));
    }

    /** Each comment names a new client. */
    private static String replay(Block block) {
        StringBuilder said = new StringBuilder();
        SmtpClient client = null;
        for (String line : block.lines()) {
            Matcher address = CLIENT.matcher(line);
            if (address.matches()) {
                close(client);
                client = client(address.group(1));
                said.append(line).append('\n');
            } else if (line.startsWith("C: ")) {
                said.append(line).append('\n');
                said.append("S: ").append(client.send(line.substring(3))).append('\n');
            }
        }
        close(client);
        return said.toString();
    }

    private static void close(SmtpClient client) {
        if (client != null) {
            client.close();
        }
    }

    private static Stream<String> documentsWithCommands() {
        return Documents.blocks("shell").stream()
                .filter(block -> !InstallationIntegrationTest.uses(block))
                .map(Block::document)
                .distinct();
    }

    @ParameterizedTest
    @MethodSource("documentsWithCommands")
    void commandsShouldDoWhatTheySay(String document, @TempDir Path folder) {
        DocumentedCommands commands =
                new DocumentedCommands(folder, james.folder(), DocumentedCommands.addressesOf(james), () -> {
                    throw new AssertionError(document + " restarts James: no test does that");
                });
        Documents.blocks("shell").stream()
                .filter(block -> block.document().equals(document))
                .filter(block -> !InstallationIntegrationTest.uses(block))
                .forEach(block -> {
                    if (isNotRun(block)) {
                        assertScriptsExist(block);
                    } else {
                        commands.run(block);
                    }
                });
    }

    private static boolean isNotRun(Block block) {
        return block.lines().stream()
                .map(DocumentationIntegrationTest::withoutComment)
                .allMatch(NOT_RUN::contains);
    }

    private static String withoutComment(String line) {
        return line.replaceFirst(" +#.*", "");
    }

    private static void assertScriptsExist(Block block) {
        assertThat(block.lines()).filteredOn(line -> line.startsWith("./")).allSatisfy(line -> assertThat(
                        Build.repository()
                                .resolve(Splitter.on(' ').split(line).iterator().next()))
                .isExecutable());
    }

    @Test
    void metricsShouldBeThoseOfTheTable() {
        Set<String> documented = METRIC.matcher(Documents.read("docs/monitoring.md"))
                .results()
                .map(row -> row.group(1) + " " + row.group(2))
                .collect(Collectors.toSet());
        Set<String> shown = webAdmin.metrics().types().entrySet().stream()
                .filter(metric -> metric.getKey().startsWith("authorizedOutbounds_"))
                .map(metric -> metric.getKey() + " " + metric.getValue())
                .collect(Collectors.toSet());

        assertThat(documented).isEqualTo(shown);
    }

    @Test
    void alertsShouldAskForWhatJamesShows() {
        Metrics metrics = webAdmin.metrics();

        assertThat(Documents.blocks("promql")).hasSize(1).allSatisfy(block -> assertThat(block.lines())
                .isNotEmpty()
                .allSatisfy(line -> new PromQuery(line.replaceFirst("#.*", "")).assertFits(metrics)));
    }

    /** After some of all that it counts. */
    @Test
    void dashboardShouldAskForWhatJamesShows() {
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
}
