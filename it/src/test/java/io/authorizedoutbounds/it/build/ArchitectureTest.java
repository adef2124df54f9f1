// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.build;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;

/** The arrows between the packages that are shipped, held on the drop-in jar itself. */
class ArchitectureTest {
    private static final String OURS = "io.authorizedoutbounds..";
    private static final JavaClasses CLASSES = shippedClasses();

    private static JavaClasses shippedClasses() {
        try (JarFile jar = new JarFile(Build.dropInJar().toFile())) {
            return new ClassFileImporter()
                    .withImportOption(location -> location.contains("io/authorizedoutbounds"))
                    .withImportOption(location -> !location.contains("io/authorizedoutbounds/shaded"))
                    .importJar(jar);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void policyShouldKnowTheJdkGuavaAndJamesCoreOnly() {
        classes()
                .that()
                .resideInAPackage("io.authorizedoutbounds.policy")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "io.authorizedoutbounds.policy",
                        "java..",
                        "com.google.common..",
                        "org.apache.james.core",
                        // Annotations that the compiler reads and no JVM does.
                        "com.google.auto.value")
                .check(CLASSES);
    }

    @Test
    void heartShouldNotKnowItsEdges() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "io.authorizedoutbounds.policy",
                        "io.authorizedoutbounds.cassandra",
                        "io.authorizedoutbounds.cache",
                        "io.authorizedoutbounds.activity",
                        "io.authorizedoutbounds.orphans",
                        "io.authorizedoutbounds.monitoring",
                        "io.authorizedoutbounds.james",
                        "io.authorizedoutbounds.webadmin")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.authorizedoutbounds.smtp", "io.authorizedoutbounds.mailets")
                .check(CLASSES);
    }

    @Test
    void smtpAndMailetsShouldNotKnowEachOther() {
        slices().matching("io.authorizedoutbounds.(smtp|mailets)..")
                .should()
                .notDependOnEachOther()
                .check(CLASSES);
    }

    @Test
    void packagesShouldBeFreeOfCycles() {
        slices().matching("io.authorizedoutbounds.(*)..")
                .should()
                .beFreeOfCycles()
                .check(CLASSES);
    }

    @Test
    void onlyEdgesShouldKnowHowTheExtensionPlugsIntoJames() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "io.authorizedoutbounds.policy",
                        "io.authorizedoutbounds.cassandra",
                        "io.authorizedoutbounds.cache",
                        "io.authorizedoutbounds.activity",
                        "io.authorizedoutbounds.orphans",
                        "io.authorizedoutbounds.monitoring")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.authorizedoutbounds.james")
                .check(CLASSES);
    }

    @Test
    void cachesShouldNotKnowCassandra() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "io.authorizedoutbounds.cache",
                        "io.authorizedoutbounds.activity",
                        "io.authorizedoutbounds.orphans",
                        "io.authorizedoutbounds.monitoring",
                        "io.authorizedoutbounds.webadmin")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.authorizedoutbounds.cassandra")
                .check(CLASSES);
    }

    @Test
    void onlyTheStoreShouldKnowTheDriver() {
        noClasses()
                .that()
                .resideOutsideOfPackages("io.authorizedoutbounds.cassandra", "io.authorizedoutbounds.james")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("com.datastax..")
                .check(CLASSES);
    }

    @Test
    void nothingShouldResolveANameOrCompareNetworks() {
        noClasses()
                .that()
                .resideInAPackage(OURS)
                .should()
                .callMethod(java.net.InetAddress.class, "getByName", String.class)
                .orShould()
                .callMethod(java.net.InetAddress.class, "getAllByName", String.class)
                .orShould()
                .callMethod(java.net.InetAddress.class, "getHostName")
                .orShould()
                .callMethod(java.net.InetAddress.class, "getCanonicalHostName")
                .orShould()
                .callMethod(java.net.InetSocketAddress.class, "getHostName")
                .orShould()
                .callConstructor(java.net.InetSocketAddress.class, String.class, int.class)
                .orShould()
                .dependOnClassesThat()
                .haveSimpleName("NetMatcher")
                .check(CLASSES);
    }
}
