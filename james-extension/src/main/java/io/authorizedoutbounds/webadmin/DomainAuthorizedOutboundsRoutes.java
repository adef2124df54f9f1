// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.google.common.collect.ImmutableList;
import com.google.inject.Inject;
import io.authorizedoutbounds.james.AuthorizedOutboundsConfiguration;
import io.authorizedoutbounds.james.InternalDomains;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.Locality;
import io.authorizedoutbounds.policy.OutboundAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.apache.james.core.Domain;
import org.apache.james.webadmin.Routes;
import org.apache.james.webadmin.authentication.AuthenticationFilter;
import org.apache.james.webadmin.utils.ErrorResponder;
import org.apache.james.webadmin.utils.ErrorResponder.ErrorType;
import org.apache.james.webadmin.utils.JsonTransformer;
import org.apache.james.webadmin.utils.Responses;
import org.eclipse.jetty.http.HttpStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import spark.HaltException;
import spark.Request;
import spark.Response;
import spark.Service;

/**
 * The list of one domain:
 *
 * <pre>
 * GET    /domains/{domain}/authorizedOutbounds        200 the entries, sorted by address
 * GET    /domains/{domain}/authorizedOutbounds/{ip}   200 the entry
 * PUT    /domains/{domain}/authorizedOutbounds/{ip}   204; optional body {"comment", "expiresAt"}
 * DELETE /domains/{domain}/authorizedOutbounds/{ip}   204
 * </pre>
 *
 * <p>400 for what is not one plain IP address or not a domain, 404 for an unknown domain or entry, 503 when Cassandra
 * cannot give or take the answer. A domain that has left James keeps its list for {@code GET} and {@code DELETE}.
 */
public class DomainAuthorizedOutboundsRoutes implements Routes {
    private static final Logger LOGGER = LoggerFactory.getLogger(DomainAuthorizedOutboundsRoutes.class);
    private static final String DOMAIN = ":domain";
    private static final String BASE_PATH = "/domains/" + DOMAIN + "/authorizedOutbounds";
    /** A wildcard: a slash in what should be one address is told apart in words, not by 404. */
    private static final String ENTRY = BASE_PATH + "/*";

    private static final Pattern JSON = Pattern.compile("(?i)application/json *(;.*)?");

    /** Longer than the store tries a change: it bounds what is stuck elsewhere. */
    private static final Duration PATIENCE = Duration.ofSeconds(45);

    private final AuthorizedOutboundStore store;
    private final InternalDomains domains;
    private final AuthorizedOutboundsConfiguration configuration;
    private final Clock clock;
    private final JsonTransformer jsonTransformer;

    @Inject
    public DomainAuthorizedOutboundsRoutes(
            AuthorizedOutboundStore store,
            InternalDomains domains,
            AuthorizedOutboundsConfiguration configuration,
            Clock clock,
            JsonTransformer jsonTransformer) {
        this.store = store;
        this.domains = domains;
        this.configuration = configuration;
        this.clock = clock;
        this.jsonTransformer = jsonTransformer;
    }

    @Override
    public String getBasePath() {
        return BASE_PATH;
    }

    @Override
    public void define(Service service) {
        service.get(BASE_PATH, this::list, jsonTransformer);
        service.get(ENTRY, this::find, jsonTransformer);
        service.put(ENTRY, this::put);
        service.delete(ENTRY, this::delete);
    }

    private ImmutableList<EntryResponse> list(Request request, Response response) {
        Domain domain = domain(request);
        ImmutableList<AuthorizedOutbound> entries = await(() -> store.list(domain));
        if (entries.isEmpty() && !isInternal(domain)) {
            throw unknown(domain);
        }
        return entries.stream().map(EntryResponse::new).collect(ImmutableList.toImmutableList());
    }

    private EntryResponse find(Request request, Response response) {
        Domain domain = domain(request);
        OutboundAddress address = address(request);
        return await(() -> store.find(domain, address))
                .map(EntryResponse::new)
                .orElseThrow(() -> notFound(
                        address.asString() + " is not an authorized outbound address of " + domain.asString()));
    }

    private String put(Request request, Response response) {
        AuthorizedOutbound entry = entry(request);
        if (!isInternal(entry.domain())) {
            throw unknown(entry.domain());
        }
        await(() -> store.save(entry));
        LOGGER.info(
                "{} made {} an authorized outbound address of {}",
                entry.addedBy().orElse("Somebody"),
                entry.address(),
                entry.domain().asString());
        return Responses.returnNoContent(response);
    }

