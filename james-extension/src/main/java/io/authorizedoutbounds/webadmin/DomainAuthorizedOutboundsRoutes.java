// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import static io.authorizedoutbounds.webadmin.RequestValues.DOMAIN_PATH;
import static io.authorizedoutbounds.webadmin.RequestValues.address;
import static io.authorizedoutbounds.webadmin.RequestValues.author;
import static io.authorizedoutbounds.webadmin.RequestValues.pathDomain;
import static io.authorizedoutbounds.webadmin.RequestValues.rest;

import com.google.common.collect.ImmutableList;
import com.google.inject.Inject;
import io.authorizedoutbounds.james.AuthorizedOutboundsConfiguration;
import io.authorizedoutbounds.james.LoadedModule;
import io.authorizedoutbounds.policy.Author;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.EntryId;
import io.authorizedoutbounds.policy.LastUses;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.UseStore;
import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.CompletionStage;
import org.apache.james.core.Domain;
import org.apache.james.webadmin.Routes;
import org.apache.james.webadmin.utils.JsonTransformer;
import org.apache.james.webadmin.utils.Responses;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import spark.Request;
import spark.Response;
import spark.Service;

/**
 * The list of one domain, its refusals and its enforcement:
 *
 * <pre>
 * GET    /domains/{domain}/authorizedOutbounds        200 the entries, sorted by address
 * PUT    /domains/{domain}/authorizedOutbounds        200 what was changed so that the list is what the body says; ?dryRun
 * DELETE /domains/{domain}/authorizedOutbounds        204
 * GET    /domains/{domain}/authorizedOutbounds/{ip}   200 the entry
 * PUT    /domains/{domain}/authorizedOutbounds/{ip}   204; optional body {"comment", "expiresAt"}
 * DELETE /domains/{domain}/authorizedOutbounds/{ip}   204
 * GET    /domains/{domain}/refusedOutbounds           200 by address, last seen first; ?by=hour by hour, the oldest first
 * GET    /domains/{domain}/outboundEnforcement        200 the one that applies, and whether it is the default
 * PUT    /domains/{domain}/outboundEnforcement        204; body {"enforcement": "report" or "enforce"}
 * DELETE /domains/{domain}/outboundEnforcement        204: the default again
 * </pre>
 *
 * <p>400 for what is not one plain IP address or not a domain, 404 for an unknown domain or entry, 503 when Cassandra
 * cannot be reached. The list of a domain that was removed from James, orphaned, is still there for {@code GET} and
 * {@code DELETE}.
 */
public class DomainAuthorizedOutboundsRoutes implements Routes {
    private static final Logger LOGGER = LoggerFactory.getLogger(DomainAuthorizedOutboundsRoutes.class);
    private static final String LIST = DOMAIN_PATH + "/authorizedOutbounds";
    private static final String ENTRY = LIST + "/*";

    private final AuthorizedOutboundStore store;
    private final UseStore uses;
    private final KnownDomains knownDomains;
    private final DomainChangeFilters domainChangeFilters;
    private final RefusedOutboundsRoute refusedOutboundsRoute;
    private final OutboundEnforcementRoute outboundEnforcementRoute;
    private final AuthorizedOutboundsConfiguration configuration;
    private final Clock clock;
    private final JsonTransformer jsonTransformer;
    private final RequestChecks checks;

    @Inject
    public DomainAuthorizedOutboundsRoutes(LoadedModule module) {
        this(
                module.get(AuthorizedOutboundStore.class),
                module.get(UseStore.class),
                module.get(KnownDomains.class),
                module.get(DomainChangeFilters.class),
                module.get(RefusedOutboundsRoute.class),
                module.get(OutboundEnforcementRoute.class),
                module.get(AuthorizedOutboundsConfiguration.class),
                module.get(Clock.class),
                module.get(JsonTransformer.class),
                module.get(RequestChecks.class));
    }

