// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.documentation;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import io.authorizedoutbounds.it.build.Build;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the documents say, held to the files of this repository. What is run is in {@link DocumentationIntegrationTest}. */
class DocumentationTest {
    private static final int README_LINES = 150;
    private static final Pattern LINK = Pattern.compile("(!?)\\[([^]]*)]\\(([^)]*)\\)");
    private static final Pattern SETTING = Pattern.compile("(?m)^\\| `([a-z.]+)` \\| `(\\S+)` \\|");
    private static final Pattern LOG_ROW = Pattern.compile("(?m)^\\| ((?:ERROR|WARN|INFO) `.*?) \\|");
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");
    private static final Pattern LOG_CALL =
            Pattern.compile("LOGGER\\s*\\.(?:info|warn|error)\\(\\s*(\"(?:[^\"\\\\]|\\\\.)*\")");

    /** Blocks that {@link DocumentationIntegrationTest} or {@link InstallationIntegrationTest} runs. */
    private static final Set<String> RUN = Set.of("smtp", "shell", "promql", "cql");

    /** Blocks that a test here holds equal to files. */
    private static final Set<String> COMPARED = Set.of("xml", "properties", "hocon");

    @Test
    void everyBlockShouldHaveAUse() {
        assertThat(Documents.blocks()).isNotEmpty().allSatisfy(block -> assertThat(block.language())
                .as(block.toString())
                .matches(language -> RUN.contains(language) || COMPARED.contains(language)));
    }

    @Test
    void readmeShouldBeShort() {
        assertThat(Documents.read("README.md").lines().count()).isLessThanOrEqualTo(README_LINES);
    }

    private static List<String> documents() {
        return Documents.all();
    }

    @ParameterizedTest
    @MethodSource("documents")
    void linksShouldResolve(String document) {
        Path folder = Build.repository().resolve(document).getParent();

        assertThat(LINK.matcher(Documents.prose(document)).results().map(link -> link.group(3)))
                .filteredOn(target -> !target.matches("https?://.*"))
                .allSatisfy(target -> {
                    List<String> parts = Splitter.on('#').splitToList(target);
                    Path file = parts.get(0).isEmpty()
                            ? Build.repository().resolve(document)
                            : folder.resolve(parts.get(0));
                    assertThat(file).as(target).exists();
                    if (parts.size() == 2) {
                        String linked =
                                Build.repository().relativize(file.normalize()).toString();
                        assertThat(Documents.anchors(linked)).contains(parts.get(1));
                    }
                });
    }

    @Test
    void picturesShouldHaveADescription() {
        List<MatchResult> pictures = Documents.all().stream()
                .flatMap(document -> LINK.matcher(Documents.prose(document)).results())
                .filter(link -> link.group(1).equals("!"))
                .toList();

        assertThat(pictures).isNotEmpty().allSatisfy(picture -> assertThat(picture.group(2))
                .isNotBlank());
    }

    /** A line that is a comment in a shipped file is one to be turned on. */
    @Test
    void propertiesShouldBeLinesOfWhatIsShipped() {
        List<String> shipped = shipped(".properties").stream()
                .flatMap(text -> Documents.lines(text).stream())
                .map(line -> line.replaceFirst("^#", ""))
                .toList();

        assertThat(Documents.blocks("properties"))
                .isNotEmpty()
                .allSatisfy(block -> assertThat(shipped).as(block.toString()).containsAll(block.lines()));
    }

    @Test
    void xmlShouldBePartsOfWhatIsShippedOrTested() {
        String files = Stream.concat(
                        shipped(".xml").stream(),
                        Stream.of(
                                        "james/conf/logback.xml",
                                        "james/conf/mailrepositorystore.xml",
                                        "james/domain-cache.xml")
                                .map(Build::resource)
                                .map(Build::read))
                .map(DocumentationTest::trimmed)
                .collect(Collectors.joining("\n"));

        assertThat(Documents.blocks("xml"))
                .filteredOn(block -> !InstallationIntegrationTest.uses(block))
                .isNotEmpty()
                .allSatisfy(block -> assertThat(files).as(block.toString()).contains(trimmed(block.text())));
    }

