// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.mailets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.common.collect.ImmutableMap;
import io.authorizedoutbounds.cache.FixedDomainList;
import io.authorizedoutbounds.james.AuthorizedOutboundsConfiguration;
import io.authorizedoutbounds.james.BlockPolicyInForce;
import io.authorizedoutbounds.james.JamesWithoutTheModule;
import io.authorizedoutbounds.monitoring.AuthorizedOutboundsMetrics;
import io.authorizedoutbounds.monitoring.TestMetrics;
import io.authorizedoutbounds.policy.BlockRule;
import io.authorizedoutbounds.policy.DomainListing;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.Listing;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.OutboundLookup;
import io.authorizedoutbounds.policy.Refusals;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.commons.configuration2.BaseConfiguration;
import org.apache.james.core.Domain;
import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;
import org.apache.james.core.builder.MimeMessageBuilder;
import org.apache.james.metrics.tests.RecordingMetricFactory;
import org.apache.james.server.core.MailImpl;
import org.apache.mailet.Attribute;
import org.apache.mailet.AttributeName;
import org.apache.mailet.AttributeValue;
import org.apache.mailet.DsnParameters;
import org.apache.mailet.Mail;
import org.apache.mailet.ProcessingState;
import org.apache.mailet.base.test.FakeMailetConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a mail; which rows there are is for the test of the rule. */
class BlockExternalSendersTest {
    private static final String LISTED = "192.0.2.1";
    private static final String UNLISTED = "192.0.2.2";
    private static final String UNKNOWN = "192.0.2.3";
    private static final String EXTERNAL_SENDER = "someone@remote.example";
    private static final String INTERNAL = "user@a.example";
    private static final String EXTERNAL = "one@elsewhere.example";
    private static final String OTHER_EXTERNAL = "two@elsewhere.example";
    private static final Attribute JMAP_USER = attribute("org.apache.james.jmap.send.MailMetaData.username");
    private static final Attribute AUTH_USER = attribute("org.apache.james.SMTPAuthUser");
    private static final Attribute SENT_BY_MAILET = attribute("org.apache.james.SentByMailet");

    private final LimitedQueues queues = new LimitedQueues();
    private final BlockPolicyInForce inForce = new BlockPolicyInForce();
    private final List<String> quarantined = new ArrayList<>();
    private final Refusals refusals = new Refusals() {
        @Override
        public void record(
                Domain domain, Enforcement enforcement, OutboundAddress client, String sender, Domain recipientDomain) {
            throw new AssertionError("Refused at RCPT");
        }

        @Override
        public void recordAtMail(Domain domain, Enforcement enforcement, OutboundAddress client, String sender) {
            throw new AssertionError("Refused at MAIL");
        }

        @Override
        public void recordExternalSender(
                Enforcement enforcement, OutboundAddress client, String sender, Domain recipientDomain) {
            throw new AssertionError("Refused at RCPT");
        }

        @Override
        public void recordQuarantined(OutboundAddress client, String sender, Domain recipientDomain) {
            quarantined.add(client + " " + sender + " " + recipientDomain.asString());
        }
    };
    private final RecordingMetricFactory counters = new RecordingMetricFactory();
    private final AuthorizedOutboundsMetrics metrics = TestMetrics.countedBy(counters);

    private static Attribute attribute(String name) {
        return new Attribute(AttributeName.of(name), AttributeValue.of("user@a.example"));
    }

    @Test
    void mailShouldGoToTheProcessorWhenAllItsRecipientsAreBlocked() throws Exception {
        Mail mail = mail(LISTED, EXTERNAL, OTHER_EXTERNAL);

        mailet().service(mail);

        assertThat(mail.getState()).isEqualTo("blocked-sender");
        assertThat(recipients(mail)).containsExactlyInAnyOrder(EXTERNAL, OTHER_EXTERNAL);
        assertThat(mail.getErrorMessage())
                .isEqualTo("<someone@remote.example> from 192.0.2.1 to <one@elsewhere.example>,"
                        + " <two@elsewhere.example>: neither the sender nor the recipients are of this server's domains"
                        + " (row 5 of rule 2, the block policy)");
        assertThat(spool()).isEmpty();
    }

