// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that are refused before any route, on each Spark that James has; the integration tests have every case. */
@Timeout(60)
class GuardedRoutesTest {
    private static final String LIST = "/domains/a.example/authorizedOutbounds";
    private static final String ENTRY = LIST + "/203.0.113.7";
    private static final String ENFORCEMENT = "/domains/a.example/outboundEnforcement";
    private static final String EXPORT = "/authorizedOutbounds";

    @RegisterExtension
    final InMemoryWebAdmin webAdmin = new InMemoryWebAdmin("a.example");

    private String send(String method, String path, String header, String body) throws Exception {
        return webAdmin.raw(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + header
                + "\r\n\r\n" + body);
    }

    @ParameterizedTest
    @ValueSource(strings = {LIST, ENTRY, ENFORCEMENT})
    void chunkedBodyShouldBe411AndStoreNothing(String path) throws Exception {
        String answer = send("PUT", path, "Transfer-Encoding: chunked", "2\r\n[]\r\n0\r\n\r\n");

        assertThat(answer).startsWith("HTTP/1.1 411").contains("\"statusCode\":411");
        assertThat(webAdmin.get(LIST).body()).isEqualTo("[]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "OPTIONS"})
    void methodOverrideShouldBe400AndStoreNothing(String method) throws Exception {
        String answer = send(method, ENTRY, "X-HTTP-Method-Override: PUT", "");

        assertThat(answer).startsWith("HTTP/1.1 400").contains("\"type\":\"InvalidArgument\"");
        assertThat(webAdmin.get(LIST).body()).isEqualTo("[]");
    }

    @Test
    void methodOverrideShouldBe400OnPathsOfJamesToo() throws Exception {
        assertThat(send("OPTIONS", "/users/user@a.example", "X-HTTP-Method-Override: PUT", ""))
                .startsWith("HTTP/1.1 400");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                LIST,
                ENTRY,
                ENFORCEMENT,
                EXPORT,
                "/authorizedOutbounds/changes",
                "/console/authorized-outbounds/app.js"
            })
    void requestForAPageOfAnotherSiteShouldBe403(String path) throws Exception {
        assertThat(send("GET", path, "Sec-Fetch-Site: cross-site", "")).startsWith("HTTP/1.1 403");
        assertThat(send("GET", path, "Origin: https://elsewhere.example", "")).startsWith("HTTP/1.1 403");
    }

    @Test
    void requestOfTheOwnPageShouldBeServed() throws Exception {
        assertThat(send("GET", EXPORT, "Sec-Fetch-Site: same-origin", "")).startsWith("HTTP/1.1 200");
    }
}
