// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import static io.authorizedoutbounds.webadmin.RequestValues.address;
import static io.authorizedoutbounds.webadmin.RequestValues.author;
import static io.authorizedoutbounds.webadmin.RequestValues.parameter;
import static io.authorizedoutbounds.webadmin.RequestValues.rest;

import com.google.common.base.Ascii;
import com.google.common.collect.ImmutableList;
import com.google.inject.Inject;
import io.authorizedoutbounds.cache.InternalDomains;
import io.authorizedoutbounds.james.AuthorizedOutboundsConfiguration;
import io.authorizedoutbounds.james.LoadedModule;
import io.authorizedoutbounds.orphans.Orphaning;
import io.authorizedoutbounds.policy.Author;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.DomainNames;
import io.authorizedoutbounds.policy.Locality;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.PrintableText;
import io.authorizedoutbounds.policy.RefusalStore;
import io.authorizedoutbounds.policy.RefusalSummary;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import org.apache.james.core.Domain;
import org.apache.james.domainlist.api.DomainListException;
import org.apache.james.webadmin.Routes;
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
 * The list of one domain, and what was refused of it:
 *
 * <pre>
 * GET    /domains/{domain}/authorizedOutbounds        200 the entries, sorted by address
 * PUT    /domains/{domain}/authorizedOutbounds        200 what was changed so that the list is what the body says; ?dryRun
 * DELETE /domains/{domain}/authorizedOutbounds        204
 * GET    /domains/{domain}/authorizedOutbounds/{ip}   200 the entry
 * PUT    /domains/{domain}/authorizedOutbounds/{ip}   204; optional body {"comment", "expiresAt"}
 * DELETE /domains/{domain}/authorizedOutbounds/{ip}   204
 * GET    /domains/{domain}/refusedOutbounds           200 by address, last seen first; ?by=hour by hour, the oldest first
 * </pre>
 *
 * <p>400 for what is not one plain IP address or not a domain, 404 for an unknown domain or entry, 503 when Cassandra
 * cannot give or take the answer. A domain that has left James keeps its list for {@code GET} and {@code DELETE}; its
 * entries are orphaned when it leaves, and when it comes back before that was noticed.
 */
public class DomainAuthorizedOutboundsRoutes implements Routes {
    private static final Logger LOGGER = LoggerFactory.getLogger(DomainAuthorizedOutboundsRoutes.class);
    private static final String DOMAIN = ":domain";
    private static final String BASE_PATH = "/domains/" + DOMAIN;
    private static final String LIST = BASE_PATH + "/authorizedOutbounds";
    private static final String ENTRY = LIST + "/*";
    private static final String REFUSALS = BASE_PATH + "/refusedOutbounds";

    /** How many attempts there were of addresses that are not kept. */
    private static final String DROPPED = "X-Refusals-Dropped";

    private final AuthorizedOutboundStore store;
    private final RefusalStore refusals;
    private final InternalDomains domains;
    private final Orphaning orphaning;
    private final AuthorizedOutboundsConfiguration configuration;
    private final Clock clock;
    private final JsonTransformer jsonTransformer;
    private final RequestChecks checks;

    @Inject
    public DomainAuthorizedOutboundsRoutes(LoadedModule module) {
        this(
                module.get(AuthorizedOutboundStore.class),
                module.get(RefusalStore.class),
                module.get(InternalDomains.class),
                module.get(Orphaning.class),
                module.get(AuthorizedOutboundsConfiguration.class),
                module.get(Clock.class),
                module.get(JsonTransformer.class),
                module.get(RequestChecks.class));
    }

    DomainAuthorizedOutboundsRoutes(
            AuthorizedOutboundStore store,
            RefusalStore refusals,
            InternalDomains domains,
            Orphaning orphaning,
            AuthorizedOutboundsConfiguration configuration,
            Clock clock,
            JsonTransformer jsonTransformer,
            RequestChecks checks) {
        this.store = store;
        this.refusals = refusals;
        this.domains = domains;
        this.orphaning = orphaning;
        this.configuration = configuration;
        this.clock = clock;
        this.jsonTransformer = jsonTransformer;
        this.checks = checks;
    }

    @Override
    public String getBasePath() {
        return BASE_PATH;
    }

    @Override
    public void define(Service service) {
        checks.guard(service, LIST);
        checks.guard(service, REFUSALS);
        // James's own routes add and remove the domain.
        service.before(BASE_PATH, this::beforeADomainIsAdded);
        service.after(BASE_PATH, this::afterADomainIsAdded);
        service.after(BASE_PATH, this::afterADomainIsRemoved);
        service.get(LIST, this::list, jsonTransformer);
        service.put(LIST, this::replace, jsonTransformer);
        service.delete(LIST, this::clear);
        service.get(ENTRY, this::find, jsonTransformer);
        service.put(ENTRY, this::put);
        service.delete(ENTRY, this::delete);
        service.get(REFUSALS, this::refused, jsonTransformer);
    }

