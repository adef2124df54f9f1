// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.webadmin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;

import io.authorizedoutbounds.it.junit.HostileCase;
import io.authorizedoutbounds.it.junit.JamesExtension;
import io.authorizedoutbounds.it.smtp.SmtpClient;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The lists over WebAdmin, with the settings as shipped. */
class WebAdminIntegrationTest {
    private static final String ADDRESS = "203.0.113.7";

    private static WebAdmin webAdmin;

    @RegisterExtension
    static final JamesExtension SERVERS = WebAdminJames.asShipped();

    @BeforeAll
    static void useServers(WebAdmin client) {
        webAdmin = client;
    }

    private static String rcptFrom(String client, String domain) {
        try (SmtpClient smtp =
                SmtpClient.proxied("PROXY TCP4 " + client + " 192.0.2.1 35646 25", WebAdminJames.PROXY_PORT)) {
            smtp.mail("user@" + domain);
            return smtp.rcpt("someone@elsewhere.example.org");
        }
    }

    @Test
    void listOfADomainWithoutEntriesShouldBeEmpty() {
        webAdmin.list(webAdmin.addDomain()).then().statusCode(200).body("", empty());
    }

    @Test
    void putShouldAddAnEntryThatHoldsAtOnce() {
        String domain = webAdmin.addDomain();
        Instant before = Instant.now().minusMillis(1);

        webAdmin.put(domain, ADDRESS).then().statusCode(204);

        assertThat(rcptFrom(ADDRESS, domain)).startsWith("250");
        webAdmin.list(domain)
                .then()
                .statusCode(200)
                .contentType("application/json")
                .body("ip", contains(ADDRESS))
                .body("[0].comment", nullValue())
                .body("[0].addedBy", nullValue())
                .body("[0].expiresAt", nullValue());
        String addedAt =
                webAdmin.get(domain, ADDRESS).then().statusCode(200).extract().path("addedAt");
        assertThat(Instant.parse(addedAt)).isBetween(before, Instant.now());
    }

    @Test
    void commentAndExpiryShouldBeStored() {
        String domain = webAdmin.addDomain();
        String comment = "Büro <b>\\\"1\\\"</b>";

        webAdmin.put(domain, ADDRESS, "{\"comment\":\"" + comment + "\",\"expiresAt\":\"2031-01-31T13:00:00+01:00\"}")
                .then()
                .statusCode(204);

        webAdmin.get(domain, ADDRESS)
                .then()
                .statusCode(200)
                .body("ip", equalTo(ADDRESS))
                .body("comment", equalTo("Büro <b>\"1\"</b>"))
                .body("expiresAt", equalTo("2031-01-31T12:00:00Z"));
    }

    @Test
    @HostileCase(41)
    void putShouldReplaceTheEntryAndBeIdempotent() {
        String domain = webAdmin.addDomain();
        webAdmin.put(domain, ADDRESS, "{\"comment\":\"old\",\"expiresAt\":\"2031-01-31T12:00:00Z\"}");

        webAdmin.put(domain, ADDRESS).then().statusCode(204);
        webAdmin.put(domain, ADDRESS).then().statusCode(204);

        webAdmin.list(domain)
                .then()
                .body("ip", contains(ADDRESS))
                .body("comment", contains(nullValue()))
                .body("expiresAt", contains(nullValue()));
    }

    @Test
    @HostileCase(41)
    void deleteShouldRemoveTheEntryAtOnceAndBeIdempotent() {
        String domain = webAdmin.addDomainListing(ADDRESS, "203.0.113.8");

        webAdmin.delete(domain, ADDRESS).then().statusCode(204);
        webAdmin.delete(domain, ADDRESS).then().statusCode(204);

        webAdmin.list(domain).then().body("ip", contains("203.0.113.8"));
        assertThat(rcptFrom(ADDRESS, domain)).startsWith("451 4.7.1");
    }

    @Test
    void listShouldBeSortedByAddress() {
        String domain = webAdmin.addDomainListing(
                "2001:db8::1", "203.0.113.10", "9.0.0.1", "203.0.113.9", "200.0.0.1", "2001:db8::a");

        webAdmin.list(domain)
                .then()
                .body(
                        "ip",
                        contains("9.0.0.1", "200.0.0.1", "203.0.113.9", "203.0.113.10", "2001:db8::1", "2001:db8::a"));
    }

