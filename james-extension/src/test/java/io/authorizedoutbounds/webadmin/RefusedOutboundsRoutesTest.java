// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import static org.assertj.core.api.Assertions.assertThat;

import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.RefusalCount;
import io.authorizedoutbounds.policy.RefusalSum;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.james.core.Domain;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What was refused for one domain, over HTTP. */
@Timeout(60)
class RefusedOutboundsRoutesTest {
    private static final String REFUSALS = "/domains/a.example/refusedOutbounds";
    private static final Instant NINE = Instant.parse("2026-11-24T09:00:00Z");
    private static final Instant TEN = Instant.parse("2026-11-24T10:00:00Z");

    @RegisterExtension
    final InMemoryWebAdmin webAdmin = new InMemoryWebAdmin("a.example");

    private static RefusalCount.Builder count(String domain, Instant hour) {
        return RefusalCount.builder()
                .id(UUID.randomUUID())
                .domain(Domain.of(domain))
                .hour(hour)
                .attempts(3)
                .refused(2)
                .quarantined(1)
                .firstSeen(hour.plusSeconds(60))
                .lastSeen(hour.plusSeconds(120))
                .lastSender("user@" + domain);
    }

    private static OutboundAddress address(int number) {
        return OutboundAddress.parse("203.0." + number / 250 + "." + number % 250);
    }

    private void save(RefusalCount count) {
        webAdmin.refusals().save(count).toCompletableFuture().join();
    }

    private void saveSum(String domain, Instant hour, long attempts) {
        webAdmin.refusals()
                .saveSum(RefusalSum.builder()
                        .id(UUID.randomUUID())
                        .domain(Domain.of(domain))
                        .hour(hour)
                        .attempts(attempts)
                        .refused(0)
                        .quarantined(0)
                        .addresses(1)
                        .lastSeen(hour)
                        .build())
                .toCompletableFuture()
                .join();
    }

    @Test
    void addressThatWasSeenLastShouldBeFirst() throws Exception {
        save(count("a.example", NINE).client(address(9)).build());
        save(count("a.example", TEN)
                .client(address(10))
                .lastRecipientDomain("x.example")
                .build());

        HttpResponse<String> refusals = webAdmin.get(REFUSALS);

        assertThat(refusals.statusCode()).isEqualTo(200);
        assertThat(refusals.body())
                .isEqualTo("[{\"ip\":\"203.0.0.10\",\"attempts\":3,\"refused\":2,\"quarantined\":1,"
                        + "\"firstSeen\":\"2026-11-24T10:01:00Z\",\"lastSeen\":\"2026-11-24T10:02:00Z\","
                        + "\"lastSender\":\"user@a.example\",\"lastRecipientDomain\":\"x.example\"},"
                        + "{\"ip\":\"203.0.0.9\",\"attempts\":3,\"refused\":2,\"quarantined\":1,"
                        + "\"firstSeen\":\"2026-11-24T09:01:00Z\",\"lastSeen\":\"2026-11-24T09:02:00Z\","
                        + "\"lastSender\":\"user@a.example\",\"lastRecipientDomain\":null}]");
        assertThat(refusals.headers().map()).doesNotContainKeys("x-refusals-dropped", "x-refusals-since");
    }

    @Test
    void attemptsOfTooManyAddressesShouldBeInAHeader() throws Exception {
        save(count("a.example", NINE).client(address(9)).build());
        save(count("a.example", NINE).attempts(7).build());

        HttpResponse<String> refusals = webAdmin.get(REFUSALS);

        assertThat(refusals.headers().firstValue("X-Refusals-Dropped")).hasValue("7");
        assertThat(refusals.body()).startsWith("[{\"ip\":\"203.0.0.9\",").doesNotContain("},{");
    }

    @Test
    void oldestHourShouldBeInAHeaderWhenThereAreMoreCountsThanAreRead() throws Exception {
        IntStream.range(0, 19_999)
                .forEach(number ->
                        save(count("a.example", TEN).client(address(number)).build()));
        assertThat(webAdmin.get(REFUSALS).headers().firstValue("X-Refusals-Since"))
                .isEmpty();
        save(count("a.example", NINE).client(address(1)).build());

        assertThat(webAdmin.get(REFUSALS).headers().firstValue("X-Refusals-Since"))
                .hasValue("2026-11-24T09:00:00Z");
    }

    @Test
    void attemptsByHourShouldBeginWithTheOldest() throws Exception {
        saveSum("a.example", TEN, 4);
        saveSum("a.example", NINE, 2);
        saveSum("a.example", TEN, 1);
        saveSum("b.example", TEN, 9);

        HttpResponse<String> refusals = webAdmin.get(REFUSALS + "?by=hour");

        assertThat(refusals.statusCode()).isEqualTo(200);
        assertThat(refusals.body())
                .isEqualTo("[{\"hour\":\"2026-11-24T09:00:00Z\",\"attempts\":2},"
                        + "{\"hour\":\"2026-11-24T10:00:00Z\",\"attempts\":5}]");
    }

    @Test
    void domainWithoutAttemptsShouldHaveNoHours() throws Exception {
        HttpResponse<String> refusals = webAdmin.get(REFUSALS + "?by=hour");

        assertThat(refusals.statusCode()).isEqualTo(200);
        assertThat(refusals.body()).isEqualTo("[]");
    }

    @Test
    void unknownDomainShouldBe404() throws Exception {
        assertThat(webAdmin.get("/domains/b.example/refusedOutbounds").statusCode())
                .isEqualTo(404);
        assertThat(webAdmin.get("/domains/b.example/refusedOutbounds?by=hour").statusCode())
                .isEqualTo(404);
    }

    @Test
    void refusalsOfARemovedDomainShouldStillBeThere() throws Exception {
        save(count("b.example", NINE).client(address(9)).build());
        saveSum("b.example", NINE, 3);

        assertThat(webAdmin.get("/domains/b.example/refusedOutbounds").statusCode())
                .isEqualTo(200);
        assertThat(webAdmin.get("/domains/b.example/refusedOutbounds?by=hour").statusCode())
                .isEqualTo(200);
    }

    @Test
    void otherWayToSumUpShouldBe400() throws Exception {
        HttpResponse<String> refusals = webAdmin.get(REFUSALS + "?by=day");

        assertThat(refusals.statusCode()).isEqualTo(400);
        assertThat(refusals.body()).contains("'by' is 'day', give 'hour' or leave it out");
    }
}
