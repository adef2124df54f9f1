// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.inject.Guice;
import com.google.inject.Injector;
import com.google.inject.ProvisionException;

/** The injectors of a James whose {@code extensions.properties} names no module. */
public final class JamesWithoutTheModule {
    private static final String ONLY_ERROR = "Unable to provision, see the following errors:\n\n"
            + "1) conf/extensions.properties does not load the authorized outbounds, which other files of conf/ use. Add"
            + " this on a line of its own, or with a comma to the modules that are there:"
            + " \"guice.extension.module=io.authorizedoutbounds.james.AuthorizedOutboundsModule\"\n";

    private JamesWithoutTheModule() {}

    /** Asserts that James cannot make the class, and that the missing line is all that Guice reports. */
    public static void assertMissingLineReported(Class<?> madeByName) {
        Injector james = Guice.createInjector().createChildInjector();

        assertThatThrownBy(() -> james.getInstance(madeByName))
                .isInstanceOf(ProvisionException.class)
                .message()
                .startsWith(ONLY_ERROR)
                .doesNotContain("2) ");
    }
}
