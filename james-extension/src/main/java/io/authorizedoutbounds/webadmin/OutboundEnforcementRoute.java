// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import static io.authorizedoutbounds.webadmin.RequestValues.DOMAIN_PATH;
import static io.authorizedoutbounds.webadmin.RequestValues.author;
import static io.authorizedoutbounds.webadmin.RequestValues.pathDomain;

import com.google.inject.Inject;
import io.authorizedoutbounds.james.AuthorizedOutboundsConfiguration;
import io.authorizedoutbounds.policy.Author;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import io.authorizedoutbounds.policy.Enforcement;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.james.core.Domain;
import org.apache.james.webadmin.utils.JsonTransformer;
import org.apache.james.webadmin.utils.Responses;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import spark.Request;
import spark.Response;
import spark.Service;

/** {@code /domains/{domain}/outboundEnforcement}: the enforcement of one domain. */
class OutboundEnforcementRoute {
    private static final Logger LOGGER = LoggerFactory.getLogger(OutboundEnforcementRoute.class);

    static final String PATH = DOMAIN_PATH + "/outboundEnforcement";

    private final AuthorizedOutboundStore store;
    private final KnownDomains knownDomains;
    private final AuthorizedOutboundsConfiguration configuration;
    private final JsonTransformer jsonTransformer;

    @Inject
    OutboundEnforcementRoute(
            AuthorizedOutboundStore store,
            KnownDomains knownDomains,
            AuthorizedOutboundsConfiguration configuration,
            JsonTransformer jsonTransformer) {
        this.store = store;
        this.knownDomains = knownDomains;
        this.configuration = configuration;
        this.jsonTransformer = jsonTransformer;
    }

    void define(Service service) {
        service.get(PATH, this::find, jsonTransformer);
        service.put(PATH, this::set);
        service.delete(PATH, this::reset);
    }

    private EnforcementResponse find(Request request, Response response) {
        Domain domain = internalDomain(request);
        return new EnforcementResponse(
                StoreCall.await(() -> store.findEnforcement(domain)), configuration.enforcement());
    }

    private String set(Request request, Response response) {
        Enforcement own = enforcement(RequestValues.body(request));
        Domain domain = internalDomain(request);
        Author author = author(request);
        StoreCall.await(() -> store.setEnforcement(domain, own, author));
        requireStored(domain, Optional.of(own)::equals);
        LOGGER.info(
                "{} set the enforcement of {} to {}", author.user().orElse("Somebody"), domain.asString(), own.word());
        return Responses.returnNoContent(response);
    }

    private String reset(Request request, Response response) {
        Domain domain = internalDomain(request);
        Author author = author(request);
        StoreCall.await(() -> store.resetEnforcement(domain, author));
        requireStored(domain, Optional::isEmpty);
        LOGGER.info(
                "{} reset the enforcement of {} to the default, {}",
                author.user().orElse("Somebody"),
                domain.asString(),
                configuration.enforcement().word());
        return Responses.returnNoContent(response);
    }

    private Domain internalDomain(Request request) {
        Domain domain = pathDomain(request);
        knownDomains.requireInternal(domain);
        return domain;
    }

    private static Enforcement enforcement(String body) {
        try {
            return EnforcementRequest.parse(body);
        } catch (IllegalArgumentException e) {
            throw HttpErrors.badRequest(e.getMessage());
        }
    }

    /** Not when it is changed at the same time, or by a node whose clock is far ahead. */
    private void requireStored(Domain domain, Predicate<Optional<Enforcement>> expected) {
        if (!expected.test(StoreCall.await(() -> store.findEnforcement(domain)).own())) {
            throw HttpErrors.unavailable("The enforcement of " + domain.asString()
                    + " is another one, as another change of it is later than this one: try again");
        }
    }
}
