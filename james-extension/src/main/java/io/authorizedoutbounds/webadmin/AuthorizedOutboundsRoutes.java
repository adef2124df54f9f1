// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import static io.authorizedoutbounds.webadmin.RequestValues.parameter;
import static io.authorizedoutbounds.webadmin.RequestValues.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.inject.Inject;
import io.authorizedoutbounds.cache.InternalDomains;
import io.authorizedoutbounds.james.LoadedModule;
import io.authorizedoutbounds.orphans.OrphanSweep;
import io.authorizedoutbounds.policy.AuthorizedOutbound;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.Locality;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.PrintableText;
import io.authorizedoutbounds.policy.UseStore;
import java.io.InputStream;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.apache.james.core.Domain;
import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;
import org.apache.james.webadmin.Routes;
import org.apache.james.webadmin.utils.JsonTransformer;
import spark.Request;
import spark.Response;
import spark.Service;

/**
 * The routes about all domains:
 *
 * <pre>
 * GET /authorizedOutbounds?unusedSince=                     200 every entry with its domain, as a stream
 * GET /authorizedOutbounds/addresses/{ip}                   200 the domains that list the address
 * GET /authorizedOutbounds/decision?ip=&amp;sender=&amp;recipient=  200 the rows of rules 1 and 2
 * GET /authorizedOutbounds/changes?domain=&amp;since=&amp;limit=    200 who changed what when, newest first
 * GET /authorizedOutbounds/refused?since=&amp;limit=            200 the domains with refusals, most attempts first
 * GET /authorizedOutbounds/enforcement                      200 how many domains enforce
 * POST /authorizedOutbounds/sweep?confirm                   200 how many removed domains are orphaned now
 * </pre>
 *
 * <p>400 with a message for bad input, 503 when Cassandra cannot be reached.
 */
public class AuthorizedOutboundsRoutes implements Routes {
    static final String BASE_PATH = "/authorizedOutbounds";
    private static final Duration DEFAULT_PERIOD = Duration.ofDays(7);
    private static final int DEFAULT_CHANGES = 100;
    private static final int MAX_CHANGES = 1000;

    private final AuthorizedOutboundStore store;
    private final UseStore uses;
    private final InternalDomains internalDomains;
    private final Decisions decisions;
    private final RefusalOverviewRoute refusalOverviewRoute;
    private final EnforcementCountRoute enforcementCountRoute;
    private final OrphanSweep sweep;
    private final Clock clock;
    private final JsonTransformer jsonTransformer;
    private final RequestChecks checks;

    @Inject
    public AuthorizedOutboundsRoutes(LoadedModule module) {
        this(
                module.get(AuthorizedOutboundStore.class),
                module.get(UseStore.class),
                module.get(InternalDomains.class),
                module.get(Decisions.class),
                module.get(RefusalOverviewRoute.class),
                module.get(EnforcementCountRoute.class),
                module.get(OrphanSweep.class),
                module.get(Clock.class),
                module.get(JsonTransformer.class),
                module.get(RequestChecks.class));
    }

    AuthorizedOutboundsRoutes(
            AuthorizedOutboundStore store,
            UseStore uses,
            InternalDomains internalDomains,
            Decisions decisions,
            RefusalOverviewRoute refusalOverviewRoute,
            EnforcementCountRoute enforcementCountRoute,
            OrphanSweep sweep,
            Clock clock,
            JsonTransformer jsonTransformer,
            RequestChecks checks) {
        this.store = store;
        this.uses = uses;
        this.internalDomains = internalDomains;
        this.decisions = decisions;
        this.refusalOverviewRoute = refusalOverviewRoute;
        this.enforcementCountRoute = enforcementCountRoute;
        this.sweep = sweep;
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
        checks.guard(service, BASE_PATH);
        refusalOverviewRoute.define(service);
        enforcementCountRoute.define(service);
        service.get(BASE_PATH, this::export);
        service.get(BASE_PATH + "/addresses/*", this::domains, jsonTransformer);
        service.get(BASE_PATH + "/decision", this::decide, jsonTransformer);
        service.get(BASE_PATH + "/changes", this::changes, jsonTransformer);
        service.post(BASE_PATH + "/sweep", this::confirmSweep, jsonTransformer);
    }

