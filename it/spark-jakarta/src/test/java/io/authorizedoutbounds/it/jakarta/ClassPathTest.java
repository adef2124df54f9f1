// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.jakarta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import spark.Request;

/** The tests of the routes, which run here too, show nothing unless this is the Spark of James 3.9. */
class ClassPathTest {
    @Test
    void sparkShouldBeOnJakarta() throws Exception {
        assertThat(Request.class.getMethod("raw").getReturnType().getName())
                .isEqualTo("jakarta.servlet.http.HttpServletRequest");
    }

    @ParameterizedTest
    @ValueSource(strings = {"javax.servlet.Servlet", "javax.servlet.http.HttpServletRequest"})
    void servletsOfJames38ShouldBeAbsent(String name) {
        assertThatThrownBy(() -> Class.forName(name)).isInstanceOf(ClassNotFoundException.class);
    }
}
