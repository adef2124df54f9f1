// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.webadmin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;

import io.authorizedoutbounds.it.junit.HostileCase;
import io.authorizedoutbounds.it.junit.JamesExtension;
import io.authorizedoutbounds.it.smtp.SmtpClient;
import io.restassured.response.Response;
import java.net.IDN;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an operator asks of WebAdmin beside the list of one domain, with the settings as shipped. */
class OperatorIntegrationTest {
    private static final String LISTED = "203.0.113.7";
    private static final String STRANGER = "198.51.100.9";
    private static final String EXTERNAL = "someone@elsewhere.example.org";

    private static WebAdmin webAdmin;

    /** Of this test only, and lists one address. */
    private String domain;

    @RegisterExtension
    static final JamesExtension SERVERS = WebAdminJames.asShipped();

    @BeforeAll
    static void useServers(WebAdmin client) {
        webAdmin = client;
    }

    @BeforeEach
    void newDomain() {
        domain = webAdmin.addDomainListing(LISTED);
    }

    private static String rcpt(String client, String sender, String recipient) {
        try (SmtpClient smtp =
                SmtpClient.proxied("PROXY TCP4 " + client + " 192.0.2.1 35646 25", WebAdminJames.PROXY_PORT)) {
            smtp.mail(sender);
            return smtp.rcpt(recipient);
        }
    }

    private static Response get(String path) {
        return webAdmin.request().get(path);
    }

    private Response replace(String query, String body) {
        return webAdmin.request()
                .contentType("application/json")
                .body(body)
                .put("/domains/" + domain + "/authorizedOutbounds" + query);
    }

    @Nested
    class Refusals {
        private Response refusals(String query) {
            return get("/domains/" + domain + "/refusedOutbounds" + query);
        }

        private Response awaitAttempts(int attempts) {
            return Awaitility.await("refusals")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> refusals(""), answer -> sumOfAttempts(answer) == attempts);
        }

        private int sumOfAttempts(Response answer) {
            return answer.jsonPath().getList("attempts", Integer.class).stream()
                    .mapToInt(each -> each)
                    .sum();
        }

        @Test
        void nothingIsRefusedAtFirst() {
            refusals("").then().statusCode(200).body("", empty());
            refusals("?by=hour").then().statusCode(200).body("", empty());
        }

