// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.mailets;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import io.authorizedoutbounds.it.build.Build;
import io.authorizedoutbounds.it.junit.HostileCase;
import io.authorizedoutbounds.it.junit.JamesExtension;
import io.authorizedoutbounds.it.junit.OwnServers;
import io.authorizedoutbounds.it.server.CassandraServer;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.server.Names;
import io.authorizedoutbounds.it.smtp.SmtpClient;
import io.authorizedoutbounds.it.smtp.SmtpSink;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import io.authorizedoutbounds.it.webadmin.WebAdmin.StoredMail;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rule 2 in a real James that relays to a real sink, configured as the Javadoc of the mailet says. */
@OwnServers
class BlockPolicyIntegrationTest {
    private static final String LISTED = "127.0.0.2";
    private static final String STRANGER = "127.0.0.3";
    private static final String TRUSTED = "127.0.0.9";
    private static final String EXTERNAL_SENDER = "someone@remote.example.com";
    private static final String BLOCKED = "blocked-sender";
    private static final int JMAP_PORT = Build.freePort();
    private static final int AUTH_PORT = Build.freePort();

    private static final String FAILS_ONCE = "Fails once";

    /** There is no ninth group; James's spooler tries again what a mailet throws. */
    private static final String MAILET_THAT_FAILS_ONCE = "<mailet match=\"AtMost=failures:1\" class=\"ReplaceContent\">"
            + "<subjectPattern>/^" + FAILS_ONCE + "/\\$9/i/</subjectPattern>"
            + "<onMailetException>propagate</onMailetException></mailet>";

    private static SmtpSink sink;
    private static JamesServer james;
    private static WebAdmin webAdmin;
    private static String domain;
    private static int numbers;

    /** Of this test only. */
    private String user;

    private String external;

    @RegisterExtension
    static final JamesExtension SERVERS =
            JamesExtension.with(builder -> builder.setting("allow.private.addresses", "true")
                    .trusting(TRUSTED)
                    .authListener(AUTH_PORT)
                    .edit(
                            "jmap.properties",
                            text -> "enabled=true\n"
                                    + "tls.keystoreURL=file://conf/keystore\ntls.keystoreType=PKCS12\ntls.secret=james72laBalle\n"
                                    + "authentication.strategy.rfc8621=BasicAuthenticationStrategy\n"
                                    + "jmap.port=" + JMAP_PORT + "\n")
                    .edit("mailetcontainer.xml", BlockPolicyIntegrationTest::asInTheJavadoc)
                    .edit("mailetcontainer.xml", "<processor state=\"transport\".*", "$0" + MAILET_THAT_FAILS_ONCE));

    @BeforeAll
    static void useServers(JamesServer server, SmtpSink nextServer, WebAdmin client) {
        james = server;
        sink = nextServer;
        webAdmin = client;
        domain = webAdmin.addDomainListing(LISTED);
    }

    /** What is shipped, with the elements of the Javadoc in the place of its own. */
    private static String asInTheJavadoc(String shipped) {
        String javadoc = Build.read(Build.repository()
                        .resolve("mailets/src/main/java/io/authorizedoutbounds/mailets/BlockExternalSenders.java"))
                .replaceAll("(?m)^ \\* ?", "");
        String xml = javadoc.substring(javadoc.indexOf("<pre>{@code"), javadoc.indexOf("}</pre>"));
        String configuration = shipped;
        for (String element : List.of(
                "<mailet match=\"All\" class=\"io\\.authorizedoutbounds.*?</mailet>",
                "<processor state=\"blocked-sender\".*?</mailet>\\s*</processor>",
                "<processor state=\"block-policy-unavailable\".*?</mailet>\\s*</processor>")) {
            Pattern pattern = Pattern.compile(element, Pattern.DOTALL);
            Matcher ours = pattern.matcher(xml);
            Matcher theirs = pattern.matcher(configuration);
            assertThat(ours.find()).as(element).isTrue();
            assertThat(theirs.find()).as(element).isTrue();
            configuration = theirs.replaceFirst(Matcher.quoteReplacement(ours.group()));
        }
        return configuration;
    }

