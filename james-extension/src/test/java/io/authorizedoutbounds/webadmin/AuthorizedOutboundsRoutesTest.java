// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.net.InetAddresses;
import io.authorizedoutbounds.policy.Author;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.EntryId;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.RefusalSum;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.james.core.Domain;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The routes about all domains over HTTP, on each Spark that James has; what needs Cassandra is in the integration tests. */
@Timeout(60)
class AuthorizedOutboundsRoutesTest {
    private static final String EXPORT = "/authorizedOutbounds";

    @RegisterExtension
    final InMemoryWebAdmin webAdmin = new InMemoryWebAdmin("a.example", "b.example");

    private static AuthorizedOutbound entry(int number) {
        return AuthorizedOutbound.builder()
                .domain(Domain.of("a.example"))
                .address(OutboundAddress.of(InetAddresses.fromInteger(0xCB000000 + number)))
                .addedAt(InMemoryWebAdmin.NOW)
                .build();
    }

    private static AuthorizedOutboundStore.Page page(
            int entries, Optional<CompletionStage<AuthorizedOutboundStore.Page>> next) {
        return new AuthorizedOutboundStore.Page() {
            @Override
            public ImmutableList<AuthorizedOutbound> entries() {
                return IntStream.range(0, entries)
                        .mapToObj(AuthorizedOutboundsRoutesTest::entry)
                        .collect(ImmutableList.toImmutableList());
            }

            @Override
            public Optional<CompletionStage<AuthorizedOutboundStore.Page>> next() {
                return next;
            }
        };
    }

    @Test
    void pagesShouldBeOneArray() throws Exception {
        HttpResponse<String> export = export(CompletableFuture.completedFuture(page(
                2,
                Optional.of(CompletableFuture.completedFuture(
                        page(0, Optional.of(CompletableFuture.completedFuture(page(1, Optional.empty())))))))));

        assertThat(export.statusCode()).isEqualTo(200);
        assertThat(export.body().lines())
                .containsExactly(
                        "[",
                        "{\"domain\":\"a.example\",\"ip\":\"203.0.0.0\",\"comment\":null,\"addedBy\":null,"
                                + "\"addedAt\":\"2026-11-24T10:15:30Z\",\"expiresAt\":null},",
                        "{\"domain\":\"a.example\",\"ip\":\"203.0.0.1\",\"comment\":null,\"addedBy\":null,"
                                + "\"addedAt\":\"2026-11-24T10:15:30Z\",\"expiresAt\":null},",
                        "{\"domain\":\"a.example\",\"ip\":\"203.0.0.0\",\"comment\":null,\"addedBy\":null,"
                                + "\"addedAt\":\"2026-11-24T10:15:30Z\",\"expiresAt\":null}",
                        "]");
    }

    @Test
    void nothingShouldBeAnEmptyArray() throws Exception {
        assertThat(export(CompletableFuture.completedFuture(page(0, Optional.empty())))
                        .body())
                .isEqualTo("[]\n");
    }

    @Test
    void storeOutOfReachShouldBe503() throws Exception {
        HttpResponse<String> export = export(CompletableFuture.failedFuture(new IllegalStateException("down")));

        assertThat(export.statusCode()).isEqualTo(503);
        assertThat(export.body()).contains("Cassandra cannot give or take the answer now");
    }

