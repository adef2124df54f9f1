// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import static io.authorizedoutbounds.webadmin.RequestValues.parameter;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import com.google.inject.Inject;
import io.authorizedoutbounds.cache.InternalDomains;
import io.authorizedoutbounds.james.AuthorizedOutboundsConfiguration;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.DomainEnforcement;
import io.authorizedoutbounds.policy.Locality;
import io.authorizedoutbounds.policy.RefusalOverview;
import io.authorizedoutbounds.policy.RefusalStore;
import io.authorizedoutbounds.policy.RefusalSum;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.james.webadmin.utils.JsonTransformer;
import spark.Request;
import spark.Response;
import spark.Service;

/** {@code GET /authorizedOutbounds/refused}: the domains whose mail was refused, or would have been, most attempts first. */
class RefusalOverviewRoute {
    static final String PATH = AuthorizedOutboundsRoutes.BASE_PATH + "/refused";

    /** The oldest hour that is in the answer, some of it perhaps, when there are more sums than are read. */
    private static final String SINCE = "X-Refusals-Since";

    private static final Duration DEFAULT_PERIOD = Duration.ofDays(7);
    private static final int DEFAULT_DOMAINS = 100;
    private static final int MAX_DOMAINS = 1000;

    /** Sums of one domain, node and hour. */
    private static final int MAX_SUMS = 200_000;

    /** Domains whose enforcement is read at once. */
    private static final int ENFORCEMENT_CONCURRENCY = 50;

    private final RefusalStore refusals;
    private final AuthorizedOutboundStore store;
    private final InternalDomains domains;
    private final AuthorizedOutboundsConfiguration configuration;
    private final Clock clock;
    private final JsonTransformer jsonTransformer;

    @Inject
    RefusalOverviewRoute(
            RefusalStore refusals,
            AuthorizedOutboundStore store,
            InternalDomains domains,
            AuthorizedOutboundsConfiguration configuration,
            Clock clock,
            JsonTransformer jsonTransformer) {
        this.refusals = refusals;
        this.store = store;
        this.domains = domains;
        this.configuration = configuration;
        this.clock = clock;
        this.jsonTransformer = jsonTransformer;
    }

    void define(Service service) {
        service.get(PATH, this::overview, jsonTransformer);
    }

    private List<DomainRefusalsResponse> overview(Request request, Response response) {
        Instant since = parameter(request, "since")
                .map(text -> RequestValues.instantOrBadRequest("since", text))
                .orElse(clock.instant().minus(DEFAULT_PERIOD));
        int limit = RequestValues.number(request, "limit", 1, MAX_DOMAINS, DEFAULT_DOMAINS);
        ImmutableList<RefusalSum> sums = StoreCall.await(() -> refusals.newestSums(since, MAX_SUMS));
        if (sums.size() == MAX_SUMS) {
            response.header(SINCE, sums.get(MAX_SUMS - 1).hour().toString());
        }
        RefusalOverview overview = new RefusalOverview();
        sums.forEach(overview::add);
        return withEnforcement(overview.domains()
                .filter(of -> domains.localityOf(of.domain()) != Locality.EXTERNAL)
                .limit(limit)
                .collect(ImmutableList.toImmutableList()));
    }

    private List<DomainRefusalsResponse> withEnforcement(ImmutableList<RefusalOverview.OfDomain> refused) {
        List<DomainRefusalsResponse> responses = new ArrayList<>();
        for (List<RefusalOverview.OfDomain> some : Lists.partition(refused, ENFORCEMENT_CONCURRENCY)) {
            List<DomainEnforcement> enforcements = StoreCall.await(() -> enforcements(some));
            for (int i = 0; i < some.size(); i++) {
                responses.add(new DomainRefusalsResponse(
                        some.get(i), enforcements.get(i).own().orElse(configuration.enforcement())));
            }
        }
        return responses;
    }

    /** In the order of the domains. */
    private CompletionStage<List<DomainEnforcement>> enforcements(List<RefusalOverview.OfDomain> refused) {
        CompletionStage<List<DomainEnforcement>> all = CompletableFuture.completedFuture(new ArrayList<>());
        for (RefusalOverview.OfDomain of : refused) {
            all = all.thenCombine(store.findEnforcement(of.domain()), (found, next) -> {
                found.add(next);
                return found;
            });
        }
        return all;
    }
}
