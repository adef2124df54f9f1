// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.it.smtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;

import io.authorizedoutbounds.it.junit.HostileCase;
import io.authorizedoutbounds.it.junit.JamesExtension;
import io.authorizedoutbounds.it.server.JamesServer;
import io.authorizedoutbounds.it.webadmin.WebAdmin;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rule 1 over real SMTP, in the configuration as shipped. */
class RelayRuleIntegrationTest {
    private static final String LISTED = "127.0.0.2";
    private static final String UNLISTED = "127.0.0.3";
    private static final String EXTERNAL_SENDER = "someone@remote.example.com";
    private static final String EXTERNAL_RECIPIENT = "someone@elsewhere.example.org";

    private static SmtpSink sink;
    private static JamesServer james;
    private static WebAdmin webAdmin;

    @RegisterExtension
    static final JamesExtension SERVERS = SmtpJames.shared();

    @BeforeAll
    static void useServers(JamesServer server, SmtpSink nextServer, WebAdmin client) {
        james = server;
        sink = nextServer;
        webAdmin = client;
    }

    private static SmtpClient from(String address) {
        return SmtpClient.from(address, james.smtpPort());
    }

    /** CASES 60: James takes a /128 for a /64. The documentation says so. */
    @ParameterizedTest
    @CsvSource({
        "2001:db8:60::25, true",
        "2001:db8:60::26, false",
        "2001:db8:61::25, true",
        "2001:db8:61::26, true",
        "2001:db8:61:1::25, false",
    })
    @HostileCase(60)
    void ipv6AddressInTheTrustedNetworksShouldBeTrustedAsDocumented(String client, boolean trusted) {
        String domain = webAdmin.addDomain();

        try (SmtpClient smtp =
                SmtpClient.proxied("PROXY TCP6 " + client + " 2001:db8::1 40000 25", SmtpJames.PROXY_PORT)) {
            smtp.mail("user@" + domain);
            String reply = smtp.rcpt(EXTERNAL_RECIPIENT);

            if (trusted) {
                assertThat(reply).startsWith("250");
            } else {
                assertThat(reply).isEqualTo(refusal(client, domain));
            }
        }
    }

    private static String refusal(String client, String domain) {
        return "451 4.7.1 Open relay not allowed: " + client + " is not an authorized outbound address of " + domain;
    }

    private static String refusal(String client) {
        return "451 4.7.1 Open relay not allowed: " + client + " is not an authorized outbound address";
    }

    @Nested
    class Rows {
        @Test
        void row1TrustedNetworkMaySendAsAnybody() {
            String domain = webAdmin.addDomain();

            try (SmtpClient client = from(SmtpJames.TRUSTED)) {
                client.mail("user@" + domain);
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).startsWith("250");
            }
        }

        @Test
        void row2ListedClientMaySendFromItsDomainAndTheMailIsRelayed() {
            String domain = webAdmin.addDomainListing(LISTED);
            String recipient = "row2@elsewhere.example.org";

            try (SmtpClient client = from(LISTED)) {
                assertThat(client.mail("user@" + domain)).startsWith("250");
                assertThat(client.rcpt(recipient)).startsWith("250");
                assertThat(client.data("row 2")).startsWith("250");
            }

            assertThat(sink.awaitMailTo(recipient).sender()).isEqualTo("user@" + domain);
        }

