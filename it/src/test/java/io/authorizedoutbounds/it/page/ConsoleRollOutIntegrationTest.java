// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.authorizedoutbounds.it.junit.JamesExtension;
import io.authorizedoutbounds.it.junit.OwnServers;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.smtp.SmtpClient;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import io.restassured.path.json.JsonPath;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;

/** The steps 2 to 4 of docs/roll-out.md on the page, on a James that has two customers in its trusted network. */
@OwnServers
class ConsoleRollOutIntegrationTest {
    private static final String ALPHA = "alpha.example";
    private static final String BETA = "beta.example";
    private static final String SERVER_OF_ALPHA = "127.21.0.1";
    private static final String OTHER_SERVER_OF_ALPHA = "127.21.0.2";
    private static final String SERVER_OF_BETA = "127.21.0.3";

    @RegisterExtension
    static final JamesExtension SERVERS = JamesExtension.with(
            james -> james.trusting(String.join(", ", SERVER_OF_ALPHA, OTHER_SERVER_OF_ALPHA, SERVER_OF_BETA))
                    .setting("allow.private.addresses", "true")
                    .setting("enforcement", "report")
                    .setting("trusted.networks", "judge"));

    @AutoClose
    private final Browser browser = new Browser();

    private static String rcpt(JamesServer james, String client, String domain) {
        try (SmtpClient smtp = SmtpClient.from(client, james.smtpPort())) {
            smtp.mail("sales@" + domain);
            return smtp.rcpt("friend@elsewhere.example.org");
        }
    }

    @Test
    void customersShouldBeObservedAdoptedAndEnforcedOneAfterTheOther(JamesServer james, WebAdmin webAdmin) {
        webAdmin.addDomain(ALPHA);
        webAdmin.addDomain(BETA);
        ConsolePage page = new ConsolePage(browser, james);

        // Step 2: watch. Nobody is refused yet, whoever sends as alpha.example.
        assertThat(rcpt(james, SERVER_OF_ALPHA, ALPHA)).startsWith("250");
        assertThat(rcpt(james, SERVER_OF_ALPHA, ALPHA)).startsWith("250");
        assertThat(rcpt(james, OTHER_SERVER_OF_ALPHA, ALPHA)).startsWith("250");
        assertThat(rcpt(james, SERVER_OF_BETA, ALPHA)).startsWith("250");
        assertThat(rcpt(james, SERVER_OF_BETA, BETA)).startsWith("250");
        awaitAttempts(webAdmin, ALPHA, 4);
        awaitAttempts(webAdmin, BETA, 1);
        page.open();
        page.await("the overview", () -> page.column("overview-list", 0).equals(List.of(ALPHA, BETA)));
        assertThat(page.column("overview-list", 1)).containsExactly("report", "report");
        assertThat(page.column("overview-list", 2)).containsExactly("4\nnone refused", "1\nnone refused");
        // The third one is localhost, which James has by itself.
        page.awaitText("overview-progress", "0 of 3 domains enforce");
        assertThat(page.byId("default-banner").isDisplayed()).isTrue();

        // Step 3: adopt the two servers of alpha.example, but not the one that forged it.
        page.byId("overview-list").findElement(By.linkText(ALPHA)).click();
        page.await("what was observed", () -> page.rows("refusals-list").size() == 3);
        // From the top: the last one seen is the first.
        for (String client : List.of(OTHER_SERVER_OF_ALPHA, SERVER_OF_ALPHA)) {
            page.tabTo("Select " + client);
            page.focused().sendKeys(Keys.SPACE);
        }
        page.click("Authorize selected");
        page.answerYes();
        page.awaitAddresses(SERVER_OF_ALPHA, OTHER_SERVER_OF_ALPHA);

        // Step 4: enforce one domain, knowing what that would have refused.
        page.click("Switch to enforce");
        assertThat(page.awaitQuestion())
                .contains("it would have refused 1 attempt from 1 address that is not listed", SERVER_OF_BETA)
                .doesNotContain(SERVER_OF_ALPHA);
        page.answerYes();
        page.awaitText("enforcement-status", ALPHA + " is in enforce now.");
        assertThat(rcpt(james, SERVER_OF_ALPHA, ALPHA)).startsWith("250");
        assertThat(rcpt(james, OTHER_SERVER_OF_ALPHA, ALPHA)).startsWith("250");
        assertThat(rcpt(james, SERVER_OF_BETA, BETA)).startsWith("250");
        assertThat(rcpt(james, SERVER_OF_BETA, ALPHA))
                .isEqualTo("451 4.7.1 Open relay not allowed: " + SERVER_OF_BETA
                        + " is not an authorized outbound address of " + ALPHA);

        // Afterwards: how far it is, and what is used.
        browser.driver().findElement(By.linkText("All domains")).click();
        page.awaitText("overview-progress", "1 of 3 domains enforces");
        awaitUse(webAdmin, ALPHA, SERVER_OF_ALPHA);
        page.open(ALPHA);
        page.awaitAddresses(SERVER_OF_ALPHA, OTHER_SERVER_OF_ALPHA);
        assertThat(page.rows("addresses-list").get(0)).doesNotContain("never used");
        assertThat(browser.errors()).isEmpty();
    }

    private static void awaitAttempts(WebAdmin webAdmin, String domain, int attempts) {
        Awaitility.await("the attempts of " + domain)
                .atMost(Duration.ofSeconds(30))
                .until(() -> webAdmin.request()
                        .get("/authorizedOutbounds/refused")
                        .jsonPath()
                        .getList("findAll { it.domain == '" + domain + "' }.attempts", Integer.class)
                        .equals(List.of(attempts)));
    }

    private static void awaitUse(WebAdmin webAdmin, String domain, String address) {
        Awaitility.await("the use of " + address).atMost(Duration.ofSeconds(30)).until(() -> {
            JsonPath entry = webAdmin.get(domain, address).jsonPath();
            return entry.getString("lastUsedAt") != null;
        });
    }
}
