// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableMap;
import io.authorizedoutbounds.activity.RefusalLog;
import io.authorizedoutbounds.cache.FixedDomainList;
import io.authorizedoutbounds.james.AuthorizedOutboundsConfiguration;
import io.authorizedoutbounds.james.BlockPolicyInForce;
import io.authorizedoutbounds.james.JamesWithoutTheModule;
import io.authorizedoutbounds.monitoring.AuthorizedOutboundsMetrics;
import io.authorizedoutbounds.monitoring.TestMetrics;
import io.authorizedoutbounds.policy.BlockExemptions;
import io.authorizedoutbounds.policy.DomainListing;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.EntryId;
import io.authorizedoutbounds.policy.ExternalSenders;
import io.authorizedoutbounds.policy.Listing;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundLookup;
import io.authorizedoutbounds.policy.Refusals;
import io.authorizedoutbounds.policy.RelayDecision;
import io.authorizedoutbounds.policy.RelayRule;
import io.authorizedoutbounds.policy.Sender;
import io.authorizedoutbounds.policy.TrustedNetworks;
import io.authorizedoutbounds.policy.Uses;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.apache.james.core.Domain;
import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;
import org.apache.james.core.Username;
import org.apache.james.domainlist.api.DomainList;
import org.apache.james.domainlist.api.DomainListException;
import org.apache.james.metrics.tests.RecordingMetricFactory;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.core.AbstractHookableCmdHandler;
import org.apache.james.protocols.smtp.core.AbstractSenderAuthIdentifyVerificationHook;
import org.apache.james.protocols.smtp.hook.Hook;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.HookReturnCode;
import org.apache.james.protocols.smtp.hook.MailHook;
import org.apache.james.server.core.MailImpl;
import org.apache.mailet.AttributeName;
import org.apache.mailet.Mail;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The internal domains are a.example, which lists 192.0.2.1, and b.example, which lists 192.0.2.2. */
class AuthorizedOutboundHookTest {
    private static final String IP_OF_A = "192.0.2.1";
    private static final String IP_OF_B = "192.0.2.2";
    private static final String UNLISTED_IP = "203.0.113.9";
    private static final String UNREADABLE_IP = "203.0.113.10";
    private static final String USER_OF_A = "user@a.example";
    private static final String USER_OF_B = "user@b.example";
    private static final String OUTSIDER = "user@x.example";
    private static final String OTHER_OUTSIDER = "user@y.example";
    private static final String NULL_SENDER = "";

    private static final String UNAVAILABLE = "451 4.3.0 Authorized outbounds temporarily unavailable, try again later";

    private static final HookResult AUTH_REQUIRED = HookResult.builder()
            .hookReturnCode(HookReturnCode.deny())
            .smtpReturnCode("530")
            .smtpDescription("5.7.1 Authentication Required")
            .build();

    private static final DomainList DOMAINS = FixedDomainList.of("a.example", "b.example");
    private static final OutboundLookup LISTS = new OutboundLookup() {
        private final ImmutableMap<Domain, OutboundAddress> lists = ImmutableMap.of(
                Domain.of("a.example"), OutboundAddress.parse(IP_OF_A),
                Domain.of("b.example"), OutboundAddress.parse(IP_OF_B));

        @Override
        public DomainListing listedFor(Domain domain, OutboundAddress client) {
            return DomainListing.of(client.equals(lists.get(domain)) ? Listing.LISTED : Listing.UNLISTED);
        }

        @Override
        public Optional<Enforcement> lastEnforcementOf(Domain domain) {
            return Optional.empty();
        }

        @Override
        public Listing listedForAny(OutboundAddress client) {
            return lists.containsValue(client) ? Listing.LISTED : Listing.UNLISTED;
        }

        @Override
        public long generation() {
            return 0;
        }
    };
    private static final OutboundLookup UNREACHABLE = lookup(Listing.UNKNOWN);
    private static final OutboundLookup NONE_LISTED = lookup(Listing.UNLISTED);

    /** Breaks the promise of the port. */
    private static final OutboundLookup THROWING = new OutboundLookup() {
        @Override
        public DomainListing listedFor(Domain domain, OutboundAddress client) {
            throw new IllegalStateException("broken");
        }

        @Override
        public Optional<Enforcement> lastEnforcementOf(Domain domain) {
            return Optional.empty();
        }

        @Override
        public Listing listedForAny(OutboundAddress client) {
            throw new IllegalStateException("broken");
        }

        @Override
        public long generation() {
            return 0;
        }
    };

    private final BlockPolicyInForce blockPolicy = new BlockPolicyInForce();
    private final List<String> refused = new ArrayList<>();
    private final Refusals counted = new Refusals() {
        @Override
        public void record(
                Domain domain, Enforcement enforcement, OutboundAddress client, String sender, Domain recipientDomain) {
            refused.add(enforcement.word() + " " + domain.asString() + " " + client + " " + sender + " "
                    + recipientDomain.asString());
        }

        @Override
        public void recordAtMail(Domain domain, Enforcement enforcement, OutboundAddress client, String sender) {
            refused.add(enforcement.word() + " " + domain.asString() + " " + client + " " + sender + " -");
        }

        @Override
        public void recordExternalSender(
                Enforcement enforcement, OutboundAddress client, String sender, Domain recipientDomain) {
            refused.add(enforcement.word() + " listed " + client + " " + sender + " " + recipientDomain.asString());
        }

        @Override
        public void recordQuarantined(OutboundAddress client, String sender, Domain recipientDomain) {
            throw new AssertionError("The hook quarantines nothing");
        }
    };
    private final List<String> used = new ArrayList<>();
    private final Uses recorded = new Uses() {
        @Override
        public void record(EntryId entry) {
            used.add(entry.domain().asString() + " " + entry.address());
        }

        @Override
        public void recordOfAnyDomain(OutboundAddress client) {
            used.add("any " + client);
        }
    };
    private final List<String> logged = new ArrayList<>();
    private final RefusalLog log = new RefusalLog() {
        @Override
        public void log(
                RelayDecision decision,
                OutboundAddress client,
                Sender from,
                MaybeSender sender,
                MailAddress recipient) {
            logged.add(decision.row() + " " + client + " " + sender.asString("") + " " + recipient.asString());
        }

        @Override
        public void logAtMail(RelayDecision decision, OutboundAddress client, Sender from, MaybeSender sender) {
            logged.add(decision.row() + " " + client + " " + sender.asString("") + " -");
        }

        @Override
        public void logFault(String session, Throwable fault) {
            logged.add(session + ": " + fault.getMessage());
        }
    };
    private final RecordingMetricFactory counters = new RecordingMetricFactory();
    private final AuthorizedOutboundsMetrics metrics = TestMetrics.countedBy(counters);
    private final AtomicLong nanos = new AtomicLong();
    private final AuthorizedOutboundHook hook = hook(Enforcement.ENFORCE, LISTS, DOMAINS);
    private final AuthorizedOutboundHook reportingHook = hook(Enforcement.REPORT, LISTS, DOMAINS);

    @Nested
    class Counting {
        @ParameterizedTest
        @EnumSource(Enforcement.class)
        void refusalOfAnInternalDomainShouldBeCountedWhetherItIsEnforcedOrNot(Enforcement enforcement) {
            FakeSmtpSession session = session(UNLISTED_IP);

            hook(enforcement, LISTS, DOMAINS).doRcpt(session, sender(USER_OF_A), address(OUTSIDER));

            assertThat(refused).containsExactly(enforcement.word() + " a.example 203.0.113.9 user@a.example x.example");
        }

        /** CASES 65. */
        @Test
        void externalSenderShouldBeRefusedAtRcptWhenExternalSendersAreRefused() {
            AuthorizedOutboundHook hook = hookThatRefusesExternalSenders(Enforcement.ENFORCE);
            FakeSmtpSession session = session(IP_OF_A);

            HookResult result = mailAndRcpt(hook, session, "news@news.a.example", OTHER_OUTSIDER);

            assertThat(reply(result))
                    .isEqualTo("451 4.7.1 Open relay not allowed: news.a.example is not a domain of this server");
            assertThat(session.isRelayingAllowed()).isFalse();
            assertThat(refused).containsExactly("enforce listed 192.0.2.1 news@news.a.example y.example");
        }

        @ParameterizedTest
        @CsvSource({
            "'', user@y.example",
            "news@news.a.example, user@b.example",
            "partner@x.example, user@y.example",
            "news@news.a.example, archive@y.example",
            "user@a.example, user@y.example"
        })
        void whatRule2WouldNotBlockShouldPassWhenExternalSendersAreRefused(String sender, String recipient) {
            blockPolicy.register(new BlockExemptions() {
                @Override
                public boolean exemptsSender(MailAddress address) {
                    return address.asString().equals("partner@x.example");
                }

                @Override
                public boolean exemptsRecipient(MailAddress address) {
                    return address.asString().equals("archive@y.example");
                }
            });
            AuthorizedOutboundHook hook = hookThatRefusesExternalSenders(Enforcement.ENFORCE);

            HookResult result = mailAndRcpt(hook, session(IP_OF_A), sender, recipient);

            assertThat(result).isEqualTo(HookResult.DECLINED);
        }

        @Test
        void externalSenderShouldPassInReportModeThoughExternalSendersAreRefused() {
            FakeSmtpSession session = session(IP_OF_A);

            HookResult result = mailAndRcpt(
                    hookThatRefusesExternalSenders(Enforcement.REPORT), session, "news@news.a.example", OTHER_OUTSIDER);

            assertThat(result).isEqualTo(HookResult.DECLINED);
            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @Test
        void refusalOfAnExternalSenderShouldNotBeCounted() {
            FakeSmtpSession session = session(UNLISTED_IP);

            hook.doRcpt(session, sender(OUTSIDER), address(OTHER_OUTSIDER));
            hook.doRcpt(session, sender(NULL_SENDER), address(OUTSIDER));

            assertThat(refused).isEmpty();
        }

        @Test
        void whatPassesOrCannotBeDecidedShouldNotBeCounted() {
            hook.doRcpt(session(IP_OF_A), sender(USER_OF_A), address(OUTSIDER));
            hook(Enforcement.ENFORCE, UNREACHABLE, DOMAINS)
                    .doRcpt(session(UNLISTED_IP), sender(USER_OF_A), address(OUTSIDER));

            assertThat(refused).isEmpty();
        }
    }

