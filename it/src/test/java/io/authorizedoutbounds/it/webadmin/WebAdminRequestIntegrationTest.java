// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.webadmin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;

import com.sun.net.httpserver.HttpServer;
import io.authorizedoutbounds.it.junit.HostileCase;
import io.authorizedoutbounds.it.junit.JamesExtension;
import io.authorizedoutbounds.it.page.Browser;
import io.authorizedoutbounds.it.page.ConsolePage;
import io.authorizedoutbounds.it.server.JamesServer;
import io.restassured.http.Method;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.By;

/** Requests that must not reach a route, with the settings as shipped: without tokens. */
class WebAdminRequestIntegrationTest {
    private static final String PAGE = "/console/authorized-outbounds";
    private static final String ADDRESS = "203.0.113.7";
    private static final String INTRUDER = "203.0.113.66";
    private static final String ENTRY = "{\"comment\":\"the office\",\"expiresAt\":\"2031-01-31T12:00:00Z\"}";

    /** {@code cors.origin} of the shipped file. */
    private static final String ALLOWED_ORIGIN = "http://localhost:8000";

    private static JamesServer james;
    private static WebAdmin webAdmin;
    private static RawHttp rawHttp;

    @RegisterExtension
    static final JamesExtension SERVERS = WebAdminJames.asShipped();

    @BeforeAll
    static void useServers(JamesServer server, WebAdmin client) {
        james = server;
        webAdmin = client;
        rawHttp = new RawHttp(james);
    }

    private static String list(String domain) {
        return "/domains/" + domain + "/authorizedOutbounds";
    }

    private static int status(String requestLine, List<String> headers, String body) {
        return rawHttp.send(requestLine, headers, body).status();
    }

    // --- The method

    @ParameterizedTest
    @ValueSource(strings = {"GET", "PUT", "POST", "DELETE", "OPTIONS"})
    void methodOfAHeaderShouldBeRefusedOnAnyPath(String method) {
        String domain = webAdmin.addDomainListing(ADDRESS);
        for (String path : List.of(
                list(domain), "/domains/added.example", "/users/mallory@" + domain, "/metrics", PAGE, "/nowhere")) {
            Response answer = webAdmin.request()
                    .header("X-HTTP-Method-Override", "PUT")
                    .contentType("application/json")
                    .body("{\"password\":\"secret\"}")
                    .request(method, path);
            assertThat(answer.statusCode()).as(path).isEqualTo(400);
            answer.then().body("message", containsString("X-HTTP-Method-Override"));
        }

        webAdmin.list(domain).then().body("ip", contains(ADDRESS));
        webAdmin.request().get("/domains/added.example").then().statusCode(404);
        webAdmin.request().get("/users").then().body("username", empty());
    }

    /** Spark takes {@code delete} for {@code DELETE}. */
    @Test
    void domainThatIsRemovedAndAddedInLowerCaseShouldNotHaveItsOldList() {
        String domain = webAdmin.addDomainListing(ADDRESS);

        assertThat(status("delete /domains/" + domain, List.of(), "")).isEqualTo(204);
        assertThat(status("put /domains/" + domain, List.of(), "")).isEqualTo(204);

        webAdmin.list(domain).then().statusCode(200).body("orphaned", contains(true));
    }

    // --- The body

    private static List<String> jsonWith(String... headers) {
        return Stream.concat(Stream.of("Content-Type: application/json"), Stream.of(headers))
                .toList();
    }

    private static String chunked(String body) {
        return body.isEmpty() ? "0\r\n\r\n" : Integer.toHexString(body.length()) + "\r\n" + body + "\r\n0\r\n\r\n";
    }

    @ParameterizedTest
    @ValueSource(strings = {"chunked", "Chunked", "gzip, chunked"})
    @HostileCase(46)
    void bodyWithATransferEncodingShouldBe411(String encoding) {
        String domain = webAdmin.addDomainListing(ADDRESS);
        List<String> headers = jsonWith("Transfer-Encoding: " + encoding);

        assertThat(status("PUT " + list(domain) + "/" + INTRUDER, headers, chunked(ENTRY)))
                .isEqualTo(411);
        assertThat(status("PUT " + list(domain), headers, chunked("[]"))).isEqualTo(411);
        assertThat(status("DELETE " + list(domain), headers, chunked(""))).isEqualTo(411);
        assertThat(status("GET " + list(domain), headers, chunked(""))).isEqualTo(411);
        assertThat(status("GET /domains/" + domain + "/refusedOutbounds", headers, chunked("")))
                .isEqualTo(411);
        assertThat(status("GET /authorizedOutbounds", headers, chunked(""))).isEqualTo(411);
        assertThat(status("GET /authorizedOutbounds/changes", headers, chunked("")))
                .isEqualTo(411);
        assertThat(status("GET " + PAGE, headers, chunked(""))).isEqualTo(411);

        webAdmin.list(domain).then().body("ip", contains(ADDRESS));
    }