    @Test
    void quarantinedMailShouldBeRecordedOnceWithItsSender() throws Exception {
        mailet().service(mail(LISTED, EXTERNAL, INTERNAL, OTHER_EXTERNAL));
        mailet().service(mail(LISTED, INTERNAL));
        mailet().service(mail(UNKNOWN, EXTERNAL));

        assertThat(quarantined).containsExactly("192.0.2.1 someone@remote.example elsewhere.example");
    }

    @Test
    void nothingShouldBeRecordedAsQuarantinedInReportMode() throws Exception {
        mailet(configuration("report"), FakeMailetConfig.builder().build()).service(mail(LISTED, EXTERNAL));

        assertThat(quarantined).isEmpty();
    }

    @Test
    void mailShouldBeSplitWhenOnlySomeOfItsRecipientsAreBlocked() throws Exception {
        Mail mail = mail(LISTED, EXTERNAL, INTERNAL, OTHER_EXTERNAL);

        mailet().service(mail);

        assertThat(spool()).hasSize(2);
        Mail blocked = spooled("blocked-sender");
        assertThat(recipients(blocked)).containsExactlyInAnyOrder(EXTERNAL, OTHER_EXTERNAL);
        assertThat(blocked.getErrorMessage()).startsWith("<someone@remote.example> from 192.0.2.1 to <one@elsewhere");
        Mail remaining = spooled("root");
        assertThat(recipients(remaining)).containsExactly(INTERNAL);
        assertThat(remaining.getErrorMessage()).isNull();
        assertThat(Set.of(mail.getName(), blocked.getName(), remaining.getName()))
                .hasSize(3);
    }

    /** James restores all recipients of a mail when a later mailet fails: the mail must not reach one. */
    @Test
    void mailThatWasSplitShouldEndThere() throws Exception {
        Mail mail = mail(LISTED, EXTERNAL, INTERNAL);

        mailet().service(mail);

        assertThat(mail.getState()).isEqualTo(Mail.GHOST);
    }

    /** Of large messages James keeps a file until then. */
    @Test
    void copiesShouldBeDisposedOfWhenTheyAreQueued() throws Exception {
        DisposalRecorder recorder = new DisposalRecorder();

        mailet().service(recorder.record(mail(LISTED, EXTERNAL, INTERNAL)));

        assertThat(recorder.disposed()).containsExactly("blocked-sender", "root");
    }

    @Test
    void copyThatCannotBeQueuedShouldBeDisposedOf() throws Exception {
        DisposalRecorder recorder = new DisposalRecorder();
        queues.limitTo(0);

        mailet().service(recorder.record(mail(LISTED, EXTERNAL, INTERNAL)));

        assertThat(recorder.disposed()).containsExactly("blocked-sender");
    }

    /** Where the mailet stands in another processor than {@code root}. */
    @Test
    void mailForTheRemainingRecipientsShouldStayInItsProcessor() throws Exception {
        Mail mail = mail(LISTED, EXTERNAL, INTERNAL);
        mail.setState("relayed");

        mailet().service(mail);

        assertThat(recipients(spooled("relayed"))).containsExactly(INTERNAL);
    }

    @Test
    void mailForTheRemainingRecipientsShouldPassWhenItIsJudgedAgain() throws Exception {
        BlockExternalSenders mailet = mailet();
        mailet.service(mail(LISTED, EXTERNAL, INTERNAL));
        Mail remaining = spooled("root");

        mailet.service(remaining);

        assertThat(remaining.getState()).isEqualTo("root");
        assertThat(recipients(remaining)).containsExactly(INTERNAL);
        assertThat(spool()).hasSize(2);
    }

    @Test
    void messageAttributesParametersAndRemoteAddressShouldSurviveInBothMails() throws Exception {
        Mail mail = mail(LISTED, EXTERNAL, INTERNAL);
        mail.setAttribute(AUTH_USER);
        mail.setDsnParameters(DsnParameters.builder()
                .envId(DsnParameters.EnvId.of("id-1"))
                .build()
                .get());
        String sent = text(mail);

        mailet().service(mail);

        for (Mail each : List.of(spooled("root"), spooled("blocked-sender"))) {
            assertThat(text(each)).isEqualTo(sent);
            assertThat(each.getAttribute(AUTH_USER.getName())).contains(AUTH_USER);
            assertThat(each.dsnParameters().get().getEnvIdParameter()).contains(DsnParameters.EnvId.of("id-1"));
            assertThat(each.getRemoteAddr()).isEqualTo(LISTED);
            assertThat(each.getMaybeSender().asString()).isEqualTo(EXTERNAL_SENDER);
        }
    }

