// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.inject.Inject;
import io.authorizedoutbounds.james.AuthorizedOutboundsConfiguration;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.Enforcement;
import org.apache.james.core.Domain;
import org.apache.james.webadmin.utils.JsonTransformer;
import spark.Request;
import spark.Response;
import spark.Service;

/** {@code GET /authorizedOutbounds/enforcement}: how many domains enforce rule 1. */
class EnforcementCountRoute {
    static final String PATH = AuthorizedOutboundsRoutes.BASE_PATH + "/enforcement";

    /** Domains with an enforcement of their own that are held in memory. */
    private static final int MAX_OWN = 200_000;

    private final AuthorizedOutboundStore store;
    private final KnownDomains knownDomains;
    private final Enforcement byDefault;
    private final JsonTransformer jsonTransformer;

    @Inject
    EnforcementCountRoute(
            AuthorizedOutboundStore store,
            KnownDomains knownDomains,
            AuthorizedOutboundsConfiguration configuration,
            JsonTransformer jsonTransformer) {
        this.store = store;
        this.knownDomains = knownDomains;
        this.byDefault = configuration.enforcement();
        this.jsonTransformer = jsonTransformer;
    }

    void define(Service service) {
        service.get(PATH, this::count, jsonTransformer);
    }

    private EnforcementCountResponse count(Request request, Response response) {
        ImmutableSet<Domain> domains = knownDomains.all();
        ImmutableMap<Domain, Enforcement> own = StoreCall.await(() -> store.ownEnforcements(MAX_OWN));
        return new EnforcementCountResponse(byDefault, domains.size(), enforcing(domains, own), own.size() < MAX_OWN);
    }

    private long enforcing(ImmutableSet<Domain> domains, ImmutableMap<Domain, Enforcement> own) {
        return domains.stream()
                .filter(domain -> own.getOrDefault(domain, byDefault) == Enforcement.ENFORCE)
                .count();
    }
}