        @Test
        void row3UnlistedClientIsRefusedForAnExternalRecipient() {
            String domain = webAdmin.addDomainListing(LISTED);

            try (SmtpClient client = from(UNLISTED)) {
                assertThat(client.mail("user@" + domain)).startsWith("250");
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).isEqualTo(refusal(UNLISTED, domain));
            }
        }

        @Test
        @HostileCase(9)
        void row3UnlistedClientIsRefusedForAnInternalRecipient() {
            String domain = webAdmin.addDomainListing(LISTED);
            webAdmin.addUser("bob@" + domain, "secret");

            try (SmtpClient client = from(UNLISTED)) {
                client.mail("user@" + domain);
                assertThat(client.rcpt("bob@" + domain)).isEqualTo(refusal(UNLISTED, domain));
            }
        }

        @Test
        void row3ClientListedForAnotherDomainIsRefused() {
            webAdmin.addDomainListing(LISTED);
            String other = webAdmin.addDomainListing("127.0.0.4");

            try (SmtpClient client = from(LISTED)) {
                client.mail("user@" + other);
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).isEqualTo(refusal(LISTED, other));
            }
        }

        @Test
        @HostileCase(40)
        void row3DomainWithoutEntriesIsRefused() {
            String domain = webAdmin.addDomain();

            try (SmtpClient client = from(LISTED)) {
                client.mail("user@" + domain);
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).isEqualTo(refusal(LISTED, domain));
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {EXTERNAL_SENDER, ""})
        @HostileCase({6, 8})
        void row5InboundMailIsDelivered(String sender) {
            String domain = webAdmin.addDomain();
            webAdmin.addUser("bob@" + domain, "secret");

            try (SmtpClient client = from(UNLISTED)) {
                client.mail(sender);
                assertThat(client.rcpt("bob@" + domain)).startsWith("250");
                assertThat(client.data("row 5")).startsWith("250");
            }

            webAdmin.awaitMailsOf("bob@" + domain, 1);
        }

        @Test
        void row5LeavesUnknownUsersToJames() {
            String domain = webAdmin.addDomain();

            try (SmtpClient client = from(UNLISTED)) {
                client.mail(EXTERNAL_SENDER);
                assertThat(client.rcpt("nobody@" + domain)).startsWith("550");
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {EXTERNAL_SENDER, ""})
        void row6ListedClientMaySendForAnExternalSender(String sender) {
            webAdmin.addDomainListing("127.0.0.6");

            try (SmtpClient client = from("127.0.0.6")) {
                client.mail(sender);
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).startsWith("250");
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {EXTERNAL_SENDER, ""})
        @HostileCase(5)
        void row7UnlistedClientIsRefusedForAnExternalSender(String sender) {
            try (SmtpClient client = from(UNLISTED)) {
                client.mail(sender);
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).isEqualTo(refusal(UNLISTED));
            }
        }

        @Test
        @HostileCase(38)
        void row7ClientListedOnlyForARemovedDomainIsRefused() {
            String domain = webAdmin.addDomainListing("127.0.0.7");
            webAdmin.request().delete("/domains/" + domain);

            try (SmtpClient client = from("127.0.0.7")) {
                client.mail(EXTERNAL_SENDER);
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).isEqualTo(refusal("127.0.0.7"));
            }
        }
    }

    /** The permission to relay is one of the connection in James, and of one transaction here. */
    @Nested
    class OneTransaction {
        private final String mine = webAdmin.addDomainListing(LISTED);
        private final String others = webAdmin.addDomainListing("127.0.0.4");

        private void grant(SmtpClient client) {
            client.mail("user@" + mine);
            assertThat(client.rcpt(EXTERNAL_RECIPIENT)).startsWith("250");
        }

        private void assertGrantEndsWith(Consumer<SmtpClient> event) {
            try (SmtpClient client = from(LISTED)) {
                grant(client);
                event.accept(client);
                assertThat(client.mail("user@" + others)).startsWith("250");
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).isEqualTo(refusal(LISTED, others));
            }
            // With verifyIdentity James itself reads the permission at MAIL: what is left of it would show there.
            try (SmtpClient client = SmtpClient.from(LISTED, SmtpJames.VERIFY_PORT)) {
                grant(client);
                event.accept(client);
                assertThat(client.mail("user@" + others)).isEqualTo(refusal(LISTED, others));
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"RSET", "EHLO again.example", "HELO again.example"})
        @HostileCase({1, 2})
        void grantShouldEndWithCommand(String command) {
            assertGrantEndsWith(client -> client.send(command));
        }

        @Test
        void grantShouldEndWithTheMail() {
            assertGrantEndsWith(client -> assertThat(client.data("mine")).startsWith("250"));
        }

        @Test
        @HostileCase(1)
        void grantShouldEndWithASecondMail() {
            assertGrantEndsWith(
                    client -> assertThat(client.mail("user@" + others)).startsWith("503"));
        }

        @Test
        @HostileCase(2)
        void grantShouldEndWithStartTls() {
            assertGrantEndsWith(client -> {
                client.startTls();
                client.send("RSET");
            });
        }

        @Test
        @HostileCase(3)
        void grantShouldEndWithFailedAuth() {
            assertGrantEndsWith(client -> {
                assertThat(client.auth("user@" + mine, "wrong")).startsWith("535");
                client.send("RSET");
            });
        }

        @Test
        @HostileCase(1)
        void recipientsShouldNotOutliveASecondMail() {
            try (SmtpClient client = from(LISTED)) {
                grant(client);
                // James answers 503 to the second MAIL, drops the sender and takes a third.
                assertThat(client.mail("user@" + others)).startsWith("503");
                assertThat(client.mail("user@" + others)).startsWith("250");
                assertThat(client.data("forged")).startsWith("503");
            }
        }

        @Test
        void inboundMailShouldNotCarryAnEarlierGrant() {
            String bob = "bob@" + mine;
            webAdmin.addUser(bob, "secret");

            try (SmtpClient client = from(LISTED)) {
                client.mail("user@" + mine);
                assertThat(client.rcpt(bob)).startsWith("250");
                assertThat(client.data("granted")).startsWith("250");
                client.mail(EXTERNAL_SENDER);
                assertThat(client.rcpt(bob)).startsWith("250");
                assertThat(client.data("inbound")).startsWith("250");
            }

            webAdmin.awaitMailsOf(bob, 2);
            assertThat(webAdmin.mails(SmtpJames.MAY_RELAY))
                    .filteredOn(mail -> mail.recipients().contains(bob))
                    .hasSize(1);
        }

        @Test
        void grantOfATrustedNetworkShouldStay() {
            try (SmtpClient client = from(SmtpJames.TRUSTED)) {
                for (String sender : new String[] {mine, others}) {
                    client.mail("user@" + sender);
                    assertThat(client.rcpt(EXTERNAL_RECIPIENT)).startsWith("250");
                    client.send("RSET");
                }
            }
        }

        @Test
        @HostileCase(37)
        void removalShouldRefuseTheNextRcptOfAnOpenTransaction() {
            String domain = webAdmin.addDomainListing(LISTED);
            try (SmtpClient client = from(LISTED)) {
                client.mail("user@" + domain);
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).startsWith("250");
                webAdmin.delete(domain, LISTED);
                assertThat(client.rcpt("another@elsewhere.example.org")).isEqualTo(refusal(LISTED, domain));
            }
        }

        @Test
        @HostileCase(32)
        void dataAfterARefusedRcptShouldQueueNothing() {
            try (SmtpClient client = from(UNLISTED)) {
                client.write("MAIL FROM:<user@" + mine + ">\r\nRCPT TO:<" + EXTERNAL_RECIPIENT + ">\r\nDATA\r\n");
                assertThat(client.reply()).startsWith("250");
                assertThat(client.reply()).isEqualTo(refusal(UNLISTED, mine));
                assertThat(client.reply()).startsWith("503");
            }
        }
    }

    @Nested
    class Auth {
        @Test
        @HostileCase(4)
        void authenticatedUserShouldGetTheVerdictOfJames() {
            String mine = webAdmin.addDomain();
            String others = webAdmin.addDomain();
            webAdmin.addUser("alice@" + mine, "secret");

            try (SmtpClient client = SmtpClient.from(UNLISTED, SmtpJames.AUTH_PORT)) {
                assertThat(client.auth("alice@" + mine, "secret")).startsWith("235");
                for (String sender : new String[] {"alice@" + mine, "bob@" + others, EXTERNAL_SENDER}) {
                    assertThat(client.mail(sender)).startsWith("250");
                    assertThat(client.rcpt(EXTERNAL_RECIPIENT)).startsWith("250");
                    client.send("RSET");
                }
            }
        }

        /** CASES 59: what is sent after AUTH is above the lists. */
        @Test
        @HostileCase(59)
        void userShouldNotSendAsSomebodyElseOnTheSubmissionPortsAsShipped() {
            String mine = webAdmin.addDomain();
            String others = webAdmin.addDomainListing(LISTED);
            webAdmin.addUser("alice@" + mine, "secret");
            SmtpClient startTls = SmtpClient.from(LISTED, james.submissionPort());
            startTls.startTls();

            for (SmtpClient client : List.of(startTls, SmtpClient.overTls(LISTED, james.tlsSubmissionPort()))) {
                try (client) {
                    assertThat(client.auth("alice@" + mine, "secret")).startsWith("235");
                    for (String sender : List.of("bob@" + others, "bob@" + mine, EXTERNAL_SENDER, "")) {
                        assertThat(client.mail(sender))
                                .as(sender)
                                .isEqualTo("503 5.7.1 Incorrect Authentication for Specified Email Address");
                    }
                    assertThat(client.mail("alice@" + mine)).startsWith("250");
                    assertThat(client.rcpt(EXTERNAL_RECIPIENT)).startsWith("250");
                }
            }
        }

        @Test
        @HostileCase(4)
        void authenticatedUserShouldBeHeldToItsAddressByVerifyIdentity() {
            String domain = webAdmin.addDomain();
            webAdmin.addUser("alice@" + domain, "secret");

            try (SmtpClient client = SmtpClient.from(UNLISTED, SmtpJames.VERIFY_PORT)) {
                client.auth("alice@" + domain, "secret");
                assertThat(client.mail("bob@" + domain)).startsWith("503");
                assertThat(client.mail("alice@" + domain)).startsWith("250");
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).startsWith("250");
            }
        }

        @Test
        void permissionOfAuthShouldOutliveAGrant() {
            String domain = webAdmin.addDomainListing(LISTED);
            webAdmin.addUser("alice@" + domain, "secret");

            try (SmtpClient client = SmtpClient.from(LISTED, james.submissionPort())) {
                client.startTls();
                client.mail("alice@" + domain);
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).startsWith("250");
                client.send("RSET");
                assertThat(webAdmin.delete(domain, LISTED).statusCode()).isEqualTo(204);
                assertThat(client.auth("alice@" + domain, "secret")).startsWith("235");
                client.mail("alice@" + domain);
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).startsWith("250");
            }
        }

        @Test
        @HostileCase(3)
        void failedAuthShouldChangeNothing() {
            String domain = webAdmin.addDomain();
            webAdmin.addUser("alice@" + domain, "secret");

            try (SmtpClient client = SmtpClient.from(UNLISTED, james.submissionPort())) {
                client.startTls();
                assertThat(client.auth("alice@" + domain, "wrong")).startsWith("535");
                assertThat(client.mail("alice@" + domain)).isEqualTo(refusal(UNLISTED, domain));
            }
        }
    }

    @Nested
    class VerifyIdentity {
        @Test
        void listedClientShouldPass() {
            String domain = webAdmin.addDomainListing(LISTED);

            try (SmtpClient client = SmtpClient.from(LISTED, SmtpJames.VERIFY_PORT)) {
                assertThat(client.mail("user@" + domain)).startsWith("250");
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).startsWith("250");
                assertThat(client.data("verified")).startsWith("250");
            }
        }

        @Test
        void unlistedClientShouldBeRefusedAtMail() {
            String domain = webAdmin.addDomainListing(LISTED);

            try (SmtpClient client = SmtpClient.from(UNLISTED, SmtpJames.VERIFY_PORT)) {
                assertThat(client.mail("user@" + domain)).isEqualTo(refusal(UNLISTED, domain));
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).startsWith("503");
            }
        }

        @Test
        void inboundMailShouldPass() {
            String domain = webAdmin.addDomain();
            webAdmin.addUser("bob@" + domain, "secret");

            try (SmtpClient client = SmtpClient.from(UNLISTED, SmtpJames.VERIFY_PORT)) {
                assertThat(client.mail(EXTERNAL_SENDER)).startsWith("250");
                assertThat(client.rcpt("bob@" + domain)).startsWith("250");
            }
        }

        @Test
        void grantShouldNotOutliveItsTransaction() {
            String mine = webAdmin.addDomainListing(LISTED);
            String others = webAdmin.addDomain();

            try (SmtpClient client = SmtpClient.from(LISTED, SmtpJames.VERIFY_PORT)) {
                client.mail("user@" + mine);
                client.send("RSET");
                assertThat(client.mail("user@" + others)).isEqualTo(refusal(LISTED, others));
            }
        }
    }

    /** Clients of other networks and of IPv6, over the PROXY protocol. */
    @Nested
    class Proxied {
        private SmtpClient proxied(String protocol, String client, String server) {
            return SmtpClient.proxied(
                    "PROXY " + protocol + " " + client + " " + server + " 35646 25", SmtpJames.PROXY_PORT);
        }

        @Test
        @HostileCase(24)
        void listedIpv6ClientShouldPassInAnySpelling() {
            String domain = webAdmin.addDomainListing("2001:db8::25");

            try (SmtpClient client = proxied("TCP6", "2001:DB8:0:0::0025", "2001:db8::1")) {
                client.mail("user@" + domain);
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).startsWith("250");
            }
        }

        @Test
        void unlistedIpv6ClientOfTheSameNetworkShouldBeRefused() {
            String domain = webAdmin.addDomainListing("2001:db8::25");

            try (SmtpClient client = proxied("TCP6", "2001:db8::26", "2001:db8::1")) {
                client.mail("user@" + domain);
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).isEqualTo(refusal("2001:db8::26", domain));
            }
        }

        @Test
        @HostileCase(22)
        void ipv4MappedClientShouldBeThatIpv4Client() {
            String domain = webAdmin.addDomainListing("203.0.113.7");

            try (SmtpClient client = proxied("TCP6", "::ffff:203.0.113.7", "2001:db8::1")) {
                client.mail("user@" + domain);
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).startsWith("250");
            }
        }

        @ParameterizedTest
        @CsvSource({"64:ff9b::cb00:7108", "2002:cb00:7108::1", "::203.0.113.8"})
        @HostileCase(23)
        void addressThatEmbedsAListedOneShouldBeRefused(String embedding) {
            String domain = webAdmin.addDomainListing("203.0.113.8");

            try (SmtpClient client = proxied("TCP6", embedding, "2001:db8::1")) {
                client.mail("user@" + domain);
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).startsWith("451 4.7.1 Open relay not allowed");
            }
        }

        @Test
        void listedIpv4ClientShouldPassAndItsNeighbourBeRefused() {
            String domain = webAdmin.addDomainListing("198.51.100.4");

            try (SmtpClient client = proxied("TCP4", "198.51.100.4", "192.0.2.1")) {
                client.mail("user@" + domain);
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).startsWith("250");
            }
            try (SmtpClient client = proxied("TCP4", "198.51.100.44", "192.0.2.1")) {
                client.mail("user@" + domain);
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).isEqualTo(refusal("198.51.100.44", domain));
            }
        }

        @Test
        @HostileCase(27)
        void clientOfTheOtherFamilyShouldBeRefused() {
            String domain = webAdmin.addDomainListing("198.51.100.27", "2001:db8:27::25");

            try (SmtpClient client = proxied("TCP6", "2001:db8:27::c633:641b", "2001:db8::1")) {
                client.mail("user@" + domain);
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).isEqualTo(refusal("2001:db8:27::c633:641b", domain));
            }
            try (SmtpClient client = proxied("TCP4", "32.1.13.184", "192.0.2.1")) {
                client.mail("user@" + domain);
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).isEqualTo(refusal("32.1.13.184", domain));
            }
        }

        @Test
        @HostileCase(28)
        void theProxysOwnAddressShouldGrantNothing() {
            String domain = webAdmin.addDomainListing("127.0.0.1");

            try (SmtpClient client = proxied("TCP4", "198.51.100.5", "192.0.2.1")) {
                client.mail("user@" + domain);
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).isEqualTo(refusal("198.51.100.5", domain));
            }
        }

        /** Whatever James makes of the header: no recipient may be taken, and no client may be left hanging. */
        @ParameterizedTest
        @ValueSource(
                strings = {
                    "PROXY UNKNOWN\r\n",
                    "PROXY UNKNOWN 198.51.100.6 192.0.2.1 35646 25\r\n",
                    "PROXY TCP4 198.51.100.6 192.0.2.1 35646\r\n",
                    "PROXY TCP6 198.51.100.6 192.0.2.1 35646 25\r\n",
                    "PROXY TCP4 198.51.100.6 192.0.2.1 35646 99999\r\n",
                    "PROXY  TCP4 198.51.100.6 192.0.2.1 35646 25\r\n",
                    "proxy TCP4 198.51.100.6 192.0.2.1 35646 25\r\n",
                    "EHLO without.header\r\n"
                })
        @HostileCase({28, 29})
        void headerThatNamesNoClientShouldGrantNothing(String header) {
            String domain = webAdmin.addDomainListing("198.51.100.6");

            assertNothingTaken(UNLISTED, header.getBytes(StandardCharsets.ISO_8859_1), domain);
        }

        @Test
        @HostileCase(28)
        void localCommandOfVersion2ShouldGrantNothing() {
            String localCommandWithoutAddresses = "20000000";

            String proxy = "127.0.0.8";
            assertNothingTaken(proxy, version2(localCommandWithoutAddresses), webAdmin.addDomainListing(proxy));
        }

        private byte[] version2(String hexAfterTheSignature) {
            return HexFormat.of().parseHex("0d0a0d0a000d0a515549540a" + hexAfterTheSignature);
        }

        private void assertNothingTaken(String proxy, byte[] header, String domain) {
            try (SmtpClient client = SmtpClient.connect(proxy, SmtpJames.PROXY_PORT, line -> {})) {
                client.write(header);
                client.write("EHLO client.example\r\nMAIL FROM:<user@" + domain + ">\r\nRCPT TO:<" + EXTERNAL_RECIPIENT
                        + ">\r\nQUIT\r\n");
                for (String reply = client.reply(); !reply.isEmpty(); reply = client.reply()) {
                    assertThat(reply).doesNotStartWith("250 2.1.5");
                }
            }
        }

        @Test
        @HostileCase(28)
        void secondHeaderShouldBeAnUnknownCommand() {
            String domain = webAdmin.addDomainListing("198.51.100.6");

            try (SmtpClient client = proxied("TCP4", "198.51.100.7", "192.0.2.1")) {
                assertThat(client.send("PROXY TCP4 198.51.100.6 192.0.2.1 35646 25"))
                        .startsWith("500");
                client.mail("user@" + domain);
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).isEqualTo(refusal("198.51.100.7", domain));
            }
        }

        @Test
        @HostileCase(28)
        void headerOfVersion2ShouldNameTheClient() {
            String domain = webAdmin.addDomainListing("198.51.100.6");
            String tcpOverIpv4 = "2111000c";
            String from198x51x100x6to192x0x2x1 = "c6336406" + "c0000201";
            String ports = "8b3e" + "0019";

            try (SmtpClient client = SmtpClient.connect(UNLISTED, SmtpJames.PROXY_PORT, line -> {})) {
                client.write(version2(tcpOverIpv4 + from198x51x100x6to192x0x2x1 + ports));
                client.reply();
                client.send("EHLO client.example");
                client.mail("user@" + domain);
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).startsWith("250");
                client.send("RSET");
                client.mail("user@" + webAdmin.addDomain());
                assertThat(client.rcpt(EXTERNAL_RECIPIENT))
                        .startsWith("451 4.7.1 Open relay not allowed: 198.51.100.6");
            }
        }

        @Test
        @HostileCase(29)
        void headerOnAListenerWithoutProxyShouldGrantNothing() {
            String domain = webAdmin.addDomainListing("198.51.100.6");

            try (SmtpClient client = from(UNLISTED)) {
                assertThat(client.send("PROXY TCP4 198.51.100.6 192.0.2.1 35646 25"))
                        .startsWith("500");
                client.mail("user@" + domain);
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).isEqualTo(refusal(UNLISTED, domain));
            }
        }
    }

    /** Addresses in which open relays hide. */
    @Nested
    class Spelling {
        @ParameterizedTest
        @ValueSource(strings = {"user@%S", "USER@%s"})
        @HostileCase(12)
        void caseShouldNotMatter(String pattern) {
            String domain = webAdmin.addDomainListing(LISTED);

            try (SmtpClient client = from(UNLISTED)) {
                client.mail(String.format(pattern, domain));
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).isEqualTo(refusal(UNLISTED, domain));
            }
        }

        @Test
        @HostileCase(14)
        void subDomainShouldBeExternal() {
            String domain = webAdmin.addDomainListing(LISTED);

            try (SmtpClient client = from(UNLISTED)) {
                client.mail("user@sub." + domain);
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).isEqualTo(refusal(UNLISTED));
            }
        }

        @Test
        @HostileCase(13)
        void trailingDotShouldBeASyntaxError() {
            String domain = webAdmin.addDomainListing(LISTED);

            try (SmtpClient client = from(UNLISTED)) {
                assertThat(client.mail("user@" + domain + ".")).startsWith("501");
            }
        }

        @Test
        @HostileCase(20)
        void quotedAtShouldNotMakeASenderInternal() {
            String domain = webAdmin.addDomainListing(LISTED);

            try (SmtpClient client = from(UNLISTED)) {
                client.mail("\"user@" + domain + "\"@remote.example.com");
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).isEqualTo(refusal(UNLISTED));
            }
        }

        @Test
        @HostileCase(16)
        void addressLiteralOfAListedClientShouldBeExternal() {
            webAdmin.addDomainListing(LISTED);

            try (SmtpClient client = from(UNLISTED)) {
                client.mail("user@[" + LISTED + "]");
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).isEqualTo(refusal(UNLISTED));
            }
        }

        @Test
        @HostileCase(16)
        void ipv6LiteralShouldNotBeInternal() {
            String domain = webAdmin.addDomainListing("2001:db8::25");

            try (SmtpClient client =
                    SmtpClient.proxied("PROXY TCP6 2001:db8::26 2001:db8::1 40000 25", SmtpJames.PROXY_PORT)) {
                // James has no address with such a literal.
                assertThat(client.mail("user@[IPv6:2001:db8::25]")).startsWith("501");
                client.mail("user@" + domain);
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).isEqualTo(refusal("2001:db8::26", domain));
            }
        }

        /** The first letter of the sender's domain is Cyrillic. */
        @Test
        @HostileCase(15)
        void homoglyphShouldBeExternal() {
            webAdmin.addDomain("alpha-mail.example");
            webAdmin.put("alpha-mail.example", LISTED).then().statusCode(204);

            try (SmtpClient client = from(UNLISTED)) {
                client.mail("user@xn--lpha-mail-zyh.example");
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).isEqualTo(refusal(UNLISTED));
            }
        }

        /** James reads commands as ASCII: none of these is the domain, whatever it makes of the octets. */
        @ParameterizedTest
        @HostileCase(15)
        @ValueSource(
                strings = {"b\u00fccher.example", "bu\u0308cher.example", "xn--.example", "xn--b\u00fccher.example"})
        void domainThatIsNotAsciiShouldNotBeRelayed(String sender) {
            try (SmtpClient client = from(UNLISTED)) {
                client.write(("MAIL FROM:<user@" + sender + ">\r\nRCPT TO:<" + EXTERNAL_RECIPIENT + ">\r\n")
                        .getBytes(StandardCharsets.UTF_8));
                client.reply();
                assertThat(client.reply()).doesNotStartWith("2");
            }
        }

        @Test
        @HostileCase(15)
        void uLabelAndALabelShouldHaveOneListAndADecomposedULabelNone() {
            webAdmin.addDomain("m%C3%BCller.example");
            webAdmin.put("m%C3%BCller.example", LISTED).then().statusCode(204);

            assertThat(webAdmin.list("xn--mller-kva.example").jsonPath().getList("ip"))
                    .containsExactly(LISTED);
            webAdmin.list("mu%CC%88ller.example")
                    .then()
                    .statusCode(400)
                    .body("message", containsString("is not a domain"));
        }

        @Test
        @HostileCase(15)
        void aLabelSenderShouldBeOfTheDomainInULabels() {
            webAdmin.addDomain("b%C3%BCcher.example");
            assertThat(webAdmin.put("b%C3%BCcher.example", LISTED).statusCode()).isEqualTo(204);

            try (SmtpClient client = from(LISTED)) {
                client.mail("user@xn--bcher-kva.example");
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).startsWith("250");
            }
            try (SmtpClient client = from(UNLISTED)) {
                client.mail("user@xn--bcher-kva.example");
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).isEqualTo(refusal(UNLISTED, "xn--bcher-kva.example"));
            }
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "y%x.example@%s",
                    "y%x.example@[127.0.0.1]",
                    "x.example!y@%s",
                    "x.example!y",
                    "@%s:y@x.example",
                    "@%s,@b.example:y@x.example",
                    "\"y@x.example\"",
                    "\"y@x.example\"@%s",
                    "y@x.example@%s",
                    "SRS0=hash=tt=x.example=y@%s"
                })
        @HostileCase({17, 18, 19, 21})
        void routedRecipientShouldNotBeRelayed(String pattern) {
            String domain = webAdmin.addDomainListing(LISTED);

            try (SmtpClient client = from(UNLISTED)) {
                client.mail(EXTERNAL_SENDER);
                assertThat(client.rcpt(pattern.replace("%s", domain))).doesNotStartWith("2");
            }
        }

        /** One reply line and one log line, whatever octets an address holds. */
        @ParameterizedTest
        @ValueSource(
                strings = {"\"us\0er\"@%s", "\"us\rer\"@%s", "\"us\u001b[2Jer\"@%s", "\"us\u0085er\"@%s", "us\tr@%s"})
        @HostileCase(42)
        void controlCharactersShouldReachNeitherReplyNorLog(String pattern) {
            String domain = webAdmin.addDomainListing(LISTED);

            try (SmtpClient client = from(UNLISTED)) {
                client.mail(pattern.replace("%s", domain));
                String reply = client.rcpt(EXTERNAL_RECIPIENT);
                assertThat(reply).matches("(451 4\\.7\\.1 Open relay not allowed|503 )[ -~]*");
                assertThat(client.send("NOOP")).startsWith("250");
            }
            assertThat(james.log().lines().filter(line -> line.contains("RefusalLog")))
                    .allMatch(line -> line.matches("[ -~]*"));
        }

        @Test
        @HostileCase(43)
        void thousandRecipientsShouldGetTheSameAnswer() {
            String domain = webAdmin.addDomainListing(LISTED);

            try (SmtpClient client = from(UNLISTED)) {
                client.mail("user@" + domain);
                for (int i = 0; i < 1000; i++) {
                    assertThat(client.rcpt("r" + i + "@elsewhere.example.org")).isEqualTo(refusal(UNLISTED, domain));
                }
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"%s", "localhost.localdomain", "[127.0.0.2]"})
        @HostileCase(31)
        void heloNameShouldHaveNoEffect(String name) {
            String domain = webAdmin.addDomainListing(LISTED);

            try (SmtpClient client = from(UNLISTED)) {
                client.send("EHLO " + name.replace("%s", domain));
                client.mail("user@" + domain);
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).isEqualTo(refusal(UNLISTED, domain));
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"XCLIENT ADDR=127.0.0.2", "XFORWARD ADDR=127.0.0.2"})
        @HostileCase(30)
        void clientMayNotSayWhoItIs(String command) {
            String domain = webAdmin.addDomainListing(LISTED);

            try (SmtpClient client = from(UNLISTED)) {
                assertThat(client.send(command)).startsWith("500");
                client.mail("user@" + domain);
                assertThat(client.rcpt(EXTERNAL_RECIPIENT)).isEqualTo(refusal(UNLISTED, domain));
            }
        }
    }
}
