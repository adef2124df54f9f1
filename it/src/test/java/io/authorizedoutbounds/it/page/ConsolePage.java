// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.page;

import io.authorizedoutbounds.it.server.JamesServer;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.support.ui.WebDriverWait;

/** The page of one James in a browser, in the words of who uses it. */
public final class ConsolePage {
    private static final Duration TIMEOUT = Duration.ofMinutes(1);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(100);

    private final ChromeDriver driver;
    private final String url;

    public ConsolePage(Browser browser, JamesServer james) {
        this(browser, "http://127.0.0.1:" + james.webAdminPort());
    }

    /** @param webAdmin where a browser finds WebAdmin, without a slash at the end */
    ConsolePage(Browser browser, String webAdmin) {
        this.driver = browser.driver();
        this.url = webAdmin + "/console/authorized-outbounds";
    }

    /** Loads the page again, without a domain. */
    public ConsolePage open() {
        driver.get("about:blank");
        driver.get(url);
        return this;
    }

    /** Loads the page again at a domain, and waits for its list. */
    public ConsolePage open(String domain) {
        driver.get("about:blank");
        driver.get(url + "#" + domain);
        return awaitDomain(domain).awaitLoaded();
    }

    /** Waits until all panels show what they loaded: until then buttons are replaced, and those of a change do nothing. */
    ConsolePage awaitLoaded() {
        await("all to be loaded", () -> byId("domain-form").getDomAttribute("aria-busy") == null);
        return this;
    }

    public ConsolePage awaitDomain(String domain) {
        awaitText("addresses-heading", "Addresses of " + domain);
        return this;
    }

    public void await(String what, BooleanSupplier condition) {
        new WebDriverWait(driver, TIMEOUT, BETWEEN_LOOKS)
                .withMessage(what)
                .ignoring(StaleElementReferenceException.class)
                .until(any -> condition.getAsBoolean());
    }

    public void awaitText(String id, String part) {
        await("'" + part + "' in " + id + ", which says '" + text(id) + "'", () -> text(id).contains(part));
    }

    public WebElement byId(String id) {
        return driver.findElement(By.id(id));
    }

    /** What a person reads there. */
    public String text(String id) {
        return byId(id).getText();
    }

    /** Types into a field in place of what is there. */
    public void type(String id, String text) {
        byId(id).clear();
        byId(id).sendKeys(text);
    }

    /** The text of each row of a table below the element. */
    public List<String> rows(String id) {
        return byId(id).findElements(By.cssSelector("tbody > tr")).stream()
                .map(WebElement::getText)
                .toList();
    }

    /** The texts of a column, from 0. */
    public List<String> column(String id, int column) {
        return byId(id).findElements(By.cssSelector("tbody > tr > :nth-child(" + (column + 1) + ")")).stream()
                .map(WebElement::getText)
                .toList();
    }

    public void awaitAddresses(String... addresses) {
        await("the addresses " + List.of(addresses), () -> column("addresses-list", 0)
                .equals(List.of(addresses)));
    }

    /** A button by what a screen reader calls it. */
    public WebElement button(String name) {
        return driver.findElements(By.tagName("button")).stream()
                .filter(button -> button.getAccessibleName().equals(name))
                .filter(WebElement::isDisplayed)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("No button '" + name + "'"));
    }

    public void click(String name) {
        awaitLoaded();
        button(name).click();
    }

    public void choose(String domain) {
        type("domain", domain);
        byId("domain").sendKeys(Keys.ENTER);
    }

    /** Fills in the form for a new address and sends it by Enter. */
    void add(String address, String note) {
        type("add-comment", note);
        type("add-ip", address);
        byId("add-ip").sendKeys(Keys.ENTER);
    }

    /** Waits for the question whether a change is meant, and returns it. */
    public String awaitQuestion() {
        await("the question", () -> byId("confirm").isDisplayed());
        return byId("confirm").getText();
    }

    public void answerYes() {
        awaitQuestion();
        byId("confirm-go").click();
        awaitAnswered();
    }

    void answerNo() {
        awaitQuestion();
        byId("confirm-cancel").click();
        awaitAnswered();
    }

    private void awaitAnswered() {
        await("the end of the question", () -> !byId("confirm").isDisplayed());
    }

    public void giveToken(String token) {
        await("the token field", () -> byId("token").isDisplayed());
        type("token", token);
        byId("token").sendKeys(Keys.ENTER);
    }

    /** The element that has the keyboard. */
    WebElement focused() {
        return driver.switchTo().activeElement();
    }

    /** Presses Tab until the element with this name for screen readers has the keyboard. */
    void tabTo(String name) {
        await("Tab to reach '" + name + "'", () -> {
            if (focused().getAccessibleName().equals(name)) {
                return true;
            }
            focused().sendKeys(Keys.TAB);
            return focused().getAccessibleName().equals(name);
        });
    }
}
