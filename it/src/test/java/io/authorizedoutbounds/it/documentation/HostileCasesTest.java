// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.documentation;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableSetMultimap;
import com.google.common.primitives.Ints;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.authorizedoutbounds.it.junit.HostileCase;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
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
        for (JavaClass type : new ClassFileImporter().importPackages("io.authorizedoutbounds.it")) {
            for (JavaMethod method : type.getMethods()) {
                if (method.isAnnotatedWith(HostileCase.class)) {
                    for (int number :
                            method.getAnnotationOfType(HostileCase.class).value()) {
                        tested.put(number, outermost(type).getSimpleName() + "." + method.getName());
                    }
                }
            }
        }
        return tested.build();
    }

    private static JavaClass outermost(JavaClass type) {
        return type.getEnclosingClass().map(HostileCasesTest::outermost).orElse(type);
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
