// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.equalTo;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/** The page for people, in a real browser, without tokens. */
class ConsoleIntegrationTest {
    private static final String PAGE = "/console/authorized-outbounds";
    private static final String ADDRESS = "203.0.113.7";
    private static final String RECIPIENT = "friend@elsewhere.example.org";
    private static final int PROXY_PORT = Build.freePort();

    /** What the elements with a text of their own lack of the contrast that WCAG 2.2 asks for (1.4.3, level AA). */
    private static final String TEXTS_OF_LITTLE_CONTRAST =
            """
            const channels = (colour) => {
                const canvas = new OffscreenCanvas(1, 1).getContext("2d");
                canvas.fillStyle = colour;
                canvas.fillRect(0, 0, 1, 1);
                return [...canvas.getImageData(0, 0, 1, 1).data];
            };
            const luminance = ([r, g, b]) => [r, g, b]
                .map((c) => c / 255)
                .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
                .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
            const ground = (element) => {
                for (let e = element; e; e = e.parentElement) {
                    const colour = channels(getComputedStyle(e).backgroundColor);
                    if (colour[3] === 255) {
                        return colour;
                    }
                }
                return [255, 255, 255, 255];
            };
            return [...document.querySelectorAll("body *")]
                .filter((e) => e.checkVisibility() && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
                .map((e) => {
                    const style = getComputedStyle(e);
                    const text = e instanceof SVGElement ? style.fill : style.color;
                    const [low, high] = [luminance(channels(text)), luminance(ground(e))].sort((a, b) => a - b);
                    return [e.tagName + " " + e.textContent.trim().slice(0, 30), (high + 0.05) / (low + 0.05)];
                })
                .filter(([, contrast]) => contrast < 4.5)
                .map(([what, contrast]) => what + ": " + contrast);
            """;

    private static JamesServer james;
    private static WebAdmin webAdmin;
    private static Browser browser;
    private static ConsolePage page;

    @BeforeAll
    static void start() {
        james = JamesServer.builder()
                .cassandra(Servers.cassandra(), Servers.newKeyspace())
                .proxyListener(PROXY_PORT)
                .start();
        webAdmin = WebAdmin.of(james).awaitLists();
        browser = new Browser();
        page = new ConsolePage(browser, james);
    }

    @AfterAll
    static void stop() {
        browser.close();
        james.close();
    }

    @BeforeEach
    void clear() {
        browser.clear();
    }

    /** Answers in words are logged by the browser as bad answers: they are the API's, and the page shows them. */
    @AfterEach
    void browserShouldHaveNothingToComplainOf() {
        assertThat(browser.complaints())
                .allMatch(complaint -> complaint.contains("Outbounds")
                        && complaint.contains("Failed to load resource: the server responded with a status of 40"));
    }

    private static String rcptFrom(String client, String domain) {
        try (SmtpClient smtp = SmtpClient.proxied("PROXY TCP4 " + client + " 192.0.2.1 35646 25", PROXY_PORT)) {
            smtp.mail("user@" + domain);
            return smtp.rcpt(RECIPIENT);
        }
    }

    // --- What is served

