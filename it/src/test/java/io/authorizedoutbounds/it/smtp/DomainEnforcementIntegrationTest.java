// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import io.authorizedoutbounds.it.junit.OwnServers;
import io.authorizedoutbounds.it.junit.SharedCassandra;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.server.Names;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Domains that enforce and domains that report on one James with {@code trusted.networks=judge}. */
@OwnServers
@ExtendWith(SharedCassandra.class)
class DomainEnforcementIntegrationTest {
    private static final String LISTED = "127.0.0.2";
    private static final String UNLISTED = "127.0.0.3";
    private static final String TRUSTED = "127.0.0.9";
    private static final String EXTERNAL = "someone@elsewhere.example.org";
    private static final String OTHER_EXTERNAL = "someone@remote.example.com";

    @AutoClose
    private static JamesServer james;

    private static WebAdmin webAdmin;

    private String domain;

    @BeforeAll
    static void start(CassandraServer cassandra) {
        james = JamesServer.builder()
                .trusting(TRUSTED)
                .cassandra(cassandra, Names.newKeyspace())
                .setting("allow.private.addresses", "true")
                .patientLookups()
                .setting("trusted.networks", "judge")
                .start();
        webAdmin = WebAdmin.of(james);
        webAdmin.awaitLists();
    }

    @BeforeEach
    void addDomain() {
        domain = webAdmin.addDomainListing(LISTED);
    }

    private String rcpt(String client, String sender, String recipient) {
        try (SmtpClient smtp = SmtpClient.from(client, james.smtpPort())) {
            smtp.mail(sender);
            return smtp.rcpt(recipient);
        }
    }

    private String rcptOfDomain(String client) {
        return rcpt(client, "user@" + domain, EXTERNAL);
    }

    private String refusal(String client) {
        return "451 4.7.1 Open relay not allowed: " + client + " is not an authorized outbound address of " + domain;
    }

    @Test
    void clientOfATrustedNetworkShouldBeAcceptedWhileItsDomainReportsAndRefusedWhileItEnforces() {
        webAdmin.setEnforcement(domain, "report").then().statusCode(204);
        assertThat(rcptOfDomain(TRUSTED)).startsWith("250 ");
        assertThat(james.log())
                .contains("Would have refused: " + TRUSTED + " is not listed for " + domain
                        + " (row 3 of rule 1): <user@" + domain + "> to <" + EXTERNAL + ">");

        webAdmin.setEnforcement(domain, "enforce").then().statusCode(204);
        assertThat(rcptOfDomain(TRUSTED)).isEqualTo(refusal(TRUSTED));

        webAdmin.setEnforcement(domain, "report").then().statusCode(204);
        assertThat(rcptOfDomain(TRUSTED)).startsWith("250 ");
    }

    @Test
    void refusalsShouldSayHowManyAttemptsWereRefused() {
        webAdmin.setEnforcement(domain, "report").then().statusCode(204);
        rcptOfDomain(TRUSTED);
        rcptOfDomain(UNLISTED);
        webAdmin.setEnforcement(domain, "enforce").then().statusCode(204);
        rcptOfDomain(TRUSTED);

        Awaitility.await("refusals").atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(refusals())
                .containsExactlyInAnyOrder(TRUSTED + " 2 1", UNLISTED + " 1 0"));
    }

    private List<String> refusals() {
        List<Map<String, Object>> refusals = webAdmin.request()
                .get("/domains/" + domain + "/refusedOutbounds")
                .jsonPath()
                .getList("");
        return refusals.stream()
                .map(refusal -> refusal.get("ip") + " " + refusal.get("attempts") + " " + refusal.get("refused"))
                .toList();
    }

    @Test
    void switchShouldHoldAtTheNextRcptOfAnOpenSession() {
        webAdmin.setEnforcement(domain, "report").then().statusCode(204);
        try (SmtpClient smtp = SmtpClient.from(TRUSTED, james.smtpPort())) {
            smtp.mail("user@" + domain);
            assertThat(smtp.rcpt(EXTERNAL)).startsWith("250 ");

            webAdmin.setEnforcement(domain, "enforce").then().statusCode(204);

            assertThat(smtp.rcpt(OTHER_EXTERNAL)).isEqualTo(refusal(TRUSTED));
            smtp.send("RSET");
            smtp.mail(OTHER_EXTERNAL);
            assertThat(smtp.rcpt(EXTERNAL)).startsWith("250 ");
        }
    }

    @Test
    void domainShouldHaveTheDefaultAgainAfterAReset() {
        webAdmin.setEnforcement(domain, "report").then().statusCode(204);

        webAdmin.resetEnforcement(domain).then().statusCode(204);

        assertThat(rcptOfDomain(TRUSTED)).isEqualTo(refusal(TRUSTED));
    }

    @ParameterizedTest
    @ValueSource(strings = {LISTED, UNLISTED})
    void domainThatReportsShouldBeLeftToJames(String client) {
        webAdmin.setEnforcement(domain, "report").then().statusCode(204);

        assertThat(rcptOfDomain(client)).startsWith("550 5.7.1 ");
    }

    @Test
    void externalSenderOfATrustedNetworkShouldBypass() {
        assertThat(rcpt(TRUSTED, OTHER_EXTERNAL, EXTERNAL)).startsWith("250 ");
    }

    @Test
    void listedClientOfATrustedNetworkShouldHaveItsPermissionAfterATransaction() {
        webAdmin.put(domain, TRUSTED).then().statusCode(204);
        try (SmtpClient smtp = SmtpClient.from(TRUSTED, james.smtpPort())) {
            smtp.mail("user@" + domain);
            assertThat(smtp.rcpt(EXTERNAL)).startsWith("250 ");
            smtp.send("RSET");

            smtp.mail(OTHER_EXTERNAL);

            assertThat(smtp.rcpt(EXTERNAL)).startsWith("250 ");
        }
    }

    @Test
    void enforcementShouldStayWhenTheListIsClearedAndTheDomainIsRemovedAndAddedAgain() {
        webAdmin.setEnforcement(domain, "report").then().statusCode(204);

        webAdmin.request()
                .delete("/domains/" + domain + "/authorizedOutbounds")
                .then()
                .statusCode(204);
        webAdmin.request().delete("/domains/" + domain).then().statusCode(204);
        webAdmin.addDomain(domain);

        assertThat(rcptOfDomain(TRUSTED)).startsWith("250 ");
    }
}