        @Test
        void eachAddressIsThereWithItsLastAttemptAndTheLastOneSeenFirst() {
            Instant before = Instant.now().minusMillis(1);
            rcpt("198.51.100.1", "first@" + domain, EXTERNAL);
            rcpt("198.51.100.1", "second@" + domain, "user@third.example.net");
            assertThat(rcpt("198.51.100.2", "first@" + domain, EXTERNAL)).startsWith("451 4.7.1");

            Response refusals = awaitAttempts(3);

            refusals.then()
                    .statusCode(200)
                    .contentType("application/json")
                    .header("X-Refusals-Dropped", nullValue())
                    .body("ip", contains("198.51.100.2", "198.51.100.1"))
                    .body("attempts", contains(1, 2))
                    .body("lastSender", contains("first@" + domain, "second@" + domain))
                    .body("lastRecipientDomain", contains("elsewhere.example.org", "third.example.net"));
            assertThat(Instant.parse(refusals.path("[1].firstSeen"))).isBetween(before, Instant.now());
            assertThat(Instant.parse(refusals.path("[1].lastSeen"))).isBetween(before, Instant.now());
            // Two tables, written side by side.
            Awaitility.await("the hours")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> sumOfAttempts(refusals("?by=hour")) == 3);
            Instant hour = Instant.parse(refusals("?by=hour").path("[0].hour"));
            assertThat(hour).isEqualTo(hour.truncatedTo(ChronoUnit.HOURS));
        }

        @Test
        void whatIsNotRefusedIsNotThere() {
            rcpt(LISTED, "user@" + domain, EXTERNAL);
            rcpt(STRANGER, EXTERNAL, "user@" + domain);
            rcpt(STRANGER, EXTERNAL, "other@elsewhere.example.org");
            rcpt(STRANGER, "user@" + domain, EXTERNAL);

            awaitAttempts(1).then().body("ip", contains(STRANGER));
        }

        @Test
        void unknownDomainIsSaidToBeUnknown() {
            get("/domains/nowhere.example/refusedOutbounds").then().statusCode(404);
            refusals("?by=day")
                    .then()
                    .statusCode(400)
                    .body("message", equalTo("'by' is 'day', give 'hour' or leave it out"));
        }
    }

    @Nested
    class WhatIf {
        private Response decision(String client, String sender, String recipient) {
            return get("/authorizedOutbounds/decision?ip=" + client + "&sender=" + sender + "&recipient=" + recipient);
        }

        @ParameterizedTest
        @CsvSource({
            LISTED + ", user@DOMAIN, someone@x.example, 2, grant, 2, pass",
            STRANGER + ", user@DOMAIN, someone@x.example, 3, refuse, 2, pass",
            STRANGER + ", user@DOMAIN, user@DOMAIN, 3, refuse, 2, pass",
            STRANGER + ", someone@x.example, user@DOMAIN, 5, pass, 3, pass",
            STRANGER + ", '', user@DOMAIN, 5, pass, 2, pass",
            LISTED + ", someone@x.example, someone@y.example, 6, grant, 5, block",
            LISTED + ", '', someone@y.example, 6, grant, 2, pass",
            LISTED + ", %3C%3E, someone@y.example, 6, grant, 2, pass",
            STRANGER + ", someone@x.example, someone@y.example, 7, refuse, 1, pass",
        })
        void decisionIsThatOfTheRules(
                String client, String sender, String recipient, int row, String verdict, int row2, String outcome) {
            decision(client, sender.replace("DOMAIN", domain), recipient.replace("DOMAIN", domain))
                    .then()
                    .statusCode(200)
                    .contentType("application/json")
                    .body("enforcement", equalTo("enforce"))
                    .body("rule1.row", equalTo(row))
                    .body("rule1.verdict", equalTo(verdict))
                    .body("rule1.why", not(empty()))
                    .body("rule2.row", equalTo(row2))
                    .body("rule2.outcome", equalTo(outcome))
                    .body("rule2.why", not(empty()));
        }

        @Test
        void replyIsTheOneThatTheClientIsGiven() {
            String reply = decision(STRANGER, "user@" + domain, EXTERNAL).path("rule1.reply");

            assertThat(reply)
                    .isEqualTo("451 4.7.1 Open relay not allowed: " + STRANGER
                            + " is not an authorized outbound address of " + domain)
                    .isEqualTo(rcpt(STRANGER, "user@" + domain, EXTERNAL));
            decision(LISTED, "user@" + domain, EXTERNAL).then().body("rule1.reply", nullValue());
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "ip=203.0.113.0/24&recipient=a@x.example | networks cannot be authorized",
                    "recipient=a@x.example | 'ip' is missing",
                    "ip=203.0.113.7 | 'recipient' is missing",
                    "ip=203.0.113.7&recipient=nobody%0d%0a | 'recipient' is 'nobody??', not a mail address",
                    "ip=203.0.113.7&sender=@&recipient=a@x.example | 'sender' is '@', not a mail address",
                })
        void invalidParameterIs400WithAMessage(String query, String message) {
            get("/authorizedOutbounds/decision?" + query)
                    .then()
                    .statusCode(400)
                    .body("message", containsString(message));
        }
    }

    @Nested
    class History {
        private Response changes(String query) {
            return get("/authorizedOutbounds/changes?domain=" + domain + query);
        }

        @Test
        void changesAreThereWithTheNewestFirst() {
            webAdmin.put(domain, "203.0.113.8", "{\"comment\":\"new\",\"expiresAt\":\"2030-01-31T12:00:00Z\"}");
            webAdmin.delete(domain, LISTED);

            changes("")
                    .then()
                    .statusCode(200)
                    .contentType("application/json")
                    .body("action", contains("remove", "put", "put"))
                    .body("ip", contains(LISTED, "203.0.113.8", LISTED))
                    .body("comment", contains(null, "new", null))
                    .body("[1].expiresAt", equalTo("2030-01-31T12:00:00Z"))
                    .body("[0].domain", equalTo(domain));
            changes("&limit=1").then().body("ip", contains(LISTED)).body("action", contains("remove"));
        }

        /** That it is read within a second after an import of a million entries is measured by ./bench operator. */
        @Test
        @HostileCase(55)
        void changesOfAQuietDomainAreThereAfterAnImport() {
            String imported = webAdmin.addDomain();
            String list = IntStream.range(0, 5000)
                    .mapToObj(i -> "{\"ip\":\"11.1." + i / 250 + "." + i % 250 + "\"}")
                    .collect(Collectors.joining(",", "[", "]"));
            webAdmin.request()
                    .contentType("application/json")
                    .body(list)
                    .put("/domains/" + imported + "/authorizedOutbounds")
                    .then()
                    .statusCode(200);

            get("/authorizedOutbounds/changes?domain=" + domain)
                    .then()
                    .body("ip", contains(LISTED))
                    .body("action", contains("put"));
        }

        @Test
        void changesBeforeAnInstantAreLeftOut() {
            changes("&since=" + Instant.now().plusSeconds(60)).then().body("", empty());
            changes("&since=" + Instant.now().minusSeconds(600)).then().body("ip", contains(LISTED));
            changes("&since=0001-01-01T00:00:00Z").then().body("ip", contains(LISTED));
            changes("&since=9999-12-31T23:59:59Z").then().statusCode(200).body("", empty());
            changes("&since=%2B999999999-12-31T23:59:59Z")
                    .then()
                    .statusCode(200)
                    .body("", empty());
        }

        @Test
        void changesOfAllDomainsAreThereWithoutADomain() {
            get("/authorizedOutbounds/changes?limit=1000").then().body("domain", hasItem(domain));
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "&limit=0 | 'limit' is '0', give a number from 1 to 1000",
                    "&limit=1001 | 'limit' is '1001'",
                    "&limit=x | 'limit' is 'x'",
                    "&since=yesterday | 'since' is 'yesterday', not a time like",
                })
        void invalidParameterIs400WithAMessage(String query, String message) {
            changes(query).then().statusCode(400).body("message", containsString(message));
        }
    }

    @Nested
    class Bulk {
        @Test
        void listBecomesWhatTheBodySays() {
            webAdmin.put(domain, "203.0.113.8", "{\"comment\":\"old\"}");

            replace("", "[{\"ip\":\"203.0.113.8\",\"comment\":\"new\"},{\"ip\":\"2001:DB8::1\"}]")
                    .then()
                    .statusCode(200)
                    .body("added", contains("2001:db8::1"))
                    .body("removed", contains(LISTED))
                    .body("kept", contains("203.0.113.8"));

            webAdmin.list(domain)
                    .then()
                    .body("ip", contains("203.0.113.8", "2001:db8::1"))
                    .body("comment", contains("new", null));
            assertThat(rcpt("203.0.113.8", "user@" + domain, EXTERNAL)).startsWith("250");
            assertThat(rcpt(LISTED, "user@" + domain, EXTERNAL)).startsWith("451 4.7.1");
        }

        @Test
        void dryRunChangesNothing() {
            replace("?dryRun", "[]").then().statusCode(200).body("removed", contains(LISTED));

            webAdmin.list(domain).then().body("ip", contains(LISTED));
        }

        @Test
        void listAsItIsReadIsOneThatCanBeWritten() {
            webAdmin.put(domain, LISTED, "{\"comment\":\"note\"}");
            String list = webAdmin.list(domain).asString();

            replace("", list)
                    .then()
                    .statusCode(200)
                    .body("kept", contains(LISTED))
                    .body("added", empty());

            assertThat(webAdmin.list(domain).asString()).isEqualTo(list);
        }

        @Test
        void emptyListAndDeleteLeaveNothing() {
            int status = webAdmin.request()
                    .delete("/domains/" + domain + "/authorizedOutbounds")
                    .statusCode();

            assertThat(status).isEqualTo(204);
            webAdmin.list(domain).then().statusCode(200).body("", empty());
            assertThat(rcpt(LISTED, "user@" + domain, EXTERNAL)).startsWith("451 4.7.1");
        }

        @Test
        void tenThousandAddressesCanBeReplacedAtOnce() {
            String body = IntStream.range(0, 10_000)
                    .mapToObj(i -> "{\"ip\":\"203.0." + i / 250 + "." + i % 250 + "\"}")
                    .collect(Collectors.joining(",", "[", "]"));

            List<String> added =
                    replace("", body).then().statusCode(200).extract().path("added");

            assertThat(added).hasSize(10_000);
            assertThat(webAdmin.list(domain).jsonPath().getList("ip")).hasSize(10_000);
            Awaitility.await("a list of 10,000 to be read")
                    .atMost(Duration.ofSeconds(30))
                    .until(() ->
                            rcpt("203.0.39.249", "user@" + domain, EXTERNAL).startsWith("250"));
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "{} | a JSON array of objects",
                    "[ | a JSON array of objects",
                    "[1] | Entry 1: it is no object with an \"ip\" that is a text",
                    "[{\"ip\":\"203.0.113.9\"},{\"ip\":\"203.0.113.0/24\"}] | Entry 2: ",
                    "[{\"ip\":\"203.0.113.9\"},{\"ip\":\"::ffff:203.0.113.9\"}] | Entry 2: 203.0.113.9 is there twice",
                    "[{\"ip\":\"203.0.113.9\",\"note\":\"x\"}] | Entry 1: unknown key 'note'",
                    "[{\"ip\":\"203.0.113.9\",\"domain\":\"x.example\"}] | Entry 1: it is of another domain, 'x.example'",
                    "[{\"ip\":\"10.0.0.1\"}] | '10.0.0.1' is a private",
                })
        void invalidListIs400WithAMessageAndChangesNothing(String body, String message) {
            replace("", body).then().statusCode(400).body("message", containsString(message));

            webAdmin.list(domain).then().body("ip", contains(LISTED));
        }

        @Test
        void bodyThatIsTooLongIsNotRead() {
            replace("", " ".repeat(33 * 1024 * 1024) + "[]")
                    .then()
                    .statusCode(400)
                    .body("message", equalTo("The body is longer than 33554432 bytes"));
        }

        @Test
        void exportHasEveryEntryWithItsDomain() {
            webAdmin.put(domain, LISTED, "{\"comment\":\"note\"}");

            get("/authorizedOutbounds")
                    .then()
                    .statusCode(200)
                    .contentType("application/json")
                    .body("findAll { it.domain == '" + domain + "' }.ip", contains(LISTED))
                    .body("findAll { it.domain == '" + domain + "' }.comment", contains("note"));
        }

        @Test
        void domainsThatShareAnAddressAreSorted() {
            String shared = "203.0.113.77";
            String other = webAdmin.addDomainListing(shared);
            webAdmin.put(domain, shared);

            get("/authorizedOutbounds/addresses/" + shared)
                    .then()
                    .statusCode(200)
                    .body("", contains(List.of(domain, other).stream().sorted().toArray()));
            get("/authorizedOutbounds/addresses/192.0.2.250")
                    .then()
                    .statusCode(200)
                    .body("", empty());
        }

        @ParameterizedTest
        @ValueSource(strings = {"203.0.113.0/24", "mail.example.org", "", "1.2.3"})
        void invalidAddressIs400WithAMessage(String address) {
            get("/authorizedOutbounds/addresses/" + address)
                    .then()
                    .statusCode(400)
                    .body("message", not(empty()));
        }
    }

    @Nested
    class Orphans {
        private void removeDomain() {
            assertThat(webAdmin.request().delete("/domains/" + domain).statusCode())
                    .isEqualTo(204);
        }

        @Test
        void entriesOfARemovedDomainAreShownAsOrphaned() {
            removeDomain();

            webAdmin.list(domain)
                    .then()
                    .statusCode(200)
                    .body("ip", contains(LISTED))
                    .body("orphaned", contains(true));
            Awaitility.await("the change log")
                    .atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> get("/authorizedOutbounds/changes?domain=" + domain)
                            .then()
                            .body("action", contains("orphan", "put")));
        }

        @Test
        @HostileCase(38)
        void domainThatComesBackDoesNotGetItsListBack() {
            String ofNoOther = "198.51.100.200";
            webAdmin.put(domain, ofNoOther);
            assertThat(rcpt(ofNoOther, EXTERNAL, "other@elsewhere.example.org")).startsWith("250");
            removeDomain();
            webAdmin.addDomain(domain);

            assertThat(rcpt(ofNoOther, "user@" + domain, EXTERNAL)).startsWith("451 4.7.1");
            assertThat(rcpt(ofNoOther, EXTERNAL, "other@elsewhere.example.org")).startsWith("451 4.7.1");
            webAdmin.list(domain).then().body("orphaned", contains(true, true));
        }

        @Test
        void entryThatIsPutAgainCountsAgain() {
            removeDomain();
            webAdmin.addDomain(domain);

            webAdmin.put(domain, LISTED).then().statusCode(204);

            assertThat(rcpt(LISTED, "user@" + domain, EXTERNAL)).startsWith("250");
            webAdmin.list(domain).then().body("[0].orphaned", nullValue());
        }

        @Test
        void listAsItIsReadDoesNotReviveWhatIsOrphaned() {
            removeDomain();
            webAdmin.addDomain(domain);
            String list = webAdmin.list(domain).asString();

            replace("", list).then().statusCode(200).body("kept", contains(LISTED));
            webAdmin.list(domain).then().body("orphaned", contains(true));
            assertThat(rcpt(LISTED, "user@" + domain, EXTERNAL)).startsWith("451 4.7.1");
            replace("?dryRun", "[{\"ip\":\"" + LISTED + "\"}]")
                    .then()
                    .body("added", contains(LISTED))
                    .body("kept", empty());
        }

        @Test
        void listThatIsRevivedCountsAgain() {
            removeDomain();
            webAdmin.addDomain(domain);
            assertThat(rcpt(LISTED, "user@" + domain, EXTERNAL)).startsWith("451 4.7.1");

            webAdmin.request()
                    .post("/domains/" + domain + "/authorizedOutbounds?revive")
                    .then()
                    .statusCode(200)
                    .body("revived", contains(LISTED));

            assertThat(rcpt(LISTED, "user@" + domain, EXTERNAL)).startsWith("250");
        }

        @Test
        void orphanedAddressIsSharedWithNobody() {
            String other = webAdmin.addDomainListing("203.0.113.231");
            webAdmin.put(domain, "203.0.113.231");
            removeDomain();
            webAdmin.addDomain(domain);

            get("/authorizedOutbounds/addresses/203.0.113.231").then().body("", contains(other));
        }

        /** James answers so to a removal that removed nothing too. */
        @Test
        void listOfADomainThatIsStillThereIsNotOrphaned() {
            String uLabel = "b\u00fccher" + domain;
            String aLabel = IDN.toASCII(uLabel);
            webAdmin.addDomain(URLEncoder.encode(uLabel, StandardCharsets.UTF_8));
            webAdmin.put(aLabel, LISTED).then().statusCode(204);

            webAdmin.request().delete("/domains/" + aLabel);

            webAdmin.list(aLabel).then().statusCode(200).body("[0].orphaned", nullValue());
            assertThat(rcpt(LISTED, "user@" + aLabel, EXTERNAL)).startsWith("250");
        }

        @Test
        void nameThatWeHaveNoFormOfIsLeftToJames() {
            assertThat(webAdmin.request().put("/domains/stra%C3%9Fe.example").statusCode())
                    .isEqualTo(204);
            assertThat(webAdmin.request().delete("/domains/stra%C3%9Fe.example").statusCode())
                    .isEqualTo(204);
        }

        @Test
        void listOfARemovedDomainCanBeCleared() {
            removeDomain();

            int status = webAdmin.request()
                    .delete("/domains/" + domain + "/authorizedOutbounds")
                    .statusCode();

            assertThat(status).isEqualTo(204);
            webAdmin.list(domain).then().statusCode(404);
        }

        @Test
        void addingADomainThatIsThereChangesNothing() {
            webAdmin.addDomain(domain);

            webAdmin.list(domain).then().body("[0].orphaned", nullValue());
            assertThat(rcpt(LISTED, "user@" + domain, EXTERNAL)).startsWith("250");
        }
    }

    /** Every path is below one that James guards. */
    @ParameterizedTest
    @ValueSource(strings = {"/authorizedOutbounds", "/domains/x.example/refusedOutbounds"})
    void unknownMethodIsNotAnswered(String path) {
        assertThat(webAdmin.request().post(path).statusCode()).isEqualTo(404);
    }
}