    @Test
    void refusalsShouldHaveTheErrorBodyOfJames() {
        of("cross-site", "-")
                .get("/authorizedOutbounds")
                .then()
                .statusCode(403)
                .contentType("application/json")
                .body("statusCode", equalTo(403))
                .body("type", equalTo("InvalidArgument"))
                .body("message", containsString("cors.origin"));
        assertThat(rawHttp.send("GET /authorizedOutbounds", jsonWith("Transfer-Encoding: chunked"), chunked(""))
                        .body())
                .startsWith("{\"statusCode\":411,\"type\":\"InvalidArgument\",\"message\":\"")
                .contains("Content-Length");
    }

    @Test
    void transferEncodingShouldBeTakenOnThePathsOfJames() {
        assertThat(status("PUT /domains/chunked.example", jsonWith("Transfer-Encoding: chunked"), chunked("")))
                .isEqualTo(204);
    }

    @ParameterizedTest
    @CsvSource({
        "'Content-Length: 59', 204",
        "'Content-Length: 59; Expect: 100-continue', 204",
        "'Content-Length: 59; Transfer-Encoding: chunked', 400 or 411",
        "'Transfer-Encoding: chunked; Content-Length: 59', 400 or 411",
        "'Transfer-Encoding: identity; Content-Length: 59', 400 or 411",
        "'Transfer-Encoding: ; Content-Length: 59', 400 or 411",
        "'Transfer-Encoding: chunked; Expect: 100-continue', 400 or 411",
        "'Content-Length: 59; Content-Length: 10', 400",
        "'Content-Length: 10; Content-Length: 59', 400",
        "'Content-Length: 58', 400",
        "'Content-Length: 1', 400",
        "'Content-Length: -1', 400",
        "'Content-Length: +59', 204",
        "'Content-Length: many', 400",
    })
    @HostileCase(46)
    void bodyShouldBeStoredExactlyOrNotAtAll(String headers, String expected) {
        assertThat(ENTRY).hasSize(59);
        String domain = webAdmin.addDomain();

        String body = headers.contains("Content-Length") ? ENTRY : chunked(ENTRY);
        int status = status("PUT " + list(domain) + "/" + ADDRESS, jsonWith(headers.split("; ")), body);

        assertThat(expected.split(" or ")).contains(Integer.toString(status));
        if (status == 204) {
            webAdmin.get(domain, ADDRESS)
                    .then()
                    .statusCode(200)
                    .body("comment", equalTo("the office"))
                    .body("expiresAt", equalTo("2031-01-31T12:00:00Z"));
        } else {
            webAdmin.list(domain).then().statusCode(200).body("", empty());
        }
    }

    /**
     * The client has gone, or its connection has: half of a list must not replace the whole. The 500 is that of James's request
     * log, which reads the body before any route.
     */
    @ParameterizedTest
    @ValueSource(strings = {"", "[", "[{\"ip\":\"203.0.113.66\"}]", ENTRY})
    @HostileCase(46)
    void bodyThatBreaksOffShouldChangeNothing(String part) {
        String domain = webAdmin.addDomainListing(ADDRESS);
        List<String> headers = jsonWith("Content-Length: " + (part.length() + 1));

        assertThat(status("PUT " + list(domain), headers, part)).isIn(0, 400, 500);
        assertThat(status("PUT " + list(domain) + "/" + INTRUDER, headers, part))
                .isIn(0, 400, 500);

        webAdmin.list(domain).then().statusCode(200).body("ip", contains(ADDRESS));
    }

    // --- The site

    /** A request of a browser; a dash is a header that it does not send. */
    private static RequestSpecification of(String site, String origin) {
        RequestSpecification request = webAdmin.request();
        if (!site.equals("-")) {
            request.header("Sec-Fetch-Site", site);
        }
        if (!origin.equals("-")) {
            request.header("Origin", origin.replace("OWN", "127.0.0.1:" + james.webAdminPort()));
        }
        return request;
    }

    private static List<String> paths(String domain) {
        return List.of(
                list(domain),
                list(domain) + "/",
                list(domain) + "/" + ADDRESS,
                list(domain) + "?dryRun",
                "/domains/" + domain + "/refusedOutbounds",
                "/authorizedOutbounds",
                "/authorizedOutbounds/",
                "/authorizedOutbounds/addresses/" + ADDRESS,
                "/authorizedOutbounds/changes",
                PAGE,
                PAGE + "/app.js");
    }