    @Test
    void settingsOfTheDriverShouldBePartsOfWhatIsShipped() {
        String shipped = trimmed(Build.read(Build.dropIn().resolve("conf/cassandra-driver.conf")));

        assertThat(Documents.blocks("hocon")).isNotEmpty().allSatisfy(block -> assertThat(shipped)
                .contains(trimmed(block.text())));
    }

    private static String trimmed(String text) {
        return String.join("\n", Documents.lines(text));
    }

    private static List<String> shipped(String ending) {
        try (Stream<Path> files = Files.list(Build.dropIn().resolve("conf"))) {
            return files.filter(file -> file.toString().endsWith(ending))
                    .map(Build::read)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void settingsShouldBeThoseOfTheSample() {
        Map<String, String> documented = SETTING.matcher(Documents.read("docs/operate.md"))
                .results()
                .collect(Collectors.toMap((MatchResult row) -> row.group(1), row -> row.group(2)));
        Map<String, String> shipped =
                Documents.lines(Build.read(Build.dropIn().resolve("conf/authorized-outbounds.properties"))).stream()
                        .filter(line -> !line.startsWith("#"))
                        .map(line -> Splitter.on('=').limit(2).splitToList(line))
                        .collect(Collectors.toMap(setting -> setting.get(0), setting -> setting.get(1)));

        assertThat(documented).isEqualTo(shipped);
    }

    @Test
    void everyReplyShouldHaveAHeading() {
        assertThat(Documents.read("docs/troubleshooting.md"))
                .contains(
                        "### `451 4.7.1 Open relay not allowed: <ip> is not an authorized outbound address of <domain>`\n",
                        "### `451 4.7.1 Open relay not allowed: <ip> is not an authorized outbound address`\n",
                        "### `451 4.3.0 Authorized outbounds temporarily unavailable, try again later`\n");
    }

    @Test
    void documentedLogLinesShouldBeInTheCode() {
        String code = sources().collect(Collectors.joining("\n"));
        List<String> lines = LOG_ROW.matcher(Documents.read("docs/troubleshooting.md"))
                .results()
                .flatMap(row -> CODE.matcher(row.group(1)).results())
                .map(line -> line.group(1))
                .toList();

        assertThat(lines).hasSizeGreaterThan(20);
        assertThat(lines.stream()
                        .flatMap(line -> fixedParts(line, "<[^>]*>|\\.\\.\\.|: |:$| \\(").stream())
                        .filter(part -> !code.contains(part)))
                .isEmpty();
    }

    @Test
    void logLinesOfTheCodeShouldBeDocumented() {
        String documented = Documents.read("docs/troubleshooting.md");
        List<String> messages = sources()
                .flatMap(source -> LOG_CALL.matcher(source).results())
                .map(call -> call.group(1).replaceAll("^\"|\"$", ""))
                // One that only repeats what another line of the code says.
                .filter(message -> !message.equals("{}"))
                .toList();

        assertThat(messages).hasSizeGreaterThan(20);
        assertThat(messages.stream().filter(message -> fixedParts(message, "\\{}|\\d+").stream()
                        .noneMatch(documented::contains)))
                .isEmpty();
    }

    /** Parts that are long enough to say something. */
    private static List<String> fixedParts(String line, String placeholders) {
        return Splitter.onPattern(placeholders).splitToList(line).stream()
                .map(String::trim)
                .filter(part -> part.length() > 5)
                .toList();
    }

    /** What is shipped, with each string in one piece. */
    private static Stream<String> sources() {
        return Stream.of("james-extension", "smtp-hooks", "mailets")
                .map(module -> Build.repository().resolve(module).resolve("src/main/java"))
                .flatMap(folder -> {
                    try (Stream<Path> files = Files.walk(folder)) {
                        return files.filter(file -> file.toString().endsWith(".java")).toList().stream();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                })
                .map(file -> Build.read(file).replaceAll("\"\\s*\\+\\s*\"", ""));
    }
}
