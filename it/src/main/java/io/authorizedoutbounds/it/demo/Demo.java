// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.demo;

import io.authorizedoutbounds.it.build.Build;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.smtp.SmtpClient;
import io.authorizedoutbounds.it.smtp.SmtpSink;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.awaitility.Awaitility;

/**
 * The job of the extension end to end, in a real James with a real Cassandra and a real SMTP server to relay to.
 *
 * <p>Stays up until Ctrl-C; with {@code --once} ends after the show, with status 1 when a step did not do what it says.
 */
public final class Demo {
    private static final String CLIENT = "127.0.0.2";
    private static final String OTHER_CLIENT = "127.0.0.3";
    private static final String ALPHA = "alpha.example";
    private static final String BETA = "beta.example";
    private static final String RECIPIENT = "friend@elsewhere.example.org";
    private static final String QUARANTINE = "/mailRepositories/var%2Fmail%2Fblocked-sender%2F/mails";
    private static final int MILLIS_BETWEEN_SIGNS_OF_LIFE = 3000;

    /** A step that did not do what it says. */
    private static final class StepFailedException extends RuntimeException {
        StepFailedException(String message) {
            super(message);
        }
    }

    private final JamesServer james;
    private final SmtpSink sink;
    private int mails;

    private Demo(JamesServer james, SmtpSink sink) {
        this.james = james;
        this.sink = sink;
    }

    public static void main(String[] arguments) throws InterruptedException {
        boolean once = arguments.length == 1 && arguments[0].equals("--once");
        if (arguments.length > 0 && !once) {
            System.err.println("usage: ./demo [--once]");
            System.exit(2);
        }
        try (SmtpSink sink = new SmtpSink();
                CassandraServer cassandra = waitingFor("Cassandra to take CQL", () -> new CassandraServer().start());
                JamesServer james = waitingFor("James to start with the drop-in", () -> JamesServer.builder()
                        .cassandra(cassandra, "demo")
                        .sink(sink)
                        .trusting(CLIENT + ", " + OTHER_CLIENT)
                        // A memory app does not remember through a restart what WebAdmin has added.
                        .edit(
                                "domainlist.xml",
                                "</domainlist>",
                                "<domainnames><domainname>" + ALPHA + "</domainname><domainname>" + BETA
                                        + "</domainname></domainnames></domainlist>")
                        // The clients of this demo have loopback addresses.
                        .setting("allow.private.addresses", "true")
                        .patientLookups()
                        .setting("enforcement", "report")
                        .setting("trusted.networks", "judge")
                        .start())) {
            Demo demo = new Demo(james, sink);
            demo.show();
            if (!once) {
                demo.invite();
                new CountDownLatch(1).await();
            }
        } catch (StepFailedException e) {
            say("FAILED: " + e.getMessage());
            System.exit(1);
        }
        System.exit(0);
    }

    private static <T> T waitingFor(String what, Supplier<T> work) {
        say("Waiting for " + what + " ...");
        long start = System.nanoTime();
        Timer timer = new Timer(true);
        timer.scheduleAtFixedRate(
                new TimerTask() {
                    @Override
                    public void run() {
                        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
                        say("  still waiting for " + what + " (" + seconds + " s)");
                    }
                },
                MILLIS_BETWEEN_SIGNS_OF_LIFE,
                MILLIS_BETWEEN_SIGNS_OF_LIFE);
        try {
            return work.get();
        } finally {
            timer.cancel();
        }
    }

    private void show() {
        waitingFor("James to open the lists in Cassandra", this::awaitLists);

        title("James relays for " + ALPHA + " and " + BETA + ": both servers are in <authorizedAddresses>");
        relayed(CLIENT, ALPHA);
        relayed(OTHER_CLIENT, BETA);
        title("Each could send as the other, as " + OTHER_CLIENT + " does here");
        relayed(OTHER_CLIENT, ALPHA);

        title("In report mode nothing is refused, and what would be is recorded");
        waitingFor("the records to be written", this::awaitRecords);
        curl("GET", "/authorizedOutbounds/refused", "", 200);
        curl("GET", "/domains/" + ALPHA + "/refusedOutbounds", "", 200);

        title("The addresses that the two organisations know as theirs are put on their lists");
        curl("PUT", list(ALPHA) + "/" + CLIENT, "{\"comment\":\"mail server in the office\"}", 204);
        curl("PUT", list(BETA) + "/" + OTHER_CLIENT, "", 204);

        title("From now on the list of " + ALPHA + " decides. That of " + BETA + " is only reported");
        curl("PUT", "/domains/" + ALPHA + "/outboundEnforcement", "{\"enforcement\":\"enforce\"}", 204);
        refused(OTHER_CLIENT, ALPHA);
        relayed(CLIENT, ALPHA);
        relayed(OTHER_CLIENT, BETA);

        title("In the end enforcement is the default, and nobody is in <authorizedAddresses>");
        waitingFor("James to start again", this::enforce);
        relayed(CLIENT, ALPHA);
        relayed(OTHER_CLIENT, BETA);
        refused(CLIENT, BETA);

        title("A stranger uses the server as a springboard: the mail is accepted, and quarantined");
        springboard();

        title("An address is removed from its list: the same mail is refused");
        curl("DELETE", list(ALPHA) + "/" + CLIENT, "", 204);
        refused(CLIENT, ALPHA);
        say("");
        say("All steps did what they say.");
    }

