// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.webadmin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.not;

import io.authorizedoutbounds.it.junit.HostileCase;
import io.authorizedoutbounds.it.junit.JamesExtension;
import io.authorizedoutbounds.it.server.JamesServer;
import io.restassured.specification.RequestSpecification;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** WebAdmin with {@code jwt.enabled=true}. */
class WebAdminAuthenticationIntegrationTest {
    private static final String ADMIN = "{\"sub\":\"carol@admin.example\",\"admin\":true}";
    private static final String ADDRESS = "203.0.113.7";
    private static final JsonWebTokens TOKENS = WebAdminJames.TOKENS;

    private static JamesServer james;
    private static WebAdmin anonymous;
    private static WebAdmin admin;
    private static String domain;

    @RegisterExtension
    static final JamesExtension SERVERS = WebAdminJames.withTokens();

    @BeforeAll
    static void useServers(JamesServer server) {
        james = server;
        anonymous = WebAdmin.of(james);
        admin = anonymous
                .withAuthorization("Bearer " + TOKENS.token("RS256", ADMIN))
                .awaitLists();
        domain = admin.addDomainListing(ADDRESS);
    }

    private static Stream<WebAdmin> intruders() {
        return Stream.of(
                anonymous,
                anonymous.withAuthorization("Bearer nonsense"),
                anonymous.withAuthorization("Bearer "),
                anonymous.withAuthorization("Basic Y2Fyb2w6c2VjcmV0"),
                anonymous.withAuthorization("Bearer " + new JsonWebTokens().token("RS256", ADMIN)),
                anonymous.withAuthorization("Bearer " + TOKENS.token("none", ADMIN)),
                anonymous.withAuthorization("Bearer " + JsonWebTokens.unsigned("none", ADMIN) + "."),
                anonymous.withAuthorization("Bearer " + TOKENS.token("RS256", "{\"sub\":\"carol@admin.example\"}")),
                anonymous.withAuthorization("Bearer "
                        + TOKENS.token("RS256", "{\"sub\":\"carol@admin.example\",\"admin\":true,\"exp\":1}")));
    }

    @ParameterizedTest
    @MethodSource("intruders")
    @HostileCase(41)
    void everyPathShouldBe401WithoutAGoodToken(WebAdmin intruder) {
        intruder.list(domain).then().statusCode(401);
        intruder.list("unknown.example").then().statusCode(401);
        intruder.get(domain, ADDRESS).then().statusCode(401);
        intruder.get(domain, "").then().statusCode(401);
        intruder.get(domain, "10.0.0.0/8").then().statusCode(401);
        intruder.put(domain, "203.0.113.8").then().statusCode(401);
        intruder.put(domain, "10.0.0.0/8").then().statusCode(401);
        intruder.put("", "203.0.113.8").then().statusCode(401);
        intruder.delete(domain, ADDRESS).then().statusCode(401);
        String list = "/domains/" + domain + "/authorizedOutbounds";
        intruder.request().body("[]").put(list).then().statusCode(401);
        intruder.request().body("[]").put(list + "?dryRun").then().statusCode(401);
        intruder.request().delete(list).then().statusCode(401);
        intruder.request().put("/domains/unknown.example").then().statusCode(401);
        intruder.request().delete("/domains/" + domain).then().statusCode(401);
        for (String path : List.of(
                "/domains/" + domain + "/refusedOutbounds",
                "/authorizedOutbounds",
                "/authorizedOutbounds/",
                "/authorizedOutbounds/addresses/" + ADDRESS,
                "/authorizedOutbounds/decision?ip=" + ADDRESS + "&recipient=a@x.example",
                "/authorizedOutbounds/changes")) {
            intruder.request().get(path).then().statusCode(401);
        }

        admin.list(domain).then().statusCode(200).body("size()", equalTo(1));
    }

