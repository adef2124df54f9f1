// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.build;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableSet;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;

/** What a deployer gets. */
class DropInTest {
    private static final int CLASS_FILE_OF_JAVA_11 = 55;
    private static final Path JAR = Build.dropInJar();
    private static final Pattern INCLUDE = Pattern.compile("<include>([^<:]+:[^<]+)</include>");
    private static final Pattern DEPENDENCY = Pattern.compile("(?m)^ +([^: ]+:[^:]+):jar:([^:]+):");
    private static final Pattern FILE_OF_DEPENDENCY =
            Pattern.compile("(?m)^ +([^: ]+:[^:]+):jar:[^:]+:[^:]+:(\\S+\\.jar)");
    private static final Pattern NOTICE_LINE = Pattern.compile("(?m)^[^:\\s]+:[^:\\s]+:[^:\\s]+$");
    private static final Pattern NOTICE_WITH_LICENCE =
            Pattern.compile("(?m)^([^:\\s]+:[^:\\s]+:[^:\\s]+)\n {4}(\\S+)$");
    private static final Pattern LICENCE_OR_NOTICE =
            Pattern.compile("(?i)(META-INF/)?(LICEN[CS]E|NOTICE|COPYING|COPYRIGHT)[^/]*");
    private static final Pattern VERSION =
            Pattern.compile("<artifactId>authorized-outbounds</artifactId>\\s*<version>([^<]+)</version>");

