// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import com.google.common.io.Resources;
import com.google.inject.Inject;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.james.webadmin.PublicRoutes;
import org.eclipse.jetty.http.HttpStatus;
import spark.Request;
import spark.Response;
import spark.Service;

/**
 * The page for people, which calls the other routes with the token that the person gives:
 *
 * <pre>
 * GET /console/authorized-outbounds          200 the page
 * GET /console/authorized-outbounds/{file}   200 its scripts, its style and its icon; 404 anything else
 * </pre>
 *
 * <p>It holds no data, so it needs no token. Nothing is loaded from another host, and the Content-Security-Policy would not
 * let it.
 */
public class ConsoleRoutes implements PublicRoutes {
    private static final String BASE_PATH = "/console/authorized-outbounds";
    private static final String PAGE = "index.html";
    /** The modules that app.js imports, directly or not, and itself. */
    private static final ImmutableList<String> SCRIPTS = ImmutableList.of(
            "add.js",
            "addresses.js",
            "api.js",
            "app.js",
            "authorize.js",
            "change.js",
            "chart.js",
            "check.js",
            "confirm.js",
            "default.js",
            "dom.js",
            "domain.js",
            "enforcement.js",
            "errors.js",
            "history.js",
            "overview.js",
            "refusals.js",
            "selection.js",
            "sharers.js",
            "state.js",
            "token.js",
            "use.js");

    private static final ImmutableMap<String, String> TYPES_OF_FILES = ImmutableMap.<String, String>builder()
            .putAll(Maps.toMap(SCRIPTS, script -> "text/javascript;charset=utf-8"))
            .put("style.css", "text/css;charset=utf-8")
            .put("icon.svg", "image/svg+xml")
            .build();
    private static final String CONTENT_SECURITY_POLICY = "default-src 'none'; script-src 'self'; style-src 'self';"
            + " img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private final RequestChecks checks;

    @Inject
    public ConsoleRoutes(RequestChecks checks) {
        this.checks = checks;
    }

    @Override
    public String getBasePath() {
        return BASE_PATH;
    }

    @Override
    public void define(Service service) {
        checks.guardPage(service, BASE_PATH);
        byte[] page = read(PAGE);
        service.get(BASE_PATH, (request, response) -> serve(response, "text/html;charset=utf-8", page));
        service.get(BASE_PATH + "/", ConsoleRoutes::redirect);
        TYPES_OF_FILES.forEach((name, type) -> {
            byte[] content = read(name);
            service.get(BASE_PATH + "/" + name, (request, response) -> serve(response, type, content));
        });
    }

    /** The page's links are relative to its path without the slash; so is this one, for a proxy with a prefix. */
    private static String redirect(Request request, Response response) {
        response.status(HttpStatus.MOVED_PERMANENTLY_301);
        response.header("Location", "../authorized-outbounds");
        return "";
    }

    private static byte[] serve(Response response, String type, byte[] content) {
        response.type(type);
        response.header("Content-Security-Policy", CONTENT_SECURITY_POLICY);
        response.header("X-Content-Type-Options", "nosniff");
        response.header("Referrer-Policy", "no-referrer");
        response.header("Cache-Control", "no-cache");
        return content;
    }

    private static byte[] read(String name) {
        try {
            return Resources.toByteArray(Resources.getResource(ConsoleRoutes.class, "console/" + name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