    @ParameterizedTest
    @CsvSource({
        "2001:DB8:0:0:0:0:0:25, 2001:db8::25",
        "2001:0db8::0025, 2001:db8::25",
        "::ffff:203.0.113.7, 203.0.113.7",
        "::FFFF:cb00:7107, 203.0.113.7"
    })
    @HostileCase(24)
    void oneAddressShouldBeOneEntryInAnySpelling(String spelling, String plain) {
        String domain = webAdmin.addDomainListing(plain);

        webAdmin.put(domain, spelling).then().statusCode(204);

        webAdmin.list(domain).then().body("ip", contains(plain));
        webAdmin.delete(domain, spelling).then().statusCode(204);
        webAdmin.list(domain).then().body("", empty());
    }

    @Test
    void domainsShouldNotMix() {
        String one = webAdmin.addDomainListing("203.0.113.1");
        String other = webAdmin.addDomainListing("203.0.113.2");

        webAdmin.delete(one, "203.0.113.2").then().statusCode(204);

        webAdmin.list(one).then().body("ip", contains("203.0.113.1"));
        webAdmin.list(other).then().body("ip", contains("203.0.113.2"));
    }

    @Test
    void domainShouldBeTheSameInUpperCase() {
        String domain = webAdmin.addDomainListing(ADDRESS);

        webAdmin.list(domain.toUpperCase(Locale.ROOT)).then().body("ip", contains(ADDRESS));
    }

