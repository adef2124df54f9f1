// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import static io.authorizedoutbounds.webadmin.RequestValues.DOMAIN_PATH;
import static io.authorizedoutbounds.webadmin.RequestValues.parameter;

import com.google.common.collect.ImmutableList;
import com.google.inject.Inject;
import io.authorizedoutbounds.policy.PrintableText;
import io.authorizedoutbounds.policy.RefusalStore;
import io.authorizedoutbounds.policy.RefusalSummary;
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
        RefusalSummary summary = new RefusalSummary();
        StoreCall.await(() -> refusals.forEach(domain, summary::add));
        if (summary.byHour().isEmpty()) {
            knownDomains.requireInternal(domain);
        }
        if (summary.dropped() > 0) {
            response.header(DROPPED, Long.toString(summary.dropped()));
        }
        return by.isPresent() ? byHour(summary) : byAddress(summary);
    }

    private static ImmutableList<HourResponse> byHour(RefusalSummary summary) {
        return summary.byHour().entrySet().stream()
                .map(hour -> new HourResponse(hour.getKey(), hour.getValue()))
                .collect(ImmutableList.toImmutableList());
    }

    private static ImmutableList<RefusalResponse> byAddress(RefusalSummary summary) {
        return summary.byAddress().stream().map(RefusalResponse::new).collect(ImmutableList.toImmutableList());
    }
}
