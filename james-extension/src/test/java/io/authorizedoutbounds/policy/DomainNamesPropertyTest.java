// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.NotEmpty;
import net.jqwik.api.constraints.StringLength;
import org.apache.james.core.Domain;

class DomainNamesPropertyTest {
    private static Optional<Domain> domain(String name) {
        try {
            return Optional.of(Domain.of(name));
        } catch (IllegalArgumentException e) {
            // James takes no such domain.
            return Optional.empty();
        }
    }

    private static Optional<Domain> canonical(Domain domain) {
        try {
            return Optional.of(DomainNames.canonical(domain));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static void assertFormsAgree(String name) {
        Optional<Domain> domain = domain(name);
        Assume.that(domain.isPresent());

        canonical(domain.get()).ifPresent(canonical -> {
            assertThat(canonical.asString())
                    .isASCII()
                    .isEqualTo(canonical.asString().toLowerCase(Locale.US));
            assertThat(DomainNames.canonical(canonical)).isEqualTo(canonical);
        });
        // Whatever the name is, the question has an answer.
        DomainNames.otherForm(domain.get());
    }

    @Property(maxDiscardRatio = 50)
    void canonicalFormShouldBeAsciiAndItsOwn(@ForAll @NotEmpty @StringLength(max = 80) String name) {
        assertFormsAgree(name);
    }

    @Provide
    Arbitrary<String> names() {
        Arbitrary<String> labels = Arbitraries.strings()
                .withChars('a', 'Z', '0', '-', 'x', 'n', '\u00fc', '\u0308', '\u00df', '\u0430', '\u3002', '\u200d')
                .ofMinLength(1)
                .ofMaxLength(6);
        return Arbitraries.oneOf(labels, labels.map(label -> "xn--" + label))
                .list()
                .ofMinSize(1)
                .ofMaxSize(3)
                .map(all -> String.join(".", all));
    }

    @Property(maxDiscardRatio = 50)
    void canonicalFormOfANameThatLooksLikeOneShouldBeAsciiAndItsOwn(@ForAll("names") String name) {
        assertFormsAgree(name);
    }
}
