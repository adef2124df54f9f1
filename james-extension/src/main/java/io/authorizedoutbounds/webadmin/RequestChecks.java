// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import com.google.inject.Inject;
import com.google.inject.Singleton;
import io.authorizedoutbounds.webadmin.CrossSitePolicy.Headers;
import java.util.Optional;
import java.util.Set;
import org.apache.james.webadmin.WebAdminConfiguration;
import spark.Filter;
import spark.Request;
import spark.Response;
import spark.Service;
import spark.utils.MimeParse;

/**
 * Refuses, before any route, requests that would bypass James's authentication, whose body would be lost, or that a
 * browser sends for a page of another site.
 */
@Singleton
final class RequestChecks {
    private static final String METHOD_OVERRIDE = "X-HTTP-Method-Override";
    private static final String TRANSFER_ENCODING = "Transfer-Encoding";
    private static final String ACCEPT = "Accept";
    private static final ImmutableSet<String> ANY_TYPE = ImmutableSet.of("*/*");

    /** Those that James registers routes for. */
    private static final ImmutableSet<String> TYPES_OF_ROUTES = ImmutableSet.of("application/json", "message/rfc822");

    private static final ImmutableSet<String> READS = ImmutableSet.of("GET", "HEAD");

    private final CrossSitePolicy crossSitePolicy;
    private final Set<Service> services = Sets.newConcurrentHashSet();

    @Inject
    RequestChecks(WebAdminConfiguration configuration) {
        crossSitePolicy = CrossSitePolicy.allowing(configuration.getUrlCORSOrigin());
    }

    /** Checks the requests of a path and of all paths below it; and refuses method overrides on every path. */
    void guard(Service service, String path) {
        refuseMethodOverrides(service);
        before(service, path, (request, response) -> {
            refuseCrossSite(request);
            refuseTransferEncoding(request);
        });
    }

    /** As {@link #guard}, for a page without data, which may be opened by a link of another site. */
    void guardPage(Service service, String path) {
        refuseMethodOverrides(service);
        before(service, path, (request, response) -> {
            if (!isLink(request)) {
                refuseCrossSite(request);
            }
            refuseTransferEncoding(request);
        });
    }

    private static void before(Service service, String path, Filter filter) {
        service.before(path, filter);
        service.before(path + "/*", filter);
    }

    /**
     * On all paths of WebAdmin, James's own included: Spark takes the method from that header when it is there, and James's
     * authentication lets every {@code OPTIONS} pass.
     */
    private void refuseMethodOverrides(Service service) {
        if (services.add(service)) {
            service.before((request, response) -> {
                if (request.headers(METHOD_OVERRIDE) != null) {
                    throw HttpErrors.badRequest(METHOD_OVERRIDE + " is not supported: send the method itself");
                }
            });
            TYPES_OF_ROUTES.forEach(type -> service.before("/*", type, RequestChecks::refuseSkippedFilters));
        }
    }

    /** Spark skips the filters, James's authentication too, of a request that does not accept all types. */
    private static void refuseSkippedFilters(Request request, Response response) {
        String accept = request.headers(ACCEPT);
        if (accept != null && MimeParse.bestMatch(ANY_TYPE, accept).equals(MimeParse.NO_MIME_TYPE)) {
            throw HttpErrors.badRequest(ACCEPT + " is not supported with a type that is excluded");
        }
    }

    /** James's request log reads the body before any route, and Spark caches it only when it has a length. */
    private static void refuseTransferEncoding(Request request) {
        if (request.headers(TRANSFER_ENCODING) != null) {
            throw HttpErrors.lengthRequired(
                    TRANSFER_ENCODING + " is not supported: send the body with a Content-Length");
        }
    }

    private void refuseCrossSite(Request request) {
        if (crossSitePolicy.isCrossSite(headers(request))) {
            throw HttpErrors.forbidden(
                    "This request comes from a page of another site, or through a proxy that changes"
                            + " the header Host: to allow it, set cors.origin in webadmin.properties to the origin of the page");
        }
    }

    private static boolean isLink(Request request) {
        return READS.contains(request.requestMethod()) && CrossSitePolicy.isTopLevelNavigation(headers(request));
    }

    private static Headers headers(Request request) {
        return name -> Optional.ofNullable(request.headers(name));
    }
}