    private static Set<String> classesOf(Path jar) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            return file.stream()
                    .map(JarEntry::getName)
                    .filter(name -> name.endsWith(".class"))
                    .collect(Collectors.toSet());
        }
    }

    /** Libraries that are bundled, as group:artifact. */
    private static Set<String> included() {
        return INCLUDE.matcher(Build.read(Build.repository().resolve("james-config/pom.xml")))
                .results()
                .map(include -> include.group(1))
                .filter(include -> !include.startsWith("io.authorizedoutbounds:"))
                .collect(Collectors.toSet());
    }

    /** The jars of the libraries that are bundled. */
    private static List<Path> libraries() {
        Set<String> included = included();
        return FILE_OF_DEPENDENCY
                .matcher(Build.read(Build.dropIn().resolveSibling("libraries.txt")))
                .results()
                .filter(library -> included.contains(library.group(1)))
                .map(library -> Path.of(library.group(2)))
                .toList();
    }

    private static String version() {
        Matcher version = VERSION.matcher(Build.read(Build.repository().resolve("pom.xml")));
        assertThat(version.find()).isTrue();
        return version.group(1);
    }

    @Test
    void folderShouldHoldTheJarAndTheFilesToTouch() throws IOException {
        try (Stream<Path> files = Files.walk(Build.dropIn())) {
            assertThat(files.filter(Files::isRegularFile)
                            .map(file -> Build.dropIn().relativize(file).toString()))
                    .containsExactlyInAnyOrder(
                            "extensions-jars/" + JAR.getFileName(),
                            "LICENSE",
                            "NOTICE",
                            "README.txt",
                            "conf/authorized-outbounds.properties",
                            "conf/cassandra-driver.conf",
                            "conf/cassandra.properties",
                            "conf/extensions.properties",
                            "conf/healthcheck.properties",
                            "conf/mailetcontainer.xml",
                            "conf/smtpserver.xml",
                            "conf/webadmin.properties",
                            "grafana/authorized-outbounds.json",
                            "licenses/Apache-2.0.txt");
        }
    }

    @Test
    void zipAndJarShouldBeNamedWithTheVersion() {
        String name = "authorized-outbounds-" + version();

        assertThat(Build.dropInJar()).hasFileName(name + ".jar");
        assertThat(Build.dropInZip()).hasFileName(name + ".zip");
    }

    @Test
    void zipShouldHoldTheSameAsTheFolder() throws IOException {
        try (ZipFile zip = new ZipFile(Build.dropInZip().toFile());
                Stream<Path> files = Files.walk(Build.dropIn())) {
            assertThat(zip.stream().filter(entry -> !entry.isDirectory()).map(entry -> entry.getName()))
                    .containsExactlyInAnyOrderElementsOf(files.filter(Files::isRegularFile)
                            .map(file -> "authorized-outbounds-" + version() + "/"
                                    + Build.dropIn().relativize(file))
                            .toList());
        }
    }

    @Test
    void jarShouldHoldLicenceAndNotice() throws IOException {
        try (JarFile jar = new JarFile(JAR.toFile())) {
            for (String name : List.of("LICENSE", "NOTICE")) {
                assertThat(jar.getInputStream(jar.getEntry("META-INF/" + name)))
                        .as(name)
                        .hasSameContentAs(
                                Files.newInputStream(Build.repository().resolve(name)));
            }
        }
    }

    @Test
    void jarAndZipShouldHoldTheLicenceOfEachBundledLibrary() throws IOException {
        Map<String, String> licences = NOTICE_WITH_LICENCE
                .matcher(Build.read(Build.repository().resolve("NOTICE")))
                .results()
                .collect(Collectors.toMap(library -> library.group(1), library -> library.group(2)));

        assertThat(licences).hasSameSizeAs(libraries());
        try (JarFile jar = new JarFile(JAR.toFile());
                ZipFile zip = new ZipFile(Build.dropInZip().toFile())) {
            assertThat(licences).allSatisfy((library, licence) -> {
                assertThat(jar.getEntry("META-INF/licenses/" + licence + ".txt"))
                        .isNotNull();
                assertThat(zip.getEntry("authorized-outbounds-" + version() + "/licenses/" + licence + ".txt"))
                        .isNotNull();
            });
        }
    }

    /** Those of today are plain licences; another version may bring a notice, which has to be passed on. */
    @Test
    void whatLibrariesSayOfTheirLicencesShouldBePassedOn() throws IOException {
        Set<String> passedOn = new HashSet<>();
        try (Stream<Path> licences = Files.list(Build.dropIn().resolve("licenses"))) {
            licences.map(Build::read).forEach(passedOn::add);
        }

        for (Path library : libraries()) {
            try (JarFile jar = new JarFile(library.toFile())) {
                for (JarEntry entry : jar.stream()
                        .filter(file ->
                                LICENCE_OR_NOTICE.matcher(file.getName()).matches())
                        .toList()) {
                    assertThat(passedOn)
                            .as("%s of %s", entry.getName(), library.getFileName())
                            .contains(new String(jar.getInputStream(entry).readAllBytes(), StandardCharsets.UTF_8));
                }
            }
        }
    }

    @Test
    void readmeInTheZipShouldNameTheVersion() {
        assertThat(Build.read(Build.dropIn().resolve("README.txt"))).contains("version " + version() + "\n");
    }

    @Test
    void noticeShouldNameEachBundledLibraryWithItsVersion() {
        Set<String> included = included();
        Set<String> bundled = DEPENDENCY
                .matcher(Build.read(Build.dropIn().resolveSibling("libraries.txt")))
                .results()
                .filter(library -> included.contains(library.group(1)))
                .map(library -> library.group(1) + ":" + library.group(2))
                .collect(Collectors.toSet());

        assertThat(bundled).hasSameSizeAs(included);
        assertThat(NOTICE_LINE
                        .matcher(Build.read(Build.repository().resolve("NOTICE")))
                        .results()
                        .map(MatchResult::group))
                .containsExactlyInAnyOrderElementsOf(bundled);
    }

    @Test
    void jarShouldHoldOurClassesRelocatedLibrariesAndTheDriverOnly() throws IOException {
        assertThat(classesOf(JAR))
                .allMatch(name -> name.startsWith("io/authorizedoutbounds/")
                        || name.startsWith("com/datastax/")
                        || name.startsWith("com/typesafe/config/"));
    }

    /** Under its own name a library could be that of James, in another version. */
    @Test
    void librariesShouldBeRelocated() throws IOException {
        assertThat(classesOf(JAR))
                .contains(
                        "io/authorizedoutbounds/shaded/caffeine/cache/Caffeine.class",
                        "io/authorizedoutbounds/shaded/failsafe/CircuitBreaker.class");
    }

    @Test
    void nothingThatJamesCarriesShouldBeInTheJarButForTheDriver() throws IOException {
        Set<String> carriedByJames = new HashSet<>();
        for (String jar : Build.classPathOf("james-server")) {
            carriedByJames.addAll(classesOf(Path.of(jar)));
        }

        Set<String> twice = new HashSet<>(classesOf(JAR));
        twice.retainAll(carriedByJames);

        assertThat(twice)
                .isNotEmpty()
                .allMatch(name -> name.startsWith("com/datastax/") || name.startsWith("com/typesafe/config/"));
    }

    @Test
    void classesThatConfigurationFilesNameShouldBeInTheJar() throws IOException {
        assertThat(classesOf(JAR))
                .containsAll(ImmutableSet.of(
                        "io/authorizedoutbounds/james/AuthorizedOutboundsModule.class",
                        "io/authorizedoutbounds/james/AuthorizedOutboundsHealthCheck.class",
                        "io/authorizedoutbounds/smtp/AuthorizedOutboundHook.class",
                        "io/authorizedoutbounds/mailets/BlockExternalSenders.class",
                        "io/authorizedoutbounds/webadmin/DomainAuthorizedOutboundsRoutes.class",
                        "io/authorizedoutbounds/webadmin/ConsoleRoutes.class"));
    }

    @Test
    void bytecodeShouldRunOnJava11() throws IOException {
        try (JarFile jar = new JarFile(JAR.toFile())) {
            for (String name : classesOf(JAR)) {
                try (DataInputStream in = new DataInputStream(jar.getInputStream(jar.getEntry(name)))) {
                    in.readInt();
                    in.readUnsignedShort();
                    assertThat(in.readUnsignedShort()).as(name).isLessThanOrEqualTo(CLASS_FILE_OF_JAVA_11);
                }
            }
        }
    }
}