    DomainAuthorizedOutboundsRoutes(
            AuthorizedOutboundStore store,
            UseStore uses,
            KnownDomains knownDomains,
            DomainChangeFilters domainChangeFilters,
            RefusedOutboundsRoute refusedOutboundsRoute,
            OutboundEnforcementRoute outboundEnforcementRoute,
            AuthorizedOutboundsConfiguration configuration,
            Clock clock,
            JsonTransformer jsonTransformer,
            RequestChecks checks) {
        this.store = store;
        this.uses = uses;
        this.knownDomains = knownDomains;
        this.domainChangeFilters = domainChangeFilters;
        this.refusedOutboundsRoute = refusedOutboundsRoute;
        this.outboundEnforcementRoute = outboundEnforcementRoute;
        this.configuration = configuration;
        this.clock = clock;
        this.jsonTransformer = jsonTransformer;
        this.checks = checks;
    }

    @Override
    public String getBasePath() {
        return DOMAIN_PATH;
    }

    @Override
    public void define(Service service) {
        checks.guard(service, LIST);
        checks.guard(service, RefusedOutboundsRoute.PATH);
        checks.guard(service, OutboundEnforcementRoute.PATH);
        domainChangeFilters.define(service);
        refusedOutboundsRoute.define(service);
        outboundEnforcementRoute.define(service);
        service.get(LIST, this::list, jsonTransformer);
        service.put(LIST, this::replace, jsonTransformer);
        service.delete(LIST, this::clear);
        service.post(LIST, this::revive, jsonTransformer);
        service.get(ENTRY, this::find, jsonTransformer);
        service.put(ENTRY, this::put);
        service.delete(ENTRY, this::delete);
    }

    private ImmutableList<EntryResponse> list(Request request, Response response) {
        Domain domain = pathDomain(request);
        // Both queries at once.
        CompletionStage<LastUses> lastUsesOfDomain = uses.list(domain);
        ImmutableList<AuthorizedOutbound> entries = StoreCall.await(() -> store.list(domain));
        boolean internal = knownDomains.isInternal(domain);
        if (entries.isEmpty() && !internal) {
            throw HttpErrors.unknown(domain);
        }
        LastUses lastUses = StoreCall.await(() -> lastUsesOfDomain);
        response.header("ETag", ListTag.of(entries));
        return entries.stream()
                .map(entry -> EntryResponse.ofDomain(entry, lastUses, internal))
                .collect(ImmutableList.toImmutableList());
    }

    private EntryResponse find(Request request, Response response) {
        Domain domain = pathDomain(request);
        OutboundAddress address = address(rest(request));
        CompletionStage<LastUses> lastUse = uses.find(EntryId.of(domain, address));
        AuthorizedOutbound entry = StoreCall.await(() -> store.find(domain, address))
                .orElseThrow(() -> HttpErrors.notFound(
                        address.asString() + " is not an authorized outbound address of " + domain.asString()));
        return EntryResponse.ofDomain(entry, StoreCall.await(() -> lastUse), knownDomains.isInternal(domain));
    }

    private String put(Request request, Response response) {
        Domain domain = pathDomain(request);
        OutboundAddress address = address(rest(request));
        String body = RequestValues.body(request);
        AuthorizedOutbound entry;
        try {
            entry = entry(request, domain, address, EntryRequest.parse(body));
        } catch (IllegalArgumentException e) {
            throw HttpErrors.badRequest(e.getMessage());
        }
        knownDomains.requireInternal(domain);
        StoreCall.await(() -> store.save(entry));
        LOGGER.info(
                "{} made {} an authorized outbound address of {}",
                entry.addedBy().user().orElse("Somebody"),
                entry.address(),
                entry.domain().asString());
        return Responses.returnNoContent(response);
    }

    private String delete(Request request, Response response) {
        Domain domain = pathDomain(request);
        OutboundAddress address = address(rest(request));
        Author author = author(request);
        requireInternalOrListing(domain);
        StoreCall.await(() -> store.remove(domain, address, author));
        if (StoreCall.await(() -> store.find(domain, address)).isPresent()) {
            // Added at the same time, or by a node whose clock is far ahead.
            throw HttpErrors.unavailable(address.asString() + " is still an authorized outbound address of "
                    + domain.asString() + ", as another change of it is later than this one: try again");
        }
        LOGGER.info(
                "{} removed {} from the authorized outbound addresses of {}",
                author.user().orElse("Somebody"),
                address,
                domain.asString());
        return Responses.returnNoContent(response);
    }

