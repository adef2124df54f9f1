// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.page;

import io.authorizedoutbounds.it.build.Build;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.smtp.SmtpClient;
import io.authorizedoutbounds.it.webadmin.JsonWebTokens;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import io.restassured.response.Response;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.Map;
import java.util.Random;
import org.awaitility.Awaitility;

/**
 * Writes docs/console-light.png, docs/console-dark.png and docs/console-overview.png: the page of a real James that has been in use
 * for some months, by its own clock, which this sets back and lets catch up.
 */
public final class Screenshots {
    private static final String DOMAIN = "northwind.example";
    private static final String MARTA = "marta@relay.example";
    private static final String SAMIR = "samir@relay.example";
    private static final String MISSING_FROM_LIST = "203.0.113.88";
    private static final String STRANGER = "198.51.100.77";
    private static final String OLD_IPV6 = "2001:db8:77::19";
    private static final Duration STEP = Duration.ofHours(1);
    private static final Duration TOLERANCE = Duration.ofMinutes(1);
    private static final int WIDTH = 1280;
    private static final int PROXY_PORT = Build.freePort();

    private final JsonWebTokens tokens;
    private final WebAdmin anonymous;
    private final Path clock;

    private Screenshots(JsonWebTokens tokens, WebAdmin anonymous, Path clock) {
        this.tokens = tokens;
        this.anonymous = anonymous;
        this.clock = clock;
    }

    public static void main(String[] arguments) throws IOException {
        Path clock = Files.createTempDirectory("screenshots").resolve("clock");
        JsonWebTokens tokens = new JsonWebTokens();
        Build.write(clock, "-0\n");
        say("Starting Cassandra, James and Chromium ...");
        try (CassandraServer cassandra = new CassandraServer().start();
                JamesServer james = tokens.required(JamesServer.builder()
                                .cassandra(cassandra, "screenshots")
                                .clockBehind(clock)
                                .proxyListener(PROXY_PORT))
                        .start();
                Browser browser = new Browser()) {
            Screenshots screenshots = new Screenshots(tokens, WebAdmin.of(james), clock);
            screenshots.as(MARTA).awaitLists();
            screenshots.makeUp();
            screenshots.take(browser, new ConsolePage(browser, james));
        }
        System.exit(0);
    }

    private WebAdmin as(String administrator) {
        return anonymous.withAuthorization("Bearer " + tokens.ofAdministrator(administrator));
    }

    /** Sets the clock of James, and waits until James goes by it. */
    private void timeIs(Duration ago) {
        Build.write(clock, "-" + ago.toSeconds() + "\n");
        Awaitility.await("the clock of James").until(() -> {
            String date =
                    anonymous.request().get("/console/authorized-outbounds").header("Date");
            Instant now = ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
            return Duration.between(Instant.now().minus(ago), now).abs().compareTo(TOLERANCE) < 0;
        });
    }

    private void makeUp() {
        say("Making up a quarter of a year ...");
        timeIs(Duration.ofDays(81));
        for (String domain : new String[] {DOMAIN, "contoso.example", "fabrikam.example", "tailspin.example"}) {
            as(MARTA).addDomain(domain);
        }
        put(MARTA, DOMAIN, "198.51.100.23", "{\"comment\":\"Mail server in the Lyon office\"}");
        put(MARTA, "contoso.example", "192.0.2.14", "{\"comment\":\"Newsletter platform\"}");
        timeIs(Duration.ofDays(44));
        put(SAMIR, "fabrikam.example", "192.0.2.14", "{\"comment\":\"Newsletter platform\"}");
        put(
                SAMIR,
                DOMAIN,
                "192.0.2.14",
                "{\"comment\":\"Newsletter platform, until the contract ends\",\"expiresAt\":\""
                        + Instant.now().plus(Duration.ofDays(9)).plus(Duration.ofHours(5)) + "\"}");
        timeIs(Duration.ofDays(12));
        put(SAMIR, DOMAIN, "203.0.113.61", "{\"comment\":\"CRM, old data centre\"}");
        put(MARTA, DOMAIN, "2001:db8:40::25", "{\"comment\":\"Mail server in the Lyon office, IPv6\"}");
        enforcement(SAMIR, "tailspin.example", "report");
        enforcement(SAMIR, "contoso.example", "report");

        say("Making up a week of refusals ...");
        Random random = new Random(7);
        for (Duration ago = Duration.ofHours(164); !ago.isNegative(); ago = ago.minus(STEP)) {
            timeIs(ago);
            double day = Math.max(0, Math.sin(2 * Math.PI * (ago.toHours() + 1) / 24));
            refused(STRANGER, "invoice@" + DOMAIN, "friend@elsewhere.example.org", Math.max(0, random.nextInt(6) - 2));
            observed("203.0.113.140", "shop@contoso.example", "orders@customer.example.com", (int) (4 * day));
            if (ago.compareTo(Duration.ofHours(70)) < 0) {
                refused(
                        MISSING_FROM_LIST,
                        "crm@" + DOMAIN,
                        "orders@customer.example.com",
                        (int) (9 * day) + random.nextInt(3));
            }
            if (ago.toHours() == 68) {
                delete(SAMIR, "203.0.113.61");
                enforcement(MARTA, DOMAIN, "enforce");
            }
            if (ago.toHours() == 66) {
                passed("192.0.2.14", "news@" + DOMAIN);
            }
            if (ago.toHours() == 20) {
                put(MARTA, DOMAIN, "203.0.113.7", "{\"comment\":\"Ticket system, change 4711\"}");
            }
        }
        passed("198.51.100.23", "marketing@" + DOMAIN);
        passed("203.0.113.7", "tickets@" + DOMAIN);
        observed("203.0.113.151", "hr@tailspin.example", "applicant@elsewhere.example.org", 12);
        refused("203.0.113.160", "info@fabrikam.example", "friend@elsewhere.example.org", 3);
        refused(OLD_IPV6, "backup@" + DOMAIN, "reports@archive.example.net", 2);
        refused(MISSING_FROM_LIST, "crm@" + DOMAIN, "orders@customer.example.com", 3);
        timeIs(Duration.ZERO);
    }