    /** Page by page, in constant memory. An InputStream, since the servlet's own stream is another class in James 3.9. */
    private InputStream export(Request request, Response response) throws JsonProcessingException {
        Optional<Instant> unusedSince = parameter(request, "unusedSince").map(this::unusedSince);
        InputStream entries = ExportStream.open(
                store::everything,
                uses,
                (entry, lastUses) -> unusedSince
                        .map(since -> lastUses.isUnusedSince(entry, since))
                        .orElse(true),
                jsonTransformer);
        response.type("application/json");
        return entries;
    }

    /** Of a longer time it is not known whether an entry was used. */
    private Instant unusedSince(String text) {
        Instant since = RequestValues.instantOrBadRequest("unusedSince", text);
        if (since.isBefore(clock.instant().minus(UseStore.RETENTION))) {
            throw HttpErrors.badRequest("'unusedSince' is " + PrintableText.quoted(text)
                    + ": the last use of an entry is known for " + UseStore.RETENTION.toDays() + " days only");
        }
        return since;
    }

    private ImmutableList<String> domains(Request request, Response response) {
        OutboundAddress address = RequestValues.address(rest(request));
        return StoreCall.await(() -> store.listings(address)).stream()
                .filter(entry -> entry.orphanedAt().isEmpty())
                .map(AuthorizedOutbound::domain)
                .filter(domain -> internalDomains.localityOf(domain) != Locality.EXTERNAL)
                .map(Domain::asString)
                .sorted()
                .collect(ImmutableList.toImmutableList());
    }

    private DecisionResponse decide(Request request, Response response) {
        OutboundAddress client = RequestValues.address(required(request, "ip"));
        MaybeSender sender = parameter(request, "sender")
                .filter(text -> !text.equals("<>"))
                .map(text -> MaybeSender.of(mailAddress("sender", text)))
                .orElse(MaybeSender.nullSender());
        MailAddress recipient = mailAddress("recipient", required(request, "recipient"));
        return decisions.decide(client, sender, recipient);
    }

    private static String required(Request request, String name) {
        return parameter(request, name)
                .orElseThrow(() -> HttpErrors.badRequest(
                        "'" + name + "' is missing: give ip, sender (empty for <>) and recipient"));
    }

    private static MailAddress mailAddress(String name, String text) {
        try {
            return new MailAddress(text);
        } catch (Exception e) {
            // A checked exception of javax.mail or of jakarta.mail, which this class must not name.
            throw HttpErrors.badRequest("'" + name + "' is " + PrintableText.quoted(text) + ", not a mail address");
        }
    }

    private ImmutableList<ChangeResponse> changes(Request request, Response response) {
        Optional<Domain> domain = parameter(request, "domain").map(RequestValues::domain);
        Instant since = parameter(request, "since")
                .map(text -> RequestValues.instantOrBadRequest("since", text))
                .orElse(clock.instant().minus(DEFAULT_PERIOD));
        int limit = RequestValues.number(request, "limit", 1, MAX_CHANGES, DEFAULT_CHANGES);
        return StoreCall.await(() ->
                        domain.map(of -> store.history(of, since, limit)).orElseGet(() -> store.history(since, limit)))
                .stream()
                .map(ChangeResponse::new)
                .collect(ImmutableList.toImmutableList());
    }

    /** Only what a sweep of this node was about to do, and has held. */
    private ImmutableMap<String, Integer> confirmSweep(Request request, Response response) {
        if (request.queryParams("confirm") == null) {
            throw HttpErrors.badRequest(
                    "'confirm' is missing: POST ...?confirm orphans the entries of the domains that the"
                            + " last sweep has not found in James");
        }
        try {
            return ImmutableMap.of("orphaned", sweep.confirm());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw HttpErrors.unavailable("James is shutting down: try again later");
        }
    }
}