    private ListChange replace(Request request, Response response) {
        Domain domain = pathDomain(request);
        String body = RequestValues.body(request);
        ImmutableList<AuthorizedOutbound> entries;
        try {
            entries = ListRequest.parse(domain, body).entrySet().stream()
                    .map(entry -> listEntry(request, domain, entry.getKey(), entry.getValue()))
                    .collect(ImmutableList.toImmutableList());
        } catch (IllegalArgumentException e) {
            throw HttpErrors.badRequest(e.getMessage());
        }
        knownDomains.requireInternal(domain);
        ListChange change = new ListChange(matchingList(request, domain), entries);
        if (request.queryParams("dryRun") == null) {
            change(request, domain, change);
        }
        return change;
    }

    private String clear(Request request, Response response) {
        Domain domain = pathDomain(request);
        requireInternalOrListing(domain);
        change(request, domain, new ListChange(matchingList(request, domain), ImmutableList.of()));
        return Responses.returnNoContent(response);
    }

    /** The entries of a domain that was removed from James and added again count again. */
    private ReviveResponse revive(Request request, Response response) {
        Domain domain = pathDomain(request);
        if (request.queryParams("revive") == null) {
            throw HttpErrors.badRequest("'revive' is missing: POST ...?revive has the orphaned entries count again");
        }
        knownDomains.requireInternal(domain);
        ImmutableList<AuthorizedOutbound> revived = StoreCall.await(() -> store.list(domain)).stream()
                .filter(entry -> entry.orphanedAt().isPresent())
                .map(AuthorizedOutbound::revived)
                .collect(ImmutableList.toImmutableList());
        StoreCall.awaitMany(() -> store.change(domain, revived, ImmutableList.of(), author(request)));
        LOGGER.info(
                "{} revived {} authorized outbounds of {}",
                author(request).user().orElse("Somebody"),
                revived.size(),
                domain.asString());
        return new ReviveResponse(revived);
    }

    /** The list as it is stored; 412 when it is not the one that the caller has seen. */
    private ImmutableList<AuthorizedOutbound> matchingList(Request request, Domain domain) {
        ImmutableList<AuthorizedOutbound> list = StoreCall.await(() -> store.list(domain));
        if (!ListTag.matches(request.headers("If-Match"), list)) {
            throw HttpErrors.preconditionFailed("The list of " + domain.asString()
                    + " has changed since it was read with the ETag in If-Match: read it again");
        }
        return list;
    }

    private void change(Request request, Domain domain, ListChange change) {
        ImmutableList<AuthorizedOutbound> list =
                StoreCall.awaitMany(() -> store.replace(domain, change.asReplacement(), author(request)));
        LOGGER.info(
                "{} replaced the authorized outbound addresses of {}: {} written, {} removed",
                author(request).user().orElse("Somebody"),
                domain.asString(),
                change.toSave().size(),
                change.toRemove().size());
        if (!change.isMadeIn(list, clock.instant())) {
            throw HttpErrors.conflict("The list of " + domain.asString()
                    + " was changed by somebody else at the same time and is not what this request has made it: read it"
                    + " again");
        }
    }

    /** Orphaned if the body says so, as the export does. */
    private AuthorizedOutbound listEntry(
            Request request, Domain domain, OutboundAddress address, ListEntryRequest body) {
        AuthorizedOutbound entry = entry(request, domain, address, body.details());
        return body.isOrphaned() ? entry.orphaned(entry.addedAt()) : entry;
    }

    /** @throws IllegalArgumentException when the address may not be authorized, or the entry not be stored */
    private AuthorizedOutbound entry(Request request, Domain domain, OutboundAddress address, EntryRequest body) {
        if (address.isPrivate() && !configuration.allowPrivateAddresses()) {
            throw new IllegalArgumentException(
                    "'" + address.asString() + "' is a private, loopback or link-local address: behind NAT or a"
                            + " container bridge any client may have it; set allow.private.addresses=true in"
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

    private void requireInternalOrListing(Domain domain) {
        if (!knownDomains.isInternal(domain)
                && StoreCall.await(() -> store.list(domain)).isEmpty()) {
            throw HttpErrors.unknown(domain);
        }
    }
}