    @BeforeEach
    void newAddresses() {
        numbers++;
        user = "user" + numbers + "@" + domain;
        external = "someone" + numbers + "@elsewhere.example.org";
        webAdmin.addUser(user, "secret");
    }

    private static void send(String client, String sender, String... recipients) {
        try (SmtpClient smtp = SmtpClient.from(client, james.smtpPort())) {
            deliver(smtp, sender, recipients);
        }
    }

    private static void deliver(SmtpClient smtp, String sender, String... recipients) {
        deliver(smtp, "Rule 2", sender, recipients);
    }

    private static void deliver(SmtpClient smtp, String subject, String sender, String[] recipients) {
        assertThat(smtp.mail(sender)).startsWith("250");
        for (String recipient : recipients) {
            assertThat(smtp.rcpt(recipient)).startsWith("250");
        }
        assertThat(smtp.data(subject)).startsWith("250");
    }

    private StoredMail awaitBlocked(String recipient) {
        return Awaitility.await("blocked mail to " + recipient)
                .atMost(Duration.ofSeconds(30))
                .until(() -> blockedTo(recipient), mails -> mails.size() == 1)
                .get(0);
    }

    private static List<StoredMail> blockedTo(String recipient) {
        return webAdmin.mails(BLOCKED).stream()
                .filter(mail -> mail.recipients().contains(recipient))
                .toList();
    }

    /** Had it been let out, it would have been on its way before a later mail. */
    private void assertNotSent(String... recipients) {
        String later = "later." + external;
        send(TRUSTED, EXTERNAL_SENDER, later);
        sink.awaitMailTo(later);
        for (String recipient : recipients) {
            assertThat(sink.mailTo(recipient)).isEmpty();
        }
    }

    /** That the mail went where it should says that what was before it in the queue has been judged too. */
    private void assertNothingBlocked() {
        assertThat(blockedTo(external)).isEmpty();
    }

    @Nested
    class Rows {
        @Test
        void row1MailOfATrustedNetworkThatIsNobodysOutboundGoesOut() {
            send(TRUSTED, EXTERNAL_SENDER, external);

            assertThat(sink.awaitMailTo(external).sender()).isEqualTo(EXTERNAL_SENDER);
            assertNothingBlocked();
        }

        @Test
        void row2MailOfAnInternalSenderGoesOut() {
            send(LISTED, user, external);

            assertThat(sink.awaitMailTo(external).sender()).isEqualTo(user);
            assertNothingBlocked();
        }

        @Test
        @HostileCase(7)
        void row2BounceGoesOut() {
            send(LISTED, "", external);

            assertThat(sink.awaitMailTo(external).sender()).isEmpty();
            assertNothingBlocked();
        }

        @ParameterizedTest
        @CsvSource({LISTED, STRANGER})
        void row3MailForAnInternalRecipientIsDelivered(String client) {
            send(client, EXTERNAL_SENDER, user);

            webAdmin.awaitMailsOf(user, 1);
        }

        @ParameterizedTest
        @CsvSource({
            "anyone@partner.example, ",
            "Newsletter@Agency.Example, ",
            EXTERNAL_SENDER + ", @archive.example",
        })
        void row4ExemptMailGoesOut(String sender, String recipientDomain) {
            String recipient = recipientDomain == null ? external : "box" + numbers + recipientDomain;

            send(LISTED, sender, recipient);

            assertThat(sink.awaitMailTo(recipient).sender()).isEqualToIgnoringCase(sender);
            assertThat(blockedTo(recipient)).isEmpty();
        }