    /** Reprocessed, it must be judged again. */
    @Test
    void copyShouldNotBeStampedAsGeneratedByTheServer() throws Exception {
        mailet().service(mail(LISTED, EXTERNAL, INTERNAL));

        assertThat(spool()).allSatisfy(copy -> assertThat(copy.getAttribute(SENT_BY_MAILET.getName()))
                .isEmpty());
        Mail copy = spooled("blocked-sender");
        copy.setState(Mail.DEFAULT);
        mailet().service(copy);
        assertThat(copy.getState()).isEqualTo("blocked-sender");
    }

    @ParameterizedTest
    @CsvSource({
        // from, sender, recipient
        UNLISTED + ", " + EXTERNAL_SENDER + ", " + EXTERNAL,
        LISTED + ", " + INTERNAL + ", " + EXTERNAL,
        LISTED + ", , " + EXTERNAL,
        LISTED + ", " + EXTERNAL_SENDER + ", " + INTERNAL,
        UNKNOWN + ", " + INTERNAL + ", " + EXTERNAL,
        UNKNOWN + ", , " + EXTERNAL,
        UNKNOWN + ", " + EXTERNAL_SENDER + ", " + INTERNAL,
        "not-an-address, " + EXTERNAL_SENDER + ", " + EXTERNAL,
    })
    void mailShouldBeLeftAsItIsWhenNothingIsBlocked(String from, String sender, String recipient) throws Exception {
        Mail mail = mailOf(sender, from, recipient);

        mailet().service(mail);

        assertUntouched(mail, recipient);
    }

    @Test
    void mailOfAUserShouldBeBlockedWhereverItComesFrom() throws Exception {
        Mail mail = mail(UNLISTED, EXTERNAL);
        mail.setAttribute(AUTH_USER);

        mailet().service(mail);

        assertThat(mail.getState()).isEqualTo("blocked-sender");
        assertThat(mail.getErrorMessage())
                .startsWith("<someone@remote.example> from 192.0.2.2 as user user@a.example to ");
    }

    /** WebAdmin removes a reprocessed mail by its name, perhaps after it is quarantined again. */
    @Test
    void reprocessedMailShouldBeQuarantinedUnderAnotherNameEachTime() throws Exception {
        Mail mail = mail(LISTED, EXTERNAL);
        mailet().service(mail);
        assertThat(mail.getName()).isEqualTo("mail-1");

        for (int count = 1; count <= 12; count++) {
            mail.setAttribute(new Attribute(AttributeName.of("mailRepository-reprocessing"), AttributeValue.of(count)));
            mail.setState(Mail.DEFAULT);
            mailet().service(mail);

            assertThat(mail.getState()).isEqualTo("blocked-sender");
            assertThat(mail.getName()).isEqualTo("mail-1-reprocessed-" + count);
        }
    }

    /** Its address was removed, or expired, after RCPT. */
    @Test
    void grantedMailShouldBeBlockedWhenItsClientIsNoLongerListed() throws Exception {
        Mail mail = mail(UNLISTED, EXTERNAL);
        mail.setAttribute(attribute("io.authorizedoutbounds.granted"));

        mailet().service(mail);

        assertThat(mail.getState()).isEqualTo("blocked-sender");
    }

    @Test
    void mailOfTheServerItselfShouldBeLeftAsItIs() throws Exception {
        for (Attribute own : List.of(SENT_BY_MAILET, JMAP_USER)) {
            Mail mail = mail(LISTED, EXTERNAL);
            mail.setAttribute(own);

            mailet().service(mail);

            assertUntouched(mail, EXTERNAL);
        }
    }

