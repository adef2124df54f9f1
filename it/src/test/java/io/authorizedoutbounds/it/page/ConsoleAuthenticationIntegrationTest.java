// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import io.authorizedoutbounds.it.junit.JamesExtension;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.webadmin.JsonWebTokens;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import io.authorizedoutbounds.it.webadmin.WebAdminJames;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The page for people with {@code jwt.enabled=true}. */
class ConsoleAuthenticationIntegrationTest {
    private static final String ADDRESS = "203.0.113.7";
    private static final JsonWebTokens TOKENS = WebAdminJames.TOKENS;
    private static final String TOKEN = TOKENS.ofAdministrator("carol@admin.example");

    private static JamesServer james;
    private static WebAdmin admin;

    @AutoClose
    private static Browser browser;

    private static ConsolePage page;

    @RegisterExtension
    static final JamesExtension SERVERS = WebAdminJames.withTokens();

    @BeforeAll
    static void useServers(JamesServer server) {
        james = server;
        admin = WebAdmin.of(james).withAuthorization("Bearer " + TOKEN).awaitLists();
        browser = new Browser();
        page = new ConsolePage(browser, james);
    }

    @BeforeEach
    void clear() {
        browser.clear();
    }

    @Test
    void pageShouldAskForTheTokenAndThenShowTheDomain() {
        String domain = admin.addDomainListing(ADDRESS);

        page.open();
        page.await("the token field", () -> page.byId("token").isDisplayed());
        page.choose(domain);
        page.giveToken(TOKEN);

        page.awaitDomain(domain);
        page.awaitAddresses(ADDRESS);
        assertThat(page.byId("token-panel").isDisplayed()).isFalse();
        assertThat(page.column("addresses-list", 2).get(0)).startsWith("carol@admin.example");
    }

    @Test
    void changeShouldBeInTheNameOfTheToken() {
        String domain = admin.addDomain();

        page.open();
        page.giveToken("Bearer " + TOKENS.ofAdministrator("dave@admin.example"));
        page.choose(domain);
        page.awaitDomain(domain);
        page.add(ADDRESS, "");
        page.answerYes();

        page.awaitAddresses(ADDRESS);
        admin.get(domain, ADDRESS).then().body("addedBy", equalTo("dave@admin.example"));
    }

    @Test
    void tokenThatIsNotAcceptedShouldBeShownAsAMessage() {
        page.open();
        page.giveToken(new JsonWebTokens().ofAdministrator("mallory@admin.example"));

        page.awaitText("token-message", "WebAdmin does not accept this token");
        assertThat(page.focused()).isEqualTo(page.byId("token"));
        page.giveToken("two words");
        page.awaitText("token-message", "This is not a token");
    }

    @Test
    void tokenShouldBeDiscarded() {
        String domain = admin.addDomainListing(ADDRESS);
        page.open();
        page.giveToken(TOKEN);
        page.choose(domain);
        page.awaitAddresses(ADDRESS);

        page.click("Discard the token");

        page.await("the token field", () -> page.byId("token").isDisplayed());
        assertThat(page.byId("domain-view").isDisplayed()).isFalse();
        assertThat(browser.driver().getPageSource()).doesNotContain(ADDRESS, TOKEN);
        page.giveToken(TOKEN);
        page.awaitAddresses(ADDRESS);
    }

    @Test
    void tokenShouldNotBeStoredInTheBrowser() {
        page.open();
        page.giveToken(TOKEN);
        page.await("the domains", () -> page.text("domain-count").contains("domain"));

        Object stored = browser.driver()
                .executeScript("return localStorage.length + sessionStorage.length + document.cookie.length");

        assertThat(stored).isEqualTo(0L);
        page.open();
        page.await("the token field", () -> page.byId("token").isDisplayed());
    }
}