    private String delete(Request request, Response response) {
        Domain domain = domain(request);
        OutboundAddress address = address(request);
        Optional<String> user = user(request);
        if (!isInternal(domain) && await(() -> store.list(domain)).isEmpty()) {
            throw unknown(domain);
        }
        await(() -> store.remove(domain, address, user));
        LOGGER.info(
                "{} removed {} from the authorized outbound addresses of {}",
                user.orElse("Somebody"),
                address,
                domain.asString());
        return Responses.returnNoContent(response);
    }

    private AuthorizedOutbound entry(Request request) {
        Domain domain = domain(request);
        OutboundAddress address = address(request);
        if (address.isPrivate() && !configuration.allowPrivateAddresses()) {
            throw badRequest(
                    "'" + address.asString() + "' is a private, loopback or link-local address: behind NAT or a"
                            + " container bridge any client may wear it; set allow.private.addresses=true in"
                            + " authorized-outbounds.properties to authorize it");
        }
        try {
            requireJson(request);
            EntryRequest body = EntryRequest.parse(request.body());
            Instant now = clock.instant();
            AuthorizedOutbound entry =
                    new AuthorizedOutbound(domain, address, body.comment(), user(request), now, body.expiresAt());
            if (!entry.isActiveAt(now)) {
                throw new IllegalArgumentException("'expiresAt' is in the past");
            }
            return entry;
        } catch (IllegalArgumentException e) {
            throw badRequest(e.getMessage());
        }
    }

    private static void requireJson(Request request) {
        String contentType = request.contentType();
        // By length too: of a form, curl's default, nothing is left of the body here.
        boolean hasBody = request.contentLength() > 0 || !request.body().isBlank();
        if (hasBody && contentType != null && !JSON.matcher(contentType).matches()) {
            throw new IllegalArgumentException("The body is '" + contentType + "', give 'application/json'");
        }
    }

    private static Domain domain(Request request) {
        String text = request.params(DOMAIN);
        try {
            return InternalDomains.canonical(Domain.of(text));
        } catch (IllegalArgumentException e) {
            throw badRequest("'" + text + "' is not a domain: " + e.getMessage());
        }
    }

    private static OutboundAddress address(Request request) {
        try {
            return OutboundAddress.parse(request.splat().length == 0 ? "" : request.splat()[0]);
        } catch (IllegalArgumentException e) {
            throw badRequest(e.getMessage());
        }
    }

    private static Optional<String> user(Request request) {
        return Optional.ofNullable(request.attribute(AuthenticationFilter.LOGIN));
    }

    private boolean isInternal(Domain domain) {
        Locality locality = domains.localityOf(domain);
        if (locality == Locality.UNKNOWN) {
            throw unavailable("The domain list of James cannot be read now: try again later");
        }
        return locality == Locality.INTERNAL;
    }

    private static <T> T await(Supplier<CompletionStage<T>> call) {
        try {
            return call.get().toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unavailable("James is shutting down: try again later");
        } catch (ExecutionException e) {
            throw unanswered(e.getCause());
        } catch (TimeoutException e) {
            throw unanswered(e);
        }
    }

    private static HaltException unanswered(Throwable reason) {
        LOGGER.warn("Cassandra did not answer a call of WebAdmin: {}", reason.toString());
        return unavailable("Cassandra cannot give or take the answer now: try again later; calls are idempotent");
    }

    private static HaltException badRequest(String sentence) {
        return error(HttpStatus.BAD_REQUEST_400, ErrorType.INVALID_ARGUMENT, sentence);
    }

    private static HaltException unknown(Domain domain) {
        return notFound("The domain list of James does not contain " + domain.asString());
    }

    private static HaltException notFound(String sentence) {
        return error(HttpStatus.NOT_FOUND_404, ErrorType.NOT_FOUND, sentence);
    }

    private static HaltException unavailable(String sentence) {
        return error(HttpStatus.SERVICE_UNAVAILABLE_503, ErrorType.SERVER_ERROR, sentence);
    }

    private static HaltException error(int status, ErrorType type, String sentence) {
        return ErrorResponder.builder()
                .statusCode(status)
                .type(type)
                .message(sentence)
                .haltError();
    }
}
