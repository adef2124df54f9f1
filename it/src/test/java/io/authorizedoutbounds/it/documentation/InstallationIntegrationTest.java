// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.documentation;

import static org.assertj.core.api.Assertions.assertThat;

import com.datastax.oss.driver.api.core.CqlSession;
import com.google.common.base.Splitter;
import io.authorizedoutbounds.cassandra.CassandraAuthorizedOutboundStore;
import io.authorizedoutbounds.cassandra.CassandraConnection;
import io.authorizedoutbounds.it.build.Build;
import io.authorizedoutbounds.it.documentation.Documents.Block;
import io.authorizedoutbounds.it.junit.OwnServers;
import io.authorizedoutbounds.it.junit.SharedCassandra;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.server.JamesServerBuilder;
import io.authorizedoutbounds.it.server.Names;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.james.core.Domain;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What the documents say of an installation, done step by step on James's own sample configuration. */
@OwnServers
@ExtendWith(SharedCassandra.class)
class InstallationIntegrationTest {
    private static final String OPERATE = "docs/operate.md";
    private static final String UPGRADE = "UPGRADE.md";
    private static final Pattern ADDITION = Pattern.compile("(ALTER TABLE \\w+) ADD \\((.+)\\)");

    @TempDir
    Path folder;

    /** Whether a block is for this test. */
    static boolean uses(Block block) {
        return block.isIn("README.md", "Install")
                || block.isIn(OPERATE, "Tokens")
                || block.language().equals("cql");
    }

    private static List<Block> blocksOf(String document, String section) {
        return Documents.blocks().stream()
                .filter(block -> block.isIn(document, section))
                .toList();
    }

    /** From a stock James to a refused and an accepted mail, by the README alone. */
    @Test
    void readmeShouldInstallTheExtension(CassandraServer cassandra) throws IOException {
        copyZip();
        List<Block> before = new ArrayList<>();
        List<Block> after = new ArrayList<>();
        for (Block block : blocksOf("README.md", "Install")) {
            (after.isEmpty() && !DocumentedCommands.restarts(block) ? before : after).add(block);
        }
        JamesServerBuilder builder = JamesServer.builder()
                .cassandra(cassandra, Names.newKeyspace())
                .installedBy(james -> before.forEach(block -> install(block, james)))
                .patientLookups();
        try (JamesServer james = builder.start()) {
            DocumentedCommands commands = new DocumentedCommands(
                    folder, james.folder(), DocumentedCommands.addressesOf(james), () -> restart(james));
            after.forEach(commands::run);

            assertThat(james.warnings()).isEmpty();
        }
    }

    private void copyZip() throws IOException {
        Path zip = Build.dropInZip();
        Files.copy(zip, folder.resolve(zip.getFileName()));
    }

    private static void restart(JamesServer james) {
        james.restart();
        WebAdmin.of(james).awaitHealth("healthy");
    }

    private void install(Block block, Path james) {
        if (block.language().equals("shell")) {
            new DocumentedCommands(folder, james, command -> command, () -> {}).run(block);
            return;
        }
        assertThat(block.language()).as(block.toString()).isEqualTo("xml");
        String element = block.text().substring(0, block.text().indexOf(' '));
        switch (element) {
            case "<handler":
                insert(james, "smtpserver.xml", "<handlerchain[^>]*>", block);
                break;
            case "<mailet":
                insert(james, "mailetcontainer.xml", "<processor state=\"root\"[^>]*>", block);
                break;
            case "<processor":
                insert(james, "mailetcontainer.xml", "<processors>", block);
                break;
            default:
                throw new AssertionError(block + ": no place for " + element + " is known");
        }
    }

    /** Adds it after each match. */
    private static void insert(Path james, String file, String pattern, Block block) {
        Path path = james.resolve("conf").resolve(file);
        String text = Build.read(path);
        String changed = text.replaceAll(pattern, "$0" + Matcher.quoteReplacement("\n" + block.text()));
        assertThat(changed).isNotEqualTo(text);
        Build.write(path, changed);
    }

