// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import static io.authorizedoutbounds.webadmin.RequestValues.DOMAIN_PATH;
import static io.authorizedoutbounds.webadmin.RequestValues.author;
import static io.authorizedoutbounds.webadmin.RequestValues.pathDomainOfJames;

import com.google.common.base.Ascii;
import com.google.inject.Inject;
import io.authorizedoutbounds.cache.InternalDomains;
import io.authorizedoutbounds.orphans.Orphaning;
import io.authorizedoutbounds.policy.Author;
import io.authorizedoutbounds.policy.AuthorizedOutboundStore;
import org.apache.james.core.Domain;
import org.eclipse.jetty.http.HttpStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import spark.HaltException;
import spark.Request;
import spark.Response;
import spark.Service;

/**
 * Filters around James's own routes that add and remove a domain. This node's caches hold the change at once. The list of
 * a removed domain is orphaned after its removal; and before the domain is added again, in case its removal went unnoticed.
 */
class DomainChangeFilters {
    private static final Logger LOGGER = LoggerFactory.getLogger(DomainChangeFilters.class);

    private final AuthorizedOutboundStore store;
    private final InternalDomains domains;
    private final KnownDomains knownDomains;
    private final Orphaning orphaning;

    @Inject
    DomainChangeFilters(
            AuthorizedOutboundStore store, InternalDomains domains, KnownDomains knownDomains, Orphaning orphaning) {
        this.store = store;
        this.domains = domains;
        this.knownDomains = knownDomains;
        this.orphaning = orphaning;
    }

    void define(Service service) {
        service.before(DOMAIN_PATH, this::beforeADomainIsAdded);
        service.after(DOMAIN_PATH, this::afterADomainIsAdded);
        service.after(DOMAIN_PATH, this::afterADomainIsRemoved);
    }

    /** A list that the domain had before must not count, however the domain was removed. */
    private void beforeADomainIsAdded(Request request, Response response) {
        if (isMethod(request, "PUT") && orphaning.isEnabled()) {
            pathDomainOfJames(request)
                    .filter(domain -> mayHaveActiveEntries(domain) && !knownDomains.isInDatabase(domain))
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
            LOGGER.debug("Cannot read whether the list of a domain is empty", e);
            return true;
        }
    }

    /** Not when James answers that it has the domain already: that is a halt, which skips Spark's filters. */
    private void afterADomainIsAdded(Request request, Response response) {
        if (isMethod(request, "PUT") && response.status() == HttpStatus.NO_CONTENT_204) {
            pathDomainOfJames(request).ifPresent(domains::added);
        }
    }

    private void afterADomainIsRemoved(Request request, Response response) {
        if (isMethod(request, "DELETE") && response.status() == HttpStatus.NO_CONTENT_204) {
            pathDomainOfJames(request).ifPresent(domain -> removed(domain, author(request)));
        }
    }

    /** James has removed the domain, so a failure changes no answer: the list is orphaned before the domain is added again. */
    private void removed(Domain domain, Author author) {
        try {
            // James answers 204 too when it has removed nothing.
            if (!knownDomains.isInDatabase(domain)) {
                domains.removed(domain);
                StoreCall.await(() -> orphaning.orphan(domain, author));
            }
        } catch (HaltException e) {
            LOGGER.debug("The removal of a domain is answered as James does", e);
        }
    }
}
