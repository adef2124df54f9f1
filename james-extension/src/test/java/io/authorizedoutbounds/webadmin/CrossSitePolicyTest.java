// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CrossSitePolicyTest {
    private static final String ALLOWED = "https://admin.example:8443";

    /** In the table a dash is a header that is not sent. */
    private static CrossSitePolicy.Headers headers(String site, String origin, String host) {
        Map<String, String> headers = new HashMap<>();
        headers.put("Sec-Fetch-Site", site);
        headers.put("Origin", origin);
        headers.put("Host", host);
        headers.values().removeIf("-"::equals);
        return name -> Optional.ofNullable(headers.get(name));
    }

    @ParameterizedTest
    @CsvSource({
        // What is not a browser, or a browser of before 2020 that reads.
        "-, -, james.example:8000",
        "-, -, -",
        // The page itself, and what a person typed.
        "same-origin, http://james.example:8000, james.example:8000",
        "same-origin, -, james.example:8000",
        "none, -, james.example:8000",
        // A proxy that changes Host.
        "same-origin, https://proxy.example, 127.0.0.1:8000",
        // A browser over HTTP to another machine sends no Sec-Fetch-Site.
        "-, http://james.example:8000, james.example:8000",
        "-, http://james.example, james.example",
        "-, http://james.example, james.example:80",
        "-, http://james.example:80, james.example",
        "-, https://james.example, james.example",
        "-, https://james.example, james.example:443",
        "-, https://james.example:443, james.example",
        "-, HTTP://JAMES.EXAMPLE:8000, james.example:8000",
        "-, http://james.example:8000, James.Example:8000",
        "-, http://[2001:db8::1]:8000, [2001:db8::1]:8000",
        "-, http://[::1], [::1]:80",
        "-, http://under_score:8000, under_score:8000",
        // Allowed by cors.origin.
        "cross-site, https://admin.example:8443, james.example:8000",
        "same-site, https://admin.example:8443, james.example:8000",
        "-, https://admin.example:8443, james.example:8000",
        "-, https://admin.example:8443, -",
    })
    void requestShouldNotBeOfAnotherSite(String site, String origin, String host) {
        assertThat(CrossSitePolicy.allowing(ALLOWED).isCrossSite(headers(site, origin, host)))
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "cross-site, http://evil.example, james.example:8000",
        "cross-site, -, james.example:8000",
        "cross-site, http://james.example:8000, james.example:8000",
        // Another port or another name below the same domain.
        "same-site, http://james.example:9000, james.example:8000",
        "same-site, -, james.example:8000",
        // None of the words that a browser knows.
        "SAME-ORIGIN, -, james.example:8000",
        "'same-origin, cross-site', -, james.example:8000",
        "'same-origin,same-origin', -, james.example:8000",
        "'', -, james.example:8000",
        "null, -, james.example:8000",
        "-, http://evil.example, james.example:8000",
        "-, http://james.example, james.example:8000",
        "-, http://james.example:9000, james.example:8000",
        "-, http://james.example:8000, james.example",
        "-, https://james.example, james.example:80",
        "-, http://james.example, james.example:443",
        "-, http://james.example.evil.example:8000, james.example:8000",
        "-, http://evil-james.example:8000, james.example:8000",
        "-, http://james.example.:8000, james.example:8000",
        "-, http://james.example:8000@evil.example, james.example:8000",
        "-, http://evil.example@james.example:8000, james.example:8000",
        "-, http://james.example:8000/, james.example:8000",
        "-, 'http://james.example:8000 http://evil.example', james.example:8000",
        "-, 'http://james.example:8000, http://evil.example', james.example:8000",
        "-, james.example:8000, james.example:8000",
        "-, //james.example:8000, james.example:8000",
        "-, ftp://james.example:8000, james.example:8000",
        "-, chrome-extension://james.example:8000, james.example:8000",
        "-, http://james.example:99999, james.example:8000",
        "-, http://[2001:db8::2]:8000, [2001:db8::1]:8000",
        "-, http://[2001:db8::1]:8001, [2001:db8::1]:8000",
        // Hidden: a sandboxed frame, a local file, a redirect from elsewhere.
        "-, null, james.example:8000",
        "-, null, null",
        "-, '', james.example:8000",
        "-, '', ''",
        "-, *, james.example:8000",
        "-, http://james.example:8000, -",
        "-, http://james.example:8000, ''",
        // Not quite what cors.origin names.
        "-, http://admin.example:8443, james.example:8000",
        "-, https://admin.example, james.example:8000",
        "-, https://admin.example:8443.evil.example, james.example:8000",
        "cross-site, 'https://admin.example:8443, http://evil.example', james.example:8000",
    })
    void requestShouldBeOfAnotherSite(String site, String origin, String host) {
        assertThat(CrossSitePolicy.allowing(ALLOWED).isCrossSite(headers(site, origin, host)))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", "null"})
    void corsOriginThatNamesNoOriginShouldAllowNone(String corsOrigin) {
        CrossSitePolicy policy = CrossSitePolicy.allowing(corsOrigin);

        assertThat(policy.isCrossSite(headers("-", corsOrigin, "james.example:8000")))
                .isTrue();
        assertThat(policy.isCrossSite(headers("cross-site", "http://evil.example", "james.example:8000")))
                .isTrue();
        assertThat(policy.isCrossSite(headers("-", "http://james.example:8000", "james.example:8000")))
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "navigate, document, true",
        "navigate, iframe, false",
        "navigate, frame, false",
        "navigate, embed, false",
        "navigate, -, false",
        "no-cors, script, false",
        "no-cors, document, false",
        "cors, empty, false",
        "-, -, false",
    })
    void navigationShouldBeOfTheWholeWindow(String mode, String destination, boolean expected) {
        Map<String, String> headers = new HashMap<>(Map.of("Sec-Fetch-Mode", mode, "Sec-Fetch-Dest", destination));
        headers.values().removeIf("-"::equals);

        assertThat(CrossSitePolicy.isTopLevelNavigation(name -> Optional.ofNullable(headers.get(name))))
                .isEqualTo(expected);
    }
}