    @Test
    void onlyTheMissingLineShouldBeReportedWhenTheModuleIsNotLoaded() {
        JamesWithoutTheModule.assertMissingLineReported(BlockExternalSenders.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {LISTED, UNLISTED, UNKNOWN})
    void mailOfATrustedNetworkShouldBeLeftAsItIsWithoutALookup(String from) throws Exception {
        Mail mail = mail(from, EXTERNAL);
        mail.setAttribute(attribute("io.authorizedoutbounds.trustedNetwork"));

        mailet().service(mail);

        assertUntouched(mail, EXTERNAL);
    }

    /** James itself marks who has authenticated: that counts, wherever the user is. */
    @Test
    void mailOfAUserShouldBeBlockedThoughItIsMarkedAsOfATrustedNetwork() throws Exception {
        Mail mail = mail(UNLISTED, EXTERNAL);
        mail.setAttribute(attribute("io.authorizedoutbounds.trustedNetwork"));
        mail.setAttribute(AUTH_USER);

        mailet().service(mail);

        assertThat(mail.getState()).isEqualTo("blocked-sender");
    }

    @ParameterizedTest
    @CsvSource({
        "exemptSenders, SomeOne@Remote.Example",
        "exemptSenders, remote.example",
        "exemptRecipients, one@elsewhere.example",
        "exemptRecipients, elsewhere.example",
    })
    void exemptMailShouldBeLeftAsItIs(String parameter, String exempt) throws Exception {
        Mail mail = mail(LISTED, EXTERNAL);

        mailet(parameter, exempt).service(mail);

        assertUntouched(mail, EXTERNAL);
    }

    @Test
    void exemptionsShouldBeAvailableToHookAndWebAdmin() throws Exception {
        MailAddress address = new MailAddress(EXTERNAL_SENDER);
        assertThat(inForce.isConfigured()).isFalse();
        assertThat(inForce.exempts(MaybeSender.of(address), new MailAddress(EXTERNAL)))
                .isFalse();

        mailet("exemptSenders", "remote.example");

        assertThat(inForce.isConfigured()).isTrue();
        assertThat(inForce.exempts(MaybeSender.of(address), new MailAddress(EXTERNAL)))
                .isTrue();
        assertThat(inForce.exempts(MaybeSender.nullSender(), address)).isFalse();
    }

    @Test
    void onlyTheExemptRecipientShouldRemain() throws Exception {
        Mail mail = mail(LISTED, EXTERNAL, OTHER_EXTERNAL);

        mailet("exemptRecipients", EXTERNAL).service(mail);

        assertThat(recipients(spooled("root"))).containsExactly(EXTERNAL);
        assertThat(recipients(spooled("blocked-sender"))).containsExactly(OTHER_EXTERNAL);
    }

    @Test
    void mailShouldBeDeferredUnchangedWhenTheListsCannotBeRead() throws Exception {
        Mail mail = mail(UNKNOWN, INTERNAL, EXTERNAL);

        mailet().service(mail);

        assertThat(mail.getState()).isEqualTo("block-policy-unavailable");
        assertThat(recipients(mail)).containsExactlyInAnyOrder(INTERNAL, EXTERNAL);
        assertThat(mail.getAttribute(SENT_BY_MAILET.getName())).isEmpty();
        assertThat(spool()).isEmpty();
    }

    /** A full disk under the queue must neither lose the blocked recipients nor let them through. */
    @Test
    void mailShouldBeDeferredUnchangedWhenTheCopyCannotBeQueued() throws Exception {
        Mail mail = mail(LISTED, INTERNAL, EXTERNAL);
        queues.limitTo(0);

        mailet().service(mail);

        assertThat(mail.getState()).isEqualTo("block-policy-unavailable");
        assertThat(recipients(mail)).containsExactlyInAnyOrder(INTERNAL, EXTERNAL);
        assertThat(spool()).isEmpty();
    }

    @Test
    void onlyRemainingRecipientsShouldBeDeferredWhenTheBlockedOnesAreQuarantined() throws Exception {
        Mail mail = mail(LISTED, INTERNAL, EXTERNAL);
        queues.limitTo(1);

        mailet().service(mail);

        assertThat(mail.getState()).isEqualTo("block-policy-unavailable");
        assertThat(recipients(mail)).containsExactly(INTERNAL);
        assertThat(spool()).hasSize(1);
        assertThat(recipients(spooled("blocked-sender"))).containsExactly(EXTERNAL);
    }

    @Test
    void nothingShouldBeDoneWhenTheRuleOnlyReports() throws Exception {
        for (String from : List.of(LISTED, UNKNOWN)) {
            Mail mail = mail(from, EXTERNAL);

            mailet(configuration("report"), FakeMailetConfig.builder().build()).service(mail);

            assertUntouched(mail, EXTERNAL);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "passed, " + UNLISTED + ", enforce",
        "passed, " + UNLISTED + ", report",
        "blocked, " + LISTED + ", enforce",
        "blocked, " + LISTED + ", report",
        "deferred, " + UNKNOWN + ", enforce",
        "deferred, " + UNKNOWN + ", report",
    })
    void mailShouldBeCountedOnceByItsOutcome(String outcome, String from, String enforcement) throws Exception {
        mailet(configuration(enforcement), FakeMailetConfig.builder().build())
                .service(mail(from, EXTERNAL, OTHER_EXTERNAL, INTERNAL));

        assertThat(mailsCounted()).containsExactly(Map.entry("authorizedOutbounds.mails." + outcome, 1));
    }

    @Test
    void mailThatCannotBeQuarantinedShouldBeCountedAsDeferredOnly() throws Exception {
        queues.limitTo(0);

        mailet().service(mail(LISTED, INTERNAL, EXTERNAL));

        assertThat(mailsCounted()).containsExactly(Map.entry("authorizedOutbounds.mails.deferred", 1));
    }

    private ImmutableMap<String, Integer> mailsCounted() {
        metrics.publish();
        return counters.countForPrefixName("authorizedOutbounds.mails.").entrySet().stream()
                .filter(counter -> counter.getValue() > 0)
                .collect(ImmutableMap.toImmutableMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    @Test
    void errorMessageShouldNameTenRecipientsAndCountTheOthers() throws Exception {
        String[] many = IntStream.range(0, 1000)
                .mapToObj(i -> "user" + i + "@elsewhere.example")
                .toArray(String[]::new);
        Mail mail = mail(LISTED, many);

        mailet().service(mail);

        assertThat(mail.getErrorMessage())
                .contains("<user9@elsewhere.example> and 990 more: ")
                .doesNotContain("user10@");
    }

    @ParameterizedTest
    @CsvSource({"10, '<user9@elsewhere.example>: '", "11, '<user9@elsewhere.example> and 1 more: '"})
    void errorMessageShouldCountTheRecipientsBeyondTen(int recipients, String end) throws Exception {
        Mail mail = mail(
                LISTED,
                IntStream.range(0, recipients)
                        .mapToObj(i -> "user" + i + "@elsewhere.example")
                        .toArray(String[]::new));

        mailet().service(mail);

        assertThat(mail.getErrorMessage()).contains(end);
    }

    @Test
    void mailetShouldSayWhatItIs() {
        assertThat(mailet().getMailetInfo()).isEqualTo("Rule 2 of the authorized outbounds");
    }

    @ParameterizedTest
    @CsvSource({"192.0.2.1", "::ffff:192.0.2.1", "::FFFF:C000:201", "192.0.2.1%eth0"})
    void remoteAddressShouldBeComparedAsAnAddress(String spelling) throws Exception {
        Mail mail = mail(spelling, EXTERNAL);

        mailet().service(mail);

        assertThat(mail.getState()).isEqualTo("blocked-sender");
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "localhost", "192.0.2", "unknown"})
    void remoteAddressThatIsNotAnAddressShouldNotBeOutbound(String remoteAddress) throws Exception {
        Mail mail = mail(LISTED, EXTERNAL);
        mail.getClass().getMethod("setRemoteAddr", String.class).invoke(mail, remoteAddress);

        mailet().service(mail);

        assertUntouched(mail, EXTERNAL);
    }

    @Test
    void processorsShouldBeRequiredOfTheConfiguration() {
        assertThat(mailet().requiredProcessingState())
                .containsExactlyInAnyOrder(
                        new ProcessingState("blocked-sender"), new ProcessingState("block-policy-unavailable"));
        assertThat(mailet("processor", " quarantine ").requiredProcessingState())
                .containsExactlyInAnyOrder(
                        new ProcessingState("quarantine"), new ProcessingState("block-policy-unavailable"));
        assertThat(mailet("retryProcessor", "later").requiredProcessingState())
                .containsExactlyInAnyOrder(new ProcessingState("blocked-sender"), new ProcessingState("later"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "exemptSender | a.example | does not know [exemptSender]; it knows [processor, retryProcessor,",
                "processor | root | processor='root' would lose the mail, bounce it or judge it for ever",
                "processor | ghost | processor='ghost' would lose",
                "processor | error | processor='error' would lose",
                "processor | '' | processor='' would lose",
                "retryProcessor | root | retryProcessor='root' would lose",
                "retryProcessor | error | retryProcessor='error' would lose",
                "exemptSenders | a.example, *.b.example | exemptSenders: '*.b.example' is neither a mail address nor",
                "exemptRecipients | @a.example | exemptRecipients: '@a.example' is not a mail address",
                "onMailetException | ignore | onMailetException=ignore would let mail out that was not judged",
                "onMatchException | NoMatch | onMatchException=nomatch would let mail out that was not judged",
            })
    void startShouldFailWithAMessageWhenAParameterIsWrong(String parameter, String value, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> mailet(parameter, value))
                .withMessageStartingWith("mailetcontainer.xml: BlockExternalSenders " + message);
    }

    @Test
    void parametersOfJamesShouldBeAllowed() {
        assertThat(mailet("onMailetException", "error").requiredProcessingState())
                .hasSize(2);
        assertThat(mailet("onMatchException", "matchall").requiredProcessingState())
                .hasSize(2);
    }

    private void assertUntouched(Mail mail, String... recipients) throws Exception {
        assertThat(mail.getState()).isEqualTo("root");
        assertThat(recipients(mail)).containsExactly(recipients);
        assertThat(mail.getErrorMessage()).isNull();
        assertThat(spool()).isEmpty();
    }

    private static Mail mail(String from, String... recipients) throws Exception {
        return mailOf(EXTERNAL_SENDER, from, recipients);
    }

    private static Mail mailOf(String sender, String from, String... recipients) throws Exception {
        MailImpl.Builder builder = MailImpl.builder()
                .name("mail-1")
                .remoteAddr(from)
                .addRecipients(recipients)
                .mimeMessage(MimeMessageBuilder.mimeMessageBuilder()
                        .setSubject("Hello")
                        .setText("Dear all,\r\nplease find nothing attached.\r\n"));
        if (sender != null) {
            builder.sender(sender);
        }
        return builder.build();
    }

    private static String text(Mail mail) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        mail.getMessage().writeTo(bytes);
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static Set<String> recipients(Mail mail) {
        Set<String> recipients = new HashSet<>();
        for (MailAddress recipient : mail.getRecipients()) {
            recipients.add(recipient.asString());
        }
        return recipients;
    }

    private Mail spooled(String state) throws Exception {
        List<Mail> mails = new ArrayList<>(spool());
        mails.removeIf(mail -> !mail.getState().equals(state));
        assertThat(mails).as(state).hasSize(1);
        return mails.get(0);
    }

    private List<Mail> spool() throws Exception {
        return queues.spooled();
    }

    private BlockExternalSenders mailet() {
        return mailet(configuration("enforce"), FakeMailetConfig.builder().build());
    }

    private BlockExternalSenders mailet(String parameter, String value) {
        return mailet(
                configuration("enforce"),
                FakeMailetConfig.builder().setProperty(parameter, value).build());
    }

    private BlockExternalSenders mailet(AuthorizedOutboundsConfiguration configuration, FakeMailetConfig config) {
        BlockExternalSenders mailet = new BlockExternalSenders(
                new BlockRule(new FixedLookup()),
                FixedDomainList.internalDomains(FixedDomainList.of("a.example")),
                configuration,
                queues,
                inForce,
                refusals,
                metrics);
        try {
            mailet.init(config);
        } catch (Exception e) {
            throw e instanceof RuntimeException ? (RuntimeException) e : new IllegalStateException(e);
        }
        return mailet;
    }

    private static AuthorizedOutboundsConfiguration configuration(String enforcement) {
        BaseConfiguration configuration = new BaseConfiguration();
        configuration.addProperty("enforcement", enforcement);
        return AuthorizedOutboundsConfiguration.from(configuration);
    }

    private static final class FixedLookup implements OutboundLookup {
        @Override
        public DomainListing listedFor(Domain domain, OutboundAddress client) {
            throw new AssertionError("Rule 2 needs only whether a client is listed for any domain");
        }

        @Override
        public Optional<Enforcement> lastEnforcementOf(Domain domain) {
            return Optional.empty();
        }

        @Override
        public Listing listedForAny(OutboundAddress client) {
            switch (client.asString()) {
                case LISTED:
                    return Listing.LISTED;
                case UNLISTED:
                    return Listing.UNLISTED;
                default:
                    return Listing.UNKNOWN;
            }
        }

        @Override
        public long generation() {
            return 0;
        }
    }
}
