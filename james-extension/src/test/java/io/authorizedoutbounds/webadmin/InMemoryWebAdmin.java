// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.github.benmanes.caffeine.cache.Ticker;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import io.authorizedoutbounds.cache.FixedDomainList;
import io.authorizedoutbounds.cache.InternalDomains;
import io.authorizedoutbounds.james.AuthorizedOutboundsConfiguration;
import io.authorizedoutbounds.james.BlockPolicyInForce;
import io.authorizedoutbounds.orphans.OrphanSweep;
import io.authorizedoutbounds.orphans.TestOrphaning;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore.Page;
import io.authorizedoutbounds.policy.BlockRule;
import io.authorizedoutbounds.policy.DomainListing;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.Listing;
import io.authorizedoutbounds.policy.MemoryAuthorizedOutboundStore;
import io.authorizedoutbounds.policy.MemoryRefusalStore;
import io.authorizedoutbounds.policy.MemoryUseStore;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundList;
import io.authorizedoutbounds.policy.OutboundLookup;
import io.authorizedoutbounds.policy.RelayRule;
import io.authorizedoutbounds.policy.SettableClock;
import io.authorizedoutbounds.policy.TestRelaySettings;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.james.core.Domain;
import org.apache.james.metrics.tests.RecordingMetricFactory;
import org.apache.james.webadmin.Routes;
import org.apache.james.webadmin.WebAdminConfiguration;
import org.apache.james.webadmin.WebAdminServer;
import org.apache.james.webadmin.authentication.NoAuthenticationFilter;
import org.apache.james.webadmin.mdc.LoggingRequestFilter;
import org.apache.james.webadmin.mdc.RequestId;
import org.apache.james.webadmin.mdc.RequestLogger;
import org.apache.james.webadmin.utils.JsonTransformer;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import spark.Request;

/**
 * James's WebAdmin with all routes of the extension, over lists in memory, on a clock that stands still. It runs on the
 * Spark of the class path: that of James 3.8 in this module, that of James 3.9 in spark-jakarta.
 */
final class InMemoryWebAdmin implements BeforeEachCallback, AfterEachCallback {
    static final Instant NOW = Instant.parse("2026-11-24T10:15:30Z");

    private final SettableClock clock = new SettableClock(NOW);
    private final MemoryAuthorizedOutboundStore lists = new MemoryAuthorizedOutboundStore(clock);
    private final MemoryUseStore uses = new MemoryUseStore();
    private final MemoryRefusalStore refusals = new MemoryRefusalStore();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final InternalDomains domains;
    private final Map<String, CompletionStage<?>> answers = new ConcurrentHashMap<>();
    private volatile boolean unlogged;
    private WebAdminServer server;

    /** @param internal the domains of James */
    InMemoryWebAdmin(String... internal) {
        this.domains = FixedDomainList.internalDomains(FixedDomainList.of(internal));
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        server = new JamesWebAdmin(routes(), new LoggingRequestFilter(ImmutableSet.of(new NoLog()))).start();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        server.destroy();
    }

    private ImmutableList<Routes> routes() {
        AuthorizedOutboundStore store = storeOfPages();
        JsonTransformer json = new JsonTransformer();
        RequestChecks checks = new RequestChecks(WebAdminConfiguration.TEST_CONFIGURATION);
        KnownDomains knownDomains = new KnownDomains(domains);
        Lookup lookup = new Lookup(lists);
        Decisions decisions = new Decisions(
                new RelayRule(lookup, TestRelaySettings.enforced(), () -> true),
                new BlockRule(lookup),
                domains,
                new BlockPolicyInForce(),
                AuthorizedOutboundsConfiguration.DEFAULT);
        return ImmutableList.of(
                new DomainAuthorizedOutboundsRoutes(
                        store,
                        uses,
                        knownDomains,
                        new DomainChangeFilters(store, domains, knownDomains, TestOrphaning.of(store)),
                        new RefusedOutboundsRoute(refusals, knownDomains, json),
                        new OutboundEnforcementRoute(
                                store, knownDomains, AuthorizedOutboundsConfiguration.DEFAULT, json),
                        AuthorizedOutboundsConfiguration.DEFAULT,
                        clock,
                        json,
                        checks),
                new AuthorizedOutboundsRoutes(
                        store,
                        uses,
                        domains,
                        decisions,
                        new RefusalOverviewRoute(
                                refusals, store, domains, AuthorizedOutboundsConfiguration.DEFAULT, clock, json),
                        new EnforcementCountRoute(store, knownDomains, AuthorizedOutboundsConfiguration.DEFAULT, json),
                        new OrphanSweep(store, domains, TestOrphaning.of(store), Ticker.systemTicker()),
                        clock,
                        json,
                        checks),
                new ConsoleRoutes(checks));
    }

    private AuthorizedOutboundStore storeOfPages() {
        return (AuthorizedOutboundStore) Proxy.newProxyInstance(
                AuthorizedOutboundStore.class.getClassLoader(),
                new Class<?>[] {AuthorizedOutboundStore.class},
                (proxy, method, arguments) -> answers.containsKey(method.getName())
                        ? answers.get(method.getName())
                        : method.invoke(lists, arguments));
    }