    /** A short answer was not sent yet. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void exportThatBreaksOffBeforeAnythingIsSentShouldBeAnError(int entries) throws Exception {
        assertThat(export(pageBeforeOneThatFails(entries)).statusCode()).isEqualTo(503);
    }

    @ParameterizedTest
    @ValueSource(ints = {1000, 5000})
    void exportThatBreaksOffShouldNotLookLikeOneThatHasEnded(int entries) {
        assertThatThrownBy(() -> {
                    HttpResponse<String> export = export(pageBeforeOneThatFails(entries));
                    throw new IOException("status " + export.statusCode() + " in good order");
                })
                .isInstanceOf(IOException.class)
                .hasMessageNotContaining("in good order");
    }

    private static CompletionStage<AuthorizedOutboundStore.Page> pageBeforeOneThatFails(int entries) {
        return CompletableFuture.completedFuture(
                page(entries, Optional.of(CompletableFuture.failedFuture(new IllegalStateException("down")))));
    }

    private HttpResponse<String> export(CompletionStage<AuthorizedOutboundStore.Page> first)
            throws IOException, InterruptedException {
        webAdmin.exportFrom(first);
        return webAdmin.get(EXPORT);
    }

    @Test
    void exportShouldBeAStreamOfPages() throws Exception {
        int entries = 5000;
        CompletableFuture<AuthorizedOutboundStore.Page> second = new CompletableFuture<>();
        webAdmin.exportFrom(CompletableFuture.completedFuture(page(entries, Optional.of(second))));

        HttpResponse<InputStream> export = webAdmin.get(EXPORT, HttpResponse.BodyHandlers.ofInputStream());

        assertThat(export.statusCode()).isEqualTo(200);
        assertThat(export.headers().firstValue("Content-Type")).hasValue("application/json");
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(export.body(), StandardCharsets.UTF_8))) {
            assertThat(lines.readLine()).isEqualTo("[");
            for (int i = 0; i < entries / 2; i++) {
                assertThat(lines.readLine())
                        .startsWith("{\"domain\":\"a.example\",\"ip\":\"203.0.")
                        .endsWith("},");
            }
            // Half of the first page is here although the second cannot be read yet.
            second.complete(page(1, Optional.empty()));
            assertThat(lines.lines()).hasSize(entries / 2 + 2).last().isEqualTo("]");
        }
    }

    @Test
    void exportShouldHoldTheEntriesOfAllDomains() throws Exception {
        webAdmin.put("/domains/a.example/authorizedOutbounds/203.0.113.7");
        webAdmin.put("/domains/b.example/authorizedOutbounds/203.0.113.8");

        assertThat(webAdmin.get(EXPORT).body().lines().map(line -> line.replaceAll(",\"comment.*", "")))
                .containsExactlyInAnyOrder(
                        "[",
                        "{\"domain\":\"a.example\",\"ip\":\"203.0.113.7\"",
                        "{\"domain\":\"b.example\",\"ip\":\"203.0.113.8\"",
                        "]");
    }

    private void use(String domain, String address, String hour) {
        webAdmin.uses()
                .save(EntryId.of(Domain.of(domain), OutboundAddress.parse(address)), Instant.parse(hour))
                .toCompletableFuture()
                .join();
    }

    private Stream<String> exported(String query) throws IOException, InterruptedException {
        HttpResponse<String> export = webAdmin.get(EXPORT + query);
        assertThat(export.statusCode()).isEqualTo(200);
        return export.body().lines().filter(line -> line.startsWith("{")).map(line -> line.replaceAll(",$", ""));
    }

    @Test
    void exportShouldHaveTheLastUseOfEachEntry() throws Exception {
        webAdmin.put("/domains/a.example/authorizedOutbounds/203.0.113.7");
        webAdmin.put("/domains/b.example/authorizedOutbounds/203.0.113.7");
        use("b.example", "203.0.113.7", "2026-11-24T11:00:00Z");

        assertThat(exported(""))
                .containsExactly(
                        "{\"domain\":\"a.example\",\"ip\":\"203.0.113.7\",\"comment\":null,\"addedBy\":null,"
                                + "\"addedAt\":\"2026-11-24T10:15:30Z\",\"expiresAt\":null}",
                        "{\"domain\":\"b.example\",\"ip\":\"203.0.113.7\",\"comment\":null,\"addedBy\":null,"
                                + "\"addedAt\":\"2026-11-24T10:15:30Z\",\"expiresAt\":null,"
                                + "\"lastUsedAt\":\"2026-11-24T11:00:00Z\"}");
    }

    @Test
    void exportWhoseLastUsesCannotBeReadShouldBe503() throws Exception {
        webAdmin.put("/domains/a.example/authorizedOutbounds/203.0.113.7");
        use("a.example", "203.0.113.7", "2026-11-24T11:00:00Z");
        webAdmin.uses().setReachable(entry -> false);

        assertThat(webAdmin.get(EXPORT).statusCode()).isEqualTo(503);
    }

    @Test
    void exportOfUnusedEntriesShouldHaveThoseThatWereNotUsedSinceAndWerePutBefore() throws Exception {
        webAdmin.put("/domains/a.example/authorizedOutbounds/203.0.113.1");
        webAdmin.put("/domains/a.example/authorizedOutbounds/203.0.113.2");
        webAdmin.put("/domains/b.example/authorizedOutbounds/203.0.113.3");
        use("a.example", "203.0.113.2", "2026-12-01T09:00:00Z");
        use("b.example", "203.0.113.3", "2026-12-01T10:00:00Z");
        webAdmin.clock().advance(Duration.ofDays(20));
        webAdmin.put("/domains/b.example/authorizedOutbounds/203.0.113.4");

        assertThat(exported("?unusedSince=2026-12-01T10:00:00Z").map(line -> line.replaceAll(",\"comment.*", "")))
                .containsExactlyInAnyOrder(
                        "{\"domain\":\"a.example\",\"ip\":\"203.0.113.1\"",
                        "{\"domain\":\"a.example\",\"ip\":\"203.0.113.2\"");
    }

    @Test
    void exportOfUnusedEntriesShouldBeAnArrayWhateverPagesHaveNone() throws Exception {
        webAdmin.exportFrom(CompletableFuture.completedFuture(
                page(1, Optional.of(CompletableFuture.completedFuture(page(2, Optional.empty()))))));
        use("a.example", "203.0.0.0", "2026-11-24T11:00:00Z");
        webAdmin.clock().advance(Duration.ofDays(1));

        assertThat(webAdmin.get(EXPORT + "?unusedSince=2026-11-24T11:30:00Z")
                        .body()
                        .lines())
                .containsExactly(
                        "[",
                        "{\"domain\":\"a.example\",\"ip\":\"203.0.0.1\",\"comment\":null,\"addedBy\":null,"
                                + "\"addedAt\":\"2026-11-24T10:15:30Z\",\"expiresAt\":null}",
                        "]");
        use("a.example", "203.0.0.1", "2026-11-24T11:00:00Z");
        assertThat(webAdmin.get(EXPORT + "?unusedSince=2026-11-24T11:30:00Z").body())
                .isEqualTo("[]\n");
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "90 days, 'unusedSince' is '90 days'",
                "2026-11-24, 'unusedSince' is '2026-11-24'",
                "2025-10-20T10:00:00Z, the last use of an entry is known for 400 days only",
            })
    void timeThatCannotBeJudgedShouldBe400(String since, String message) throws Exception {
        HttpResponse<String> export = webAdmin.get(EXPORT + "?unusedSince=" + since.replace(" ", "%20"));

        assertThat(export.statusCode()).isEqualTo(400);
        assertThat(export.body()).contains(message);
    }

    @Test
    void addressShouldNameTheDomainsThatListIt() throws Exception {
        webAdmin.put("/domains/b.example/authorizedOutbounds/203.0.113.7");
        webAdmin.put("/domains/a.example/authorizedOutbounds/203.0.113.7");

        HttpResponse<String> domains = webAdmin.get("/authorizedOutbounds/addresses/203.0.113.7");

        assertThat(domains.statusCode()).isEqualTo(200);
        assertThat(domains.body()).isEqualTo("[\"a.example\",\"b.example\"]");
    }

    @Test
    void decisionShouldHoldTheRowAndTheReply() throws Exception {
        HttpResponse<String> decision = webAdmin.get("/authorizedOutbounds/decision?ip=203.0.113.7"
                + "&sender=user@a.example&recipient=someone@elsewhere.example");

        assertThat(decision.statusCode()).isEqualTo(200);
        assertThat(decision.body())
                .contains(
                        "\"row\":3,\"verdict\":\"refuse\"",
                        "451 4.7.1 Open relay not allowed: 203.0.113.7 is not an authorized outbound address of a.example");
    }

    @Test
    void decisionWithoutARecipientShouldBe400() throws Exception {
        HttpResponse<String> decision = webAdmin.get("/authorizedOutbounds/decision?ip=203.0.113.7");

        assertThat(decision.statusCode()).isEqualTo(400);
        assertThat(decision.body())
                .startsWith("{\"statusCode\":400,\"type\":\"InvalidArgument\",\"message\":\"'recipient' is missing");
    }

    @Test
    void changesShouldBeNewestFirst() throws Exception {
        webAdmin.put("/domains/a.example/authorizedOutbounds/203.0.113.7", "{\"comment\":\"one\"}");
        webAdmin.delete("/domains/a.example/authorizedOutbounds/203.0.113.7");

        HttpResponse<String> changes = webAdmin.get("/authorizedOutbounds/changes?domain=a.example");

        assertThat(changes.statusCode()).isEqualTo(200);
        assertThat(changes.body())
                .isEqualTo("[{\"changedAt\":\"2026-11-24T10:15:30Z\",\"changedBy\":null,\"action\":\"remove\""
                        + ",\"domain\":\"a.example\",\"ip\":\"203.0.113.7\",\"comment\":null,\"expiresAt\":null},"
                        + "{\"changedAt\":\"2026-11-24T10:15:30Z\",\"changedBy\":null,\"action\":\"put\""
                        + ",\"domain\":\"a.example\",\"ip\":\"203.0.113.7\",\"comment\":\"one\",\"expiresAt\":null}]");
    }

    @Test
    void confirmationShouldOrphanNothingWhenNoSweepWaitsForIt() throws Exception {
        HttpResponse<String> confirmed = webAdmin.post("/authorizedOutbounds/sweep?confirm");

        assertThat(confirmed.statusCode()).isEqualTo(200);
        assertThat(confirmed.body()).isEqualTo("{\"orphaned\":0}");
    }

    @Test
    void sweepWithoutAConfirmationShouldBe400() throws Exception {
        HttpResponse<String> sweep = webAdmin.post("/authorizedOutbounds/sweep");

        assertThat(sweep.statusCode()).isEqualTo(400);
        assertThat(sweep.body()).contains("'confirm' is missing");
    }

    // --- The overview of refusals

    private void saveSum(String domain, Instant hour, long attempts, long refused, int addresses) {
        webAdmin.refusals()
                .saveSum(RefusalSum.builder()
                        .id(UUID.randomUUID())
                        .domain(Domain.of(domain))
                        .hour(hour)
                        .attempts(attempts)
                        .refused(refused)
                        .quarantined(1)
                        .addresses(addresses)
                        .lastSeen(hour.plus(59, ChronoUnit.MINUTES))
                        .build());
    }

    @Test
    void overviewShouldHaveTheDomainsWithTheMostAttemptsFirst() throws Exception {
        Instant hour = Instant.parse("2026-11-24T09:00:00Z");
        saveSum("a.example", hour, 2, 0, 2);
        saveSum("b.example", hour, 2, 2, 1);
        saveSum("b.example", hour.minus(1, ChronoUnit.HOURS), 3, 1, 3);
        saveSum("removed.example", hour, 9, 9, 9);
        webAdmin.lists().setEnforcement(Domain.of("b.example"), Enforcement.REPORT, Author.unknown());

        HttpResponse<String> overview = webAdmin.get("/authorizedOutbounds/refused");

        assertThat(overview.statusCode()).isEqualTo(200);
        assertThat(overview.body())
                .isEqualTo("[{\"domain\":\"b.example\",\"enforcement\":\"report\",\"attempts\":5,\"refused\":3,"
                        + "\"quarantined\":2,\"addresses\":3,\"lastSeen\":\"2026-11-24T09:59:00Z\"},"
                        + "{\"domain\":\"a.example\",\"enforcement\":\"enforce\",\"attempts\":2,\"refused\":0,"
                        + "\"quarantined\":1,\"addresses\":2,\"lastSeen\":\"2026-11-24T09:59:00Z\"}]");
    }

    @Test
    void overviewShouldBeOfTheTimeAndTheNumberOfDomainsThatAreAskedFor() throws Exception {
        saveSum("a.example", Instant.parse("2026-11-24T07:00:00Z"), 9, 9, 1);
        saveSum("a.example", Instant.parse("2026-11-24T09:00:00Z"), 1, 1, 1);
        saveSum("b.example", Instant.parse("2026-11-24T09:00:00Z"), 2, 2, 1);

        HttpResponse<String> overview = webAdmin.get("/authorizedOutbounds/refused?since=2026-11-24T08:30:00Z&limit=1");

        assertThat(overview.body()).contains("b.example").doesNotContain("a.example");
    }

    @ParameterizedTest
    @ValueSource(strings = {"since=yesterday", "limit=0", "limit=1001", "limit=many"})
    void badParameterOfTheOverviewShouldBe400(String parameter) throws Exception {
        HttpResponse<String> overview = webAdmin.get("/authorizedOutbounds/refused?" + parameter);

        assertThat(overview.statusCode()).isEqualTo(400);
    }
}
