// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.james;

import io.authorizedoutbounds.webadmin.AuthorizedOutboundsRoutes;
import io.authorizedoutbounds.webadmin.DomainAuthorizedOutboundsRoutes;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoadedModuleTest {
    @ParameterizedTest
    @ValueSource(
            classes = {
                DomainAuthorizedOutboundsRoutes.class,
                AuthorizedOutboundsRoutes.class,
                AuthorizedOutboundsHealthCheck.class
            })
    void onlyTheMissingLineShouldBeReportedWhenTheModuleIsNotLoaded(Class<?> madeByName) {
        JamesWithoutTheModule.assertMissingLineReported(madeByName);
    }
}
