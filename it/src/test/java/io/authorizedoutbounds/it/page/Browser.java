// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.page;

import com.google.common.collect.ImmutableMap;
import groovy.json.JsonOutput;
import groovy.json.JsonSlurper;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** Debian's Chromium without a window. It finds no other host than this machine, and nothing is downloaded for it. */
public final class Browser implements AutoCloseable {
    /** What {@code prefers-color-scheme} says. */
    public enum Scheme {
        LIGHT,
        DARK
    }

    /** A reference, since a logger without one is collected and loses its level. */
    private static final Logger SELENIUM = Logger.getLogger("org.openqa.selenium");

    private static final File CHROMIUM = new File("/usr/bin/chromium");
    private static final File CHROMEDRIVER = new File("/usr/bin/chromedriver");

    /** Gives the scripts of a page one answer of a server that is not asked: [path, status, body, headers]. */
    private static final String GIVE_ANSWER =
            """
            (([path, status, body]) => {
                const ask = window.fetch;
                window.fetch = (url, options) =>
                    String(url).endsWith(path) && (options?.method ?? "GET") === "GET"
                        ? Promise.resolve(new Response(body, { status }))
                        : ask(url, options);
            })""";

    private final ChromeDriver driver;
    private final List<Object> answers = new ArrayList<>();

    public Browser() {
        // It warns that it has no typed DevTools for this Chromium, and nobody uses them.
        SELENIUM.setLevel(Level.SEVERE);
        if (!CHROMIUM.canExecute() || !CHROMEDRIVER.canExecute()) {
            throw new IllegalStateException("There is no " + CHROMIUM + " or no " + CHROMEDRIVER
                    + ": ./verify installs chromium and chromium-driver");
        }
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        logs.enable(LogType.PERFORMANCE, Level.ALL);
        ChromeOptions options = new ChromeOptions();
        options.setBinary(CHROMIUM);
        options.setCapability("goog:loggingPrefs", logs);
        options.addArguments(
                "--headless=new",
                "--lang=en-US",
                "--window-size=1280,1000",
                "--hide-scrollbars",
                "--disable-background-networking",
                "--disable-component-update",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1");
        if (System.getProperty("user.name").equals("root")) {
            // Chromium's sandbox does not start as root.
            options.addArguments("--no-sandbox");
        }
        driver = new ChromeDriver(
                new ChromeDriverService.Builder()
                        .usingDriverExecutable(CHROMEDRIVER)
                        .build(),
                options);
    }

    public ChromeDriver driver() {
        return driver;
    }

    public void prefer(Scheme scheme) {
        devtools(
                "Emulation.setEmulatedMedia",
                Map.of(
                        "features",
                        List.of(Map.of(
                                "name", "prefers-color-scheme", "value", scheme == Scheme.DARK ? "dark" : "light"))));
    }

    /** Makes the inside of the window this large, in CSS pixels. */
    void resize(int width, int height) {
        devtools(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    }

    /**
     * Answers each GET of a path with its query on the pages that are loaded from now on: for what a test cannot have a James say, such as what was
     * months ago.
     */
    void answer(String path, int status, String json) {
        String script = GIVE_ANSWER + "(" + JsonOutput.toJson(List.of(path, status, json)) + ");";
        answers.add(devtools("Page.addScriptToEvaluateOnNewDocument", Map.of("source", script))
                .get("identifier"));
    }

    /** A command of the Chrome DevTools Protocol. */
    public Map<String, Object> devtools(String command, Map<String, Object> parameters) {
        return driver.executeCdpCommand(command, parameters);
    }

    /** What the browser has logged as an error since the last call: scripts' errors, violations of the policy, bad answers. */
    List<String> errors() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
                .map(LogEntry::getMessage)
                .toList();
    }

    /** The URLs that were asked for since the last call, the browser's own among them. */
    List<String> requests() {
        return driver.manage().logs().get(LogType.PERFORMANCE).getAll().stream()
                .map(entry -> (Map<?, ?>) new JsonSlurper().parseText(entry.getMessage()))
                .map(entry -> (Map<?, ?>) entry.get("message"))
                .flatMap(Browser::urlOf)
                .toList();
    }

    private static Stream<String> urlOf(Map<?, ?> event) {
        if (!event.get("method").equals("Network.requestWillBeSent")) {
            return Stream.of();
        }
        Map<?, ?> request = (Map<?, ?>) ((Map<?, ?>) event.get("params")).get("request");
        return Stream.of((String) request.get("url"));
    }

    /** Clears pages, logs and what was emulated. */
    void clear() {
        driver.get("about:blank");
        errors();
        requests();
        devtools("Emulation.setEmulatedMedia", ImmutableMap.of("features", List.of()));
        devtools("Emulation.clearDeviceMetricsOverride", Map.of());
        answers.forEach(answer -> devtools("Page.removeScriptToEvaluateOnNewDocument", Map.of("identifier", answer)));
        answers.clear();
    }

    @Override
    public void close() {
        driver.quit();
    }
}
