// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.google.common.base.Ascii;
import com.google.common.collect.ImmutableSet;
import com.google.common.net.HostAndPort;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Recognizes requests that a browser sends for a page of another site, by headers that the page cannot set: Fetch Metadata,
 * and {@code Origin} (RFC 6454). Other clients send none of them.
 */
final class CrossSitePolicy {
    /** A header of a request, by its name in any letter case. */
    interface Headers {
        Optional<String> get(String name);
    }

    private static final ImmutableSet<String> OWN_SITES = ImmutableSet.of("same-origin", "none");

    /** Values of {@code cors.origin} that name no origin: every page, and every page whose origin is hidden. */
    private static final ImmutableSet<String> NO_ORIGIN = ImmutableSet.of("*", "null");

    private static final Pattern ORIGIN = Pattern.compile("(http|https)://([^/?#@,\\s]+)", Pattern.CASE_INSENSITIVE);
    private static final int HTTP_PORT = 80;
    private static final int HTTPS_PORT = 443;

    private final ImmutableSet<String> allowedOrigins;

    private CrossSitePolicy(ImmutableSet<String> allowedOrigins) {
        this.allowedOrigins = allowedOrigins;
    }

    /** @param corsOrigin {@code cors.origin} of {@code webadmin.properties}, one origin or {@code *} */
    static CrossSitePolicy allowing(String corsOrigin) {
        return new CrossSitePolicy(NO_ORIGIN.contains(corsOrigin) ? ImmutableSet.of() : ImmutableSet.of(corsOrigin));
    }

    /** Another port of the same host is another site: its pages need not be the operator's. */
    boolean isCrossSite(Headers headers) {
        Optional<String> origin = headers.get("Origin");
        if (origin.filter(allowedOrigins::contains).isPresent()) {
            return false;
        }
        return headers.get("Sec-Fetch-Site")
                .map(site -> !OWN_SITES.contains(site))
                .orElseGet(() -> origin.filter(text -> !isOfHost(text, headers)).isPresent());
    }

    private static boolean isOfHost(String origin, Headers headers) {
        return headers.get("Host").filter(host -> isOfHost(origin, host)).isPresent();
    }

    /** The scheme is not compared: behind a proxy that terminates TLS, the browser's scheme differs from the one of this request. */
    private static boolean isOfHost(String origin, String host) {
        Matcher matcher = ORIGIN.matcher(origin);
        if (!matcher.matches()) {
            return false;
        }
        int defaultPort = Ascii.equalsIgnoreCase(matcher.group(1), "https") ? HTTPS_PORT : HTTP_PORT;
        try {
            return hostAndPort(matcher.group(2), defaultPort).equals(hostAndPort(host, defaultPort));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static HostAndPort hostAndPort(String text, int defaultPort) {
        return HostAndPort.fromString(Ascii.toLowerCase(text)).withDefaultPort(defaultPort);
    }

    /** Whether a person followed a link: the answer replaces the page of the other site, which cannot read it. */
    static boolean isTopLevelNavigation(Headers headers) {
        return headers.get("Sec-Fetch-Mode").filter("navigate"::equals).isPresent()
                && headers.get("Sec-Fetch-Dest").filter("document"::equals).isPresent();
    }
}