    private Boolean awaitRecords() {
        Awaitility.await()
                .atMost(1, TimeUnit.MINUTES)
                .until(() -> request("GET", "/domains/" + ALPHA + "/refusedOutbounds", "")
                                .body()
                                .contains(OTHER_CLIENT)
                        && request("GET", "/authorizedOutbounds/refused", "")
                                .body()
                                .contains(BETA));
        return true;
    }

    private Boolean enforce() {
        Path properties = james.folder().resolve("conf").resolve("authorized-outbounds.properties");
        Build.write(properties, Build.read(properties).replace("enforcement=report", "enforcement=enforce"));
        james.restart("smtpserver.xml", text -> text.replaceAll("<authorizedAddresses>.*</authorizedAddresses>", ""));
        return awaitLists();
    }

    private Boolean awaitLists() {
        Awaitility.await()
                .atMost(1, TimeUnit.MINUTES)
                .until(() -> request("GET", list("nobody.example"), "").statusCode() != 503);
        return true;
    }

    private static String list(String domain) {
        return "/domains/" + domain + "/authorizedOutbounds";
    }

    private void refused(String client, String domain) {
        try (SmtpClient smtp = SmtpClient.from(client, james.smtpPort(), Demo::say)) {
            expect(smtp.mail("alice@" + domain), "250");
            expect(
                    smtp.rcpt(RECIPIENT),
                    "451 4.7.1 Open relay not allowed: " + client + " is not an authorized outbound address of "
                            + domain);
            smtp.send("QUIT");
        }
    }

    private void relayed(String client, String domain) {
        String recipient = "friend" + ++mails + "@elsewhere.example.org";
        try (SmtpClient smtp = SmtpClient.from(client, james.smtpPort(), Demo::say)) {
            expect(smtp.mail("alice@" + domain), "250");
            expect(smtp.rcpt(recipient), "250");
            expect(smtp.data("Hello from " + domain), "250");
            smtp.send("QUIT");
        }
        say("Waiting for James to relay it ...");
        SmtpSink.Received mail = sink.awaitMailTo(recipient);
        if (!mail.content().contains("Subject: Hello from " + domain)) {
            throw new StepFailedException("another mail has reached the next server");
        }
        say("The next server has it: from <" + mail.sender() + "> to <" + mail.recipient() + ">");
    }

    private void springboard() {
        int before = sink.received().size();
        try (SmtpClient smtp = SmtpClient.from(CLIENT, james.smtpPort(), Demo::say)) {
            expect(smtp.mail("stranger@remote.example.com"), "250");
            expect(smtp.rcpt(RECIPIENT), "250");
            expect(smtp.data("Buy now"), "250");
            smtp.send("QUIT");
        }
        say("Waiting for James to judge it ...");
        Awaitility.await()
                .atMost(1, TimeUnit.MINUTES)
                .until(() -> request("GET", QUARANTINE, "").body().contains("Mail"));
        curl("GET", QUARANTINE, "", 200);
        if (sink.received().size() != before) {
            throw new StepFailedException("it has reached the next server");
        }
        say("The next server has not seen it. Reprocessed, it is judged again:");
        say("$ curl -X PATCH '" + webAdmin() + QUARANTINE + "?action=reprocess&processor=root'");
    }

    private static void expect(String reply, String expected) {
        if (!reply.startsWith(expected)) {
            throw new StepFailedException("expected '" + expected + "', James answered '" + reply + "'");
        }
    }

    private void curl(String method, String path, String body, int expected) {
        String data = body.isEmpty() ? "" : " -H 'Content-Type: application/json' -d '" + body + "'";
        say("$ curl -i -X " + method + " " + webAdmin() + path + data);
        HttpResponse<String> response = request(method, path, body);
        say("HTTP " + response.statusCode() + (response.body().isEmpty() ? "" : "  " + response.body()));
        if (response.statusCode() != expected) {
            throw new StepFailedException("expected HTTP " + expected);
        }
    }

    private HttpResponse<String> request(String method, String path, String body) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(webAdmin() + path))
                .header("Content-Type", "application/json")
                .method(method, BodyPublishers.ofString(body))
                .build();
        try {
            return HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
        } catch (IOException e) {
            throw new StepFailedException(method + " " + path + ": " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private String webAdmin() {
        return "http://127.0.0.1:" + james.webAdminPort();
    }

    private void invite() {
        title("It is yours until Ctrl-C");
        say("  SMTP of James      127.0.0.1:" + james.smtpPort()
                + "   (any client of 127.0.0.0/8 has its own address)");
        say("  WebAdmin of James  127.0.0.1:" + james.webAdminPort());
        say("  The page           " + webAdmin() + "/console/authorized-outbounds#" + BETA);
        say("  The next server    127.0.0.1:" + sink.port());
        say("Try:");
        say("  curl -i -X PUT " + webAdmin() + list(BETA) + "/127.0.0.5");
        say("  curl -i " + webAdmin() + list(BETA));
        say("  swaks --server 127.0.0.1:" + james.smtpPort() + " --local-interface 127.0.0.5 --from bob@" + BETA
                + " --to " + RECIPIENT);
        say("  curl -i -X PUT " + webAdmin() + list(BETA) + "/10.0.0.0/8");
    }

    private static void title(String text) {
        say("");
        say("== " + text);
    }

    private static void say(String line) {
        System.out.println(line);
    }
}