        @ParameterizedTest
        @CsvSource({EXTERNAL_SENDER, "anyone@sub.partner.example", "other@agency.example"})
        @HostileCase({10, 65})
        void row5MailOfAnExternalSenderIsQuarantined(String sender) {
            send(LISTED, sender, external);

            StoredMail mail = awaitBlocked(external);
            assertThat(mail.sender()).isEqualTo(sender);
            assertThat(mail.error())
                    .isEqualTo("<" + sender + "> from 127.0.0.2 to <" + external
                            + ">: neither the sender nor the recipients are of this server's domains"
                            + " (row 5 of rule 2, the block policy)");
            // Whoever is named as sender did not send it: no bounce either.
            assertNotSent(external, sender);
        }

        @Test
        void mailOfAUserWithAnExternalSenderIsQuarantined() {
            try (SmtpClient smtp = SmtpClient.from(STRANGER, AUTH_PORT)) {
                assertThat(smtp.auth(user, "secret")).startsWith("235");
                deliver(smtp, EXTERNAL_SENDER, external);
            }

            assertThat(awaitBlocked(external).error())
                    .startsWith("<" + EXTERNAL_SENDER + "> from 127.0.0.3 as user " + user + " to <");
            assertNotSent(external);
        }

        @Test
        void mailOfAUserWithAnInternalSenderGoesOut() {
            try (SmtpClient smtp = SmtpClient.from(STRANGER, AUTH_PORT)) {
                assertThat(smtp.auth(user, "secret")).startsWith("235");
                deliver(smtp, user, external);
            }

            assertThat(sink.awaitMailTo(external).sender()).isEqualTo(user);
            assertNothingBlocked();
        }
    }

    @Nested
    class SeveralRecipients {
        @Test
        @HostileCase(11)
        void localOneIsDeliveredOnceAndTheTwoOthersAreQuarantinedOnce() {
            String other = "other." + external;

            send(LISTED, EXTERNAL_SENDER, external, user, other);

            StoredMail mail = awaitBlocked(external);
            webAdmin.awaitMailsOf(user, 1);
            assertThat(mail.recipients()).containsExactlyInAnyOrder(external, other);
            assertThat(blockedTo(other)).hasSize(1);
            assertThat(blockedTo(user)).isEmpty();
            assertNotSent(external, other);
        }

        /** James restores all recipients that a mail had, and tries again after our mailet. */
        @Test
        void blockedOneIsNotSentWhenALaterMailetFails() {
            try (SmtpClient smtp = SmtpClient.from(LISTED, james.smtpPort())) {
                deliver(smtp, FAILS_ONCE, EXTERNAL_SENDER, new String[] {external, user});
            }

            webAdmin.awaitMailsOf(user, 1);
            assertThat(james.log()).contains("consecutive times. Mail is requeued", "No group 9");
            assertThat(awaitBlocked(external).recipients()).containsExactly(external);
            assertNotSent(external);
        }

        @Test
        void exemptOneGoesOutAndTheOtherIsQuarantined() {
            String exempt = "box" + numbers + "@archive.example";

            send(LISTED, EXTERNAL_SENDER, external, exempt);

            assertThat(awaitBlocked(external).recipients()).containsExactly(external);
            sink.awaitMailTo(exempt);
            assertNotSent(external);
        }

        @Test
        @HostileCase(43)
        void thousandRecipientsShouldBeQuarantinedInOneMail() {
            String[] recipients = IntStream.range(0, 1000)
                    .mapToObj(i -> "r" + i + "." + external)
                    .toArray(String[]::new);

            send(LISTED, EXTERNAL_SENDER, recipients);

            assertThat(awaitBlocked(recipients[999]).recipients()).containsExactlyInAnyOrder(recipients);
        }
    }

    /** It was internal when the mail came in. */
    @Nested
    class Forwarding {
        @ParameterizedTest
        @CsvSource({LISTED, STRANGER})
        void mailForAUserWhoForwardsGoesOn(String client) {
            webAdmin.putOk("/address/forwards/" + user + "/targets/" + external);

            send(client, EXTERNAL_SENDER, user);

            assertThat(sink.awaitMailTo(external).sender()).isEqualTo(EXTERNAL_SENDER);
            assertNothingBlocked();
        }

