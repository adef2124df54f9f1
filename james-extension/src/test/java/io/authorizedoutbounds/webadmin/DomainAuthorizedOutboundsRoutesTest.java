// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import static org.assertj.core.api.Assertions.assertThat;

import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.EntryId;
import io.authorizedoutbounds.policy.OutboundAddress;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.apache.james.core.Domain;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The list of one domain over HTTP, on each Spark that James has; what needs Cassandra or SMTP is in the integration tests. */
@Timeout(60)
class DomainAuthorizedOutboundsRoutesTest {
    private static final String LIST = "/domains/a.example/authorizedOutbounds";
    private static final String ENTRY = LIST + "/203.0.113.7";
    private static final int MAX_BODY_BYTES = 32 * 1024 * 1024;

    @RegisterExtension
    final InMemoryWebAdmin webAdmin = new InMemoryWebAdmin("a.example");

    private static String json(String ip) {
        return "{\"ip\":\"" + ip + "\",\"comment\":null,\"addedBy\":null,\"addedAt\":\"2026-11-24T10:15:30Z\""
                + ",\"expiresAt\":null}";
    }

    private static void assertError(HttpResponse<String> answer, int status, String type, String message) {
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(answer.body())
                .isEqualTo("{\"statusCode\":" + status + ",\"type\":\"" + type + "\",\"message\":\"" + message
                        + "\",\"details\":null}");
    }