    @Test
    void tokensShouldBeMadeAsDocumented(CassandraServer cassandra) {
        List<Block> blocks = blocksOf(OPERATE, "Tokens");
        String settings = blocks.stream()
                .filter(block -> block.language().equals("properties"))
                .map(Block::text)
                .collect(Collectors.joining("\n"));
        try (JamesServer james = JamesServer.builder()
                .cassandra(cassandra, Names.newKeyspace())
                .domain("alpha.example")
                .start()) {
            DocumentedCommands commands =
                    new DocumentedCommands(folder, james.folder(), DocumentedCommands.addressesOf(james), () -> {
                        james.restart("webadmin.properties", text -> text + "\n" + settings);
                        WebAdmin.of(james).awaitHealth("healthy");
                    });
            blocks.stream().filter(block -> block.language().equals("shell")).forEach(commands::run);

            WebAdmin.of(james).list("alpha.example").then().statusCode(401);
            assertThat(james.log()).contains("carol made 203.0.113.7 an authorized outbound address of alpha.example");
        }
    }

    @Test
    void tablesToDropShouldBeAllThatThereAre(CassandraServer cassandra) {
        String keyspace = Names.newKeyspace();
        try (JamesServer james =
                JamesServer.builder().cassandra(cassandra, keyspace).start()) {
            WebAdmin.of(james).awaitLists();
        }
        try (CqlSession session = SharedCassandra.newSession(cassandra)) {
            statementsOf(OPERATE)
                    .forEach(statement -> session.execute(statement.replace("apache_james.", keyspace + ".")));

            assertThat(session.execute("SELECT table_name FROM system_schema.tables WHERE keyspace_name='" + keyspace
                                    + "'")
                            .all())
                    .isEmpty();
        }
    }

    @Test
    void tablesMadeByHandShouldBeThoseOfTheExtension(CassandraServer cassandra) {
        try (CqlSession byHand = SharedCassandra.newSession(cassandra);
                CqlSession byExtension = SharedCassandra.newSession(cassandra)) {
            statementsOf(UPGRADE)
                    .filter(statement -> statement.startsWith("CREATE TABLE "))
                    .forEach(statement -> byHand.execute(statement.replace("apache_james.", "")));
            openStore(byExtension);

            assertThat(tablesOf(byHand)).hasSize(7).isEqualTo(tablesOf(byExtension));
        }
    }

    @Test
    void columnsAddedByHandShouldBeThoseOfTheExtension(CassandraServer cassandra) {
        try (CqlSession session = SharedCassandra.newSession(cassandra)) {
            openStore(session);
            Map<String, String> tables = tablesOf(session);
            List<String> additions = statementsOf(UPGRADE)
                    .filter(statement -> statement.startsWith("ALTER TABLE "))
                    .map(statement -> statement.replace("apache_james.", ""))
                    .toList();
            additions.stream()
                    .map(InstallationIntegrationTest::withoutTheColumns)
                    .forEach(session::execute);
            assertThat(tablesOf(session)).isNotEqualTo(tables);

            additions.forEach(session::execute);

            assertThat(tablesOf(session)).isEqualTo(tables);
        }
    }

    /** The statements of a document; one ends at the end of a line. */
    private static Stream<String> statementsOf(String document) {
        return Documents.blocks("cql").stream()
                .filter(block -> block.document().equals(document))
                .flatMap(block ->
                        Splitter.on(";\n").trimResults().omitEmptyStrings().splitToStream(block.text()));
    }

    private static void openStore(CqlSession session) {
        CassandraAuthorizedOutboundStore store = new CassandraAuthorizedOutboundStore(
                CassandraConnection.shared(session), Duration.ofDays(90), Clock.systemUTC());
        Awaitility.await("the tables").atMost(Duration.ofMinutes(1)).until(() -> !store.list(
                        Domain.of("nobody.example"))
                .toCompletableFuture()
                .isCompletedExceptionally());
    }

    /** The statement that drops what another one adds. */
    private static String withoutTheColumns(String addition) {
        Matcher matcher = ADDITION.matcher(addition);
        assertThat(matcher.matches()).as(addition).isTrue();
        String columns = Splitter.on(", ")
                .splitToStream(matcher.group(2))
                .map(column -> column.substring(0, column.indexOf(' ')))
                .collect(Collectors.joining(", "));
        return matcher.group(1) + " DROP (" + columns + ")";
    }

    /** The definition of each table of the session's keyspace, with its options. */
    private static Map<String, String> tablesOf(CqlSession session) {
        String keyspace = session.getKeyspace().orElseThrow().asInternal();
        return session.refreshSchema().getKeyspace(keyspace).orElseThrow().getTables().values().stream()
                .collect(Collectors.toMap(table -> table.getName().asInternal(), table -> table.describe(true)
                        .replace(keyspace, "keyspace")));
    }
}
