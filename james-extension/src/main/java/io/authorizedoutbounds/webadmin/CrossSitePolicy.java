// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.google.common.base.Ascii;
import com.google.common.collect.ImmutableSet;
import com.google.common.net.HostAndPort;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which requests a browser sends for a page of another site. It says so in headers that the page cannot set (Fetch Metadata,
 * and {@code Origin} of RFC 6454); what is not a browser sends none of them.
 */
final class CrossSitePolicy {
    /** A header of a request, by its name in any letter case. */
    interface Headers {
        Optional<String> get(String name);
    }

    private static final ImmutableSet<String> OWN_SITES = ImmutableSet.of("same-origin", "none");

    /** What {@code cors.origin} can say that names nobody: everybody, and each page whose origin is hidden. */
    private static final ImmutableSet<String> NOBODY = ImmutableSet.of("*", "null");

    private static final Pattern ORIGIN = Pattern.compile("(http|https)://([^/?#@,\\s]+)", Pattern.CASE_INSENSITIVE);
    private static final int HTTP_PORT = 80;
    private static final int HTTPS_PORT = 443;

    private final ImmutableSet<String> allowedOrigins;

    private CrossSitePolicy(ImmutableSet<String> allowedOrigins) {
        this.allowedOrigins = allowedOrigins;
    }

    /** @param corsOrigin {@code cors.origin} of {@code webadmin.properties}, one origin or {@code *} */
    static CrossSitePolicy allowing(String corsOrigin) {
        return new CrossSitePolicy(NOBODY.contains(corsOrigin) ? ImmutableSet.of() : ImmutableSet.of(corsOrigin));
    }

    /** Another port of the same host is another site: who has a page there need not be who runs WebAdmin. */
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

    /** The scheme is not compared: behind a proxy that ends TLS the browser's is not the one of this request. */
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

    /** Whether a person followed a link: the page replaces the one of the other site, which sees nothing of it. */
    static boolean isTopLevelNavigation(Headers headers) {
        return headers.get("Sec-Fetch-Mode").filter("navigate"::equals).isPresent()
                && headers.get("Sec-Fetch-Dest").filter("document"::equals).isPresent();
    }
}