    @ParameterizedTest
    @CsvSource({
        "cross-site, https://evil.example",
        "cross-site, null",
        "cross-site, -",
        "same-site, http://127.0.0.1:1",
        "same-site, -",
        "-, https://evil.example",
        "-, http://127.0.0.1:1",
        "-, null",
        // Another site by its name, whatever it is.
        "-, http://OWN.evil.example",
    })
    @HostileCase(47)
    void requestOfAnotherSiteShouldBe403(String site, String origin) {
        String domain = webAdmin.addDomainListing(ADDRESS);

        for (String path : paths(domain)) {
            for (Method method : Method.values()) {
                if (method != Method.TRACE) {
                    int status = of(site, origin)
                            .header("Access-Control-Request-Method", "PUT")
                            .contentType("text/plain")
                            .body("[]")
                            .request(method, path)
                            .statusCode();
                    assertThat(status).as(method + " " + path).isEqualTo(403);
                }
            }
        }
        of(site, origin).put(list(domain) + "/" + INTRUDER).then().statusCode(403);
        webAdmin.list(domain).then().body("ip", contains(ADDRESS));
    }

    @ParameterizedTest
    @CsvSource({
        "-, -",
        "none, -",
        "same-origin, -",
        "same-origin, http://OWN",
        // A proxy that changes Host.
        "same-origin, https://admin.example",
        "-, http://OWN",
        "cross-site, " + ALLOWED_ORIGIN,
        "same-site, " + ALLOWED_ORIGIN,
        "-, " + ALLOWED_ORIGIN,
    })
    void requestOfTheOwnOrAnAllowedSiteShouldBeAnswered(String site, String origin) {
        String domain = webAdmin.addDomain();

        of(site, origin)
                .header("Access-Control-Request-Method", "PUT")
                .options(list(domain) + "/" + ADDRESS)
                .then()
                .statusCode(200)
                .header("Access-Control-Allow-Origin", ALLOWED_ORIGIN)
                .header("Access-Control-Allow-Methods", "PUT");
        of(site, origin).put(list(domain) + "/" + ADDRESS).then().statusCode(204);
        of(site, origin).get(list(domain)).then().statusCode(200).body("ip", contains(ADDRESS));
        of(site, origin).delete(list(domain)).then().statusCode(204);
        of(site, origin).get(PAGE).then().statusCode(200);
    }

    @ParameterizedTest
    @CsvSource({
        "GET, navigate, document, 200",
        "HEAD, navigate, document, 200",
        "GET, navigate, iframe, 403",
        "GET, no-cors, script, 403",
        "GET, cors, empty, 403",
        "POST, navigate, document, 403",
    })
    void onlyAPersonShouldComeToThePageFromAnotherSite(Method method, String mode, String destination, int expected) {
        int status = of("cross-site", "-")
                .header("Sec-Fetch-Mode", mode)
                .header("Sec-Fetch-Dest", destination)
                .request(method, PAGE)
                .statusCode();

        assertThat(status).isEqualTo(expected);
    }

    @Test
    @HostileCase(47)
    void linkOfAnotherSiteShouldNotReadTheApi() {
        of("cross-site", "-")
                .header("Sec-Fetch-Mode", "navigate")
                .header("Sec-Fetch-Dest", "document")
                .get("/authorizedOutbounds")
                .then()
                .statusCode(403);
    }

    // --- A browser

    /** On another port of the same host, which a browser calls same-site, and with an origin that is hidden. */
    @ParameterizedTest
    @ValueSource(strings = {"default-src *", "sandbox allow-scripts"})
    @HostileCase(47)
    void pageOfAnotherSiteShouldNeitherChangeNorReadAList(String policy) throws IOException {
        String domain = webAdmin.addDomainListing(ADDRESS);
        String api = "http://127.0.0.1:" + james.webAdminPort() + list(domain);
        String fetch =
                """
                const done = arguments[arguments.length - 1];
                const [api, intruder] = arguments;
                const attempts = [
                    [api + "/" + intruder, { method: "PUT" }],
                    [api + "/" + intruder, { method: "PUT", headers: { "X-HTTP-Method-Override": "PUT" } }],
                    [api, { method: "DELETE" }],
                    [api, {}],
                    [api, { mode: "no-cors" }],
                    [api, { method: "POST", mode: "no-cors", body: "[]" }],
                ];
                Promise.allSettled(attempts.map(([url, options]) => fetch(url, options)))
                    .then((all) => done(all.filter((one) => one.value?.ok).length));
                """;
        HttpServer elsewhere = serve(
                policy,
                "<!doctype html><a href=\"http://127.0.0.1:" + james.webAdminPort() + PAGE + "#" + domain
                        + "\">the page</a>");
        try (Browser browser = new Browser()) {
            browser.driver().get("http://127.0.0.1:" + elsewhere.getAddress().getPort() + "/");

            Object successes = browser.driver().executeAsyncScript(fetch, api, INTRUDER);
            browser.driver().findElement(By.linkText("the page")).click();
            ConsolePage page = new ConsolePage(browser, james).awaitDomain(domain);

            assertThat(successes).isEqualTo(0L);
            page.awaitAddresses(ADDRESS);
            webAdmin.list(domain).then().body("ip", contains(ADDRESS));
        } finally {
            elsewhere.stop(0);
        }
    }

    private static HttpServer serve(String policy, String html) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            byte[] body = html.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/html;charset=utf-8");
            exchange.getResponseHeaders().set("Content-Security-Policy", policy);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        return server;
    }
}
