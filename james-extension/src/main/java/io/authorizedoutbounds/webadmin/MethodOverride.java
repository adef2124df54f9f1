// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import spark.Request;
import spark.Response;
import spark.Service;

/**
 * Spark takes the method of a call from a header when there is one, and James's authentication lets every
 * {@code OPTIONS} through: together a call without a token.
 */
final class MethodOverride {
    private static final String HEADER = "X-HTTP-Method-Override";

    private MethodOverride() {}

    /** Answers 400 to each call with that header at and below the path. */
    static void refuse(Service service, String basePath) {
        service.before(basePath, MethodOverride::refuse);
        service.before(basePath + "/*", MethodOverride::refuse);
    }

    private static void refuse(Request request, Response response) {
        if (request.headers(HEADER) != null) {
            throw HttpErrors.badRequest(HEADER + " is not taken here");
        }
    }
}