    private void put(String administrator, String domain, String address, String json) {
        expect(204, as(administrator).put(domain, address, json));
    }

    private void delete(String administrator, String address) {
        expect(204, as(administrator).delete(DOMAIN, address));
    }

    private void enforcement(String administrator, String domain, String enforcement) {
        expect(
                204,
                as(administrator)
                        .request()
                        .contentType("application/json")
                        .body("{\"enforcement\":\"" + enforcement + "\"}")
                        .put("/domains/" + domain + "/outboundEnforcement"));
    }

    private static void expect(int status, Response response) {
        if (response.statusCode() != status) {
            throw new IllegalStateException(response.statusLine() + " " + response.asString());
        }
    }

    private static void refused(String client, String sender, String recipient, int attempts) {
        attempt(client, sender, recipient, attempts, "451 4.7.1");
    }

    /** Of a domain in report: James answers as it does without the extension. */
    private static void observed(String client, String sender, String recipient, int attempts) {
        attempt(client, sender, recipient, attempts, "5");
    }

    private static void passed(String client, String sender) {
        attempt(client, sender, "friend@elsewhere.example.org", 1, "250");
    }

    private static void attempt(String client, String sender, String recipient, int attempts, String expected) {
        String family = client.contains(":") ? "TCP6 " : "TCP4 ";
        String server = client.contains(":") ? "2001:db8::1" : "192.0.2.1";
        for (int i = 0; i < attempts; i++) {
            try (SmtpClient smtp =
                    SmtpClient.proxied("PROXY " + family + client + " " + server + " 35646 25", PROXY_PORT)) {
                smtp.mail(sender);
                String reply = smtp.rcpt(recipient);
                if (!reply.startsWith(expected)) {
                    throw new IllegalStateException("Not " + expected + ": " + reply);
                }
            }
        }
    }

    private void take(Browser browser, ConsolePage page) throws IOException {
        for (Browser.Scheme scheme : Browser.Scheme.values()) {
            browser.prefer(scheme);
            page.open();
            page.giveToken(tokens.ofAdministrator(MARTA));
            page.choose(DOMAIN);
            page.awaitDomain(DOMAIN);
            page.await("the refusals", () -> page.rows("refusals-list").size() == 3);
            page.click("Why is " + MISSING_FROM_LIST + " refused?");
            page.awaitText("check-result", "Refused");
            page.await("who shares the addresses", () -> page.column("addresses-list", 5).stream()
                    .noneMatch("…"::equals));
            page.click("Show older");
            page.await("the history", () -> page.text("history-list").contains("198.51.100.23"));
            write("console-" + (scheme == Browser.Scheme.DARK ? "dark" : "light") + ".png", picture(browser));
        }
        browser.prefer(Browser.Scheme.LIGHT);
        page.open();
        page.giveToken(tokens.ofAdministrator(MARTA));
        page.await("the overview", () -> page.rows("overview-list").size() == 4);
        write("console-overview.png", picture(browser));
    }

    private static void write(String name, byte[] picture) throws IOException {
        Files.write(Build.repository().resolve("docs").resolve(name), picture);
        say("Wrote docs/" + name + ", " + picture.length / 1000 + " kB");
    }

    /** The whole page, not only what fits into a window. */
    private static byte[] picture(Browser browser) {
        Object height = browser.driver()
                .executeScript("document.activeElement.blur(); return document.documentElement.scrollHeight");
        browser.resize(WIDTH, ((Number) height).intValue());
        Object data = browser.devtools("Page.captureScreenshot", Map.of("format", "png"))
                .get("data");
        browser.devtools("Emulation.clearDeviceMetricsOverride", Map.of());
        return Base64.getDecoder().decode((String) data);
    }

    private static void say(String line) {
        System.out.println(line);
    }
}