    @Nested
    class Logging {
        @ParameterizedTest
        @EnumSource(Enforcement.class)
        void whatIsRefusedOrDeferredAtRcptShouldBeLoggedWhetherItIsEnforcedOrNot(Enforcement enforcement) {
            mailAndRcpt(hook(enforcement, LISTS, DOMAINS), session(UNLISTED_IP), USER_OF_A, OUTSIDER);
            mailAndRcpt(hook(enforcement, LISTS, DOMAINS), session(UNLISTED_IP), NULL_SENDER, OUTSIDER);
            mailAndRcpt(hook(enforcement, UNREACHABLE, DOMAINS), session(IP_OF_A), USER_OF_A, OUTSIDER);

            assertThat(logged)
                    .containsExactly(
                            "UNLISTED_FOR_DOMAIN 203.0.113.9 user@a.example user@x.example",
                            "UNLISTED 203.0.113.9  user@x.example",
                            "UNDECIDED 192.0.2.1 user@a.example user@x.example");
        }

        @Test
        void whatPassesShouldNotBeLogged() {
            mailAndRcpt(hook, session(IP_OF_A), USER_OF_A, OUTSIDER);
            mailAndRcpt(hook, session(UNLISTED_IP), OUTSIDER, USER_OF_A);
            rcpt(hook, sessionOfTrustedNetwork(), USER_OF_A, OUTSIDER);

            assertThat(logged).isEmpty();
        }

        @Test
        void faultShouldBeLoggedWithTheSession() {
            rcpt(hook(Enforcement.ENFORCE, THROWING, DOMAINS), session(IP_OF_A), USER_OF_A, OUTSIDER);

            assertThat(logged).containsExactly("a session: broken");
        }
    }

    @Nested
    class LastUse {
        @ParameterizedTest
        @EnumSource(Enforcement.class)
        void rcptOfRow2ShouldBeAUseOfTheEntryOfTheDomainWhetherItIsEnforcedOrNot(Enforcement enforcement) {
            mailAndRcpt(hook(enforcement, LISTS, DOMAINS), session(IP_OF_A), USER_OF_A, OUTSIDER);

            assertThat(used).containsExactly("a.example 192.0.2.1");
        }

        @ParameterizedTest
        @ValueSource(strings = {OUTSIDER, NULL_SENDER})
        void rcptOfRow6ShouldBeAUseOfEachEntryOfTheAddress(String sender) {
            mailAndRcpt(hook, session(IP_OF_A), sender, OTHER_OUTSIDER);

            assertThat(used).containsExactly("any 192.0.2.1");
        }

        @Test
        void refusedAndDeferredRcptsShouldBeNoUse() {
            mailAndRcpt(hook, session(UNLISTED_IP), USER_OF_A, OUTSIDER);
            mailAndRcpt(hook, session(IP_OF_B), USER_OF_A, OUTSIDER);
            mailAndRcpt(hook, session(UNLISTED_IP), OUTSIDER, OTHER_OUTSIDER);
            mailAndRcpt(hookWithoutRule2(Enforcement.ENFORCE), session(IP_OF_A), OUTSIDER, OTHER_OUTSIDER);
            mailAndRcpt(hook(Enforcement.ENFORCE, UNREACHABLE, DOMAINS), session(IP_OF_A), USER_OF_A, OUTSIDER);

            assertThat(used).isEmpty();
        }

        @Test
        void whatPassesWithoutTheListsShouldBeNoUse() {
            FakeSmtpSession authenticated = session(IP_OF_A);
            authenticate(authenticated);

            rcpt(hook, authenticated, USER_OF_A, OUTSIDER);
            rcpt(hook, sessionOfTrustedNetwork(), USER_OF_A, OUTSIDER);
            mailAndRcpt(hook, session(IP_OF_A), OUTSIDER, USER_OF_A);
            mailAndRcpt(unprotectingHook(), session(UNLISTED_IP), USER_OF_A, USER_OF_B);

            assertThat(used).isEmpty();
        }
    }

    @Nested
    class Rows {
        @Test
        void authenticatedSessionShouldPassFromAnyAddress() {
            FakeSmtpSession session = session(UNLISTED_IP);
            authenticate(session);

            HookResult result = rcpt(hook, session, USER_OF_A, OUTSIDER);

            assertThat(result).isEqualTo(HookResult.DECLINED);
        }

        @Test
        void trustedNetworkShouldPassForAnySender() {
            FakeSmtpSession session = sessionOfTrustedNetwork();

            assertThat(rcpt(hook, session, USER_OF_A, OUTSIDER)).isEqualTo(HookResult.DECLINED);
            assertThat(rcpt(hook, session, OUTSIDER, OTHER_OUTSIDER)).isEqualTo(HookResult.DECLINED);
        }

        @ParameterizedTest
        @ValueSource(strings = {OUTSIDER, USER_OF_B, USER_OF_A})
        void listedClientShouldPassAndMayRelay(String recipient) {
            FakeSmtpSession session = session(IP_OF_A);

            HookResult result = mailAndRcpt(hook, session, USER_OF_A, recipient);

            assertThat(result).isEqualTo(HookResult.DECLINED);
            assertThat(session.isRelayingAllowed()).isTrue();
        }