    /** Spark would take the method of the header for that of the call, and James asks OPTIONS for no token. */
    @ParameterizedTest
    @CsvSource({
        "X-HTTP-Method-Override, GET",
        "X-HTTP-Method-Override, PUT",
        "X-HTTP-Method-Override, DELETE",
        "X-HTTP-Method-Override, get",
        "x-http-method-override, put",
        "X-Http-Method-Override, ''",
    })
    @HostileCase(45)
    void methodOfAHeaderShouldBeRefusedOnEveryPath(String header, String method) {
        for (String path : List.of(
                "/domains/" + domain + "/authorizedOutbounds/203.0.113.66",
                "/domains/" + domain + "/authorizedOutbounds",
                "/domains/" + domain + "/refusedOutbounds",
                "/authorizedOutbounds",
                "/authorizedOutbounds/changes",
                // James's own.
                "/users/mallory@" + domain,
                "/users",
                "/domains/" + domain,
                "/domains/mallory.example",
                "/domains",
                "/mailRepositories",
                "/tasks",
                // Without authentication.
                "/healthcheck",
                "/metrics",
                "/console/authorized-outbounds",
                "/console/authorized-outbounds/app.js",
                "/nowhere",
                "/")) {
            int status = anonymous
                    .request()
                    .header(header, method)
                    .contentType("application/json")
                    .body("{\"password\":\"secret\"}")
                    .options(path)
                    .statusCode();
            assertThat(status).as(path).isEqualTo(400);
        }

        nothingShouldBeChanged();
    }

    @Test
    @HostileCase(45)
    void methodOfAHeaderThatIsThereTwiceShouldBeRefused() {
        anonymous
                .request()
                .header("X-HTTP-Method-Override", "OPTIONS", "PUT")
                .options("/domains/mallory.example")
                .then()
                .statusCode(400);
        anonymous
                .request()
                .header("X-HTTP-Method-Override", "PUT", "OPTIONS")
                .options("/domains/mallory.example")
                .then()
                .statusCode(400);
        admin.request()
                .header("X-HTTP-Method-Override", "PUT")
                .get("/domains/mallory.example")
                .then()
                .statusCode(400);

        nothingShouldBeChanged();
    }

    /** James has two routes of types of their own; without the check they are reached, and answer 404. */
    @ParameterizedTest
    @CsvSource({
        "'application/json, */*;q=0'",
        "'message/rfc822, */*;q=0'",
        "'text/plain;q=0, application/json'",
        "'text/plain;q=0, message/rfc822'",
        "'*/*;q=0.0, application/json'"
    })
    void typeThatIsExcludedShouldNotLeadAroundTheAuthentication(String accept) {
        int status = anonymous
                .request()
                .header("Accept", accept)
                .get("/mailRepositories/var%2Fmail%2Fblocked-sender%2F/mails/any")
                .statusCode();

        assertThat(status).isEqualTo(400);
    }

    private static void nothingShouldBeChanged() {
        admin.list(domain).then().statusCode(200).body("ip", contains(ADDRESS));
        admin.request().get("/users").then().statusCode(200).body("", empty());
        admin.request().get("/domains").then().statusCode(200).body("", not(hasItem("mallory.example")));
    }

    /** A page of another site that has a token, and one that has none. */
    @ParameterizedTest
    @ValueSource(strings = {"GET", "PUT", "DELETE", "POST", "HEAD"})
    @HostileCase(47)
    void requestOfAnotherSiteShouldBeRefused(String method) {
        String list = "/domains/" + domain + "/authorizedOutbounds";
        for (String path :
                List.of(list, list + "/" + ADDRESS, "/authorizedOutbounds", "/authorizedOutbounds/changes")) {
            assertThat(ofAnotherSite(admin).request(method, path).statusCode()).isEqualTo(403);
            assertThat(ofAnotherSite(anonymous).request(method, path).statusCode())
                    .isEqualTo(401);
            // A preflight has no token.
            ofAnotherSite(anonymous)
                    .header("Access-Control-Request-Method", method)
                    .options(path)
                    .then()
                    .statusCode(403);
        }

        admin.list(domain).then().statusCode(200).body("ip", contains(ADDRESS));
    }

    private static RequestSpecification ofAnotherSite(WebAdmin webAdmin) {
        return webAdmin.request().header("Origin", "https://evil.example");
    }

    @Test
    @HostileCase(47)
    void requestOfAnAllowedSiteShouldBeAnswered() {
        admin.request()
                .header("Origin", "http://localhost:8000")
                .header("Sec-Fetch-Site", "cross-site")
                .get("/domains/" + domain + "/authorizedOutbounds")
                .then()
                .statusCode(200);
    }

    @Test
    void addedByShouldBeTheSubjectOfTheToken() {
        admin.get(domain, ADDRESS).then().statusCode(200).body("addedBy", equalTo("carol@admin.example"));
    }

    @Test
    void logShouldSayWhoChangedWhat() {
        admin.put(domain, "203.0.113.9").then().statusCode(204);
        admin.delete(domain, "203.0.113.9").then().statusCode(204);

        assertThat(james.log())
                .contains(
                        "carol@admin.example made 203.0.113.9 an authorized outbound address of " + domain,
                        "carol@admin.example removed 203.0.113.9 from the authorized outbound addresses of " + domain);
    }
}