    /** However it was removed, and whether anybody noticed: its list of before must not count. */
    private void beforeADomainIsAdded(Request request, Response response) {
        if (isMethod(request, "PUT")) {
            domainOfJames(request)
                    .filter(domain -> mayHaveActiveEntries(domain) && !isInDatabase(domain))
                    .ifPresent(domain -> StoreCall.await(() -> orphaning.orphan(domain, author(request))));
        }
    }

    /** Spark takes {@code put} for {@code PUT}. */
    private static boolean isMethod(Request request, String method) {
        return Ascii.equalsIgnoreCase(request.requestMethod(), method);
    }

    /** James is not asked for a domain without a list: its own cache would remember that the domain is missing. */
    private boolean mayHaveActiveEntries(Domain domain) {
        try {
            return StoreCall.await(() -> store.list(domain)).stream()
                    .anyMatch(entry -> entry.orphanedAt().isEmpty());
        } catch (HaltException e) {
            LOGGER.debug("Whether the list of a domain is empty cannot be read", e);
            return true;
        }
    }

    /** Not when James answers that it has the domain already: that is a halt, which Spark's filters do not see. */
    private void afterADomainIsAdded(Request request, Response response) {
        if (isMethod(request, "PUT") && response.status() == HttpStatus.NO_CONTENT_204) {
            domainOfJames(request).ifPresent(domains::added);
        }
    }

    private void afterADomainIsRemoved(Request request, Response response) {
        if (isMethod(request, "DELETE") && response.status() == HttpStatus.NO_CONTENT_204) {
            domainOfJames(request).ifPresent(domain -> removed(domain, author(request)));
        }
    }

    /** The domain is removed, whatever becomes of this: its list is orphaned at the latest before it is added again. */
    private void removed(Domain domain, Author author) {
        try {
            // James answers 204 too when it has removed nothing.
            if (!isInDatabase(domain)) {
                domains.removed(domain);
                StoreCall.await(() -> orphaning.orphan(domain, author));
            }
        } catch (HaltException e) {
            LOGGER.debug("The removal of a domain is answered as James does", e);
        }
    }

    /** @throws HaltException 503 when James cannot read its list */
    private boolean isInDatabase(Domain domain) {
        try {
            return domains.isInDatabase(domain);
        } catch (DomainListException | RuntimeException e) {
            LOGGER.warn("Cannot read James's domain list for a call of WebAdmin: {}", e.toString());
            throw domainListUnavailable();
        }
    }