    @Test
    void listOfADomainWithoutEntriesShouldBeEmpty() throws Exception {
        HttpResponse<String> list = webAdmin.get(LIST);

        assertThat(list.statusCode()).isEqualTo(200);
        assertThat(list.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(list.body()).isEqualTo("[]");
    }

    @Test
    void listShouldBeSortedByAddress() throws Exception {
        webAdmin.put(LIST + "/203.0.113.10");
        webAdmin.put(LIST + "/2001:db8::1");
        webAdmin.put(LIST + "/203.0.113.9");

        HttpResponse<String> list = webAdmin.get(LIST);

        assertThat(list.statusCode()).isEqualTo(200);
        assertThat(list.body())
                .isEqualTo("[" + json("203.0.113.9") + "," + json("203.0.113.10") + "," + json("2001:db8::1") + "]");
    }

    @Test
    void putShouldStoreCommentAndExpiry() throws Exception {
        HttpResponse<String> put =
                webAdmin.put(ENTRY, "{\"comment\":\"Büro ✓\",\"expiresAt\":\"2031-01-31T13:00:00+01:00\"}");

        assertThat(put.statusCode()).isEqualTo(204);
        assertThat(put.body()).isEmpty();
        assertThat(webAdmin.get(ENTRY).body())
                .isEqualTo("{\"ip\":\"203.0.113.7\",\"comment\":\"Büro ✓\",\"addedBy\":null"
                        + ",\"addedAt\":\"2026-11-24T10:15:30Z\",\"expiresAt\":\"2031-01-31T12:00:00Z\"}");
    }

    @Test
    void putWithoutABodyShouldStoreTheAddressAlone() throws Exception {
        assertThat(webAdmin.put(ENTRY).statusCode()).isEqualTo(204);

        assertThat(webAdmin.get(ENTRY).body()).isEqualTo(json("203.0.113.7"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "[]", "null", "{\"comment\":1}", "{\"expires\":\"2031-01-01T00:00:00Z\"}"})
    void bodyThatIsNotUnderstoodShouldBe400AndStoreNothing(String body) throws Exception {
        HttpResponse<String> put = webAdmin.put(ENTRY, body);

        assertThat(put.statusCode()).isEqualTo(400);
        assertThat(put.body()).startsWith("{\"statusCode\":400,\"type\":\"InvalidArgument\",\"message\":\"");
        assertThat(webAdmin.get(LIST).body()).isEqualTo("[]");
    }

    @Test
    void bodyThatIsNotInUtf8ShouldBe400AndStoreNothing() throws Exception {
        byte[] latin1 = "{\"comment\":\"caf\u00e9\"}".getBytes(StandardCharsets.ISO_8859_1);

        assertError(
                webAdmin.put(ENTRY, "application/json", latin1), 400, "InvalidArgument", "The body is not in UTF-8");
        assertThat(webAdmin.get(LIST).body()).isEqualTo("[]");
    }

    private static Stream<Arguments> bodiesOfOtherTypes() {
        return Stream.of(
                // What curl sends unless it is given another type.
                Arguments.of("application/x-www-form-urlencoded", "comment=lost"),
                Arguments.of("application/x-www-form-urlencoded", "{\"comment\":\"lost\"}"),
                Arguments.of("text/plain", "{\"comment\":\"lost\"}"));
    }

    @ParameterizedTest
    @MethodSource("bodiesOfOtherTypes")
    void bodyOfAnotherTypeShouldBe400AndStoreNothing(String type, String body) throws Exception {
        assertError(
                webAdmin.put(ENTRY, type, body),
                400,
                "InvalidArgument",
                "The body is '" + type + "', give 'application/json'");
        assertThat(webAdmin.get(LIST).body()).isEqualTo("[]");
    }

    @ParameterizedTest
    @ValueSource(strings = {LIST, ENTRY})
    void bodyThatIsTooLongShouldBe400AndStoreNothing(String path) throws Exception {
        assertError(
                webAdmin.put(path, " ".repeat(MAX_BODY_BYTES + 1)),
                400,
                "InvalidArgument",
                "The body is longer than " + MAX_BODY_BYTES + " bytes");
        assertThat(webAdmin.get(LIST).body()).isEqualTo("[]");
    }

    private static Stream<Arguments> bodiesThatAreCompleteAlready() {
        return Stream.of(
                Arguments.of(ENTRY, ""),
                Arguments.of(ENTRY, "{\"comment\":\"cut\"}"),
                Arguments.of(LIST, "[{\"ip\":\"203.0.113.7\"}]"));
    }

    private static String beginOfPut(String path, int contentLength) {
        return "PUT " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
                + contentLength + "\r\nConnection: close\r\n\r\n";
    }

    /** James's log of the request comes first, and fails. */
    @ParameterizedTest
    @MethodSource("bodiesThatAreCompleteAlready")
    void bodyThatBreaksOffShouldNotBeStored(String path, String body) throws Exception {
        String answer = webAdmin.raw(beginOfPut(path, 100) + body);

        assertThat(answer).startsWith("HTTP/1.1 500");
        assertThat(webAdmin.get(LIST).body()).isEqualTo("[]");
    }

    @ParameterizedTest
    @MethodSource("bodiesThatAreCompleteAlready")
    void bodyThatBreaksOffShouldBe400WithoutTheLogOfJames(String path, String body) throws Exception {
        webAdmin.logNoRequests();

        String answer = webAdmin.raw(beginOfPut(path, 100) + body);

        assertThat(answer)
                .startsWith("HTTP/1.1 400")
                .contains("The body does not have the 100 bytes of its Content-Length");
        assertThat(webAdmin.get(LIST).body()).isEqualTo("[]");
    }

    @ParameterizedTest
    @ValueSource(strings = {LIST, ENTRY})
    void bodyThatIsTooLongShouldBe400BeforeItIsReadWithoutTheLogOfJames(String path) throws Exception {
        webAdmin.logNoRequests();

        String answer = webAdmin.raw(beginOfPut(path, MAX_BODY_BYTES + 1));

        assertThat(answer).startsWith("HTTP/1.1 400").contains("The body is longer than " + MAX_BODY_BYTES + " bytes");
        assertThat(webAdmin.get(LIST).body()).isEqualTo("[]");
    }

    @Test
    void replaceShouldChangeTheListAndReturnWhatItChanged() throws Exception {
        webAdmin.put(LIST + "/203.0.113.1");
        webAdmin.put(LIST + "/203.0.113.2");

        HttpResponse<String> replaced =
                webAdmin.put(LIST, "[{\"ip\":\"203.0.113.2\"},{\"ip\":\"203.0.113.3\",\"comment\":\"new\"}]");

        assertThat(replaced.statusCode()).isEqualTo(200);
        assertThat(replaced.body())
                .isEqualTo("{\"added\":[\"203.0.113.3\"],\"removed\":[\"203.0.113.1\"],\"kept\":[\"203.0.113.2\"]}");
        assertThat(webAdmin.get(LIST).body())
                .isEqualTo("[" + json("203.0.113.2") + ","
                        + json("203.0.113.3").replace("\"comment\":null", "\"comment\":\"new\"") + "]");
    }

    @Test
    void dryRunShouldReturnTheSameAndChangeNothing() throws Exception {
        webAdmin.put(LIST + "/203.0.113.1");

        HttpResponse<String> replaced = webAdmin.put(LIST + "?dryRun", "[{\"ip\":\"203.0.113.3\"}]");

        assertThat(replaced.statusCode()).isEqualTo(200);
        assertThat(replaced.body())
                .isEqualTo("{\"added\":[\"203.0.113.3\"],\"removed\":[\"203.0.113.1\"],\"kept\":[]}");
        assertThat(webAdmin.get(LIST).body()).isEqualTo("[" + json("203.0.113.1") + "]");
    }

    @Test
    void deleteShouldRemoveTheEntry() throws Exception {
        webAdmin.put(ENTRY);
        webAdmin.put(LIST + "/203.0.113.8");

        assertThat(webAdmin.delete(ENTRY).statusCode()).isEqualTo(204);

        assertThat(webAdmin.get(LIST).body()).isEqualTo("[" + json("203.0.113.8") + "]");
    }

    @Test
    void deleteOfTheListShouldRemoveAllEntries() throws Exception {
        webAdmin.put(ENTRY);
        webAdmin.put(LIST + "/203.0.113.8");

        assertThat(webAdmin.delete(LIST).statusCode()).isEqualTo(204);

        assertThat(webAdmin.get(LIST).body()).isEqualTo("[]");
    }

    @Test
    void refusalsOfADomainWithoutAnyShouldBeEmpty() throws Exception {
        HttpResponse<String> refusals = webAdmin.get("/domains/a.example/refusedOutbounds");

        assertThat(refusals.statusCode()).isEqualTo(200);
        assertThat(refusals.body()).isEqualTo("[]");
    }

    @Test
    void networkShouldBe400() throws Exception {
        assertError(
                webAdmin.put(LIST + "/10.0.0.0/8"),
                400,
                "InvalidArgument",
                "'10.0.0.0/8' is a network: networks cannot be authorized; give each address");
    }

    @Test
    void unknownDomainShouldBe404() throws Exception {
        assertError(
                webAdmin.put("/domains/b.example/authorizedOutbounds/203.0.113.7", "{\"comment\":\"x\"}"),
                404,
                "notFound",
                "The domain list of James does not contain b.example");
    }

    @Test
    void unknownEntryShouldBe404() throws Exception {
        assertError(
                webAdmin.get(ENTRY), 404, "notFound", "203.0.113.7 is not an authorized outbound address of a.example");
    }

    @Test
    void methodThatIsNotServedShouldBe404() throws Exception {
        HttpResponse<String> answer = webAdmin.put("/authorizedOutbounds");

        assertThat(answer.statusCode()).isEqualTo(404);
        // James 3.8 names the path in a way that is null on the Spark of 3.9.
        assertThat(answer.body()).startsWith("{\"statusCode\":404,\"type\":\"notFound\",\"message\":\"PUT ");
    }

    private String tag() throws Exception {
        return webAdmin.get(LIST).headers().firstValue("ETag").orElseThrow();
    }

    @Test
    void tagOfTheListShouldChangeWithEachChange() throws Exception {
        String empty = tag();
        webAdmin.put(ENTRY);
        String one = tag();
        webAdmin.put(ENTRY, "{\"comment\":\"office\"}");
        String commented = tag();
        webAdmin.delete(ENTRY);

        assertThat(List.of(empty, one, commented))
                .doesNotHaveDuplicates()
                .allMatch(tag -> tag.matches("\"[0-9a-f]+\""));
        assertThat(tag()).isEqualTo(empty);
    }

    @Test
    void listShouldBeReplacedWithTheTagOfTheStoredOne() throws Exception {
        webAdmin.put(ENTRY);

        HttpResponse<String> put = webAdmin.putIfMatch(LIST, tag(), "[{\"ip\":\"203.0.113.8\"}]");

        assertThat(put.statusCode()).isEqualTo(200);
        assertThat(webAdmin.get(LIST).body()).isEqualTo("[" + json("203.0.113.8") + "]");
    }

    @Test
    void listShouldBe412AndUnchangedWithTheTagOfAnEarlierOne() throws Exception {
        String earlier = tag();
        webAdmin.put(ENTRY);

        assertError(
                webAdmin.putIfMatch(LIST, earlier, "[{\"ip\":\"203.0.113.8\"}]"),
                412,
                "InvalidArgument",
                "The list of a.example has changed since it was read with the ETag in If-Match: read it again");
        assertThat(webAdmin.get(LIST).body()).isEqualTo("[" + json("203.0.113.7") + "]");
    }

    private void orphan(String ip) {
        webAdmin.lists()
                .save(AuthorizedOutbound.builder()
                        .domain(Domain.of("a.example"))
                        .address(OutboundAddress.parse(ip))
                        .addedAt(InMemoryWebAdmin.NOW)
                        .orphanedAt(InMemoryWebAdmin.NOW)
                        .build())
                .toCompletableFuture()
                .join();
    }

    private static String orphanedJson(String ip) {
        return json(ip).replace("}", ",\"orphaned\":true}");
    }

    @Test
    void reviveShouldHaveOrphanedEntriesCountAgain() throws Exception {
        webAdmin.put(ENTRY);
        orphan("203.0.113.10");
        orphan("203.0.113.9");

        HttpResponse<String> revive = webAdmin.post(LIST + "?revive");

        assertThat(revive.statusCode()).isEqualTo(200);
        assertThat(revive.body()).isEqualTo("{\"revived\":[\"203.0.113.9\",\"203.0.113.10\"]}");
        assertThat(webAdmin.get(LIST).body())
                .isEqualTo("[" + json("203.0.113.7") + "," + json("203.0.113.9") + "," + json("203.0.113.10") + "]");
    }

    @Test
    void reviveOfAnUnknownDomainShouldBe404() throws Exception {
        assertThat(webAdmin.post("/domains/unknown.example/authorizedOutbounds?revive")
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void postWithoutReviveShouldBe400() throws Exception {
        assertError(
                webAdmin.post(LIST),
                400,
                "InvalidArgument",
                "'revive' is missing: POST ...?revive has the orphaned entries count again");
    }

    @Test
    void listWithOrphanedEntriesShouldBePutBackAsItIs() throws Exception {
        webAdmin.put(ENTRY);
        orphan("203.0.113.9");
        String list = webAdmin.get(LIST).body();
        assertThat(list).isEqualTo("[" + json("203.0.113.7") + "," + orphanedJson("203.0.113.9") + "]");

        assertThat(webAdmin.put(LIST, list).body())
                .isEqualTo("{\"added\":[],\"removed\":[],\"kept\":[\"203.0.113.7\",\"203.0.113.9\"]}");
        assertThat(webAdmin.get(LIST).body()).isEqualTo(list);

        webAdmin.delete(LIST);
        assertThat(webAdmin.put(LIST, list).body())
                .isEqualTo("{\"added\":[\"203.0.113.7\",\"203.0.113.9\"],\"removed\":[],\"kept\":[]}");
        assertThat(webAdmin.get(LIST).body()).isEqualTo(list);
    }

    /** To the hour, as a node records it. */
    private void use(String address, String hour) {
        webAdmin.uses()
                .save(EntryId.of(Domain.of("a.example"), OutboundAddress.parse(address)), Instant.parse(hour))
                .toCompletableFuture()
                .join();
    }

    private static String usedJson(String ip, String hour) {
        return json(ip).replace("\"expiresAt\":null", "\"expiresAt\":null,\"lastUsedAt\":\"" + hour + "\"");
    }

    @Test
    void lastUseShouldBeInTheListAndInTheEntryToTheHour() throws Exception {
        webAdmin.put(ENTRY);
        webAdmin.put(LIST + "/203.0.113.8");
        use("203.0.113.7", "2026-11-24T11:00:00Z");

        assertThat(webAdmin.get(LIST).body())
                .isEqualTo("[" + usedJson("203.0.113.7", "2026-11-24T11:00:00Z") + "," + json("203.0.113.8") + "]");
        assertThat(webAdmin.get(ENTRY).body()).isEqualTo(usedJson("203.0.113.7", "2026-11-24T11:00:00Z"));
        assertThat(webAdmin.get(LIST + "/203.0.113.8").body()).isEqualTo(json("203.0.113.8"));
    }

    @Test
    void lastUseOfARemovedEntryShouldNotBeThatOfTheOneThatIsAddedAgain() throws Exception {
        webAdmin.put(ENTRY);
        use("203.0.113.7", "2026-11-24T10:00:00Z");
        webAdmin.delete(ENTRY);
        webAdmin.clock().advance(Duration.ofDays(1));
        webAdmin.put(ENTRY);

        assertThat(webAdmin.get(ENTRY).body()).doesNotContain("lastUsedAt");

        use("203.0.113.7", "2026-11-25T10:00:00Z");
        assertThat(webAdmin.get(ENTRY).body()).contains("\"lastUsedAt\":\"2026-11-25T10:00:00Z\"");
    }

    @Test
    void lastUseShouldNotChangeTheTagOfTheList() throws Exception {
        webAdmin.put(ENTRY);
        String tag = webAdmin.get(LIST).headers().firstValue("ETag").orElseThrow();

        use("203.0.113.7", "2026-11-24T10:00:00Z");

        assertThat(webAdmin.get(LIST).headers().firstValue("ETag")).hasValue(tag);
        assertThat(webAdmin.putIfMatch(LIST, tag, "[{\"ip\":\"203.0.113.8\"}]").statusCode())
                .isEqualTo(200);
    }

    @Test
    void listWithLastUsesShouldBePutBackAsItIs() throws Exception {
        webAdmin.put(ENTRY);
        use("203.0.113.7", "2026-11-24T10:00:00Z");
        String list = webAdmin.get(LIST).body();

        assertThat(webAdmin.put(LIST, list).body())
                .isEqualTo("{\"added\":[],\"removed\":[],\"kept\":[\"203.0.113.7\"]}");
        assertThat(webAdmin.get(LIST).body()).isEqualTo(list);
    }

    /** An entry without its last use would look like one that was never used. */
    @ParameterizedTest
    @ValueSource(strings = {LIST, ENTRY})
    void listWhoseLastUsesCannotBeReadShouldBe503(String path) throws Exception {
        webAdmin.put(ENTRY);
        use("203.0.113.7", "2026-11-24T10:00:00Z");
        webAdmin.uses().setReachable(entry -> false);

        assertThat(webAdmin.get(path).statusCode()).isEqualTo(503);
    }

    @Test
    void deletionThatAnotherChangeOvertakesShouldBe503() throws Exception {
        webAdmin.put(ENTRY);
        webAdmin.overtakeRemovals();

        assertError(
                webAdmin.delete(ENTRY),
                503,
                "ServerError",
                "203.0.113.7 is still an authorized outbound address of a.example, as another change of it is later than this"
                        + " one: try again");
    }

    @Test
    void replacementThatAnotherOneOvertakesShouldBe409() throws Exception {
        webAdmin.overtakeReplacements(AuthorizedOutbound.builder()
                .domain(Domain.of("a.example"))
                .address(OutboundAddress.parse("203.0.113.9"))
                .addedAt(InMemoryWebAdmin.NOW)
                .build());

        assertError(
                webAdmin.put(LIST, "[{\"ip\":\"203.0.113.8\"}]"),
                409,
                "WrongState",
                "The list of a.example was changed by somebody else at the same time and is not what this request has made it:"
                        + " read it again");
    }
}
