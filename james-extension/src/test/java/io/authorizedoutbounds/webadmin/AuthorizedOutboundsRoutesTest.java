// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.net.InetAddresses;
import io.authorizedoutbounds.james.FixedDomainList;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.MemoryAuthorizedOutboundStore;
import io.authorizedoutbounds.policy.OutboundAddress;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.apache.james.core.Domain;
import org.apache.james.webadmin.WebAdminConfiguration;
import org.apache.james.webadmin.utils.JsonTransformer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import spark.Service;

/** The export over HTTP, from a store that fails; all else is in the integration tests. */
class AuthorizedOutboundsRoutesTest {
    private static final Instant NOW = Instant.parse("2026-11-24T10:15:30Z");

    private final Service service = Service.ignite().ipAddress("127.0.0.1").port(0);

    @AfterEach
    void stop() {
        service.stop();
        service.awaitStop();
    }

    private static AuthorizedOutbound entry(int number) {
        return new AuthorizedOutbound(
                Domain.of("a.example"),
                OutboundAddress.of(InetAddresses.fromInteger(0xCB000000 + number)),
                Optional.empty(),
                Optional.empty(),
                NOW,
                Optional.empty());
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

    /** Nothing of a short one was sent yet: Jetty makes an error of it. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void exportThatBreaksOffBeforeAnythingIsSentShouldBeAnError(int entries) throws Exception {
        assertThat(export(pageBeforeOneThatFails(entries)).statusCode()).isEqualTo(500);
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
        AuthorizedOutboundStore memory = new MemoryAuthorizedOutboundStore(Clock.systemUTC());
        AuthorizedOutboundStore store = (AuthorizedOutboundStore) Proxy.newProxyInstance(
                AuthorizedOutboundStore.class.getClassLoader(),
                new Class<?>[] {AuthorizedOutboundStore.class},
                (proxy, method, arguments) ->
                        method.getName().equals("everything") ? first : method.invoke(memory, arguments));
        new AuthorizedOutboundsRoutes(
                        store,
                        FixedDomainList.internalDomains(FixedDomainList.of("a.example")),
                        null,
                        Clock.systemUTC(),
                        new JsonTransformer(),
                        new RequestChecks(WebAdminConfiguration.TEST_CONFIGURATION))
                .define(service);
        service.awaitInitialization();
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + service.port() + "/authorizedOutbounds"))
                .build();
        return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    }
}