    /** As James's own routes read it, which decode it once more. What we have no form of has no list. */
    private static Optional<Domain> domainOfJames(Request request) {
        try {
            String name = URLDecoder.decode(request.params(DOMAIN), StandardCharsets.UTF_8);
            return Optional.of(DomainNames.canonical(Domain.of(name)));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private ImmutableList<EntryResponse> list(Request request, Response response) {
        Domain domain = domain(request);
        ImmutableList<AuthorizedOutbound> entries = StoreCall.await(() -> store.list(domain));
        boolean internal = isInternal(domain);
        if (entries.isEmpty() && !internal) {
            throw HttpErrors.unknown(domain);
        }
        return entries.stream()
                .map(entry -> EntryResponse.ofDomain(entry, internal))
                .collect(ImmutableList.toImmutableList());
    }

    private EntryResponse find(Request request, Response response) {
        Domain domain = domain(request);
        OutboundAddress address = address(rest(request));
        AuthorizedOutbound entry = StoreCall.await(() -> store.find(domain, address))
                .orElseThrow(() -> HttpErrors.notFound(
                        address.asString() + " is not an authorized outbound address of " + domain.asString()));
        return EntryResponse.ofDomain(entry, isInternal(domain));
    }

    private String put(Request request, Response response) {
        Domain domain = domain(request);
        OutboundAddress address = address(rest(request));
        String body = RequestValues.body(request);
        AuthorizedOutbound entry;
        try {
            entry = entry(request, domain, address, EntryRequest.parse(body));
        } catch (IllegalArgumentException e) {
            throw HttpErrors.badRequest(e.getMessage());
        }
        requireInternal(domain);
        StoreCall.await(() -> store.save(entry));
        LOGGER.info(
                "{} made {} an authorized outbound address of {}",
                entry.addedBy().user().orElse("Somebody"),
                entry.address(),
                entry.domain().asString());
        return Responses.returnNoContent(response);
    }

    private String delete(Request request, Response response) {
        Domain domain = domain(request);
        OutboundAddress address = address(rest(request));
        Author author = author(request);
        requireInternalOrListing(domain);
        StoreCall.await(() -> store.remove(domain, address, author));
        LOGGER.info(
                "{} removed {} from the authorized outbound addresses of {}",
                author.user().orElse("Somebody"),
                address,
                domain.asString());
        return Responses.returnNoContent(response);
    }

    private ListChange replace(Request request, Response response) {
        Domain domain = domain(request);
        String body = RequestValues.body(request);
        ImmutableList<AuthorizedOutbound> entries;
        try {
            entries = ListRequest.parse(domain, body).entrySet().stream()
                    .map(entry -> entry(request, domain, entry.getKey(), entry.getValue()))
                    .collect(ImmutableList.toImmutableList());
        } catch (IllegalArgumentException e) {
            throw HttpErrors.badRequest(e.getMessage());
        }
        requireInternal(domain);
        ListChange change = new ListChange(StoreCall.await(() -> store.list(domain)), entries);
        if (request.queryParams("dryRun") == null) {
            change(request, domain, change);
        }
        return change;
    }

    private String clear(Request request, Response response) {
        Domain domain = domain(request);
        requireInternalOrListing(domain);
        change(request, domain, new ListChange(StoreCall.await(() -> store.list(domain)), ImmutableList.of()));
        return Responses.returnNoContent(response);
    }

    private void change(Request request, Domain domain, ListChange change) {
        StoreCall.awaitMany(() -> store.change(domain, change.toSave(), change.toRemove(), author(request)));
        LOGGER.info(
                "{} replaced the authorized outbound addresses of {}: {} written, {} removed",
                author(request).user().orElse("Somebody"),
                domain.asString(),
                change.toSave().size(),
                change.toRemove().size());
    }

    private Object refused(Request request, Response response) {
        Domain domain = domain(request);
        Optional<String> by = parameter(request, "by");
        if (by.isPresent() && !by.get().equals("hour")) {
            throw HttpErrors.badRequest("'by' is " + PrintableText.quoted(by.get()) + ", give 'hour' or leave it out");
        }
        RefusalSummary summary = new RefusalSummary();
        StoreCall.await(() -> refusals.forEach(domain, summary::add));
        if (summary.byHour().isEmpty()) {
            requireInternal(domain);
        }
        if (summary.dropped() > 0) {
            response.header(DROPPED, Long.toString(summary.dropped()));
        }
        return by.isPresent()
                ? summary.byHour().entrySet().stream()
                        .map(hour -> new HourResponse(hour.getKey(), hour.getValue()))
                        .collect(ImmutableList.toImmutableList())
                : summary.byAddress().stream().map(RefusalResponse::new).collect(ImmutableList.toImmutableList());
    }

    /** @throws IllegalArgumentException when the address may not be authorized, or the entry not be kept */
    private AuthorizedOutbound entry(Request request, Domain domain, OutboundAddress address, EntryRequest body) {
        if (address.isPrivate() && !configuration.allowPrivateAddresses()) {
            throw new IllegalArgumentException(
                    "'" + address.asString() + "' is a private, loopback or link-local address: behind NAT or a"
                            + " container bridge any client may wear it; set allow.private.addresses=true in"
                            + " authorized-outbounds.properties to authorize it");
        }
        Instant now = clock.instant();
        AuthorizedOutbound.Builder builder = AuthorizedOutbound.builder()
                .domain(domain)
                .address(address)
                .addedBy(author(request))
                .addedAt(now);
        body.comment().ifPresent(builder::comment);
        body.expiresAt().ifPresent(builder::expiresAt);
        AuthorizedOutbound entry = builder.build();
        if (!entry.isActiveAt(now)) {
            throw new IllegalArgumentException("'expiresAt' is in the past");
        }
        return entry;
    }

    private static Domain domain(Request request) {
        return RequestValues.domain(request.params(DOMAIN));
    }

    private void requireInternal(Domain domain) {
        if (!isInternal(domain)) {
            throw HttpErrors.unknown(domain);
        }
    }

    private void requireInternalOrListing(Domain domain) {
        if (!isInternal(domain) && StoreCall.await(() -> store.list(domain)).isEmpty()) {
            throw HttpErrors.unknown(domain);
        }
    }

    /** @throws HaltException 503 when that cannot be said */
    private boolean isInternal(Domain domain) {
        Locality locality = domains.localityOf(domain);
        if (locality == Locality.UNKNOWN) {
            throw domainListUnavailable();
        }
        return locality == Locality.INTERNAL;
    }

    private static HaltException domainListUnavailable() {
        return HttpErrors.unavailable("The domain list of James cannot be read now: try again later");
    }
}
