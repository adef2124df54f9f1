// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.authorizedoutbounds.james.AuthorizedOutboundsConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.james.webadmin.Routes;
import org.apache.james.webadmin.WebAdminConfiguration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.yaml.snakeyaml.Yaml;
import spark.Service;
import spark.route.HttpMethod;
import spark.routematch.RouteMatch;

/** {@code docs/openapi.yaml} documents every route, and no other. */
class OpenApiTest {
    private static final Set<HttpMethod> FILTERS = Set.of(HttpMethod.before, HttpMethod.after);

    private static Map<String, ?> document;
    private static Service service;
    private static List<Routes> routes;

    @BeforeAll
    static void read() throws IOException {
        document = new Yaml().load(Files.readString(Path.of("../docs/openapi.yaml")));
        RequestChecks checks = new RequestChecks(WebAdminConfiguration.TEST_CONFIGURATION);
        routes = List.of(
                new DomainAuthorizedOutboundsRoutes(
                        null,
                        null,
                        null,
                        new DomainChangeFilters(null, null, null, null),
                        new RefusedOutboundsRoute(null, null, null),
                        new OutboundEnforcementRoute(null, null, null, null),
                        null,
                        null,
                        null,
                        checks),
                new AuthorizedOutboundsRoutes(
                        null,
                        null,
                        null,
                        null,
                        new RefusalOverviewRoute(null, null, null, null, null, null),
                        new EnforcementCountRoute(null, null, AuthorizedOutboundsConfiguration.DEFAULT, null),
                        null,
                        null,
                        null,
                        checks));
        service = Service.ignite().ipAddress("127.0.0.1").port(0);
        routes.forEach(each -> each.define(service));
    }

    @AfterAll
    static void stop() {
        service.stop();
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Map<String, ?>> map(Map<String, ?> of, String key) {
        return (Map<String, Map<String, ?>>) of.get(key);
    }

    private static Stream<RouteMatch> routesWithoutFilters() {
        return service.routes().stream().filter(route -> !FILTERS.contains(route.getHttpMethod()));
    }

    private static Set<String> documented() {
        return map(document, "paths").entrySet().stream()
                .flatMap(path -> path.getValue().keySet().stream()
                        .filter(key -> !key.equals("parameters"))
                        .map(method -> method + " " + path.getKey()))
                .collect(Collectors.toSet());
    }

    @Test
    void everyRouteShouldBeDocumentedAndNoOther() {
        Set<String> there = routesWithoutFilters()
                .map(route -> route.getHttpMethod() + " "
                        + route.getMatchUri().replace(":domain", "{domain}").replace("/*", "/{ip}"))
                .collect(Collectors.toSet());

        assertThat(documented()).isEqualTo(there);
    }

    /** James guards what is at and below the base path. */
    @Test
    void everyRouteShouldBeBelowABasePath() {
        Stream<String> basePaths = routes.stream().map(Routes::getBasePath);
        Set<String> guarded = basePaths.collect(Collectors.toSet());

        assertThat(routesWithoutFilters()).extracting(RouteMatch::getMatchUri).allMatch(path -> guarded.stream()
                .anyMatch(base -> path.equals(base) || path.startsWith(base + "/")));
    }

    @ParameterizedTest
    @CsvSource({
        "Entry, EntryResponse",
        "Refusal, RefusalResponse",
        "Hour, HourResponse",
        "Change, ChangeResponse",
        "Decision, DecisionResponse",
        "Enforcement, EnforcementResponse",
    })
    void schemaShouldHaveTheKeysOfTheAnswer(String schema, String answer) throws ClassNotFoundException {
        Class<?> type = Class.forName(OpenApiTest.class.getPackageName() + "." + answer);
        Set<String> keys =
                Set.copyOf(List.of(type.getAnnotation(JsonPropertyOrder.class).value()));

        Map<String, ?> properties =
                map(map(map(document, "components"), "schemas").get(schema), "properties");

        assertThat(keys)
                .containsAll(properties.keySet())
                // The export has it, the list of a domain has not.
                .allMatch(key -> properties.containsKey(key) || key.equals("domain"));
    }
}
