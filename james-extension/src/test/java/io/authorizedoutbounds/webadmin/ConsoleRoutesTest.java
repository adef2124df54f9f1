// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import com.google.common.reflect.ClassPath;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The files of the page over HTTP, on each Spark that James has; what the page does is in the integration tests. */
@Timeout(60)
class ConsoleRoutesTest {
    private static final String CONSOLE = "io/authorizedoutbounds/webadmin/console/";
    private static final String PAGE = "/console/authorized-outbounds";
    private static final Pattern IMPORT = Pattern.compile("^import [^;]*\"([^\"]+)\";", Pattern.MULTILINE);

    @RegisterExtension
    final InMemoryWebAdmin webAdmin = new InMemoryWebAdmin();

    @ParameterizedTest
    @CsvSource({
        "'', text/html;charset=utf-8, <!DOCTYPE html>",
        "/app.js, text/javascript;charset=utf-8, import",
        "/style.css, text/css;charset=utf-8, {",
        "/icon.svg, image/svg+xml, <svg"
    })
    void filesShouldBeServedWithTheirTypeAndWhatKeepsOtherSitesOut(String file, String type, String content)
            throws Exception {
        HttpResponse<String> answer = webAdmin.get(PAGE + file);

        assertThat(answer.statusCode()).isEqualTo(200);
        // Jetty 12 adds a charset to what is SVG.
        assertThat(answer.headers().firstValue("Content-Type")).get(STRING).startsWith(type);
        assertThat(answer.headers().firstValue("Content-Security-Policy"))
                .hasValue("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
                        + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
        assertThat(answer.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
        assertThat(answer.headers().firstValue("Referrer-Policy")).hasValue("no-referrer");
        assertThat(answer.headers().firstValue("Cache-Control")).hasValue("no-cache");
        assertThat(answer.body()).containsIgnoringCase(content);
    }

    @Test
    void everyModuleThatThePageImportsShouldBeServed() throws Exception {
        Set<String> imported = new HashSet<>();
        Deque<String> unread = new ArrayDeque<>(List.of("app.js"));
        while (!unread.isEmpty()) {
            String module = unread.remove();
            if (imported.add(module)) {
                HttpResponse<String> answer = webAdmin.get(PAGE + "/" + module);
                assertThat(answer.statusCode()).as(module).isEqualTo(200);
                assertThat(answer.headers().firstValue("Content-Type"))
                        .get(STRING)
                        .startsWith("text/javascript");
                unread.addAll(modulesImportedBy(answer.body()));
            }
        }

        assertThat(imported).containsExactlyInAnyOrderElementsOf(modulesOfTheConsole());
    }

    /** A name that is not relative would leave the path of a reverse proxy. */
    private static List<String> modulesImportedBy(String module) {
        return IMPORT.matcher(module)
                .results()
                .map(result -> result.group(1))
                .peek(name -> assertThat(name).startsWith("./"))
                .map(name -> name.substring("./".length()))
                .collect(Collectors.toList());
    }

    /** From a folder or from a jar. */
    private static List<String> modulesOfTheConsole() throws IOException {
        return ClassPath.from(ConsoleRoutes.class.getClassLoader()).getResources().stream()
                .map(ClassPath.ResourceInfo::getResourceName)
                .filter(name -> name.startsWith(CONSOLE) && name.endsWith(".js"))
                .map(name -> name.substring(CONSOLE.length()))
                .collect(Collectors.toList());
    }

    @Test
    void pathWithASlashShouldRedirectToThePageBelowAnyPrefix() throws Exception {
        HttpResponse<String> answer = webAdmin.get(PAGE + "/");

        assertThat(answer.statusCode()).isEqualTo(301);
        assertThat(answer.headers().firstValue("Location")).hasValue("../authorized-outbounds");
    }

    @Test
    void anyOtherFileShouldBe404() throws Exception {
        HttpResponse<String> answer = webAdmin.get(PAGE + "/index.html");

        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body()).startsWith("{\"statusCode\":404,\"type\":\"notFound\",\"message\":\"GET ");
    }
}
