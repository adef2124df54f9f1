// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.documentation;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableSetMultimap;
import com.google.common.primitives.Ints;
import io.authorizedoutbounds.it.junit.HostileCase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The table of docs/security.md names for each hostile case the tests that have its number, and no other. */
class HostileCasesTest {
    private static final int CASES = 65;
    private static final Pattern ROW = Pattern.compile("(?m)^\\| (\\d+) \\| .* \\| .* \\| (.*) \\|$");
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");

    private static ImmutableSetMultimap<Integer, String> documented() {
        ImmutableSetMultimap.Builder<Integer, String> documented = ImmutableSetMultimap.builder();
        ROW.matcher(Documents.read("docs/security.md")).results().forEach(row -> CODE.matcher(row.group(2))
                .results()
                .forEach(test -> documented.put(Integer.parseInt(row.group(1)), test.group(1))));
        return documented.build();
    }

    private static ImmutableSetMultimap<Integer, String> tested() {
        ImmutableSetMultimap.Builder<Integer, String> tested = ImmutableSetMultimap.builder();
        for (Class<?> type : testClasses()) {
            for (Method method : type.getDeclaredMethods()) {
                if (method.isAnnotationPresent(HostileCase.class)) {
                    for (int number : method.getAnnotation(HostileCase.class).value()) {
                        tested.put(number, outermost(type).getSimpleName() + "." + method.getName());
                    }
                }
            }
        }
        return tested.build();
    }

    private static List<Class<?>> testClasses() {
        Path root = Path.of(URI.create(HostileCasesTest.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toString()));
        try (Stream<Path> files = Files.walk(root)) {
            return files.map(file -> root.relativize(file).toString())
                    .filter(file -> file.matches(".*IntegrationTest(\\$\\w+)?\\.class"))
                    .<Class<?>>map(file -> load(file.replaceAll("\\.class$", "").replace('/', '.')))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name, false, HostileCasesTest.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Class<?> outermost(Class<?> type) {
        return type.getEnclosingClass() == null ? type : outermost(type.getEnclosingClass());
    }

    @Test
    void everyCaseShouldHaveATest() {
        List<Integer> numbers = IntStream.rangeClosed(1, CASES).boxed().toList();

        assertThat(tested().keySet()).containsExactlyInAnyOrderElementsOf(numbers);
    }

    @Test
    void tableShouldNameTheTestsOfEachCase() {
        assertThat(documented().asMap()).isEqualTo(tested().asMap());
    }

    @Test
    void tableShouldBeInTheOrderOfTheCases() {
        assertThat(ROW.matcher(Documents.read("docs/security.md")).results().map(row -> Ints.tryParse(row.group(1))))
                .isSorted();
    }
}