        @Test
        void mailForAnAliasOfAUserWhoForwardsGoesOn() {
            String alias = "alias" + numbers + "@" + domain;
            webAdmin.putOk("/address/aliases/" + user + "/sources/" + alias);
            webAdmin.putOk("/address/forwards/" + user + "/targets/" + external);

            send(LISTED, EXTERNAL_SENDER, alias);

            sink.awaitMailTo(external);
            assertNothingBlocked();
        }

        @Test
        void mailForAGroupGoesToAllItsMembers() {
            String group = "group" + numbers + "@" + domain;
            webAdmin.putOk("/address/groups/" + group + "/" + external);
            webAdmin.putOk("/address/groups/" + group + "/" + user);

            send(LISTED, EXTERNAL_SENDER, group);

            sink.awaitMailTo(external);
            webAdmin.awaitMailsOf(user, 1);
            assertNothingBlocked();
        }

        @Test
        void mailThatSieveRedirectsGoesOn() {
            int status = webAdmin.request()
                    .contentType("text/plain")
                    .body("redirect \"" + external + "\";")
                    .put("/sieve/" + user + "/scripts/redirect?activate=true")
                    .statusCode();
            assertThat(status).isEqualTo(204);

            send(LISTED, EXTERNAL_SENDER, user);

            sink.awaitMailTo(external);
            assertNothingBlocked();
        }

        /** Of a forward to a mailbox that the next server does not know. */
        @Test
        void bounceOfTheServerGoesOut() {
            String forged = "sender" + numbers + "@remote.example.com";
            String refused = SmtpSink.REFUSED + numbers + "@elsewhere.example.org";
            webAdmin.putOk("/address/forwards/" + user + "/targets/" + refused);

            send(STRANGER, forged, user);

            assertThat(sink.awaitMailTo(forged).sender()).isEmpty();
            assertThat(blockedTo(forged)).isEmpty();
        }
    }

    @Nested
    class Jmap {
        private RequestSpecification request() {
            return given().baseUri("http://127.0.0.1:" + JMAP_PORT)
                    .auth()
                    .preemptive()
                    .basic(user, "secret")
                    .accept("application/json; jmapVersion=rfc-8621");
        }

        private Response call(String method, Map<String, ?> arguments) {
            return request()
                    .contentType("application/json")
                    .body(Map.of(
                            "using",
                            List.of(
                                    "urn:ietf:params:jmap:core",
                                    "urn:ietf:params:jmap:mail",
                                    "urn:ietf:params:jmap:submission"),
                            "methodCalls",
                            List.of(List.of(method, arguments, "c0"))))
                    .post("/jmap");
        }

        private String account() {
            return request().get("/jmap/session").path("primaryAccounts.'urn:ietf:params:jmap:mail'");
        }

        @Test
        void mailThatAUserSubmitsGoesOut() {
            String account = account();
            String mailbox = call("Mailbox/get", Map.of("accountId", account)).path("methodResponses[0][1].list[0].id");
            Map<String, ?> email = Map.of(
                    "mailboxIds", Map.of(mailbox, true),
                    "from", List.of(Map.of("email", user)),
                    "to", List.of(Map.of("email", external)),
                    "subject", "Over JMAP");
            String id = call("Email/set", Map.of("accountId", account, "create", Map.of("e", email)))
                    .path("methodResponses[0][1].created.e.id");
            Map<String, ?> submission = Map.of(
                    "emailId",
                    id,
                    "envelope",
                    Map.of("mailFrom", Map.of("email", user), "rcptTo", List.of(Map.of("email", external))));

            Response submitted =
                    call("EmailSubmission/set", Map.of("accountId", account, "create", Map.of("s", submission)));

            assertThat(submitted.<String>path("methodResponses[0][1].created.s.id"))
                    .isNotNull();
            assertThat(sink.awaitMailTo(external).content()).contains("Over JMAP");
            assertNothingBlocked();
        }
    }