    /** The lists, for what no route does. */
    MemoryAuthorizedOutboundStore lists() {
        return lists;
    }

    /** What is refused. */
    MemoryRefusalStore refusals() {
        return refusals;
    }

    /** The last uses, which no route records. */
    MemoryUseStore uses() {
        return uses;
    }

    SettableClock clock() {
        return clock;
    }

    /** Has the export begin with this page instead of what is in the lists. */
    void exportFrom(CompletionStage<Page> page) {
        answers.put("everything", page);
    }

    /** Has a removal of an entry change nothing, as when another change is later. */
    void overtakeRemovals() {
        answers.put("remove", CompletableFuture.completedFuture(null));
    }

    /** Has the list be this one after each replacement, as when another one is later. */
    void overtakeReplacements(AuthorizedOutbound... list) {
        answers.put("replace", CompletableFuture.completedFuture(ImmutableList.copyOf(list)));
    }

    /** Has the store not answer this call. */
    void fail(String method) {
        answers.put(method, CompletableFuture.failedFuture(new IOException("down")));
    }

    /** Has a change of the enforcement change nothing, as when another change is later. */
    void overtakeEnforcements() {
        answers.put("setEnforcement", CompletableFuture.completedFuture(null));
        answers.put("resetEnforcement", CompletableFuture.completedFuture(null));
    }

    /** Has James not log requests: its log reads each body before any route does. */
    void logNoRequests() {
        unlogged = true;
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return get(path, BodyHandlers.ofString());
    }

    <T> HttpResponse<T> get(String path, BodyHandler<T> handler) throws IOException, InterruptedException {
        return client.send(request(path).build(), handler);
    }

    HttpResponse<String> post(String path) throws IOException, InterruptedException {
        return send(request(path).POST(BodyPublishers.noBody()));
    }

    /** Of a caller that has seen the list with this tag. */
    HttpResponse<String> putIfMatch(String path, String tag, String json) throws IOException, InterruptedException {
        return send(request(path)
                .header("Content-Type", "application/json")
                .header("If-Match", tag)
                .PUT(BodyPublishers.ofString(json)));
    }

    HttpResponse<String> delete(String path) throws IOException, InterruptedException {
        return send(request(path).DELETE());
    }

    /** Without a body. */
    HttpResponse<String> put(String path) throws IOException, InterruptedException {
        return send(request(path).PUT(BodyPublishers.noBody()));
    }

    HttpResponse<String> put(String path, String json) throws IOException, InterruptedException {
        return put(path, "application/json", json);
    }

    HttpResponse<String> put(String path, String contentType, String body) throws IOException, InterruptedException {
        return put(path, contentType, body.getBytes(StandardCharsets.UTF_8));
    }

    HttpResponse<String> put(String path, String contentType, byte[] body) throws IOException, InterruptedException {
        return send(request(path).header("Content-Type", contentType).PUT(BodyPublishers.ofByteArray(body)));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path));
    }

    /** Sends these octets and nothing more, and returns all that is answered. */
    String raw(String octets) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
            socket.getOutputStream().write(octets.getBytes(StandardCharsets.UTF_8));
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private int port() {
        return server.getPort().getValue();
    }

    /** James's own, with its filters and its answers to what goes wrong. */
    private static final class JamesWebAdmin extends WebAdminServer {
        private JamesWebAdmin(ImmutableList<Routes> routes, LoggingRequestFilter log) {
            super(
                    WebAdminConfiguration.TEST_CONFIGURATION,
                    routes,
                    new NoAuthenticationFilter(),
                    new RecordingMetricFactory(),
                    log);
        }
    }

    /** Takes the place of James's log of a request once that is turned off. */
    private final class NoLog implements RequestLogger {
        @Override
        public boolean applies(Request request) {
            return unlogged;
        }

        @Override
        public void log(Request request, RequestId id) {}
    }

    /** What is in the lists, without a cache. */
    private static final class Lookup implements OutboundLookup {
        private final MemoryAuthorizedOutboundStore lists;

        private Lookup(MemoryAuthorizedOutboundStore lists) {
            this.lists = lists;
        }

        @Override
        public DomainListing listedFor(Domain domain, OutboundAddress client) {
            OutboundList list = lists.read(domain).toCompletableFuture().join();
            Listing listing =
                    list.entries().stream().anyMatch(entry -> entry.address().equals(client))
                            ? Listing.LISTED
                            : Listing.UNLISTED;
            return list.enforcement().map(own -> DomainListing.of(listing, own)).orElse(DomainListing.of(listing));
        }

        @Override
        public Optional<Enforcement> lastEnforcementOf(Domain domain) {
            return Optional.empty();
        }

        @Override
        public Listing listedForAny(OutboundAddress client) {
            return lists.listings(client).toCompletableFuture().join().isEmpty() ? Listing.UNLISTED : Listing.LISTED;
        }

        @Override
        public long generation() {
            return 0;
        }
    }
}