        @ParameterizedTest
        @ValueSource(strings = {OUTSIDER, USER_OF_B, USER_OF_A})
        void unlistedClientShouldBeRefusedForEveryRecipientWhileTheyAreProtected(String recipient) {
            FakeSmtpSession session = session(UNLISTED_IP);

            HookResult result = mailAndRcpt(hook, session, USER_OF_A, recipient);

            assertThat(reply(result))
                    .isEqualTo("451 4.7.1 Open relay not allowed: 203.0.113.9 is not an authorized outbound address of"
                            + " a.example");
            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @Test
        void clientShouldBeRefusedWhenItIsListedForAnotherDomain() {
            FakeSmtpSession session = session(IP_OF_B);

            HookResult result = mailAndRcpt(hook, session, USER_OF_A, OUTSIDER);

            assertThat(reply(result))
                    .isEqualTo(
                            "451 4.7.1 Open relay not allowed: 192.0.2.2 is not an authorized outbound address of a.example");
            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @Test
        void unlistedClientShouldPassWithoutGrantWhenInternalRecipientsAreNotProtected() {
            FakeSmtpSession session = session(UNLISTED_IP);
            AuthorizedOutboundHook lenient = unprotectingHook();

            HookResult result = mailAndRcpt(lenient, session, USER_OF_A, USER_OF_B);

            assertThat(result).isEqualTo(HookResult.DECLINED);
            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @Test
        void unlistedClientShouldBeRefusedForAnExternalRecipientThoughInternalOnesAreNotProtected() {
            HookResult result = mailAndRcpt(unprotectingHook(), session(UNLISTED_IP), USER_OF_A, OUTSIDER);

            assertThat(reply(result))
                    .isEqualTo("451 4.7.1 Open relay not allowed: 203.0.113.9 is not an authorized outbound address of"
                            + " a.example");
        }

        @ParameterizedTest
        @ValueSource(strings = {OUTSIDER, NULL_SENDER, "user@sub.a.example", "user@[192.0.2.1]"})
        void inboundMailShouldPassWithoutGrantAndWithoutLookup(String sender) {
            FakeSmtpSession session = session(UNLISTED_IP);
            AuthorizedOutboundHook withoutLists = hook(Enforcement.ENFORCE, THROWING, DOMAINS);

            HookResult result = mailAndRcpt(withoutLists, session, sender, USER_OF_A);

            assertThat(result).isEqualTo(HookResult.DECLINED);
            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @ParameterizedTest
        @ValueSource(strings = {OUTSIDER, NULL_SENDER})
        void externalSenderShouldPassAndMayRelayFromAListedClient(String sender) {
            FakeSmtpSession session = session(IP_OF_B);

            HookResult result = mailAndRcpt(hook, session, sender, OTHER_OUTSIDER);

            assertThat(result).isEqualTo(HookResult.DECLINED);
            assertThat(session.isRelayingAllowed()).isTrue();
        }

        @ParameterizedTest
        @ValueSource(strings = {OUTSIDER, NULL_SENDER})
        void externalSenderShouldBeRefusedFromAListedClientWhileRule2IsNotInForce(String sender) {
            AuthorizedOutboundHook hook = hookWithoutRule2(Enforcement.ENFORCE);
            FakeSmtpSession session = session(IP_OF_B);

            HookResult first = mailAndRcpt(hook, session, sender, OTHER_OUTSIDER);
            HookResult second = rcpt(hook, session, sender, OTHER_OUTSIDER);

            for (HookResult result : List.of(first, second)) {
                assertThat(reply(result))
                        .isEqualTo("451 4.7.1 Open relay not allowed: " + IP_OF_B
                                + " is not an authorized outbound address");
            }
            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @Test
        void externalSenderShouldBeLeftToJamesWhileRule2IsNotInForceAndRule1OnlyReports() {
            FakeSmtpSession session = session(IP_OF_B);

            HookResult result = mailAndRcpt(hookWithoutRule2(Enforcement.REPORT), session, OUTSIDER, OTHER_OUTSIDER);

            assertThat(result).isEqualTo(HookResult.DECLINED);
            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @ParameterizedTest
        @ValueSource(strings = {OUTSIDER, NULL_SENDER, "user@sub.a.example", "user@[203.0.113.9]"})
        void externalSenderShouldBeRefusedFromAnUnlistedClient(String sender) {
            FakeSmtpSession session = session(UNLISTED_IP);

            HookResult result = mailAndRcpt(hook, session, sender, OTHER_OUTSIDER);

            assertThat(reply(result))
                    .isEqualTo("451 4.7.1 Open relay not allowed: 203.0.113.9 is not an authorized outbound address");
            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @ParameterizedTest
        @CsvSource({USER_OF_A + "," + OUTSIDER, USER_OF_A + "," + USER_OF_B, OUTSIDER + "," + OTHER_OUTSIDER})
        void mailShouldBeDeferredWhenTheListsCannotBeRead(String sender, String recipient) {
            FakeSmtpSession session = session(IP_OF_A);

            HookResult result =
                    mailAndRcpt(hook(Enforcement.ENFORCE, UNREACHABLE, DOMAINS), session, sender, recipient);

            assertThat(reply(result)).isEqualTo(UNAVAILABLE);
            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @Test
        void mailShouldBeDeferredWhenTheDomainListCannotBeRead() {
            FakeSmtpSession session = session(IP_OF_A);

            HookResult result = mailAndRcpt(
                    hook(Enforcement.ENFORCE, LISTS, FixedDomainList.unreadable()), session, USER_OF_A, OUTSIDER);

            assertThat(reply(result)).isEqualTo(UNAVAILABLE);
            assertThat(session.isRelayingAllowed()).isFalse();
        }
    }

    @Nested
    class Replies {
        @Test
        void refusalShouldBeTemporary() {
            HookResult result = mailAndRcpt(hook, session(UNLISTED_IP), USER_OF_A, OUTSIDER);

            assertThat(result.getResult()).isEqualTo(HookReturnCode.denySoft());
        }

        @Test
        void unavailabilityShouldBeTemporary() {
            HookResult result =
                    mailAndRcpt(hook(Enforcement.ENFORCE, UNREACHABLE, DOMAINS), session(IP_OF_A), USER_OF_A, OUTSIDER);

            assertThat(result.getResult()).isEqualTo(HookReturnCode.denySoft());
        }

        @Test
        void ipv6ClientShouldBeWrittenShort() {
            HookResult result = mailAndRcpt(hook, session("2001:0DB8:0:0:0:0:0:000A"), USER_OF_A, OUTSIDER);

            assertThat(reply(result))
                    .isEqualTo("451 4.7.1 Open relay not allowed: 2001:db8::a is not an authorized outbound address of"
                            + " a.example");
        }

        @Test
        void ipv6ClientShouldBeWrittenShortToAnExternalSender() {
            HookResult result = mailAndRcpt(hook, session("2001:db8:0:0:0:0:0:a"), OUTSIDER, OTHER_OUTSIDER);

            assertThat(reply(result))
                    .isEqualTo("451 4.7.1 Open relay not allowed: 2001:db8::a is not an authorized outbound address");
        }

        @Test
        void hostNameOfTheClientShouldNotBeInTheReply() throws Exception {
            InetAddress named = InetAddress.getByAddress("mx.x.example", new byte[] {(byte) 203, 0, 113, 9});

            HookResult result = mailAndRcpt(
                    hook, new FakeSmtpSession(new InetSocketAddress(named, 40000)), OUTSIDER, OTHER_OUTSIDER);

            assertThat(reply(result))
                    .isEqualTo("451 4.7.1 Open relay not allowed: 203.0.113.9 is not an authorized outbound address");
        }

        @Test
        void domainShouldBeInLowerCase() {
            HookResult result = mailAndRcpt(hook, session(UNLISTED_IP), "User@A.EXAMPLE", OUTSIDER);

            assertThat(reply(result))
                    .isEqualTo("451 4.7.1 Open relay not allowed: 203.0.113.9 is not an authorized outbound address of"
                            + " a.example");
        }

        @Test
        void internationalDomainShouldBeInAscii() {
            DomainList uLabel = FixedDomainList.of("b\u00fccher.example");

            HookResult result = mailAndRcpt(
                    hook(Enforcement.ENFORCE, NONE_LISTED, uLabel),
                    session(UNLISTED_IP),
                    "user@xn--bcher-kva.example",
                    OUTSIDER);

            assertThat(reply(result))
                    .isEqualTo("451 4.7.1 Open relay not allowed: 203.0.113.9 is not an authorized outbound address of"
                            + " xn--bcher-kva.example");
        }

        @Test
        void replyShouldBeOneLineOfLessThan512OctetsForTheLongestDomainAndAddress() {
            String label = "a".repeat(63);
            String longest = String.join(".", label, label, label, "b".repeat(61));
            assertThat(longest).hasSize(253);
            DomainList domains = FixedDomainList.of(longest);

            HookResult result = mailAndRcpt(
                    hook(Enforcement.ENFORCE, NONE_LISTED, domains),
                    session("2001:db8:1111:2222:3333:4444:5555:6666"),
                    "user@" + longest,
                    OUTSIDER);

            String line = reply(result);
            assertThat(line).matches("[ -~]+").endsWith(" of " + longest);
            assertThat((line + "\r\n").getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(512);
        }

        @Test
        void senderAndRecipientShouldNotBeInTheReply() {
            HookResult result = mailAndRcpt(
                    hook, session(UNLISTED_IP), "\"secret sender\"@a.example", "secret-recipient@x.example");

            assertThat(reply(result)).doesNotContain("secret", "x.example");
        }
    }

    @Nested
    class Grant {
        @Test
        void grantShouldHoldForEveryRecipientOfTheTransaction() {
            FakeSmtpSession session = session(IP_OF_A);
            mail(hook, session, USER_OF_A);

            assertThat(rcpt(hook, session, USER_OF_A, OUTSIDER)).isEqualTo(HookResult.DECLINED);
            assertThat(rcpt(hook, session, USER_OF_A, OTHER_OUTSIDER)).isEqualTo(HookResult.DECLINED);
            assertThat(session.isRelayingAllowed()).isTrue();
        }

        @Test
        void grantShouldBeRevokedAtTheNextMail() {
            FakeSmtpSession session = session(IP_OF_A);
            mailAndRcpt(hook, session, USER_OF_A, OUTSIDER);
            session.resetState();

            HookResult result = mail(hook, session, USER_OF_B);

            assertThat(result).isEqualTo(HookResult.DECLINED);
            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @Test
        void grantShouldBeRevokedAtASecondMailWithoutReset() {
            FakeSmtpSession session = session(IP_OF_A);
            mailAndRcpt(hook, session, USER_OF_A, OUTSIDER);

            mail(hook, session, USER_OF_B);

            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @Test
        void otherDomainShouldBeRefusedInTheConnectionInWhichOneWasGranted() {
            FakeSmtpSession session = session(IP_OF_A);
            mailAndRcpt(hook, session, USER_OF_A, OUTSIDER);
            session.resetState();

            HookResult result = mailAndRcpt(hook, session, USER_OF_B, OUTSIDER);

            assertThat(reply(result))
                    .isEqualTo(
                            "451 4.7.1 Open relay not allowed: 192.0.2.1 is not an authorized outbound address of b.example");
            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @Test
        void grantShouldBeRevokedAtTheFirstRecipientWhenMailNeverReachedTheHook() {
            FakeSmtpSession session = session(IP_OF_A);
            mailAndRcpt(hook, session, USER_OF_A, OUTSIDER);
            session.resetState();

            HookResult result = rcpt(hook, session, USER_OF_B, OUTSIDER);

            assertThat(reply(result)).startsWith("451 4.7.1 ");
            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @Test
        void inboundMailShouldNotKeepTheGrantOfTheTransactionBefore() {
            FakeSmtpSession session = session(IP_OF_A);
            mailAndRcpt(hook, session, USER_OF_A, OUTSIDER);
            session.resetState();

            HookResult result = mailAndRcpt(hook, session, OUTSIDER, USER_OF_A);

            assertThat(result).isEqualTo(HookResult.DECLINED);
            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @Test
        void mailShouldBeDeferredInTheNextTransactionWhenTheListsCannotBeReadAnyMore() {
            FakeSmtpSession session = session(IP_OF_A);
            mailAndRcpt(hook, session, USER_OF_A, OUTSIDER);
            session.resetState();

            HookResult result =
                    mailAndRcpt(hook(Enforcement.ENFORCE, UNREACHABLE, DOMAINS), session, USER_OF_A, OUTSIDER);

            assertThat(reply(result)).isEqualTo(UNAVAILABLE);
            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @Test
        void grantShouldBeGivenAgainInTheNextTransaction() {
            FakeSmtpSession session = session(IP_OF_A);
            mailAndRcpt(hook, session, USER_OF_A, OUTSIDER);
            session.resetState();

            HookResult result = mailAndRcpt(hook, session, USER_OF_A, OUTSIDER);

            assertThat(result).isEqualTo(HookResult.DECLINED);
            assertThat(session.isRelayingAllowed()).isTrue();
        }

        @Test
        void mailShouldNotBeMarkedWhenTheGrantWasOfASenderBeforeASecondMail() {
            FakeSmtpSession session = session(IP_OF_A);
            mailAndRcpt(hook, session, USER_OF_A, OUTSIDER);

            mailAndRcpt(hook, session, OUTSIDER, USER_OF_A);

            Mail mail = MailImpl.builder().name("mail").build();
            hook.onMessage(session, mail);
            assertThat(mail.getAttribute(AttributeName.of("io.authorizedoutbounds.granted")))
                    .isEmpty();
        }

        @Test
        void permissionOfATrustedNetworkShouldNeverBeRevoked() {
            FakeSmtpSession session = sessionOfTrustedNetwork();

            mailAndRcpt(hook, session, USER_OF_A, OUTSIDER);
            session.resetState();
            mailAndRcpt(hook, session, OUTSIDER, OTHER_OUTSIDER);
            session.resetState();
            mail(hook, session, USER_OF_B);

            assertThat(session.isRelayingAllowed()).isTrue();
        }

        @Test
        void permissionOfAuthShouldNotBeRevokedAfterAGrant() {
            FakeSmtpSession session = session(IP_OF_A);
            mailAndRcpt(hook, session, USER_OF_A, OUTSIDER);
            session.resetState();
            authenticate(session);

            HookResult result = mailAndRcpt(hook, session, USER_OF_B, OUTSIDER);

            assertThat(result).isEqualTo(HookResult.DECLINED);
            assertThat(session.isRelayingAllowed()).isTrue();
        }

        @Test
        void permissionOfAuthShouldNotBeRevokedWhenItCameInTheMiddleOfATransaction() {
            FakeSmtpSession session = session(IP_OF_A);
            mailAndRcpt(hook, session, USER_OF_A, OUTSIDER);
            authenticate(session);

            HookResult result = rcpt(hook, session, USER_OF_A, OTHER_OUTSIDER);

            assertThat(result).isEqualTo(HookResult.DECLINED);
            assertThat(session.isRelayingAllowed()).isTrue();
        }

        /** Row 1 is above row 3, whatever was granted before. */
        @Test
        void sessionThatAuthenticatesAfterAGrantShouldPassThoughItsClientIsNoLongerListed() {
            SettableLookup lists = new SettableLookup();
            AuthorizedOutboundHook hook = hook(Enforcement.ENFORCE, lists, DOMAINS);
            FakeSmtpSession session = session(IP_OF_A);
            mailAndRcpt(hook, session, USER_OF_A, OUTSIDER);
            authenticate(session);
            lists.change(Listing.UNLISTED);

            HookResult result = rcpt(hook, session, USER_OF_A, OTHER_OUTSIDER);

            assertThat(result).isEqualTo(HookResult.DECLINED);
            assertThat(session.isRelayingAllowed()).isTrue();
        }

        @Test
        void grantShouldLastTheTransactionThoughALaterRecipientIsRefused() {
            SettableLookup lists = new SettableLookup();
            AuthorizedOutboundHook hook = hook(Enforcement.ENFORCE, lists, DOMAINS);
            FakeSmtpSession session = session(IP_OF_A);
            mailAndRcpt(hook, session, USER_OF_A, OUTSIDER);
            lists.change(Listing.UNLISTED);

            HookResult result = rcpt(hook, session, USER_OF_A, OTHER_OUTSIDER);

            assertThat(reply(result)).startsWith("451 4.7.1 ");
            assertThat(session.isRelayingAllowed()).isTrue();
            session.resetState();
            mail(hook, session, USER_OF_A);
            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @Test
        void permissionOfAuthShouldNotBeRevokedInALaterTransaction() {
            FakeSmtpSession session = session(IP_OF_A);
            authenticate(session);
            mailAndRcpt(hook, session, USER_OF_A, OUTSIDER);
            session.resetState();

            mailAndRcpt(hook, session, USER_OF_B, OUTSIDER);

            assertThat(session.isRelayingAllowed()).isTrue();
        }

        @Test
        void recipientsOfAnEarlierTransactionShouldBeDroppedAtMail() throws Exception {
            FakeSmtpSession session = session(UNLISTED_IP);
            session.setAttachment(SMTPSession.RCPT_LIST, List.of(new MailAddress(OUTSIDER)), State.Transaction);

            mail(hook, session, USER_OF_A);

            assertThat(session.getAttachment(SMTPSession.RCPT_LIST, State.Transaction))
                    .isEmpty();
        }

        @Test
        void recipientsShouldBeLeftToJamesWhenTheClientIsTrusted() throws Exception {
            FakeSmtpSession session = sessionOfTrustedNetwork();
            List<MailAddress> recipients = List.of(new MailAddress(OUTSIDER));
            session.setAttachment(SMTPSession.RCPT_LIST, recipients, State.Transaction);

            mail(hook, session, USER_OF_A);

            assertThat(session.getAttachment(SMTPSession.RCPT_LIST, State.Transaction))
                    .contains(recipients);
        }

        @Test
        void recipientsShouldBeLeftToJamesWhenTheClientHasAuthenticatedSinceItsGrant() throws Exception {
            FakeSmtpSession session = session(IP_OF_A);
            mailAndRcpt(hook, session, USER_OF_A, OUTSIDER);
            List<MailAddress> recipients = List.of(new MailAddress(OUTSIDER));
            session.setAttachment(SMTPSession.RCPT_LIST, recipients, State.Transaction);
            authenticate(session);

            mail(hook, session, USER_OF_B);

            assertThat(session.getAttachment(SMTPSession.RCPT_LIST, State.Transaction))
                    .contains(recipients);
        }
    }

    /** Answers that the first recipient of a transaction leaves for the next ones. */
    @Nested
    class CachedAnswers {
        private static final long MAX_AGE_NANOS = 250_000_000;

        private final SettableLookup lists = new SettableLookup();
        private final RecordingDomainList domains = new RecordingDomainList();
        private final AuthorizedOutboundHook hook = hook(Enforcement.ENFORCE, lists, domains.asDomainList());

        @ParameterizedTest
        @CsvSource({
            USER_OF_A + ",LISTED,false",
            USER_OF_A + ",UNLISTED,true",
            OUTSIDER + ",LISTED,false",
            OUTSIDER + ",UNLISTED,true",
            "'',LISTED,false"
        })
        void secondRecipientShouldNeedNoLookupAndGetTheSameAnswer(String sender, Listing listing, boolean refused) {
            lists.listing = listing;
            FakeSmtpSession session = session(IP_OF_A);
            HookResult first = mailAndRcpt(hook, session, sender, OTHER_OUTSIDER);

            HookResult second = rcpt(hook, session, sender, "another@y.example");

            assertThat(lists.questions).isEqualTo(1);
            assertThat(second.getSmtpDescription()).isEqualTo(first.getSmtpDescription());
            assertThat(second.getResult().equals(HookReturnCode.denySoft())).isEqualTo(refused);
            assertThat(session.isRelayingAllowed()).isEqualTo(!refused);
        }

        @Test
        void domainOfTheSenderShouldBeLookedUpOnce() {
            FakeSmtpSession session = session(IP_OF_A);
            mailAndRcpt(hook, session, USER_OF_A, OUTSIDER);
            rcpt(hook, session, USER_OF_A, OUTSIDER);

            assertThat(domains.lookups).containsExactly(Domain.of("a.example"));
        }

        /** James's list of domains may be a database. */
        @Test
        void trustedSessionShouldNeedNoDomainList() {
            FakeSmtpSession authenticated = session(UNLISTED_IP);
            authenticate(authenticated);

            assertThat(mailAndRcpt(hook, authenticated, USER_OF_A, OUTSIDER)).isEqualTo(HookResult.DECLINED);
            assertThat(mailAndRcpt(hook, sessionOfTrustedNetwork(), USER_OF_A, OUTSIDER))
                    .isEqualTo(HookResult.DECLINED);

            assertThat(domains.lookups).isEmpty();
        }

        @Test
        void eachRecipientShouldBeJudgedByItsOwnDomain() {
            lists.listing = Listing.UNLISTED;
            FakeSmtpSession session = session(UNLISTED_IP);

            assertThat(mailAndRcpt(hook, session, OUTSIDER, USER_OF_A)).isEqualTo(HookResult.DECLINED);
            assertThat(lists.questions).as("inbound mail needs no lookup").isZero();
            assertThat(reply(rcpt(hook, session, OUTSIDER, OTHER_OUTSIDER))).startsWith("451 4.7.1 ");
            assertThat(rcpt(hook, session, OUTSIDER, USER_OF_B)).isEqualTo(HookResult.DECLINED);
        }

        @ParameterizedTest
        @ValueSource(strings = {USER_OF_A, OUTSIDER})
        void removalDuringTheTransactionShouldHoldForTheNextRecipient(String sender) {
            FakeSmtpSession session = session(IP_OF_A);
            mailAndRcpt(hook, session, sender, OTHER_OUTSIDER);

            lists.change(Listing.UNLISTED);

            assertThat(reply(rcpt(hook, session, sender, OTHER_OUTSIDER))).startsWith("451 4.7.1 ");
        }

        @ParameterizedTest
        @ValueSource(strings = {USER_OF_A, OUTSIDER})
        void additionDuringTheTransactionShouldHoldForTheNextRecipient(String sender) {
            lists.listing = Listing.UNLISTED;
            FakeSmtpSession session = session(IP_OF_A);
            mailAndRcpt(hook, session, sender, OTHER_OUTSIDER);

            lists.change(Listing.LISTED);

            assertThat(rcpt(hook, session, sender, OTHER_OUTSIDER)).isEqualTo(HookResult.DECLINED);
            assertThat(session.isRelayingAllowed()).isTrue();
        }

        @Test
        void changeWhileTheListsWereReadShouldHoldForTheNextRecipient() {
            FakeSmtpSession session = session(IP_OF_A);
            mail(hook, session, USER_OF_A);
            lists.whileAsked = () -> lists.change(Listing.UNLISTED);
            rcpt(hook, session, USER_OF_A, OUTSIDER);

            assertThat(reply(rcpt(hook, session, USER_OF_A, OUTSIDER))).startsWith("451 4.7.1 ");
        }

        /** Of which no cache is notified. */
        @ParameterizedTest
        @ValueSource(longs = {0, Long.MAX_VALUE - 1000, Long.MIN_VALUE, -1000})
        void expiryDuringTheTransactionShouldHoldAfterAQuarterOfASecond(long start) {
            nanos.set(start);
            FakeSmtpSession session = session(IP_OF_A);
            mailAndRcpt(hook, session, USER_OF_A, OUTSIDER);
            lists.listing = Listing.UNLISTED;

            nanos.set(start + MAX_AGE_NANOS - 1);
            assertThat(rcpt(hook, session, USER_OF_A, OUTSIDER)).isEqualTo(HookResult.DECLINED);
            nanos.set(start + MAX_AGE_NANOS);
            assertThat(reply(rcpt(hook, session, USER_OF_A, OUTSIDER))).startsWith("451 4.7.1 ");
        }

        /** Otherwise a client that sends without a pause would never get a new answer. */
        @Test
        void ageShouldCountFromTheAnswerNotFromItsLastUse() {
            FakeSmtpSession session = session(IP_OF_A);
            mailAndRcpt(hook, session, USER_OF_A, OUTSIDER);
            lists.listing = Listing.UNLISTED;

            nanos.addAndGet(MAX_AGE_NANOS - 1);
            rcpt(hook, session, USER_OF_A, OUTSIDER);
            nanos.addAndGet(1);

            assertThat(reply(rcpt(hook, session, USER_OF_A, OUTSIDER))).startsWith("451 4.7.1 ");
        }

        @ParameterizedTest
        @ValueSource(strings = {USER_OF_A, OUTSIDER})
        void listsThatCannotBeReadShouldBeReadAgainForTheNextRecipient(String sender) {
            lists.listing = Listing.UNKNOWN;
            FakeSmtpSession session = session(IP_OF_A);
            assertThat(reply(mailAndRcpt(hook, session, sender, OTHER_OUTSIDER)))
                    .isEqualTo(UNAVAILABLE);

            lists.listing = Listing.LISTED;

            assertThat(rcpt(hook, session, sender, OTHER_OUTSIDER)).isEqualTo(HookResult.DECLINED);
            assertThat(lists.questions).isEqualTo(2);
        }

        @Test
        void domainListThatCannotBeReadShouldBeReadAgainForTheNextRecipient() {
            domains.readable = false;
            FakeSmtpSession session = session(IP_OF_A);
            assertThat(reply(mailAndRcpt(hook, session, USER_OF_A, OUTSIDER))).isEqualTo(UNAVAILABLE);

            domains.readable = true;

            assertThat(rcpt(hook, session, USER_OF_A, OUTSIDER)).isEqualTo(HookResult.DECLINED);
        }

        @Test
        void nextTransactionShouldBeJudgedByItsOwnSender() {
            AuthorizedOutboundHook strict = hook(Enforcement.ENFORCE, LISTS, DOMAINS);
            FakeSmtpSession session = session(IP_OF_A);

            assertThat(mailAndRcpt(strict, session, USER_OF_A, OUTSIDER)).isEqualTo(HookResult.DECLINED);
            session.resetState();
            assertThat(reply(mailAndRcpt(strict, session, USER_OF_B, OUTSIDER))).contains("b.example");
            session.resetState();
            assertThat(mailAndRcpt(strict, session, USER_OF_A, OUTSIDER)).isEqualTo(HookResult.DECLINED);
        }

        /** As after a second MAIL, whatever of the first one is still there. */
        @Test
        void recipientOfAnotherSenderShouldBeJudgedByThatSenderThoughNothingWasReset() {
            AuthorizedOutboundHook strict = hook(Enforcement.ENFORCE, LISTS, DOMAINS);
            FakeSmtpSession session = session(IP_OF_A);
            mailAndRcpt(strict, session, USER_OF_A, OUTSIDER);

            HookResult result = rcpt(strict, session, USER_OF_B, OUTSIDER);

            assertThat(reply(result)).startsWith("451 4.7.1 ").contains("b.example");
            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @Test
        void answersReadAtMailWithVerifyIdentityShouldNotBeReadAgain() {
            FakeSmtpSession session = session(IP_OF_A);
            session.setAttachment(SMTPSession.SENDER, sender(USER_OF_A), State.Transaction);
            mail(hook, session, USER_OF_A);
            hook.onHookResult(session, AUTH_REQUIRED, 0, new VerifyingHook());

            assertThat(rcpt(hook, session, USER_OF_A, OUTSIDER)).isEqualTo(HookResult.DECLINED);
            assertThat(lists.questions).isEqualTo(1);
        }

        @Test
        void sessionThatAuthenticatesAfterARefusalShouldPass() {
            lists.listing = Listing.UNLISTED;
            FakeSmtpSession session = session(UNLISTED_IP);
            mailAndRcpt(hook, session, USER_OF_A, OUTSIDER);

            authenticate(session);

            assertThat(rcpt(hook, session, USER_OF_A, OUTSIDER)).isEqualTo(HookResult.DECLINED);
        }
    }

    /** Says of everybody what it is set to. */
    private static final class SettableLookup implements OutboundLookup {
        private Listing listing = Listing.LISTED;
        private long generation;
        private int questions;
        private Runnable whileAsked = () -> {};

        private void change(Listing changed) {
            listing = changed;
            generation++;
        }

        private Listing answer() {
            questions++;
            Listing answer = listing;
            whileAsked.run();
            return answer;
        }

        @Override
        public DomainListing listedFor(Domain domain, OutboundAddress client) {
            return DomainListing.of(answer());
        }

        @Override
        public Optional<Enforcement> lastEnforcementOf(Domain domain) {
            return Optional.empty();
        }

        @Override
        public Listing listedForAny(OutboundAddress client) {
            return answer();
        }

        @Override
        public long generation() {
            return generation;
        }
    }

    /** The internal domains, with a record of the lookups. */
    private static final class RecordingDomainList {
        private final List<Domain> lookups = new ArrayList<>();
        private boolean readable = true;

        private DomainList asDomainList() {
            return (DomainList) Proxy.newProxyInstance(
                    getClass().getClassLoader(), new Class<?>[] {DomainList.class}, (proxy, method, arguments) -> {
                        if (!readable) {
                            throw new DomainListException("The domain list cannot be read");
                        }
                        if (method.getName().equals("containsDomain")) {
                            lookups.add((Domain) arguments[0]);
                        }
                        return method.invoke(DOMAINS, arguments);
                    });
        }
    }

    @Test
    void onlyTheMissingLineShouldBeReportedWhenTheModuleIsNotLoaded() {
        JamesWithoutTheModule.assertMissingLineReported(AuthorizedOutboundHook.class);
    }

    /** The marks for rule 2. */
    @Nested
    class Mark {
        private final AttributeName granted = AttributeName.of("io.authorizedoutbounds.granted");
        private final AttributeName trustedNetwork = AttributeName.of("io.authorizedoutbounds.trustedNetwork");

        private Mail message(AuthorizedOutboundHook hook, FakeSmtpSession session) {
            Mail mail = MailImpl.builder().name("mail").build();
            assertThat(hook.onMessage(session, mail)).isEqualTo(HookResult.DECLINED);
            return mail;
        }

        @ParameterizedTest
        @ValueSource(strings = {USER_OF_A, OUTSIDER, NULL_SENDER})
        void mailShouldBeMarkedWhenItsClientMayRelayBecauseItIsListed(String sender) {
            FakeSmtpSession session = session(IP_OF_A);
            mailAndRcpt(hook, session, sender, OTHER_OUTSIDER);

            assertThat(message(hook, session).getAttribute(granted)).isPresent();
        }

        @Test
        void inboundMailShouldNotBeMarked() {
            FakeSmtpSession session = session(IP_OF_A);
            mailAndRcpt(hook, session, OUTSIDER, USER_OF_A);

            assertThat(message(hook, session).getAttribute(granted)).isEmpty();
        }

        @Test
        void mailAfterOneThatWasMarkedShouldNotBeMarked() {
            FakeSmtpSession session = session(IP_OF_A);
            mailAndRcpt(hook, session, OUTSIDER, OTHER_OUTSIDER);
            session.resetState();
            mailAndRcpt(hook, session, OUTSIDER, USER_OF_A);

            assertThat(message(hook, session).getAttribute(granted)).isEmpty();
        }

        @ParameterizedTest
        @EnumSource(Enforcement.class)
        void mailOfATrustedNetworkShouldBeMarkedAsSuchWhetherItIsListedOrNot(Enforcement enforcement) {
            AuthorizedOutboundHook hook = hook(enforcement, LISTS, DOMAINS);
            for (String client : List.of(UNLISTED_IP, IP_OF_A)) {
                FakeSmtpSession session = session(client);
                session.setRelayingAllowed(true);
                mailAndRcpt(hook, session, OUTSIDER, OTHER_OUTSIDER);

                Mail mail = message(hook, session);

                assertThat(mail.getAttribute(trustedNetwork)).as(client).isPresent();
                assertThat(mail.getAttribute(granted)).as(client).isEmpty();
            }
        }

        @Test
        void mailOfAUserInATrustedNetworkShouldNotBeMarked() {
            FakeSmtpSession session = sessionOfTrustedNetwork();
            authenticate(session);
            mailAndRcpt(hook, session, USER_OF_A, OUTSIDER);

            assertThat(message(hook, session).attributes()).isEmpty();
        }

        @Test
        void mailFromOutsideATrustedNetworkShouldNotBeMarkedAsFromOne() {
            for (String recipient : List.of(USER_OF_A, OTHER_OUTSIDER)) {
                FakeSmtpSession session = session(IP_OF_A);
                mailAndRcpt(hook, session, OUTSIDER, OTHER_OUTSIDER);
                session.resetState();
                mailAndRcpt(hook, session, OUTSIDER, recipient);

                assertThat(message(hook, session).getAttribute(trustedNetwork))
                        .as(recipient)
                        .isEmpty();
            }
        }

        @Test
        void mailShouldNotBeMarkedWhenTheRuleOnlyReports() {
            FakeSmtpSession session = session(IP_OF_A);
            mailAndRcpt(reportingHook, session, OUTSIDER, OTHER_OUTSIDER);

            assertThat(message(reportingHook, session).getAttribute(granted)).isEmpty();
        }
    }

    @Nested
    class Report {
        @ParameterizedTest
        @CsvSource({
            IP_OF_A + "," + USER_OF_A + "," + OUTSIDER,
            UNLISTED_IP + "," + USER_OF_A + "," + OUTSIDER,
            UNLISTED_IP + "," + USER_OF_A + "," + USER_OF_B,
            UNLISTED_IP + "," + OUTSIDER + "," + USER_OF_A,
            IP_OF_A + "," + OUTSIDER + "," + OTHER_OUTSIDER,
            UNLISTED_IP + "," + OUTSIDER + "," + OTHER_OUTSIDER
        })
        void everyRowShouldPassWithoutGrant(String client, String sender, String recipient) {
            FakeSmtpSession session = session(client);

            HookResult result = mailAndRcpt(reportingHook, session, sender, recipient);

            assertThat(result).isEqualTo(HookResult.DECLINED);
            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @Test
        void mailShouldPassWithoutGrantWhenTheListsCannotBeRead() {
            FakeSmtpSession session = session(IP_OF_A);

            HookResult result =
                    mailAndRcpt(hook(Enforcement.REPORT, UNREACHABLE, DOMAINS), session, USER_OF_A, OUTSIDER);

            assertThat(result).isEqualTo(HookResult.DECLINED);
            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @Test
        void recipientsShouldBeLeftToJames() throws Exception {
            FakeSmtpSession session = session(UNLISTED_IP);
            List<MailAddress> recipients = List.of(new MailAddress(OUTSIDER));
            session.setAttachment(SMTPSession.RCPT_LIST, recipients, State.Transaction);

            mail(reportingHook, session, USER_OF_A);

            assertThat(session.getAttachment(SMTPSession.RCPT_LIST, State.Transaction))
                    .contains(recipients);
        }

        @Test
        void permissionsOfJamesShouldBeLeftAsTheyAre() {
            FakeSmtpSession trusted = sessionOfTrustedNetwork();
            FakeSmtpSession authenticated = session(UNLISTED_IP);
            authenticate(authenticated);

            mailAndRcpt(reportingHook, trusted, USER_OF_A, OUTSIDER);
            mailAndRcpt(reportingHook, authenticated, USER_OF_A, OUTSIDER);

            assertThat(trusted.isRelayingAllowed()).isTrue();
            assertThat(authenticated.isRelayingAllowed()).isTrue();
        }
    }

    /** The default is the other one each time. */
    @Nested
    class EnforcementOfADomain {
        private final AuthorizedOutboundHook enforcing = hookOf(Enforcement.REPORT, Enforcement.ENFORCE);
        private final AuthorizedOutboundHook reporting = hookOf(Enforcement.ENFORCE, Enforcement.REPORT);

        private AuthorizedOutboundHook hookOf(Enforcement byDefault, Enforcement own) {
            return hook(byDefault, owning(own), DOMAINS);
        }

        @Test
        void listedClientShouldPassWithoutGrantWhenItsDomainReports() {
            FakeSmtpSession session = session(IP_OF_A);

            HookResult result = mailAndRcpt(reporting, session, USER_OF_A, OUTSIDER);

            assertThat(result).isEqualTo(HookResult.DECLINED);
            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @ParameterizedTest
        @ValueSource(strings = {UNLISTED_IP, UNREADABLE_IP})
        void clientShouldBeLeftToJamesWhenItsDomainReports(String client) {
            FakeSmtpSession session = session(client);

            HookResult result = mailAndRcpt(reporting, session, USER_OF_A, OUTSIDER);

            assertThat(result).isEqualTo(HookResult.DECLINED);
            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @Test
        void refusalShouldBeRecordedWhenItsDomainReports() {
            mailAndRcpt(reporting, session(UNLISTED_IP), USER_OF_A, OUTSIDER);

            assertThat(refused).containsExactly("report a.example 203.0.113.9 user@a.example x.example");
        }

        @Test
        void listedClientShouldPassAndMayRelayWhenItsDomainEnforces() {
            FakeSmtpSession session = session(IP_OF_A);

            HookResult result = mailAndRcpt(enforcing, session, USER_OF_A, OUTSIDER);

            assertThat(result).isEqualTo(HookResult.DECLINED);
            assertThat(session.isRelayingAllowed()).isTrue();
        }

        @Test
        void unlistedClientShouldBeRefusedWhenItsDomainEnforces() {
            HookResult result = mailAndRcpt(enforcing, session(UNLISTED_IP), USER_OF_A, OUTSIDER);

            assertThat(reply(result)).startsWith("451 4.7.1 ").endsWith(" of a.example");
        }

        @Test
        void clientShouldBeDeferredWhenItsDomainEnforcesAndTheListCannotBeRead() {
            HookResult result = mailAndRcpt(enforcing, session(UNREADABLE_IP), USER_OF_A, OUTSIDER);

            assertThat(reply(result)).isEqualTo(UNAVAILABLE);
        }

        @Test
        void externalSenderShouldBeJudgedByTheDefault() {
            HookResult enforced = mailAndRcpt(reporting, session(UNLISTED_IP), OUTSIDER, OTHER_OUTSIDER);
            HookResult reported = mailAndRcpt(enforcing, session(UNLISTED_IP), OUTSIDER, OTHER_OUTSIDER);

            assertThat(reply(enforced)).startsWith("451 4.7.1 ");
            assertThat(reported).isEqualTo(HookResult.DECLINED);
        }

        @Test
        void senderOfAnUnreadableDomainShouldBeJudgedByTheEnforcementThatWasReadLast() {
            DomainList unreadable = FixedDomainList.unreadable();

            HookResult reported = mailAndRcpt(
                    hook(Enforcement.ENFORCE, owning(Enforcement.REPORT), unreadable),
                    session(UNLISTED_IP),
                    USER_OF_A,
                    OUTSIDER);
            HookResult enforced = mailAndRcpt(
                    hook(Enforcement.REPORT, owning(Enforcement.ENFORCE), unreadable),
                    session(UNLISTED_IP),
                    USER_OF_A,
                    OUTSIDER);

            assertThat(reported).isEqualTo(HookResult.DECLINED);
            assertThat(reply(enforced)).isEqualTo(UNAVAILABLE);
        }

        @Test
        void grantShouldBeRevokedAtTheMailOfAnotherSenderAlthoughTheDefaultReports() {
            FakeSmtpSession session = session(IP_OF_A);
            mailAndRcpt(enforcing, session, USER_OF_A, OUTSIDER);
            session.resetState();

            HookResult result = mailAndRcpt(enforcing, session, OUTSIDER, OTHER_OUTSIDER);

            assertThat(result).isEqualTo(HookResult.DECLINED);
            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @ParameterizedTest
        @ValueSource(strings = {IP_OF_A, UNLISTED_IP})
        void rejectionByVerifyIdentityShouldBeLeftToJamesWhenTheDomainReports(String client) {
            FakeSmtpSession session = sessionAfterMail(reporting, client);

            HookResult result = reporting.onHookResult(session, AUTH_REQUIRED, 0, new VerifyingHook());

            assertThat(result).isSameAs(AUTH_REQUIRED);
            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @Test
        void rejectionByVerifyIdentityShouldBeReplacedWhenTheDomainEnforces() {
            FakeSmtpSession listed = sessionAfterMail(enforcing, IP_OF_A);
            FakeSmtpSession unlisted = sessionAfterMail(enforcing, UNLISTED_IP);

            HookResult ofListed = enforcing.onHookResult(listed, AUTH_REQUIRED, 0, new VerifyingHook());
            HookResult ofUnlisted = enforcing.onHookResult(unlisted, AUTH_REQUIRED, 0, new VerifyingHook());

            assertThat(ofListed).isEqualTo(HookResult.DECLINED);
            assertThat(listed.isRelayingAllowed()).isTrue();
            assertThat(reply(ofUnlisted)).startsWith("451 4.7.1 ");
        }

        private FakeSmtpSession sessionAfterMail(AuthorizedOutboundHook hook, String client) {
            FakeSmtpSession session = session(client);
            session.setAttachment(SMTPSession.SENDER, sender(USER_OF_A), State.Transaction);
            mail(hook, session, USER_OF_A);
            return session;
        }

        @Test
        void recipientsOfAnEarlierSenderShouldBeDroppedAtTheMailOfADomainThatEnforces() {
            FakeSmtpSession session = sessionWithRecipients(UNLISTED_IP);

            mail(enforcing, session, USER_OF_A);

            assertThat(session.getAttachment(SMTPSession.RCPT_LIST, State.Transaction))
                    .isEmpty();
        }

        @Test
        void recipientsThatWereGrantedShouldBeDroppedAtTheNextMailWhoeverTheSenderIs() {
            FakeSmtpSession session = sessionWithRecipients(IP_OF_A);
            rcpt(enforcing, session, USER_OF_A, OUTSIDER);

            mail(enforcing, session, OUTSIDER);

            assertThat(session.getAttachment(SMTPSession.RCPT_LIST, State.Transaction))
                    .isEmpty();
        }

        @ParameterizedTest
        @ValueSource(strings = {USER_OF_A, NULL_SENDER})
        void recipientsShouldBeLeftToJamesWhenNothingIsEnforcedForTheSender(String sender) {
            AuthorizedOutboundHook hook = sender.isEmpty() ? enforcing : reporting;
            FakeSmtpSession session = sessionWithRecipients(UNLISTED_IP);

            mail(hook, session, sender);

            assertThat(session.getAttachment(SMTPSession.RCPT_LIST, State.Transaction))
                    .contains(List.of(address(OTHER_OUTSIDER)));
        }

        private FakeSmtpSession sessionWithRecipients(String client) {
            FakeSmtpSession session = session(client);
            session.setAttachment(SMTPSession.RCPT_LIST, List.of(address(OTHER_OUTSIDER)), State.Transaction);
            return session;
        }

        @Test
        void whatIsNotRefusedBecauseADomainReportsShouldBeCounted() {
            mailAndRcpt(reporting, session(UNLISTED_IP), USER_OF_A, OUTSIDER);
            mailAndRcpt(reporting, session(UNREADABLE_IP), USER_OF_A, OUTSIDER);
            mailAndRcpt(reporting, session(IP_OF_A), USER_OF_A, OUTSIDER);
            mailAndRcpt(reporting, session(UNLISTED_IP), OUTSIDER, OTHER_OUTSIDER);

            metrics.publish();

            assertThat(counters.countFor("authorizedOutbounds.refusals.reported"))
                    .isEqualTo(2);
            assertThat(counters.countFor("authorizedOutbounds.decisions.refuse"))
                    .isEqualTo(2);
        }
    }

    /** {@code trusted.networks=judge}. */
    @Nested
    class JudgedTrustedNetwork {
        private final AuthorizedOutboundHook enforcing = judging(Enforcement.ENFORCE, LISTS, DOMAINS);
        private final AuthorizedOutboundHook reporting = judging(Enforcement.REPORT, LISTS, DOMAINS);

        private AuthorizedOutboundHook judging(Enforcement enforcement, OutboundLookup lookup, DomainList domains) {
            return hook(
                    AuthorizedOutboundsConfiguration.builder()
                            .enforcement(enforcement)
                            .trustedNetworks(TrustedNetworks.JUDGE)
                            .build(),
                    true,
                    lookup,
                    domains);
        }

        private FakeSmtpSession trusted(String client) {
            FakeSmtpSession session = session(client);
            session.setRelayingAllowed(true);
            return session;
        }

        @ParameterizedTest
        @ValueSource(strings = {OUTSIDER, USER_OF_B})
        void unlistedClientShouldBeRefusedWhenTheDomainEnforces(String recipient) {
            HookResult result = mailAndRcpt(enforcing, trusted(UNLISTED_IP), USER_OF_A, recipient);

            assertThat(reply(result))
                    .isEqualTo("451 4.7.1 Open relay not allowed: 203.0.113.9 is not an authorized outbound address of"
                            + " a.example");
            assertThat(refused).hasSize(1);
        }

        @Test
        void listedClientShouldPassWhenTheDomainEnforces() {
            FakeSmtpSession session = trusted(IP_OF_A);

            HookResult result = mailAndRcpt(enforcing, session, USER_OF_A, OUTSIDER);

            assertThat(result).isEqualTo(HookResult.DECLINED);
            assertThat(session.isRelayingAllowed()).isTrue();
        }

        @Test
        void clientShouldBeDeferredWhenTheDomainEnforcesAndTheListsCannotBeRead() {
            HookResult result = mailAndRcpt(
                    judging(Enforcement.ENFORCE, UNREACHABLE, DOMAINS), trusted(IP_OF_A), USER_OF_A, OUTSIDER);

            assertThat(reply(result)).isEqualTo(UNAVAILABLE);
        }

        @Test
        void unlistedClientShouldBeRecordedAndLeftToJamesWhenTheDomainReports() {
            FakeSmtpSession session = trusted(UNLISTED_IP);

            HookResult result = mailAndRcpt(reporting, session, USER_OF_A, OUTSIDER);

            assertThat(result).isEqualTo(HookResult.DECLINED);
            assertThat(session.isRelayingAllowed()).isTrue();
            assertThat(refused).containsExactly("report a.example 203.0.113.9 user@a.example x.example");
        }

        @ParameterizedTest
        @ValueSource(strings = {OUTSIDER, NULL_SENDER, "user@sub.a.example"})
        void externalSenderShouldPassWithoutLookup(String sender) {
            FakeSmtpSession session = trusted(UNLISTED_IP);

            HookResult result =
                    mailAndRcpt(judging(Enforcement.ENFORCE, THROWING, DOMAINS), session, sender, OTHER_OUTSIDER);

            assertThat(result).isEqualTo(HookResult.DECLINED);
            assertThat(session.isRelayingAllowed()).isTrue();
        }

        @Test
        void senderShouldBeDeferredWhenNobodyKnowsWhetherItIsInternal() {
            HookResult result = mailAndRcpt(
                    judging(Enforcement.ENFORCE, LISTS, FixedDomainList.unreadable()),
                    trusted(UNLISTED_IP),
                    OUTSIDER,
                    OTHER_OUTSIDER);

            assertThat(reply(result)).isEqualTo(UNAVAILABLE);
        }

        @Test
        void authenticatedClientShouldPass() {
            FakeSmtpSession session = trusted(UNLISTED_IP);
            authenticate(session);

            HookResult result = mailAndRcpt(enforcing, session, USER_OF_B, OUTSIDER);

            assertThat(result).isEqualTo(HookResult.DECLINED);
        }

        @ParameterizedTest
        @ValueSource(strings = {IP_OF_A, UNLISTED_IP})
        void laterTransactionOfAnExternalSenderShouldHaveThePermissionThatJamesGave(String client) {
            FakeSmtpSession session = trusted(client);
            mailAndRcpt(enforcing, session, USER_OF_A, OUTSIDER);
            session.resetState();

            HookResult result = mailAndRcpt(enforcing, session, OUTSIDER, OTHER_OUTSIDER);

            assertThat(result).isEqualTo(HookResult.DECLINED);
            assertThat(session.isRelayingAllowed()).isTrue();
        }

        @Test
        void otherDomainShouldBeRefusedInALaterTransaction() {
            FakeSmtpSession session = trusted(IP_OF_A);
            mailAndRcpt(enforcing, session, USER_OF_A, OUTSIDER);
            session.resetState();

            HookResult result = mailAndRcpt(enforcing, session, USER_OF_B, OUTSIDER);

            assertThat(reply(result)).startsWith("451 4.7.1 ").endsWith(" of b.example");
        }

        @ParameterizedTest
        @CsvSource({
            IP_OF_A + "," + USER_OF_A + "," + OUTSIDER,
            UNLISTED_IP + "," + OUTSIDER + "," + OTHER_OUTSIDER,
            UNLISTED_IP + ",''," + OUTSIDER
        })
        void mailShouldBeMarkedAsFromATrustedNetwork(String client, String sender, String recipient) {
            FakeSmtpSession session = trusted(client);
            mailAndRcpt(enforcing, session, sender, recipient);
            Mail mail = MailImpl.builder().name("mail").build();

            enforcing.onMessage(session, mail);

            assertThat(mail.getAttribute(AttributeName.of("io.authorizedoutbounds.trustedNetwork")))
                    .isPresent();
            assertThat(mail.getAttribute(AttributeName.of("io.authorizedoutbounds.granted")))
                    .isEmpty();
        }

        @Test
        void recipientsOfAnEarlierSenderShouldBeDroppedAtTheMailOfAnInternalSenderOnly() {
            for (String sender : List.of(USER_OF_A, OUTSIDER)) {
                FakeSmtpSession session = trusted(UNLISTED_IP);
                session.setAttachment(SMTPSession.RCPT_LIST, List.of(address(OTHER_OUTSIDER)), State.Transaction);

                mail(enforcing, session, sender);

                assertThat(session.getAttachment(SMTPSession.RCPT_LIST, State.Transaction)
                                .isPresent())
                        .as(sender)
                        .isEqualTo(sender.equals(OUTSIDER));
            }
        }
    }

    /** James with {@code verifyIdentity=true} answers 530 to an internal sender without AUTH. */
    @Nested
    class VerifyIdentity {
        @Test
        void listedClientShouldPassAndMayRelay() {
            FakeSmtpSession session = sessionAfterMail(IP_OF_A, USER_OF_A);

            HookResult result = hook.onHookResult(session, AUTH_REQUIRED, 0, new VerifyingHook());

            assertThat(result).isEqualTo(HookResult.DECLINED);
            assertThat(session.isRelayingAllowed()).isTrue();
        }

        @Test
        void grantGivenAtMailShouldHoldForTheRecipientsOfTheTransaction() {
            FakeSmtpSession session = sessionAfterMail(IP_OF_A, USER_OF_A);
            hook.onHookResult(session, AUTH_REQUIRED, 0, new VerifyingHook());

            HookResult result = rcpt(hook, session, USER_OF_A, OUTSIDER);

            assertThat(result).isEqualTo(HookResult.DECLINED);
            assertThat(session.isRelayingAllowed()).isTrue();
        }

        @Test
        void grantGivenAtMailShouldBeRevokedAtTheNextMail() {
            FakeSmtpSession session = sessionAfterMail(IP_OF_A, USER_OF_A);
            hook.onHookResult(session, AUTH_REQUIRED, 0, new VerifyingHook());
            session.resetState();

            mail(hook, session, USER_OF_B);

            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @Test
        void unlistedClientShouldBeRefusedTemporarilyInsteadOfRejected() {
            FakeSmtpSession session = sessionAfterMail(UNLISTED_IP, USER_OF_A);

            HookResult result = hook.onHookResult(session, AUTH_REQUIRED, 0, new VerifyingHook());

            assertThat(reply(result))
                    .isEqualTo("451 4.7.1 Open relay not allowed: 203.0.113.9 is not an authorized outbound address of"
                            + " a.example");
            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @ParameterizedTest
        @EnumSource(Enforcement.class)
        void refusalAtMailShouldBeRecordedWithoutARecipientWhetherItIsEnforcedOrNot(Enforcement enforcement) {
            FakeSmtpSession session = sessionAfterMail(UNLISTED_IP, USER_OF_A);

            hook(enforcement, LISTS, DOMAINS).onHookResult(session, AUTH_REQUIRED, 0, new VerifyingHook());

            assertThat(refused).containsExactly(enforcement.word() + " a.example 203.0.113.9 user@a.example -");
        }

        @ParameterizedTest
        @EnumSource(Enforcement.class)
        void refusalAtMailShouldBeLoggedWithoutARecipientWhetherItIsEnforcedOrNot(Enforcement enforcement) {
            FakeSmtpSession session = sessionAfterMail(UNLISTED_IP, USER_OF_A);

            hook(enforcement, LISTS, DOMAINS).onHookResult(session, AUTH_REQUIRED, 0, new VerifyingHook());

            assertThat(logged).containsExactly("UNLISTED_FOR_DOMAIN 203.0.113.9 user@a.example -");
        }

        @Test
        void mailShouldBeDeferredWhenTheListsCannotBeRead() {
            FakeSmtpSession session = sessionAfterMail(IP_OF_A, USER_OF_A);

            HookResult result = hook(Enforcement.ENFORCE, UNREACHABLE, DOMAINS)
                    .onHookResult(session, AUTH_REQUIRED, 0, new VerifyingHook());

            assertThat(reply(result)).isEqualTo(UNAVAILABLE);
        }

        @Test
        void rejectionOfAnAuthenticatedSenderShouldBeLeftToJames() {
            FakeSmtpSession session = sessionAfterMail(IP_OF_A, USER_OF_B);
            authenticate(session);

            HookResult result = hook.onHookResult(session, AUTH_REQUIRED, 0, new VerifyingHook());

            assertThat(result).isSameAs(AUTH_REQUIRED);
        }

        /** In James 3.9 the same hook refuses a mail without a From header, after the recipients. */
        @Test
        void otherRejectionByTheSameHookShouldBeLeftAsItIs() {
            FakeSmtpSession session = sessionAfterMail(IP_OF_A, USER_OF_A);
            HookResult missingFrom = HookResult.builder()
                    .hookReturnCode(HookReturnCode.deny())
                    .smtpReturnCode("503")
                    .smtpDescription("5.7.1 Missing From header")
                    .build();

            HookResult result = hook.onHookResult(session, missingFrom, 0, new VerifyingHook());

            assertThat(result).isSameAs(missingFrom);
            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @Test
        void rejectionByAnotherHookShouldBeLeftAsItIs() {
            FakeSmtpSession session = sessionAfterMail(IP_OF_A, USER_OF_A);
            Hook other = new MailHook() {};

            HookResult result = hook.onHookResult(session, AUTH_REQUIRED, 0, other);

            assertThat(result).isSameAs(AUTH_REQUIRED);
            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @Test
        void passOfTheVerifyingHookShouldBeLeftAsItIs() {
            FakeSmtpSession session = sessionAfterMail(UNLISTED_IP, OUTSIDER);

            HookResult result = hook.onHookResult(session, HookResult.DECLINED, 0, new VerifyingHook());

            assertThat(result).isSameAs(HookResult.DECLINED);
            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @ParameterizedTest
        @ValueSource(strings = {IP_OF_A, UNLISTED_IP})
        void rejectionShouldBeLeftToJamesWhenTheRuleOnlyReports(String client) {
            FakeSmtpSession session = sessionAfterMail(client, USER_OF_A);

            HookResult result = reportingHook.onHookResult(session, AUTH_REQUIRED, 0, new VerifyingHook());

            assertThat(result).isSameAs(AUTH_REQUIRED);
            assertThat(session.isRelayingAllowed()).isFalse();
        }

        @Test
        void rejectionShouldBecomeTemporaryWhenItCannotBeJudged() {
            FakeSmtpSession session = sessionAfterMail(IP_OF_A, USER_OF_A);

            HookResult result = hook(Enforcement.ENFORCE, THROWING, DOMAINS)
                    .onHookResult(session, AUTH_REQUIRED, 0, new VerifyingHook());

            assertThat(reply(result)).isEqualTo(UNAVAILABLE);
        }

        @Test
        void rejectionShouldBeLeftToJamesWhenItCannotBeJudgedAndTheRuleOnlyReports() {
            FakeSmtpSession session = sessionAfterMail(IP_OF_A, USER_OF_A);

            HookResult result = hook(Enforcement.REPORT, THROWING, DOMAINS)
                    .onHookResult(session, AUTH_REQUIRED, 0, new VerifyingHook());

            assertThat(result).isSameAs(AUTH_REQUIRED);
        }

        private FakeSmtpSession sessionAfterMail(String client, String sender) {
            FakeSmtpSession session = session(client);
            session.setAttachment(SMTPSession.SENDER, sender(sender), State.Transaction);
            mail(hook, session, sender);
            return session;
        }
    }

    @Nested
    class Counters {
        @ParameterizedTest
        @CsvSource({
            "pass," + UNLISTED_IP + "," + OUTSIDER + "," + USER_OF_A,
            "grant," + IP_OF_A + "," + USER_OF_A + "," + OUTSIDER,
            "grant," + IP_OF_A + "," + OUTSIDER + "," + OTHER_OUTSIDER,
            "refuse," + UNLISTED_IP + "," + USER_OF_A + "," + OUTSIDER,
            "refuse," + UNLISTED_IP + "," + OUTSIDER + "," + OTHER_OUTSIDER,
        })
        void rcptShouldBeCountedByItsVerdictEnforcedOrReported(
                String verdict, String client, String sender, String recipient) {
            mailAndRcpt(hook, session(client), sender, recipient);
            mailAndRcpt(reportingHook, session(client), sender, recipient);

            assertThat(decisions()).containsExactly(Map.entry("authorizedOutbounds.decisions." + verdict, 2));
        }

        @Test
        void rcptOfATrustedSessionShouldBeCountedAsAPass() {
            rcpt(hook, sessionOfTrustedNetwork(), USER_OF_A, OUTSIDER);

            assertThat(decisions()).containsExactly(Map.entry("authorizedOutbounds.decisions.pass", 1));
        }

        @Test
        void mailThatIsRefusedShouldBeCounted() {
            verifyIdentityRefuses(UNLISTED_IP);

            assertThat(decisions()).containsExactly(Map.entry("authorizedOutbounds.decisions.refuse", 1));
        }

        /** Otherwise each of its recipients would count twice. */
        @Test
        void mailThatIsGrantedShouldNotBeCounted() {
            verifyIdentityRefuses(IP_OF_A);

            assertThat(decisions()).isEmpty();
        }

        @Test
        void commandThatCannotBeJudgedShouldBeCountedAsDeferred() {
            mailAndRcpt(hook(Enforcement.ENFORCE, THROWING, DOMAINS), session(IP_OF_A), USER_OF_A, OUTSIDER);

            assertThat(decisions()).containsExactly(Map.entry("authorizedOutbounds.decisions.defer", 1));
        }

        /** Rule 1 does not judge the sender of a user: James does. */
        @Test
        void mailThatJamesRefusesToAUserShouldNotBeCounted() {
            FakeSmtpSession session = session(UNLISTED_IP);
            authenticate(session);
            session.setAttachment(SMTPSession.SENDER, sender(USER_OF_B), State.Transaction);

            hook.onHookResult(session, AUTH_REQUIRED, 0, new VerifyingHook());

            assertThat(decisions()).isEmpty();
        }

        private void verifyIdentityRefuses(String client) {
            FakeSmtpSession session = session(client);
            session.setAttachment(SMTPSession.SENDER, sender(USER_OF_A), State.Transaction);
            hook.onHookResult(session, AUTH_REQUIRED, 0, new VerifyingHook());
        }

        private ImmutableMap<String, Integer> decisions() {
            metrics.publish();
            return counters.countForPrefixName("authorizedOutbounds.decisions.").entrySet().stream()
                    .filter(counter -> counter.getValue() > 0)
                    .collect(ImmutableMap.toImmutableMap(Map.Entry::getKey, Map.Entry::getValue));
        }
    }

    @Nested
    class NothingEscapes {
        @Test
        void mailShouldBeDeferredWhenTheLookupThrows() {
            HookResult result =
                    mailAndRcpt(hook(Enforcement.ENFORCE, THROWING, DOMAINS), session(IP_OF_A), USER_OF_A, OUTSIDER);

            assertThat(reply(result)).isEqualTo(UNAVAILABLE);
        }

        @Test
        void jamesShouldGoOnWhenTheLookupThrowsAndTheRuleOnlyReports() {
            HookResult result =
                    mailAndRcpt(hook(Enforcement.REPORT, THROWING, DOMAINS), session(IP_OF_A), USER_OF_A, OUTSIDER);

            assertThat(result).isEqualTo(HookResult.DECLINED);
        }

        @ParameterizedTest
        @EnumSource(BrokenClient.class)
        void mailShouldBeDeferredWhenTheClientHasNoAddress(BrokenClient client) {
            HookResult result = rcpt(hook, new FakeSmtpSession(client.address()), USER_OF_A, OUTSIDER);

            assertThat(reply(result)).isEqualTo(UNAVAILABLE);
        }

        @ParameterizedTest
        @EnumSource(BrokenClient.class)
        void jamesShouldGoOnWhenTheClientHasNoAddressAndTheRuleOnlyReports(BrokenClient client) {
            HookResult result = rcpt(reportingHook, new FakeSmtpSession(client.address()), USER_OF_A, OUTSIDER);

            assertThat(result).isEqualTo(HookResult.DECLINED);
        }

        @Test
        void mailShouldBeDeferredWhenTheSessionIsBroken() {
            FakeSmtpSession broken = new BrokenSession();

            assertThat(reply(mail(hook, broken, USER_OF_A))).isEqualTo(UNAVAILABLE);
            assertThat(reply(rcpt(hook, broken, USER_OF_A, OUTSIDER))).isEqualTo(UNAVAILABLE);
        }

        @Test
        void jamesShouldGoOnWhenTheSessionIsBrokenAndTheRuleOnlyReports() {
            FakeSmtpSession broken = new BrokenSession();

            assertThat(mail(reportingHook, broken, USER_OF_A)).isEqualTo(HookResult.DECLINED);
            assertThat(rcpt(reportingHook, broken, USER_OF_A, OUTSIDER)).isEqualTo(HookResult.DECLINED);
        }

        @Test
        void grantShouldNotBeLeftBehindWhenTheNextTransactionCannotBeJudged() {
            FakeSmtpSession session = session(IP_OF_A);
            mailAndRcpt(hook, session, USER_OF_A, OUTSIDER);
            session.resetState();

            HookResult result = mailAndRcpt(hook(Enforcement.ENFORCE, THROWING, DOMAINS), session, USER_OF_A, OUTSIDER);

            assertThat(reply(result)).isEqualTo(UNAVAILABLE);
            assertThat(session.isRelayingAllowed()).isFalse();
        }
    }

    enum BrokenClient {
        NULL {
            @Override
            InetSocketAddress address() {
                return null;
            }
        },
        UNRESOLVED {
            @Override
            InetSocketAddress address() {
                return InetSocketAddress.createUnresolved("mx.x.example", 40000);
            }
        };

        abstract InetSocketAddress address();
    }

    /** What was attached to it is lost. */
    private static final class BrokenSession extends FakeSmtpSession {
        private BrokenSession() {
            super(new InetSocketAddress(40000));
        }

        @Override
        public Username getUsername() {
            throw new IllegalStateException("broken");
        }

        @Override
        public <T> Optional<T> removeAttachment(AttachmentKey<T> key, State state) {
            throw new IllegalStateException("broken");
        }
    }

    /** Stands for James's {@code SenderAuthIdentifyVerificationHook}. */
    private static final class VerifyingHook extends AbstractSenderAuthIdentifyVerificationHook {
        @Override
        protected boolean isLocalDomain(Domain domain) {
            return true;
        }

        @Override
        protected Username getUser(MailAddress mailAddress) {
            return Username.fromMailAddress(mailAddress);
        }

        @Override
        protected boolean isSenderAllowed(Username user, Username sender) {
            return user.equals(sender);
        }
    }

    /** What {@link #LISTS} has, with an enforcement of each domain; nothing can be read of one address. */
    private static OutboundLookup owning(Enforcement own) {
        return new OutboundLookup() {
            @Override
            public DomainListing listedFor(Domain domain, OutboundAddress client) {
                Listing listing = client.asString().equals(UNREADABLE_IP)
                        ? Listing.UNKNOWN
                        : LISTS.listedFor(domain, client).listing();
                return DomainListing.of(listing, own);
            }

            @Override
            public Listing listedForAny(OutboundAddress client) {
                return LISTS.listedForAny(client);
            }

            @Override
            public Optional<Enforcement> lastEnforcementOf(Domain domain) {
                return Optional.of(own);
            }

            @Override
            public long generation() {
                return 0;
            }
        };
    }

    private static OutboundLookup lookup(Listing listing) {
        return new OutboundLookup() {
            @Override
            public DomainListing listedFor(Domain domain, OutboundAddress client) {
                return DomainListing.of(listing);
            }

            @Override
            public Optional<Enforcement> lastEnforcementOf(Domain domain) {
                return Optional.empty();
            }

            @Override
            public Listing listedForAny(OutboundAddress client) {
                return listing;
            }

            @Override
            public long generation() {
                return 0;
            }
        };
    }

    private AuthorizedOutboundHook hook(Enforcement enforcement, OutboundLookup lookup, DomainList domains) {
        return hook(configuration(enforcement), true, lookup, domains);
    }

    private AuthorizedOutboundHook hookWithoutRule2(Enforcement enforcement) {
        return hook(configuration(enforcement), false, LISTS, DOMAINS);
    }

    /** With {@code external.senders=refuse}. */
    private AuthorizedOutboundHook hookThatRefusesExternalSenders(Enforcement enforcement) {
        return hook(
                AuthorizedOutboundsConfiguration.builder()
                        .enforcement(enforcement)
                        .externalSenders(ExternalSenders.REFUSE)
                        .build(),
                true,
                LISTS,
                DOMAINS);
    }

    private AuthorizedOutboundHook unprotectingHook() {
        return hook(
                AuthorizedOutboundsConfiguration.builder()
                        .protectLocalRecipients(false)
                        .build(),
                true,
                LISTS,
                DOMAINS);
    }

    private AuthorizedOutboundHook hook(
            AuthorizedOutboundsConfiguration configuration, boolean rule2, OutboundLookup lookup, DomainList domains) {
        return new AuthorizedOutboundHook(
                new RelayRule(lookup, configuration.relaySettings(), () -> rule2),
                lookup,
                FixedDomainList.internalDomains(domains),
                blockPolicy,
                counted,
                recorded,
                log,
                configuration,
                metrics,
                nanos::get);
    }

    private static AuthorizedOutboundsConfiguration configuration(Enforcement enforcement) {
        return AuthorizedOutboundsConfiguration.builder()
                .enforcement(enforcement)
                .build();
    }

    private static FakeSmtpSession session(String client) {
        try {
            return new FakeSmtpSession(new InetSocketAddress(InetAddress.getByName(client), 40000));
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static FakeSmtpSession sessionOfTrustedNetwork() {
        FakeSmtpSession session = session(UNLISTED_IP);
        session.setRelayingAllowed(true);
        return session;
    }

    /** As James's {@code UsersRepositoryAuthHook} does it. */
    private static void authenticate(FakeSmtpSession session) {
        session.setUsername(Username.of(USER_OF_A));
        session.setRelayingAllowed(true);
    }

    private static HookResult mailAndRcpt(
            AuthorizedOutboundHook hook, FakeSmtpSession session, String sender, String recipient) {
        assertThat(mail(hook, session, sender)).isEqualTo(HookResult.DECLINED);
        return rcpt(hook, session, sender, recipient);
    }

    private static HookResult mail(AuthorizedOutboundHook hook, FakeSmtpSession session, String sender) {
        return hook.doMail(session, sender(sender));
    }

    private static HookResult rcpt(
            AuthorizedOutboundHook hook, FakeSmtpSession session, String sender, String recipient) {
        return hook.doRcpt(session, sender(sender), address(recipient));
    }

    private static MaybeSender sender(String text) {
        return text.isEmpty() ? MaybeSender.nullSender() : MaybeSender.of(address(text));
    }

    private static MailAddress address(String text) {
        try {
            return new MailAddress(text);
        } catch (Exception e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    /** The line that James makes of the hook's answer. */
    private static String reply(HookResult result) {
        SMTPResponse response = AbstractHookableCmdHandler.calcDefaultSMTPResponse(result);
        assertThat(response).as("the client gets an answer").isNotNull();
        return response.getLines().stream().map(CharSequence::toString).collect(Collectors.joining("\n"));
    }
}