    @Test
    @HostileCase(37)
    void expiredEntryShouldNoLongerCount() {
        String domain = webAdmin.addDomain();
        Instant expiry = Instant.now().plusSeconds(8);
        webAdmin.put(domain, ADDRESS, "{\"expiresAt\":\"" + expiry + "\"}")
                .then()
                .statusCode(204);
        assertThat(rcptFrom(ADDRESS, domain)).startsWith("250");

        Awaitility.await().atMost(Duration.ofSeconds(15)).until(() -> Instant.now()
                .isAfter(expiry));

        assertThat(rcptFrom(ADDRESS, domain)).startsWith("451 4.7.1");
        webAdmin.list(domain).then().statusCode(200).body("", empty());
        webAdmin.get(domain, ADDRESS).then().statusCode(404);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static Stream<String> notOneAddress() {
        return Stream.of(
                "10.0.0.0/8",
                encoded("10.0.0.0/8"),
                "10.0.0.0%252f8",
                "0.0.0.0/0",
                encoded("::/0"),
                "1.2.3.4%2f32",
                "example.com",
                "localhost",
                "01.2.3.4",
                "01.02.03.04",
                "0x7f.1",
                "0x7f000001",
                "2130706433",
                "1.2.3",
                "1.2.3.4.5",
                "256.1.1.1",
                encoded("::1%lo"),
                "1.2.3.4:25",
                encoded("[2001:db8::1]:25"),
                encoded("０.0.0.1"),
                "0.0.0.0",
                "224.0.0.1",
                "255.255.255.255",
                "::",
                "ff02::1",
                "*",
                "%20",
                "1.2.3.4%20",
                "1.2.3.4%0d%0aX:%201",
                "1".repeat(7000),
                "");
    }

    @ParameterizedTest
    @MethodSource("notOneAddress")
    @HostileCase(25)
    void whatIsNotOnePlainAddressShouldBe400AndChangeNothing(String text) {
        String domain = webAdmin.addDomainListing(ADDRESS);

        webAdmin.put(domain, text)
                .then()
                .statusCode(400)
                .contentType("application/json")
                .body("statusCode", equalTo(400))
                .body("type", equalTo("InvalidArgument"));
        webAdmin.get(domain, text.isEmpty() ? "%20" : text).then().statusCode(400);
        webAdmin.delete(domain, text).then().statusCode(400);

        webAdmin.list(domain).then().statusCode(200).body("ip", contains(ADDRESS));
    }

    @Test
    @HostileCase(25)
    void addressOfTenKilobytesShouldBeRefusedAndChangeNothing() {
        String domain = webAdmin.addDomainListing(ADDRESS);

        // Jetty takes no request line of more than 8 kB: it answers before James sees it.
        assertThat(webAdmin.put(domain, "1".repeat(10_240)).statusCode()).isIn(400, 414, 431);

        webAdmin.list(domain).then().statusCode(200).body("ip", contains(ADDRESS));
    }

    @Test
    @HostileCase(26)
    void networkShouldBeRefusedWithAMessage() {
        webAdmin.put(webAdmin.addDomain(), "10.0.0.0/8")
                .then()
                .statusCode(400)
                .body(
                        "message",
                        equalTo("'10.0.0.0/8' is a network: networks cannot be authorized; give each address"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.0.0.1",
                "172.16.0.1",
                "192.168.1.1",
                "100.64.0.1",
                "127.0.0.1",
                "169.254.0.1",
                "::1",
                "fe80::1",
                "fd00::1",
                "::ffff:10.0.0.1"
            })
    void privateAddressShouldBeRefusedWithAMessage(String address) {
        String domain = webAdmin.addDomain();

        webAdmin.put(domain, address)
                .then()
                .statusCode(400)
                .body("message", containsString("allow.private.addresses=true"));

        webAdmin.list(domain).then().body("", empty());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"comment\":1}",
                "{\"comment\":\"\\ud800\"}",
                "{\"comment\":\"\\u0000\"}",
                "{\"expiresAt\":\"tomorrow\"}",
                "{\"expiresAt\":\"2001-01-01T00:00:00Z\"}",
                "{\"expiresAt\":\"2099-01-01T00:00:00Z\"}",
                "{\"expires\":\"2031-01-01T00:00:00Z\"}",
                "{\"comment\":\"a\"}{\"comment\":\"b\"}",
                "{\"comment\":\"a\",\"comment\":\"b\"}",
                "[]",
                "null",
                "{"
            })
    @HostileCase(41)
    void bodyThatIsNotUnderstoodShouldBe400AndChangeNothing(String body) {
        String domain = webAdmin.addDomain();

        webAdmin.put(domain, ADDRESS, body).then().statusCode(400).body("type", equalTo("InvalidArgument"));

        webAdmin.list(domain).then().body("", empty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "application/jsonp"})
    @HostileCase(41)
    void bodyOfAnotherContentTypeShouldBe400(String contentType) {
        String domain = webAdmin.addDomain();

        webAdmin.request()
                .contentType(contentType)
                .body("{\"comment\":\"lost\"}".getBytes(StandardCharsets.UTF_8))
                .put("/domains/" + domain + "/authorizedOutbounds/" + ADDRESS)
                .then()
                .statusCode(400)
                .body("message", containsString("application/json"));
    }

    /** What curl sends by default. */
    @Test
    void formShouldBe400() {
        String domain = webAdmin.addDomain();

        webAdmin.request()
                .formParam("comment", "lost")
                .put("/domains/" + domain + "/authorizedOutbounds/" + ADDRESS)
                .then()
                .statusCode(400)
                .body("message", containsString("application/json"));

        webAdmin.list(domain).then().body("", empty());
    }

    @Test
    void longCommentShouldBe400() {
        webAdmin.put(webAdmin.addDomain(), ADDRESS, "{\"comment\":\"" + "x".repeat(1001) + "\"}")
                .then()
                .statusCode(400)
                .body("message", equalTo("'comment' has 1001 characters, at most 1000 are kept"));
    }

    @Test
    @HostileCase(41)
    void unknownDomainShouldBe404() {
        webAdmin.list("unknown.example").then().statusCode(404).body("type", equalTo("notFound"));
        webAdmin.get("unknown.example", ADDRESS).then().statusCode(404);
        webAdmin.put("unknown.example", ADDRESS).then().statusCode(404);
        webAdmin.delete("unknown.example", ADDRESS).then().statusCode(404);
    }

    @Test
    void unknownEntryShouldBe404() {
        String domain = webAdmin.addDomain();

        webAdmin.get(domain, ADDRESS)
                .then()
                .statusCode(404)
                .body("message", equalTo(ADDRESS + " is not an authorized outbound address of " + domain));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a%20b", "-a.example", "a..example", "%2e%2e"})
    void whatIsNotADomainShouldBe400(String text) {
        webAdmin.put(text, ADDRESS).then().statusCode(400).body("message", containsString("is not a domain"));
    }

    @Test
    @HostileCase(41)
    void pathThatClimbsShouldReachNothing() {
        String domain = webAdmin.addDomainListing(ADDRESS);

        assertThat(webAdmin.request()
                        .delete("/domains/" + domain + "/authorizedOutbounds/../authorizedOutbounds/x/../" + ADDRESS)
                        .statusCode())
                .isIn(400, 404);

        webAdmin.list(domain).then().body("ip", contains(ADDRESS));
    }

    @Test
    void listOfARemovedDomainShouldBeShownAndCleared() {
        String domain = webAdmin.addDomainListing(ADDRESS);
        webAdmin.request().delete("/domains/" + domain);

        webAdmin.list(domain).then().statusCode(200).body("ip", contains(ADDRESS));
        webAdmin.get(domain, ADDRESS).then().statusCode(200);
        webAdmin.put(domain, "203.0.113.8").then().statusCode(404);
        webAdmin.delete(domain, ADDRESS).then().statusCode(204);

        webAdmin.list(domain).then().statusCode(404);
    }
}