    @ParameterizedTest
    @CsvSource({
        "'', text/html;charset=utf-8",
        "/app.js, text/javascript;charset=utf-8",
        "/api.js, text/javascript;charset=utf-8",
        "/chart.js, text/javascript;charset=utf-8",
        "/dom.js, text/javascript;charset=utf-8",
        "/style.css, text/css;charset=utf-8",
        "/icon.svg, image/svg+xml",
    })
    void filesShouldBeServedWithTheirTypeAndStrictHeaders(String file, String type) {
        webAdmin.request()
                .get(PAGE + file)
                .then()
                .statusCode(200)
                .header("Content-Type", type)
                .header(
                        "Content-Security-Policy",
                        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
                                + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
                .header("X-Content-Type-Options", "nosniff")
                .header("Referrer-Policy", "no-referrer")
                .header("Cache-Control", "no-cache")
                .body(containsString("SPDX-License-Identifier: Apache-2.0"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/index.html",
                "/nothing.js",
                "/app.js/",
                "/../webadmin.properties",
                "/%2e%2e/app.js",
                "/console/app.js"
            })
    void otherFilesShouldBe404(String file) {
        webAdmin.request().get(PAGE + file).then().statusCode(404);
    }

    @Test
    void pathWithASlashShouldLeadToThePage() {
        webAdmin.request()
                .redirects()
                .follow(false)
                .get(PAGE + "/")
                .then()
                .statusCode(301)
                .header("Location", equalTo("../authorized-outbounds"));
        webAdmin.request().get(PAGE + "/").then().statusCode(200).body(endsWith("</html>\n"));
    }

    @Test
    void pageShouldHoldNoDataAndNothingInline() {
        String html = webAdmin.request().get(PAGE).asString();

        assertThat(html).doesNotContain(" style=", "<style", "<script>", " onclick", "http://", "https://", "//");
    }

    // --- Domains

    @Test
    void domainsOfJamesShouldBeSuggested() {
        String domain = webAdmin.addDomain();

        page.open();
        page.await("the domains", () -> page.text("domain-count").contains("domain"));
        page.type("domain", domain);

        List<WebElement> options = page.byId("domains").findElements(By.tagName("option"));
        assertThat(options).extracting(option -> option.getDomProperty("value")).contains(domain);
    }

    @Test
    void domainShouldBeShownWhenItIsTyped() {
        String domain = webAdmin.addDomainListing(ADDRESS);

        page.open();
        page.choose(domain);

        page.awaitDomain(domain);
        page.awaitAddresses(ADDRESS);
        assertThat(browser.driver().getTitle()).startsWith(domain);
    }

    @Test
    void unknownDomainShouldBeToldInWords() {
        page.open();
        page.choose("unknown.example");

        page.awaitText("domain-message", "The domain list of James does not contain unknown.example");
        assertThat(page.byId("domain-view").isDisplayed()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"..", ".", "%2e%2e", "a b", "../authorizedOutbounds"})
    void whatIsNoDomainShouldBeToldInWords(String text) {
        page.open();
        page.choose(text);

        page.await("an error", () -> !page.text("domain-message").isEmpty());
        assertThat(page.text("domain-message")).contains(" not a domain").doesNotContain("WebAdmin answered");
    }

    // --- Lists

    @Test
    void listShouldShowWhatIsKnownOfEachAddress() {
        String domain = webAdmin.addDomain();
        webAdmin.put(domain, ADDRESS, "{\"comment\":\"the office\",\"expiresAt\":\"2031-01-31T12:00:00Z\"}");
        webAdmin.put(domain, "2001:db8::25");

        page.open(domain);

        page.awaitAddresses(ADDRESS, "2001:db8::25");
        assertThat(page.rows("addresses-list").get(1)).contains("no note", "unknown", "never");
        assertThat(page.rows("addresses-list").get(0)).contains("the office", "unknown", "31 Jan 2031", "in 4 years");
        assertThat(page.text("addresses-summary")).isEqualTo("2 addresses may send");
    }

    @Test
    void addShouldAskAndThenHoldAtOnce() {
        String domain = webAdmin.addDomain();
        assertThat(rcptFrom(ADDRESS, domain)).startsWith("451 4.7.1");

        page.open(domain);
        page.add(ADDRESS, "the office");
        assertThat(page.awaitQuestion()).contains("Let " + ADDRESS + " send for " + domain + "?", "the office");
        webAdmin.get(domain, ADDRESS).then().statusCode(404);
        page.answerYes();

        page.awaitText("addresses-status", ADDRESS + " may send for " + domain + " now.");
        page.awaitAddresses(ADDRESS);
        webAdmin.get(domain, ADDRESS).then().statusCode(200).body("comment", equalTo("the office"));
        assertThat(rcptFrom(ADDRESS, domain)).startsWith("250");
    }

    @Test
    void addShouldDoNothingWhenThePersonSaysNo() {
        String domain = webAdmin.addDomain();

        page.open(domain);
        page.add(ADDRESS, "the office");
        page.answerNo();

        assertThat(page.byId("add-ip").getDomProperty("value")).isEqualTo(ADDRESS);
        webAdmin.get(domain, ADDRESS).then().statusCode(404);
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, networks cannot be authorized; give each address",
        "mail.alpha.example, is not a plain IP address",
        "10.1.2.3, is a private",
    })
    void addressThatCannotBeAuthorizedShouldBeToldInWords(String address, String words) {
        String domain = webAdmin.addDomain();

        page.open(domain);
        page.add(address, "");
        page.await(
                "a question or an error",
                () -> page.byId("confirm").isDisplayed()
                        || !page.text("add-message").isEmpty());
        if (page.byId("confirm").isDisplayed()) {
            page.answerYes();
        }

        page.awaitText("add-message", words);
        page.await("the field to be marked", () -> page.focused().equals(page.byId("add-ip")));
        assertThat(page.byId("add-ip").getDomAttribute("aria-invalid")).isEqualTo("true");
        webAdmin.list(domain).then().body("size()", equalTo(0));
    }

    @Test
    void expiryShouldBeOfTheZoneOfThePerson() {
        String domain = webAdmin.addDomain();
        browser.devtools("Emulation.setTimezoneOverride", Map.of("timezoneId", "Asia/Kolkata"));

        page.open(domain);
        browser.driver().executeScript("document.getElementById('add-expires').value = '2031-01-31T17:30'");
        page.add(ADDRESS, "");
        assertThat(page.awaitQuestion()).contains("31 Jan 2031, 17:30");
        page.answerYes();

        page.awaitAddresses(ADDRESS);
        webAdmin.get(domain, ADDRESS).then().body("expiresAt", equalTo("2031-01-31T12:00:00Z"));
        browser.devtools("Emulation.setTimezoneOverride", Map.of("timezoneId", ""));
    }

    @Test
    void removeShouldAskAndThenHoldAtOnce() {
        String domain = webAdmin.addDomainListing(ADDRESS, "203.0.113.8");

        page.open(domain);
        page.awaitAddresses(ADDRESS, "203.0.113.8");
        page.click("Remove " + ADDRESS);
        page.answerNo();
        webAdmin.get(domain, ADDRESS).then().statusCode(200);
        page.click("Remove " + ADDRESS);
        assertThat(page.awaitQuestion()).contains("Remove " + ADDRESS + " from " + domain + "?");
        page.answerYes();

        page.awaitAddresses("203.0.113.8");
        page.awaitText("addresses-status", ADDRESS + " may no longer send for " + domain);
        assertThat(rcptFrom(ADDRESS, domain)).startsWith("451 4.7.1");
    }

    @Test
    void noteWithMarkupShouldStayText() {
        String domain = webAdmin.addDomain();
        String note = "<img src=x onerror=\"document.title='broken in'\"><script>document.title='broken in'</script>";

        page.open(domain);
        page.add(ADDRESS, note);
        assertThat(page.awaitQuestion()).contains(note);
        page.answerYes();
        page.awaitAddresses(ADDRESS);

        assertThat(page.column("addresses-list", 1)).containsExactly(note);
        assertThat(browser.driver().findElements(By.cssSelector("main img, main script")))
                .isEmpty();
        assertThat(browser.driver().getTitle()).startsWith(domain);
    }

    // --- The browser's part

    @Test
    void keyboardShouldDoToAddAndToRemove() {
        String domain = webAdmin.addDomain();

        page.open(domain);
        page.tabTo("IP address");
        page.focused().sendKeys(ADDRESS, Keys.ENTER);
        page.awaitQuestion();
        assertThat(page.focused().getAccessibleName()).isEqualTo("Authorize");
        page.focused().sendKeys(Keys.ENTER);
        page.awaitAddresses(ADDRESS);
        page.await("the field to have the keyboard again", () -> page.focused().equals(page.byId("add-ip")));

        page.open(domain);
        page.awaitAddresses(ADDRESS);
        page.tabTo("Remove " + ADDRESS);
        page.focused().sendKeys(Keys.ENTER);
        page.awaitQuestion();
        assertThat(page.focused().getAccessibleName()).isEqualTo("Cancel");
        page.focused().sendKeys(Keys.ESCAPE);
        page.await(
                "the button to have the keyboard again",
                () -> page.focused().getAccessibleName().equals("Remove " + ADDRESS));
        page.focused().sendKeys(Keys.ENTER);
        page.awaitQuestion();
        page.tabTo("Remove");
        page.focused().sendKeys(Keys.ENTER);

        page.await("an empty list", () -> page.rows("addresses-list").isEmpty());
        page.await("the heading to have the keyboard", () -> page.focused().equals(page.byId("addresses-heading")));
        webAdmin.list(domain).then().body("size()", equalTo(0));
    }

    @Test
    void everyFieldAndTableShouldHaveAName() {
        page.open(webAdmin.addDomainListing(ADDRESS));
        page.awaitAddresses(ADDRESS);

        assertThat(browser.driver().findElements(By.cssSelector("input, button, table, section, [role=img]")))
                .filteredOn(WebElement::isDisplayed)
                .hasSizeGreaterThan(10)
                .allSatisfy(element -> assertThat(element.getAccessibleName()).isNotBlank());
        assertThat(browser.driver().findElement(By.tagName("html")).getDomAttribute("lang"))
                .isEqualTo("en");
    }

    @ParameterizedTest
    @EnumSource(Browser.Scheme.class)
    void textsShouldHaveEnoughContrast(Browser.Scheme scheme) {
        String domain = webAdmin.addDomain();
        webAdmin.put(domain, ADDRESS, "{\"comment\":\"the office\",\"expiresAt\":\"2031-01-31T12:00:00Z\"}");
        browser.prefer(scheme);
        page.open(domain);
        page.awaitAddresses(ADDRESS);
        page.add("10.0.0.0/8", "");
        page.await(
                "a question or an error",
                () -> page.byId("confirm").isDisplayed()
                        || !page.text("add-message").isEmpty());

        Object dark = browser.driver()
                .executeScript("return matchMedia('(prefers-color-scheme: dark)').matches"
                        + " && getComputedStyle(document.body).backgroundColor === 'rgb(14, 20, 25)'");
        Object texts = browser.driver().executeScript(TEXTS_OF_LITTLE_CONTRAST);

        assertThat(dark).isEqualTo(scheme == Browser.Scheme.DARK);
        assertThat((List<?>) texts).isEmpty();
    }

    @Test
    void nothingShouldBeAskedOfAnotherHost() {
        String domain = webAdmin.addDomain();
        page.open(domain);
        page.add(ADDRESS, "");
        page.answerYes();
        page.awaitAddresses(ADDRESS);

        String server = "http://127.0.0.1:" + james.webAdminPort() + "/";
        // The browser draws its own widgets with data: URLs.
        List<String> asked = browser.requests().stream()
                .filter(url -> !url.equals("about:blank") && !url.startsWith("data:"))
                .toList();
        assertThat(asked)
                .contains(server + "console/authorized-outbounds", server + "console/authorized-outbounds/style.css")
                .allMatch(url -> url.startsWith(server))
                .noneMatch(url -> url.endsWith("favicon.ico"));
    }
}
