// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** WebAdmin with {@code jwt.enabled=true}. */
class WebAdminAuthenticationIntegrationTest {
    private static final String ADMIN = "{\"sub\":\"carol@admin.example\",\"admin\":true}";
    private static final String ADDRESS = "203.0.113.7";
    private static final KeyPair KEYS = newKeys();

    private static JamesServer james;
    private static WebAdmin anonymous;
    private static WebAdmin admin;
    private static String domain;

    @BeforeAll
    static void start() {
        String publicKey = "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'})
                        .encodeToString(KEYS.getPublic().getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
        james = JamesServer.builder()
                .cassandra(Servers.cassandra(), Servers.newKeyspace())
                .edit("webadmin.properties", "#jwt\\.", "jwt.")
                .edit("jwt_publickey", none -> publicKey)
                .start();
        anonymous = WebAdmin.of(james);
        admin = anonymous
                .withAuthorization("Bearer " + token(KEYS, "RS256", ADMIN))
                .awaitLists();
        domain = admin.addDomainListing(ADDRESS);
    }

    @AfterAll
    static void stop() {
        james.close();
    }

    private static KeyPair newKeys() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A JSON Web Token (RFC 7519), signed by the keys whatever algorithm it claims. */
    private static String token(KeyPair keys, String algorithm, String claims) {
        try {
            String signed = encoded("{\"alg\":\"" + algorithm + "\",\"typ\":\"JWT\"}") + "." + encoded(claims);
            Signature signature = Signature.getInstance("SHA256withRSA");
            signature.initSign(keys.getPrivate());
            signature.update(signed.getBytes(StandardCharsets.US_ASCII));
            return signed + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String encoded(String json) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(json.getBytes(StandardCharsets.UTF_8));
    }

    private static Stream<WebAdmin> intruders() {
        return Stream.of(
                anonymous,
                anonymous.withAuthorization("Bearer nonsense"),
                anonymous.withAuthorization("Bearer "),
                anonymous.withAuthorization("Basic Y2Fyb2w6c2VjcmV0"),
                anonymous.withAuthorization("Bearer " + token(newKeys(), "RS256", ADMIN)),
                anonymous.withAuthorization("Bearer " + token(KEYS, "none", ADMIN)),
                anonymous.withAuthorization("Bearer " + encoded("{\"alg\":\"none\"}") + "." + encoded(ADMIN) + "."),
                anonymous.withAuthorization("Bearer " + token(KEYS, "RS256", "{\"sub\":\"carol@admin.example\"}")),
                anonymous.withAuthorization("Bearer "
                        + token(KEYS, "RS256", "{\"sub\":\"carol@admin.example\",\"admin\":true,\"exp\":1}")));
    }

    @ParameterizedTest
    @MethodSource("intruders")
    void everyPathShouldBe401WithoutAGoodToken(WebAdmin intruder) {
        intruder.list(domain).then().statusCode(401);
        intruder.list("unknown.example").then().statusCode(401);
        intruder.get(domain, ADDRESS).then().statusCode(401);
        intruder.get(domain, "").then().statusCode(401);
        intruder.get(domain, "10.0.0.0/8").then().statusCode(401);
        intruder.put(domain, "203.0.113.8").then().statusCode(401);
        intruder.put(domain, "10.0.0.0/8").then().statusCode(401);
        intruder.put("", "203.0.113.8").then().statusCode(401);
        intruder.delete(domain, ADDRESS).then().statusCode(401);
        String list = "/domains/" + domain + "/authorizedOutbounds";
        intruder.request().body("[]").put(list).then().statusCode(401);
        intruder.request().body("[]").put(list + "?dryRun").then().statusCode(401);
        intruder.request().delete(list).then().statusCode(401);
        intruder.request().put("/domains/unknown.example").then().statusCode(401);
        intruder.request().delete("/domains/" + domain).then().statusCode(401);
        for (String path : List.of(
                "/domains/" + domain + "/refusedOutbounds",
                "/authorizedOutbounds",
                "/authorizedOutbounds/",
                "/authorizedOutbounds/addresses/" + ADDRESS,
                "/authorizedOutbounds/decision?ip=" + ADDRESS + "&recipient=a@x.example",
                "/authorizedOutbounds/changes")) {
            intruder.request().get(path).then().statusCode(401);
        }

        admin.list(domain).then().statusCode(200).body("size()", equalTo(1));
    }

    /** Spark would take the method of the header for that of the call, and James asks OPTIONS for no token. */
    @ParameterizedTest
    @ValueSource(strings = {"GET", "PUT", "DELETE", "get"})
    void methodOfAHeaderShouldNotBeTaken(String method) {
        for (String path : List.of(
                "/domains/" + domain + "/authorizedOutbounds/203.0.113.66",
                "/domains/" + domain + "/authorizedOutbounds",
                "/domains/" + domain + "/refusedOutbounds",
                "/domains/" + domain,
                "/authorizedOutbounds",
                "/authorizedOutbounds/changes")) {
            int status = anonymous
                    .request()
                    .header("X-HTTP-Method-Override", method)
                    .options(path)
                    .statusCode();
            assertThat(status).as(path).isEqualTo(400);
        }

        admin.list(domain).then().statusCode(200).body("ip", contains(ADDRESS));
    }

    @Test
    void addedByShouldBeTheSubjectOfTheToken() {
        admin.get(domain, ADDRESS).then().statusCode(200).body("addedBy", equalTo("carol@admin.example"));
    }

    @Test
    void logShouldSayWhoChangedWhat() {
        admin.put(domain, "203.0.113.9").then().statusCode(204);
        admin.delete(domain, "203.0.113.9").then().statusCode(204);

        assertThat(james.log())
                .contains(
                        "carol@admin.example made 203.0.113.9 an authorized outbound address of " + domain,
                        "carol@admin.example removed 203.0.113.9 from the authorized outbound addresses of " + domain);
    }
}
