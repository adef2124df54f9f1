// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.equalTo;

import io.authorizedoutbounds.it.junit.HostileCase;
import io.authorizedoutbounds.it.junit.JamesExtension;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.smtp.SmtpClient;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import io.authorizedoutbounds.it.webadmin.WebAdminJames;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
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
    private static final String STRANGER = "203.0.113.99";
    private static final String RECIPIENT = "friend@elsewhere.example.org";

    /** Lists the elements with a text of their own whose contrast is below that of WCAG 2.2 (1.4.3, level AA). */
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

    private static final int PHONE_WIDTH = 360;
    private static final int PHONE_HEIGHT = 640;
    private static final String FULL_LENGTH_IPV6 = "2001:db8:1234:5678:9abc:def0:1234:5678";
    private static final String STRANGER_IPV6 = "2001:db8:fedc:ba98:7654:3210:fedc:ba98";

    /** Lists what a person reads or presses and is not inside of the window from its left to its right side. */
    private static final String OUT_OF_THE_WINDOW =
            """
            const width = document.documentElement.clientWidth;
            return [...document.querySelectorAll("body *")]
                .filter((e) => e.checkVisibility() && !e.closest(".unseen") && !e.closest("thead"))
                .filter((e) => ["BUTTON", "INPUT", "SELECT", "A"].includes(e.tagName)
                    || [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
                .map((e) => [e.tagName + " " + e.textContent.trim().slice(0, 30), e.getBoundingClientRect()])
                .filter(([, box]) => box.left < 0 || box.right > width)
                .map(([what, box]) => what + ": " + box.left + " to " + box.right);
            """;

    private static JamesServer james;
    private static WebAdmin webAdmin;

    @AutoClose
    private static Browser browser;

    private static ConsolePage page;

    @RegisterExtension
    static final JamesExtension SERVERS = WebAdminJames.asShipped();

    @BeforeAll
    static void useServers(JamesServer server, WebAdmin client) {
        james = server;
        webAdmin = client;
        browser = new Browser();
        page = new ConsolePage(browser, james);
    }

    @BeforeEach
    void clear() {
        browser.clear();
    }

    /** The browser logs answers of 400 and 404 as errors: they are the API's, and the page shows them. */
    @AfterEach
    void browserShouldLogNoError() {
        assertThat(browser.errors())
                .allMatch(error -> error.contains("status of 400")
                        || (error.contains("status of 404") && error.contains("/domains/unknown.example/")));
    }

    private static String rcptFrom(String client, String domain) {
        return rcptFrom(client, "user", domain);
    }

    private static String rcptFrom(String client, String localPart, String domain) {
        String addresses = client.contains(":") ? "TCP6 " + client + " 2001:db8::1" : "TCP4 " + client + " 192.0.2.1";
        try (SmtpClient smtp = SmtpClient.proxied("PROXY " + addresses + " 35646 25", WebAdminJames.PROXY_PORT)) {
            smtp.mail(localPart + "@" + domain);
            return smtp.rcpt(RECIPIENT);
        }
    }

    // --- What is served

    @ParameterizedTest
    @CsvSource({
        "'', text/html;charset=utf-8",
        "/add.js, text/javascript;charset=utf-8",
        "/addresses.js, text/javascript;charset=utf-8",
        "/api.js, text/javascript;charset=utf-8",
        "/app.js, text/javascript;charset=utf-8",
        "/authorize.js, text/javascript;charset=utf-8",
        "/change.js, text/javascript;charset=utf-8",
        "/chart.js, text/javascript;charset=utf-8",
        "/check.js, text/javascript;charset=utf-8",
        "/confirm.js, text/javascript;charset=utf-8",
        "/default.js, text/javascript;charset=utf-8",
        "/dom.js, text/javascript;charset=utf-8",
        "/domain.js, text/javascript;charset=utf-8",
        "/enforcement.js, text/javascript;charset=utf-8",
        "/errors.js, text/javascript;charset=utf-8",
        "/history.js, text/javascript;charset=utf-8",
        "/overview.js, text/javascript;charset=utf-8",
        "/refusals.js, text/javascript;charset=utf-8",
        "/selection.js, text/javascript;charset=utf-8",
        "/sharers.js, text/javascript;charset=utf-8",
        "/state.js, text/javascript;charset=utf-8",
        "/token.js, text/javascript;charset=utf-8",
        "/use.js, text/javascript;charset=utf-8",
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
    void unknownDomainShouldBeShownAsAMessage() {
        page.open();
        page.choose("unknown.example");

        page.awaitText("domain-message", "The domain list of James does not contain unknown.example");
        assertThat(page.byId("domain-view").isDisplayed()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"..", ".", "%2e%2e", "a b", "../authorizedOutbounds"})
    void whatIsNoDomainShouldBeShownAsAMessage(String text) {
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
        ".., is not an IP address",
    })
    void whatIsNoAddressShouldBeShownAsAMessageBeforeAnyQuestion(String text, String words) {
        String domain = webAdmin.addDomain();

        page.open(domain);
        page.add(text, "the office");

        page.awaitText("add-message", words);
        assertThat(page.byId("confirm").isDisplayed()).isFalse();
        fieldShouldBeMarkedAndHaveTheKeyboard(domain);
    }

    @Test
    void refusalOfTheApiShouldBeShownAsAMessageAfterTheQuestion() {
        String domain = webAdmin.addDomain();

        page.open(domain);
        page.add("10.1.2.3", "the office");
        page.answerYes();

        page.awaitText("add-message", "'10.1.2.3' is a private, loopback or link-local address");
        fieldShouldBeMarkedAndHaveTheKeyboard(domain);
    }

    private static void fieldShouldBeMarkedAndHaveTheKeyboard(String domain) {
        page.await("the field to have the keyboard", () -> page.focused().equals(page.byId("add-ip")));
        assertThat(page.byId("add-ip").getDomAttribute("aria-invalid")).isEqualTo("true");
        assertThat(page.byId("add-comment").getDomProperty("value")).isEqualTo("the office");
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

    @Test
    void lastUseShouldBeShownAndUnusedAddressesFiltered() {
        String domain = webAdmin.addDomain();
        String longAgo = "\"addedAt\":\"2020-01-31T12:34:56Z\"";
        browser.answer(
                "/domains/" + domain + "/authorizedOutbounds",
                200,
                "[" + entry("203.0.113.1", longAgo, lastUse(daysAgo(89))) + ","
                        + entry("203.0.113.2", longAgo, lastUse(daysAgo(91))) + ","
                        + entry("203.0.113.3", longAgo, lastUse("2020-05-31T10:00:00Z")) + ","
                        + entry("203.0.113.4", longAgo, "") + ","
                        + entry("203.0.113.5", "\"addedAt\":\"" + daysAgo(1) + "\"", "") + "]");
        browser.devtools("Emulation.setTimezoneOverride", Map.of("timezoneId", "Asia/Kolkata"));

        page.open(domain);
        page.awaitAddresses("203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.4", "203.0.113.5");
        assertThat(page.column("addresses-list", 4).get(2).replaceAll("\\s+", " "))
                .startsWith("31 May 2020, 15:30 ");
        assertThat(page.column("addresses-list", 4).subList(3, 5)).containsExactly("never", "never");

        page.tabTo("Show addresses");
        page.focused().sendKeys(Keys.ARROW_DOWN);
        page.awaitAddresses("203.0.113.2", "203.0.113.3", "203.0.113.4");
        page.awaitText("addresses-filtered", "3 of 5 are shown");
        page.focused().sendKeys(Keys.ARROW_DOWN);
        page.awaitAddresses("203.0.113.4", "203.0.113.5");
        page.focused().sendKeys(Keys.ARROW_UP, Keys.ARROW_UP);
        page.awaitAddresses("203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.4", "203.0.113.5");
        browser.devtools("Emulation.setTimezoneOverride", Map.of("timezoneId", ""));
    }

    private static String entry(String address, String addedAt, String lastUsedAt) {
        return "{\"ip\":\"" + address + "\"," + addedAt + lastUsedAt + "}";
    }

    private static String lastUse(String hour) {
        return ",\"lastUsedAt\":\"" + hour + "\"";
    }

    private static String daysAgo(int days) {
        return Instant.now()
                .minus(Duration.ofDays(days))
                .truncatedTo(ChronoUnit.HOURS)
                .toString();
    }

    @Test
    void addressShouldBeNeverUsedWhenNothingIsKnownOfItsUse() {
        page.open(webAdmin.addDomainListing(ADDRESS));

        page.awaitAddresses(ADDRESS);
        assertThat(page.column("addresses-list", 4)).containsExactly("never");
    }

    // --- What was refused, what was changed, what would be

    @Test
    void addressShouldBeAuthorizedFromARefusal() {
        String domain = webAdmin.addDomain();
        assertThat(rcptFrom(STRANGER, domain)).startsWith("451 4.7.1");
        assertThat(rcptFrom(STRANGER, domain)).startsWith("451 4.7.1");
        awaitRefusals(domain, 2);

        page.open(domain);
        page.await("the refusal", () -> page.column("refusals-list", 0).equals(List.of(STRANGER)));
        assertThat(page.rows("refusals-list").get(0)).contains("2", "user@" + domain, "to elsewhere.example.org");
        page.click("Authorize " + STRANGER);
        assertThat(page.awaitQuestion()).contains("Let " + STRANGER + " send for " + domain + "?");
        page.type("confirm-comment", "their new server");
        page.answerYes();

        page.awaitAddresses(STRANGER);
        assertThat(rcptFrom(STRANGER, domain)).startsWith("250");
        webAdmin.get(domain, STRANGER).then().body("comment", equalTo("their new server"));
        page.awaitText("refusals-status", STRANGER + " may send for " + domain + " now");
        page.await(
                "the refusal to say so", () -> page.rows("refusals-list").get(0).contains("listed now"));
    }

    @Test
    void selectedAddressesShouldBeAuthorizedAfterOneQuestion() {
        String other = webAdmin.addDomainListing("203.0.113.97");
        String domain = webAdmin.addDomain();
        for (String client : List.of("203.0.113.96", "203.0.113.97", "203.0.113.98", "10.1.2.3")) {
            assertThat(rcptFrom(client, domain)).startsWith("451 4.7.1");
        }
        awaitRefusals(domain, 4);

        page.open(domain);
        page.await("the refusals", () -> page.rows("refusals-list").size() == 4);
        assertThat(page.button("Authorize selected").isEnabled()).isFalse();
        // From the top: the last one seen is the first.
        for (String client : List.of("10.1.2.3", "203.0.113.97", "203.0.113.96")) {
            page.tabTo("Select " + client);
            page.focused().sendKeys(Keys.SPACE);
        }
        page.awaitText("selection-count", "3 addresses are selected");
        page.tabTo("Authorize selected");
        page.focused().sendKeys(Keys.ENTER);

        assertThat(page.awaitQuestion())
                .contains("Let 3 addresses send for " + domain + "?", "203.0.113.96", "10.1.2.3")
                .contains("203.0.113.97\nshared with " + other)
                .doesNotContain("203.0.113.98");
        page.type("confirm-comment", "of the audit");
        page.answerYes();

        page.awaitText("refusals-status", "2 addresses may send for " + domain + " now.");
        page.awaitAddresses("203.0.113.96", "203.0.113.97");
        page.awaitText("selection-message", "10.1.2.3: '10.1.2.3' is a private, loopback or link-local address");
        page.awaitText("selection-count", "1 address is selected");
        webAdmin.get(domain, "203.0.113.96").then().statusCode(200).body("comment", equalTo("of the audit"));
        webAdmin.get(domain, "10.1.2.3").then().statusCode(404);
    }

    /** CASES 62. */
    @Test
    @HostileCase(62)
    void observedSenderShouldBeOneBoundedLineOfTheLogAndTextOnThePage() {
        String domain = webAdmin.addDomain();
        String client = "203.0.113.62";
        String markup = "<img src=x onerror=document.title='broken'><script>document.title='broken'</script>";
        String localPart = "\"" + markup + "\\\" \u00e2\u0080\u00ae " + "x".repeat(4000) + "\"";

        assertThat(rcptFrom(client, localPart, domain)).startsWith("451 4.7.1");
        awaitRefusals(domain, 1);

        assertThat(james.log().lines().filter(line -> line.contains("Refused: " + client)))
                .singleElement()
                .satisfies(line -> assertThat(line).hasSizeLessThan(1000).doesNotContain("\u202e"));
        page.open(domain);
        page.await("the refusal", () -> page.column("refusals-list", 0).equals(List.of(client)));
        assertThat(page.rows("refusals-list").get(0)).contains(markup).hasSizeLessThan(1000);
        assertThat(browser.driver().findElements(By.cssSelector("main img, main script")))
                .isEmpty();
        assertThat(browser.driver().getTitle()).startsWith(domain);
    }

    @Test
    void refusalsShouldBeDrawnAndListedByHour() {
        String domain = webAdmin.addDomain();
        rcptFrom(STRANGER, domain);
        rcptFrom("203.0.113.98", domain);
        rcptFrom("203.0.113.98", domain);
        awaitRefusals(domain, 3);

        page.open(domain);
        page.await("the chart", () -> !page.byId("refusals-chart")
                .findElements(By.cssSelector("svg rect.bar"))
                .isEmpty());

        WebElement chart = page.byId("refusals-chart").findElement(By.cssSelector("[role=img]"));
        assertThat(chart.getAccessibleName()).startsWith("3 attempts in 7 days");
        List<String> cells = page.byId("refusals-chart").findElements(By.cssSelector("tbody td")).stream()
                .map(cell -> cell.getDomProperty("textContent"))
                .toList();
        // Two when the hour has just ended in between.
        assertThat(cells.stream().mapToInt(Integer::parseInt).sum()).isEqualTo(3);
    }

    @Test
    void chartShouldBeDrawnInTheWidthThatThereIs() {
        String domain = webAdmin.addDomain();
        rcptFrom(STRANGER, domain);
        awaitRefusals(domain, 1);

        page.open(domain);
        page.await("the chart", () -> widthOfChart() == 720);
        browser.resize(PHONE_WIDTH, PHONE_HEIGHT);

        page.await("a chart for a phone", () -> widthOfChart() < PHONE_WIDTH);
    }

    /** In the units of its texts and lines; 0 without a chart. */
    private static int widthOfChart() {
        return page.byId("refusals-chart").findElements(By.tagName("svg")).stream()
                .map(chart -> chart.getDomAttribute("viewBox").split(" "))
                .mapToInt(box -> Integer.parseInt(box[2]))
                .findFirst()
                .orElse(0);
    }

    @Test
    void domainThatWasNeverRefusedShouldSaySo() {
        String domain = webAdmin.addDomain();

        page.open(domain);

        page.awaitText("refusals-list", "Nothing was refused in the name of " + domain);
    }

    @Test
    void historyShouldShowEachChange() {
        String domain = webAdmin.addDomain();

        page.open(domain);
        page.add(ADDRESS, "<b>the office</b>");
        page.answerYes();
        page.awaitAddresses(ADDRESS);
        page.click("Remove " + ADDRESS);
        page.answerYes();

        page.await("both changes", () -> history().size() == 2);
        assertThat(history().get(0)).startsWith("Somebody removed " + ADDRESS);
        assertThat(history().get(1))
                .startsWith("Somebody authorized " + ADDRESS)
                .contains("<b>the office</b>");
    }

    @Test
    void historyOfAllDomainsShouldLeadToEach() {
        String domain = webAdmin.addDomainListing(ADDRESS);

        page.open();
        page.await("the change", () -> history().stream()
                .anyMatch(change -> change.startsWith("Somebody authorized " + ADDRESS + " for " + domain)));
        page.byId("history").findElement(By.linkText(domain)).click();

        page.awaitDomain(domain);
        page.awaitAddresses(ADDRESS);
    }

    @Test
    void othersThatListAnAddressShouldBeShown() {
        String other = webAdmin.addDomainListing("203.0.113.50");
        String domain = webAdmin.addDomainListing("203.0.113.50", "203.0.113.51");

        page.open(domain);

        page.awaitAddresses("203.0.113.50", "203.0.113.51");
        page.await("who shares them", () -> page.column("addresses-list", 5).equals(List.of(other, "nobody")));
        page.click("Remove 203.0.113.51");
        page.answerNo();
        page.add("203.0.113.50", "");
        assertThat(page.awaitQuestion()).contains("It is listed already", other);
        page.answerNo();
    }

    @Test
    void formShouldSayWhetherAMailWouldBeAccepted() {
        String domain = webAdmin.addDomainListing(ADDRESS);
        page.open();

        page.type("check-ip", ADDRESS);
        page.type("check-sender", "user@" + domain);
        page.type("check-recipient", RECIPIENT);
        page.byId("check-recipient").sendKeys(Keys.ENTER);

        page.awaitText("check-result", "Passes, and may be relayed");
        assertThat(page.text("check-result")).contains("Rule 1, row 2", "Rule 2, row 2", "Passes: James processes it");
    }

    @Test
    void formShouldSayWhyAMailWouldBeRefused() {
        String domain = webAdmin.addDomain();
        rcptFrom(STRANGER, domain);
        awaitRefusals(domain, 1);
        page.open(domain);
        page.await("the refusal", () -> page.column("refusals-list", 0).equals(List.of(STRANGER)));

        page.click("Why is " + STRANGER + " refused?");

        page.awaitText("check-result", "Refused");
        assertThat(page.text("check-result"))
                .contains(
                        "Rule 1, row 3",
                        "451 4.7.1 Open relay not allowed: " + STRANGER + " is not an authorized outbound address of "
                                + domain);
    }

    @Test
    void badQuestionShouldBeShownAsAMessage() {
        page.open();

        page.type("check-ip", "10.0.0.0/8");
        page.type("check-recipient", RECIPIENT);
        page.click("Check");

        page.awaitText("check-message", "10.0.0.0/8");
    }

    @Test
    void orphanShouldBeShownAsSuchAndBeRevived() {
        String domain = webAdmin.addDomainListing(ADDRESS);
        webAdmin.request().delete("/domains/" + domain).then().statusCode(204);
        webAdmin.addDomain(domain);
        page.open(domain);
        page.await("the orphan", () -> page.rows("addresses-list").get(0).contains("orphaned: does not count"));
        assertThat(page.text("addresses-summary")).isEqualTo("0 addresses may send");

        page.click("Add " + ADDRESS + " again");
        page.answerYes();

        page.await("the address", () -> !page.rows("addresses-list").get(0).contains("orphaned"));
        assertThat(rcptFrom(ADDRESS, domain)).startsWith("250");
    }

    @Test
    void olderChangesShouldBeShownWhenThePersonAsks() {
        String domain = webAdmin.addDomain();
        for (int i = 1; i <= 11; i++) {
            webAdmin.put(domain, "203.0.113." + i).then().statusCode(204);
        }
        page.open(domain);
        page.await("the newest changes", () -> history().size() == 10);

        page.click("Show older");

        page.await("all changes", () -> history().size() == 11);
        assertThat(history().get(10)).startsWith("Somebody authorized 203.0.113.1\n");
    }

    private static List<String> history() {
        return page.byId("history-list").findElements(By.tagName("li")).stream()
                .map(WebElement::getText)
                .toList();
    }

    private static void awaitRefusals(String domain, int attempts) {
        Awaitility.await("the refusals of " + domain)
                .atMost(Duration.ofSeconds(30))
                .until(() -> webAdmin
                                .request()
                                .get("/domains/" + domain + "/refusedOutbounds")
                                .jsonPath()
                                .getList("attempts", Integer.class)
                                .stream()
                                .mapToInt(Integer::intValue)
                                .sum()
                        == attempts);
    }

    // --- Enforcement

    @Test
    void switchToEnforceShouldSayFirstWhatItWouldHaveRefused() {
        String domain = webAdmin.addDomainListing(ADDRESS);
        browser.answer(
                "/domains/" + domain + "/outboundEnforcement", 200, "{\"enforcement\":\"report\",\"inherited\":true}");
        browser.answer(
                "/domains/" + domain + "/refusedOutbounds",
                200,
                "[" + observed(STRANGER, 1200, daysAgo(1)) + "," + observed(STRANGER_IPV6, 34, daysAgo(6)) + ","
                        + observed("203.0.113.98", 5, daysAgo(8)) + "," + observed(ADDRESS, 67, daysAgo(1)) + "]");

        page.open(domain);
        page.awaitText("enforcement", "the default of this server");
        assertThat(page.text("enforcement")).contains("report", "Nothing is refused.");
        assertThat(page.rows("refusals-list").get(0)).contains("1,200", "none refused");
        page.click("Switch to enforce");

        assertThat(page.awaitQuestion())
                .contains("Refuse what is not listed for " + domain + "?")
                .contains(
                        "In the last seven days it would have refused 1,234 attempts from 2 addresses that are not listed")
                .contains(STRANGER + "\n1,200 attempts, the last", STRANGER_IPV6 + "\n34 attempts, the last")
                .doesNotContain("203.0.113.98", ADDRESS + "\n");
        assertThat(page.focused().getAccessibleName()).isEqualTo("Cancel");
        page.answerNo();
    }

    @Test
    void switchOfTheEnforcementShouldHoldAtOnce() {
        String domain = webAdmin.addDomain();
        page.open(domain);
        page.awaitText("enforcement", "the default of this server");
        assertThat(page.text("enforcement-value")).startsWith("enforce\n");

        page.click("Switch to report");
        assertThat(page.awaitQuestion()).contains("Refuse nothing in the name of " + domain + "?");
        page.answerYes();
        page.awaitText("enforcement-status", domain + " is in report now.");
        page.awaitText("enforcement-origin", "set, ");
        assertThat(rcptFrom(STRANGER, domain)).doesNotStartWith("451");
        awaitRefusals(domain, 1);

        page.click("Switch to enforce");
        assertThat(page.awaitQuestion())
                .contains(
                        "it would have refused 1 attempt from 1 address that is not listed",
                        STRANGER + "\n1 attempt, the last");
        page.answerYes();
        page.awaitText("enforcement-status", domain + " is in enforce now.");
        assertThat(rcptFrom(STRANGER, domain)).startsWith("451 4.7.1");
        page.await("both changes", () -> history().size() == 2);
        assertThat(history().get(0)).startsWith("Somebody switched to enforce\n");
        assertThat(history().get(1)).startsWith("Somebody switched to report\n");
        awaitRefusals(domain, 2);
        page.click("Refresh");
        page.await("the attempt that was refused", () -> page.column("refusals-list", 1)
                .equals(List.of("2\n1 refused")));

        page.click("Use the default");
        assertThat(page.awaitQuestion()).contains("The default is enforce.");
        page.answerYes();
        page.awaitText("enforcement-origin", "the default of this server");
    }

    private static String observed(String address, int attempts, String lastSeen) {
        return "{\"ip\":\"" + address + "\",\"attempts\":" + attempts + ",\"refused\":0,\"firstSeen\":\"" + lastSeen
                + "\",\"lastSeen\":\"" + lastSeen + "\",\"lastSender\":\"<>\",\"lastRecipientDomain\":null}";
    }

    @Test
    void bannerShouldSayThatTheDefaultIsReport() {
        page.open();
        page.await("the history", () -> !page.text("history-list").isEmpty());
        assertThat(page.byId("default-banner").isDisplayed()).isFalse();

        browser.answer(
                "/authorizedOutbounds/decision?ip=192.0.2.1&sender=&recipient=postmaster%40example.org",
                200, "{\"enforcement\":\"report\"}");
        page.open();

        page.awaitText("default-banner", "The default of this server is report");
    }

    @Test
    void checkShouldSayWhyAVerdictIsOnlyRecorded() {
        browser.answer(
                "/authorizedOutbounds/decision?ip=203.0.113.99&sender=user%40alpha.example&recipient=friend%40elsewhere.example.org",
                200,
                "{\"enforcement\":\"report\",\"inherited\":false,"
                        + "\"rule1\":{\"row\":3,\"verdict\":\"refuse\",\"reply\":null,\"why\":\"not listed\"},"
                        + "\"rule2\":{\"row\":1,\"outcome\":\"pass\",\"enforcement\":\"report\",\"why\":\"not outbound\"}}");
        page.open();
        page.type("check-ip", STRANGER);
        page.type("check-sender", "user@alpha.example");
        page.type("check-recipient", RECIPIENT);
        page.click("Check");

        page.awaitText("check-result", "Refused");
        assertThat(page.text("check-result"))
                .contains(
                        "Only recorded, as the domain is in report: James continues as without the extension\nRule 1, row 3",
                        "Only recorded, as the default is report: James continues as without the extension\nRule 2, row 1");
    }

    @Test
    void historyShouldShowChangesOfTheEnforcement() {
        String domain = webAdmin.addDomain();
        browser.answer(
                "/authorizedOutbounds/changes?domain=" + domain + "&limit=10",
                200,
                "[" + enforcementChange("inherit") + "," + enforcementChange("report") + ","
                        + enforcementChange("enforce") + "]");

        page.open(domain);

        page.await("the changes", () -> history().size() == 3);
        assertThat(history().get(0)).startsWith("carol switched to the default enforcement\n");
        assertThat(history().get(1)).startsWith("carol switched to report\n");
        assertThat(history().get(2)).startsWith("carol switched to enforce\n");
    }

    private static String enforcementChange(String action) {
        return "{\"action\":\"" + action + "\",\"ip\":null,\"changedBy\":\"carol\",\"changedAt\":\"" + daysAgo(1)
                + "\"}";
    }

    @Test
    void enforcementShouldBeLeftOutOnAJamesThatHasNone() {
        String domain = webAdmin.addDomainListing(ADDRESS);
        browser.answer(
                "/domains/" + domain + "/outboundEnforcement", 404, "{\"statusCode\":404,\"message\":\"not found\"}");

        page.open(domain);
        page.awaitAddresses(ADDRESS);
        page.awaitText("refusals-list", "Nothing was refused in the name of " + domain);

        assertThat(page.byId("enforcement").isDisplayed()).isFalse();
        assertThat(page.byId("default-banner").isDisplayed()).isFalse();
    }

    // --- The overview of all domains

    @Test
    void overviewShouldShowWhatDomainsAreRefusedAndLeadToThem() {
        String domain = webAdmin.addDomainListing(ADDRESS);
        browser.answer(
                "/authorizedOutbounds/refused?limit=100",
                200,
                "[" + refusedOf(domain, "report", 1234, 0, 0) + "," + refusedOf("beta.example", "enforce", 56, 56, 3)
                        + "]");

        page.open();
        page.await("the overview", () -> page.rows("overview-list").size() == 2);
        assertThat(page.column("overview-list", 0)).containsExactly(domain, "beta.example");
        assertThat(page.column("overview-list", 1)).containsExactly("report", "enforce");
        assertThat(page.column("overview-list", 2)).containsExactly("1,234\nnone refused", "56\nall refused");
        page.byId("overview-list").findElement(By.linkText(domain)).click();

        page.awaitDomain(domain);
        assertThat(page.byId("overview").isDisplayed()).isFalse();
        browser.driver().findElement(By.linkText("All domains")).click();
        page.await("the overview again", () -> page.rows("overview-list").size() == 2);
        assertThat(page.byId("domain-view").isDisplayed()).isFalse();
    }

    @Test
    void answerThatIsNoLongerWantedShouldNotBeShown() {
        String domain = webAdmin.addDomainListing(ADDRESS);
        page.open();
        page.await("the overview", () -> page.byId("overview").isDisplayed());

        browser.driver()
                .executeScript("document.getElementById('refresh').click(); location.hash = arguments[0]", domain);
        page.awaitAddresses(ADDRESS);
        page.await("the enforcement", () -> page.byId("enforcement").isDisplayed());
        assertThat(page.byId("overview").isDisplayed()).isFalse();

        browser.driver().executeScript("document.getElementById('refresh').click(); location.hash = ''");
        page.await("the overview again", () -> page.byId("overview").isDisplayed());
        assertThat(page.byId("enforcement").isDisplayed()).isFalse();
    }

    @Test
    void overviewShouldSayHowFarTheRollOutIs() {
        browser.answer("/authorizedOutbounds/enforcement", 200, enforcementCount(40, "12"));

        page.open();

        page.awaitText("overview-progress", "12 of 40 domains enforce");
    }

    @Test
    void overviewShouldSayThatThereAreTooManyDomainsToCount() {
        browser.answer("/authorizedOutbounds/enforcement", 200, enforcementCount(300_000, "null"));

        page.open();

        page.awaitText("overview-progress", "300,000 domains, too many to count those that enforce");
    }

    @Test
    void quarantinedMailShouldLeadToHowToReprocessIt() {
        browser.answer(
                "/authorizedOutbounds/refused?limit=100",
                200,
                "[" + refusedOf("alpha.example", "enforce", 4, 1, 3) + "]");

        page.open();
        page.await("the overview", () -> page.rows("overview-list").size() == 1);
        page.tabTo("How to reprocess the quarantined mail of alpha.example");
        page.focused().sendKeys(Keys.ENTER);

        assertThat(page.focused()).isEqualTo(page.byId("reprocessing-heading"));
        assertThat(page.text("reprocessing-all"))
                .isEqualTo("curl -X PATCH 'http://127.0.0.1:" + james.webAdminPort()
                        + "/mailRepositories/var%2Fmail%2Fblocked-sender%2F/mails?action=reprocess&processor=root'");
    }

    @Test
    void overviewShouldBeLeftOutOnAJamesThatHasNone() {
        browser.answer("/authorizedOutbounds/refused?limit=100", 404, "{\"statusCode\":404,\"message\":\"not found\"}");

        page.open();

        page.await("the history", () -> !page.text("history-list").isEmpty());
        assertThat(page.byId("overview").isDisplayed()).isFalse();
    }

    private static String enforcementCount(int domains, String enforcing) {
        return "{\"default\":\"report\",\"domains\":" + domains + ",\"enforcing\":" + enforcing + "}";
    }

    private static String refusedOf(String domain, String enforcement, int attempts, int refused, int quarantined) {
        return "{\"domain\":\"" + domain + "\",\"enforcement\":\"" + enforcement + "\",\"attempts\":" + attempts
                + ",\"refused\":" + refused + ",\"quarantined\":" + quarantined + ",\"addresses\":1,\"lastSeen\":\""
                + daysAgo(1) + "\"}";
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

        assertThat(browser.driver().findElements(By.cssSelector("input, select, button, table, section, [role=img]")))
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

    @ParameterizedTest
    @EnumSource(Browser.Scheme.class)
    void everythingShouldBeWithinTheWidthOfAPhone(Browser.Scheme scheme) {
        String domain = webAdmin.addDomainListing(ADDRESS);
        webAdmin.put(
                domain,
                FULL_LENGTH_IPV6,
                "{\"comment\":\"" + "office".repeat(30) + "\",\"expiresAt\":\"2031-01-31T12:00:00Z\"}");
        rcptFrom(STRANGER_IPV6, "sender-with-a-long-name-".repeat(10), domain);
        awaitRefusals(domain, 1);
        browser.prefer(scheme);
        browser.resize(PHONE_WIDTH, PHONE_HEIGHT);
        browser.answer(
                "/domains/" + domain + "/outboundEnforcement",
                200,
                "{\"enforcement\":\"report\",\"inherited\":false,\"changedBy\":\"" + "carol".repeat(10)
                        + "@relay.example\",\"changedAt\":\"" + daysAgo(1) + "\"}");

        page.open(domain);
        page.awaitAddresses(ADDRESS, FULL_LENGTH_IPV6);
        page.awaitText("enforcement", "Use the default");
        page.click("Why is " + STRANGER_IPV6 + " refused?");
        page.awaitText("check-result", "Refused");
        pageShouldBeLegibleWithinTheWindow();

        page.click("Authorize " + STRANGER_IPV6);
        page.awaitQuestion();
        pageShouldBeLegibleWithinTheWindow();
        page.answerNo();

        browser.answer(
                "/authorizedOutbounds/refused?limit=100",
                200,
                "[" + refusedOf("a-label-of-much-length".repeat(2) + "." + domain, "report", 12345678, 1234567, 12345)
                        + "]");
        page.open();
        page.await("the overview", () -> page.rows("overview-list").size() == 1);
        page.await("the history", () -> !history().isEmpty());
        pageShouldBeLegibleWithinTheWindow();
    }

    private static void pageShouldBeLegibleWithinTheWindow() {
        Object root = browser.driver()
                .executeScript("const root = document.documentElement; return [root.clientWidth, root.scrollWidth]");
        Object outside = browser.driver().executeScript(OUT_OF_THE_WINDOW);

        assertThat(root).isEqualTo(List.of((long) PHONE_WIDTH, (long) PHONE_WIDTH));
        assertThat((List<?>) outside).isEmpty();
        assertThat((List<?>) browser.driver().executeScript(TEXTS_OF_LITTLE_CONTRAST))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {PHONE_WIDTH, 1280})
    void tableShouldBeATableForScreenReadersInAnyWidth(int width) {
        String domain = webAdmin.addDomainListing(ADDRESS);
        browser.resize(width, PHONE_HEIGHT);

        page.open(domain);
        page.awaitAddresses(ADDRESS);

        WebElement table = page.byId("addresses-list").findElement(By.tagName("table"));
        assertThat(table.getAriaRole()).isEqualTo("table");
        assertThat(table.getAccessibleName()).isEqualTo("Addresses that may send for " + domain);
        assertThat(table.findElements(By.cssSelector("thead th")))
                .extracting(WebElement::getAriaRole)
                .containsOnly("columnheader");
        assertThat(table.findElements(By.cssSelector("tbody tr")))
                .extracting(WebElement::getAriaRole)
                .containsOnly("row");
        assertThat(table.findElements(By.cssSelector("tbody th")))
                .extracting(WebElement::getAriaRole)
                .containsOnly("rowheader");
        assertThat(table.findElements(By.cssSelector("tbody td")))
                .extracting(WebElement::getAriaRole)
                .containsOnly("cell");
    }

    @Test
    void pageShouldWorkBelowThePathOfAProxy() {
        String domain = webAdmin.addDomain();

        try (PrefixProxy proxy = new PrefixProxy(james)) {
            ConsolePage proxied = new ConsolePage(browser, proxy.webAdmin());
            proxied.open(domain);
            proxied.add(ADDRESS, "the office");
            proxied.answerYes();
            proxied.awaitAddresses(ADDRESS);
            browser.driver().get(proxy.webAdmin() + PAGE + "/#" + domain);
            proxied.awaitAddresses(ADDRESS);

            assertThat(browser.driver().getCurrentUrl()).isEqualTo(proxy.webAdmin() + PAGE + "#" + domain);
            assertThat(browser.requests())
                    .filteredOn(url -> url.startsWith("http"))
                    .allMatch(url -> url.startsWith(proxy.webAdmin()));
            // Or the browser would log what the proxy no longer answers.
            proxied.awaitLoaded();
            proxied.await(
                    "who else lists it",
                    () -> !proxied.rows("addresses-list").get(0).contains("…"));
        }
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
