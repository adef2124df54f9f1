// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.container;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.Maps;
import io.authorizedoutbounds.it.build.Build;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What needs no container engine. */
class ComposeFileTest {
    private static final ComposeFile.Service JAMES = ComposeFile.service("james");
    private static final Path CONF = Build.repository().resolve("docker/conf");
    private static final Path SHIPPED = Build.dropIn().resolve("conf");

    @Test
    void imagesShouldBeOfTheVersionsThatAreTested() {
        String pom = Build.read(Build.repository().resolve("pom.xml"));

        assertThat(JAMES.image()).isEqualTo("apache/james:memory-3.8.1");
        assertThat(pom).contains("<james.version>3.8.1</james.version>");
        assertThat(ComposeFile.service("cassandra").image()).isEqualTo("cassandra:4.1");
        assertThat(pom).contains("<cassandra.version>4.1.");
    }

    /** Docker's own rules for a published port come before those of the host's firewall. */
    @Test
    void portsShouldBePublishedOnThisHostOnly() {
        assertThat(JAMES.ports())
                .containsExactly("127.0.0.1:25:25", "127.0.0.1:465:465", "127.0.0.1:587:587", "127.0.0.1:8000:8000");
        assertThat(ComposeFile.service("cassandra").ports()).isEmpty();
    }

    /** SMTP_ADDRESS must not publish it. */
    @Test
    void portOfWebAdminShouldHaveNoVariable() {
        assertThat(Build.read(CONF.resolveSibling("compose.yaml"))).contains("\"127.0.0.1:8000:8000\"");
    }

    @Test
    void everyFileOfTheDropInShouldBeMounted() {
        Map<String, Path> mounted =
                JAMES.mounts().stream().collect(Collectors.toMap(ComposeFile.Mount::target, ComposeFile.Mount::source));
        Map<String, Path> expected =
                files(SHIPPED).stream().collect(Collectors.toMap(name -> "/root/conf/" + name, SHIPPED::resolve));
        files(CONF).forEach(name -> expected.put("/root/conf/" + name, CONF.resolve(name)));
        expected.put("/root/extensions-jars", Build.dropIn().resolve("extensions-jars"));

        assertThat(mounted).isEqualTo(expected);
    }

    @Test
    void propertiesShouldBeThoseOfTheDropInExceptWhatAContainerNeeds() {
        assertThat(differences("webadmin.properties")).isEqualTo(Map.of("host", "0.0.0.0"));
        assertThat(differences("cassandra.properties")).isEqualTo(Map.of("cassandra.nodes", "cassandra:9042"));
        assertThat(properties(CONF.resolve("authorized-outbounds.properties")))
                .isEqualTo(Map.of("allow.private.addresses", "true"));
    }

    @Test
    void fileRepositoriesShouldBeDefinedAsInTheTests() {
        assertThat(withoutComments(CONF.resolve("mailrepositorystore.xml")))
                .isEqualTo(withoutComments(Build.resource("james/conf/mailrepositorystore.xml")));
    }

    private static String withoutComments(Path file) {
        return Build.read(file).replaceAll("(?s)<!--.*?-->\\s*", "");
    }

    /** The values that are not as shipped. Both files have the same keys. */
    private static Map<String, String> differences(String name) {
        Map<String, String> shipped = properties(SHIPPED.resolve(name));
        Map<String, String> container = properties(CONF.resolve(name));
        assertThat(container).containsOnlyKeys(shipped.keySet());
        return Maps.filterEntries(
                container, entry -> !shipped.get(entry.getKey()).equals(entry.getValue()));
    }

    private static Map<String, String> properties(Path file) {
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(Build.read(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Maps.fromProperties(properties);
    }

    private static Set<String> files(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).collect(Collectors.toSet());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