    @Nested
    class Reprocessing {
        @Test
        void blockedMailIsJudgedAgain() {
            send(LISTED, EXTERNAL_SENDER, external);
            StoredMail mail = awaitBlocked(external);

            webAdmin.reprocess(BLOCKED, mail.key());

            assertBlockedAgain(mail);
        }

        /** James removes the stored mail after it has reprocessed it. */
        private void assertBlockedAgain(StoredMail before) {
            Awaitility.await("it to be reprocessed and blocked again")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> blockedTo(external).stream()
                            .noneMatch(mail -> mail.key().equals(before.key())));
            StoredMail again = awaitBlocked(external);
            assertThat(again.isReprocessed()).isTrue();
            assertThat(again.error()).isEqualTo(before.error());
            assertThat(again.recipients()).isEqualTo(before.recipients());
            assertNotSent(external);
        }

        /** A mail with a local recipient leaves the other in a copy, which must not pass for the server's own. */
        @Test
        void quarantinedCopyIsJudgedAgain() {
            send(LISTED, EXTERNAL_SENDER, external, user);
            StoredMail mail = awaitBlocked(external);

            webAdmin.reprocess(BLOCKED, mail.key());

            assertBlockedAgain(mail);
        }
    }

    @Nested
    class Configuration {
        private final CassandraServer cassandra;

        Configuration(CassandraServer cassandra) {
            this.cassandra = cassandra;
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "<processor>blocked-sender</processor> | <processor>nowhere</processor>"
                            + " | undefined processors: [nowhere]",
                    "<retryProcessor>.*</retryProcessor> | <exemptSenders>*.example</exemptSenders>"
                            + " | mailetcontainer.xml: BlockExternalSenders exemptSenders: '*.example' is neither a mail"
                            + " address nor a domain",
                })
        void startFailsWithAMessageWhenTheMailetIsMisconfigured(String pattern, String replacement, String message) {
            String log = JamesServer.builder()
                    .cassandra(cassandra, Names.newKeyspace())
                    .edit("mailetcontainer.xml", pattern, replacement)
                    .startInVain();

            assertThat(log).contains(message);
        }
    }

    /** CASES 65, with {@code external.senders=refuse}. */
    @Nested
    class ExternalSendersRefused {
        private final CassandraServer cassandra;

        ExternalSendersRefused(CassandraServer cassandra) {
            this.cassandra = cassandra;
        }

        @Test
        @HostileCase(65)
        void whatRule2WouldBlockShouldBeRefusedAtRcpt() {
            try (JamesServer refusing = JamesServer.builder()
                    .cassandra(cassandra, Names.newKeyspace())
                    .setting("allow.private.addresses", "true")
                    .setting("external.senders", "refuse")
                    .patientLookups()
                    .edit(
                            "mailetcontainer.xml",
                            "<!-- <exemptSenders>.*</exemptSenders> -->",
                            "<exemptSenders>partner.example</exemptSenders>")
                    .start()) {
                WebAdmin admin = WebAdmin.of(refusing).awaitLists();
                String listing = admin.addDomainListing(LISTED);
                admin.addUser("bob@" + listing, "secret");
                try (SmtpClient smtp = SmtpClient.from(LISTED, refusing.smtpPort())) {
                    smtp.mail("news@news." + listing);
                    assertThat(smtp.rcpt(external))
                            .isEqualTo("451 4.7.1 Open relay not allowed: news." + listing
                                    + " is not a domain of this server");
                    assertThat(smtp.rcpt("bob@" + listing)).startsWith("250");

                    for (String passing : List.of("", "someone@partner.example", "news@" + listing)) {
                        smtp.send("RSET");
                        smtp.mail(passing);
                        assertThat(smtp.rcpt(external)).as(passing).startsWith("250");
                    }
                }
            }
        }
    }
}
