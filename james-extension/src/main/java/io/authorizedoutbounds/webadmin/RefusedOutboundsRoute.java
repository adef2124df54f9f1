// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import static io.authorizedoutbounds.webadmin.RequestValues.DOMAIN_PATH;
import static io.authorizedoutbounds.webadmin.RequestValues.parameter;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedMap;
import com.google.inject.Inject;
import io.authorizedoutbounds.policy.PrintableText;
import io.authorizedoutbounds.policy.RefusalCount;
import io.authorizedoutbounds.policy.RefusalStore;
import io.authorizedoutbounds.policy.RefusalSummary;
import java.time.Instant;
import java.util.Optional;
import org.apache.james.core.Domain;
import org.apache.james.webadmin.utils.JsonTransformer;
import spark.Request;
import spark.Response;
import spark.Service;

/** {@code GET /domains/{domain}/refusedOutbounds}: the refusals of one domain, by address or by hour. */
class RefusedOutboundsRoute {
    static final String PATH = DOMAIN_PATH + "/refusedOutbounds";

    /** The number of attempts by addresses that the answer leaves out. */
    private static final String DROPPED = "X-Refusals-Dropped";

    /** The oldest hour that is in the answer, some of it perhaps, when there are more counts than are read. */
    private static final String SINCE = "X-Refusals-Since";

    /** Counts of one address, node and hour. */
    private static final int MAX_COUNTS = 20_000;

    private final RefusalStore refusals;
    private final KnownDomains knownDomains;
    private final JsonTransformer jsonTransformer;

    @Inject
    RefusedOutboundsRoute(RefusalStore refusals, KnownDomains knownDomains, JsonTransformer jsonTransformer) {
        this.refusals = refusals;
        this.knownDomains = knownDomains;
        this.jsonTransformer = jsonTransformer;
    }

    void define(Service service) {
        service.get(PATH, this::refused, jsonTransformer);
    }

    private Object refused(Request request, Response response) {
        Domain domain = RequestValues.pathDomain(request);
        Optional<String> by = parameter(request, "by");
        if (by.isPresent() && !by.get().equals("hour")) {
            throw HttpErrors.badRequest("'by' is " + PrintableText.quoted(by.get()) + ", give 'hour' or leave it out");
        }
        return by.isPresent() ? byHour(domain) : byAddress(domain, response);
    }

    private ImmutableList<HourResponse> byHour(Domain domain) {
        ImmutableSortedMap<Instant, Long> attempts = StoreCall.await(() -> refusals.attemptsByHour(domain));
        if (attempts.isEmpty()) {
            knownDomains.requireInternal(domain);
        }
        return attempts.entrySet().stream()
                .map(hour -> new HourResponse(hour.getKey(), hour.getValue()))
                .collect(ImmutableList.toImmutableList());
    }

    private ImmutableList<RefusalResponse> byAddress(Domain domain, Response response) {
        ImmutableList<RefusalCount> counts = StoreCall.await(() -> refusals.newest(domain, MAX_COUNTS));
        if (counts.isEmpty()) {
            knownDomains.requireInternal(domain);
        }
        RefusalSummary summary = new RefusalSummary();
        counts.forEach(summary::add);
        if (summary.dropped() > 0) {
            response.header(DROPPED, Long.toString(summary.dropped()));
        }
        if (counts.size() == MAX_COUNTS) {
            response.header(SINCE, counts.get(MAX_COUNTS - 1).hour().toString());
        }
        return summary.byAddress().stream().map(RefusalResponse::new).collect(ImmutableList.toImmutableList());
    }
}
