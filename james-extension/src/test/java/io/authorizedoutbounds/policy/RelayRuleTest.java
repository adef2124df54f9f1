// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.james.core.Domain;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RelayRuleTest {
    private static final Domain DOMAIN = Domain.of("a.example");
    private static final OutboundAddress CLIENT = OutboundAddress.parse("192.0.2.1");
    private static final String ANYTHING = "*";

    /**
     * Rule 1 as the design has it; the first row that matches applies. An unknown value matches no row that needs it, and
     * ends in the last rows. With local recipients protected, row 3 needs no recipient. The last columns are the verdicts with
     * {@code enforce} and {@code report}, of the sender's domain or by default.
     */
    private static final ImmutableList<TableRow> TABLE = table(
            // row | session    | networks | sender   | listed for D | for any  | recipient | protect | by | enforce |
            // report
            " 1 | authenticated | *      | *        | *        | *        | *        | *     | default | PASS   | PASS",
            " 1 | network       | bypass | *        | *        | *        | *        | *     | default | PASS   | PASS",
            " 1 | network       | judge  | external | *        | *        | *        | *     | default | PASS   | PASS",
            " 2 | *             | *      | internal | listed   | *        | *        | *     | domain  | GRANT  | PASS",
            " 3 | *             | *      | internal | unlisted | *        | *        | true  | domain  | REFUSE | PASS",
            " 3 | *             | *      | internal | unlisted | *        | external | false | domain  | REFUSE | PASS",
            " 4 | *             | *      | internal | unlisted | *        | internal | false | domain  | PASS   | PASS",
            " 5 | *             | *      | external | *        | *        | internal | *     | default | PASS   | PASS",
            " 6 | *             | *      | external | *        | listed   | external | *     | default | GRANT  | PASS",
            " 7 | *             | *      | external | *        | unlisted | external | *     | default | REFUSE | PASS",
            " 8 | *             | *      | external | *        | *        | *        | *     | default | DEFER  | PASS",
            " 8 | *             | *      | *        | *        | *        | *        | *     | domain  | DEFER  | PASS");

    private static final class TableRow {
        private final int number;
        private final List<String> cells;
        private final boolean byDomain;
        private final Verdict enforced;
        private final Verdict reported;

        private TableRow(String line) {
            List<String> columns = Splitter.on('|').trimResults().splitToList(line);
            this.number = Integer.parseInt(columns.get(0));
            this.cells = columns.subList(1, 8);
            this.byDomain = columns.get(8).equals("domain");
            this.enforced = Verdict.valueOf(columns.get(9));
            this.reported = Verdict.valueOf(columns.get(10));
        }

        private boolean matches(List<String> values) {
            for (int i = 0; i < cells.size(); i++) {
                if (!cells.get(i).equals(ANYTHING) && !cells.get(i).equals(values.get(i))) {
                    return false;
                }
            }
            return true;
        }

        private Enforcement enforcement(DomainListing domain, Enforcement byDefault) {
            return byDomain ? domain.enforcement().orElse(byDefault) : byDefault;
        }

        private Verdict verdict(Enforcement enforcement) {
            return enforcement == Enforcement.ENFORCE ? enforced : reported;
        }
    }

    private static ImmutableList<TableRow> table(String... lines) {
        return Stream.of(lines).map(TableRow::new).collect(ImmutableList.toImmutableList());
    }

    /** The states of the enforcement of a domain, whatever its list says. */
    private static final ImmutableList<DomainListing> DOMAINS = ImmutableList.of(
            DomainListing.of(Listing.UNKNOWN),
            DomainListing.of(Listing.UNKNOWN, Enforcement.ENFORCE),
            DomainListing.of(Listing.UNKNOWN, Enforcement.REPORT));

    /** One combination of all that a row depends on. */
    static final class Case {
        private final SessionTrust trust;
        private final TrustedNetworks networks;
        private final Locality sender;
        private final Listing listedForDomain;
        private final Listing listedForAny;
        private final Locality recipient;
        private final boolean protectLocalRecipients;

        private Case(
                SessionTrust trust,
                TrustedNetworks networks,
                Locality sender,
                Listing listedForDomain,
                Listing listedForAny,
                Locality recipient,
                boolean protectLocalRecipients) {
            this.trust = trust;
            this.networks = networks;
            this.sender = sender;
            this.listedForDomain = listedForDomain;
            this.listedForAny = listedForAny;
            this.recipient = recipient;
            this.protectLocalRecipients = protectLocalRecipients;
        }

        /** Of a client without AUTH outside of trusted networks. */
        private static Case ofStranger(
                Locality sender, Listing listed, Locality recipient, boolean protectLocalRecipients) {
            return new Case(
                    SessionTrust.NONE,
                    TrustedNetworks.BYPASS,
                    sender,
                    sender == Locality.INTERNAL ? listed : Listing.UNKNOWN,
                    sender == Locality.EXTERNAL ? listed : Listing.UNKNOWN,
                    recipient,
                    protectLocalRecipients);
        }

        private RelayRow judge(OutboundLookup lookup) {
            return judge(lookup, Enforcement.ENFORCE).row();
        }

        private RelayDecision judge(OutboundLookup lookup, Enforcement byDefault) {
            return rule(lookup, byDefault, () -> true).judge(trust, sender(), CLIENT, () -> recipient, () -> false);
        }

        private RelayRule rule(OutboundLookup lookup, Enforcement byDefault, BooleanSupplier blockRuleInForce) {
            return rule(lookup, byDefault, ExternalSenders.ACCEPT, blockRuleInForce);
        }

        private RelayRule rule(
                OutboundLookup lookup,
                Enforcement byDefault,
                ExternalSenders externalSenders,
                BooleanSupplier blockRuleInForce) {
            RelaySettings settings = RelaySettings.builder()
                    .enforcement(byDefault)
                    .trustedNetworks(networks)
                    .externalSenders(externalSenders)
                    .protectLocalRecipients(protectLocalRecipients)
                    .build();
            return new RelayRule(lookup, settings, blockRuleInForce);
        }

        /** With {@code external.senders=refuse}. */
        private RelayDecision judgeRefusing(Sender from, BooleanSupplier exempt) {
            return rule(new RecordingLookup(this), Enforcement.ENFORCE, ExternalSenders.REFUSE, () -> true)
                    .judge(trust, from, CLIENT, () -> recipient, exempt);
        }

        private Sender sender() {
            switch (sender) {
                case INTERNAL:
                    return Sender.internal(DOMAIN);
                case EXTERNAL:
                    return Sender.external();
                case UNKNOWN:
                    return Sender.unknown(DOMAIN);
            }
            throw new IllegalStateException("No sender for " + sender);
        }

        private List<String> values() {
            return List.of(
                    trust == SessionTrust.TRUSTED_NETWORK ? "network" : word(trust),
                    word(networks),
                    word(sender),
                    word(listedForDomain),
                    word(listedForAny),
                    word(recipient),
                    Boolean.toString(protectLocalRecipients));
        }

        private TableRow expected() {
            return TABLE.stream()
                    .filter(row -> row.matches(values()))
                    .findFirst()
                    .orElseThrow();
        }

        private static String word(Enum<?> value) {
            return value.name().toLowerCase(Locale.ROOT);
        }

        @Override
        public String toString() {
            return String.join(", ", values());
        }
    }

    static Stream<Case> everyCombination() {
        Stream.Builder<Case> cases = Stream.builder();
        for (SessionTrust trust : SessionTrust.values()) {
            for (TrustedNetworks networks : TrustedNetworks.values()) {
                for (Locality sender : Locality.values()) {
                    for (Listing ofDomain : Listing.values()) {
                        for (Listing ofAny : Listing.values()) {
                            for (Locality recipient : Locality.values()) {
                                for (boolean protect : new boolean[] {true, false}) {
                                    cases.add(new Case(trust, networks, sender, ofDomain, ofAny, recipient, protect));
                                }
                            }
                        }
                    }
                }
            }
        }
        return cases.build();
    }

    private static Stream<Case> combinationsOfRows(Integer... numbers) {
        return everyCombination().filter(combination -> List.of(numbers).contains(combination.expected().number));
    }

    static Stream<Case> combinationsThatNeedNoLookup() {
        return combinationsOfRows(1, 5);
    }

    static Stream<Case> combinationsDecidedByTheListOfTheDomain() {
        return combinationsOfRows(2, 3, 4);
    }

    static Stream<Case> combinationsDecidedByTheListsOfAll() {
        return combinationsOfRows(6, 7);
    }

    /** Gives set answers and records the lookups. */
    private static final class RecordingLookup implements OutboundLookup {
        private final List<String> questions = new ArrayList<>();
        private final Case combination;
        private final DomainListing domain;

        private RecordingLookup(Case combination) {
            this(combination, DomainListing.of(Listing.UNKNOWN));
        }

        /** @param domain has the enforcement of the domain; its listing does not matter */
        private RecordingLookup(Case combination, DomainListing domain) {
            this.combination = combination;
            this.domain = domain;
        }

        @Override
        public DomainListing listedFor(Domain ofDomain, OutboundAddress client) {
            questions.add(client.asString() + " for " + ofDomain.asString());
            return domain.enforcement()
                    .map(own -> DomainListing.of(combination.listedForDomain, own))
                    .orElse(DomainListing.of(combination.listedForDomain));
        }

        @Override
        public Optional<Enforcement> lastEnforcementOf(Domain ofDomain) {
            return domain.enforcement();
        }

        @Override
        public Listing listedForAny(OutboundAddress client) {
            questions.add(client.asString() + " for any");
            return combination.listedForAny;
        }

        @Override
        public long generation() {
            return 0;
        }
    }

    /** Fails the test at any lookup. */
    private static final OutboundLookup FORBIDDEN = new OutboundLookup() {
        @Override
        public DomainListing listedFor(Domain domain, OutboundAddress client) {
            throw new AssertionError("Looked up the list of " + domain.asString());
        }

        @Override
        public Optional<Enforcement> lastEnforcementOf(Domain domain) {
            throw new AssertionError("Looked up the enforcement of " + domain.asString());
        }

        @Override
        public Listing listedForAny(OutboundAddress client) {
            throw new AssertionError("Looked up " + client);
        }

        @Override
        public long generation() {
            return 0;
        }
    };

    @ParameterizedTest
    @MethodSource("everyCombination")
    void firstRowThatMatchesShouldWin(Case combination) {
        RelayRow row = combination.judge(new RecordingLookup(combination));

        assertThat(row.number()).isEqualTo(combination.expected().number);
    }

    @ParameterizedTest
    @MethodSource("everyCombination")
    void verdictShouldBeThatOfTheEnforcementThatApplies(Case combination) {
        TableRow expected = combination.expected();
        for (DomainListing domain : DOMAINS) {
            for (Enforcement byDefault : Enforcement.values()) {
                RelayDecision decision = combination.judge(new RecordingLookup(combination, domain), byDefault);

                assertThat(decision.row().number())
                        .as("row, %s, by default %s", domain, byDefault)
                        .isEqualTo(expected.number);
                assertThat(decision.enforcement())
                        .as("enforcement, %s, by default %s", domain, byDefault)
                        .isEqualTo(expected.enforcement(domain, byDefault));
                assertThat(decision.verdict())
                        .as("verdict, %s, by default %s", domain, byDefault)
                        .isEqualTo(expected.verdict(expected.enforcement(domain, byDefault)));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("everyCombination")
    void decisionShouldSayWhetherTheEnforcementIsTheDefault(Case combination) {
        for (DomainListing domain : DOMAINS) {
            RelayDecision decision = combination.judge(new RecordingLookup(combination, domain), Enforcement.REPORT);

            assertThat(decision.isInherited())
                    .as("%s", domain)
                    .isEqualTo(!combination.expected().byDomain
                            || domain.enforcement().isEmpty());
        }
    }

    @ParameterizedTest
    @MethodSource("combinationsThatNeedNoLookup")
    void noLookupShouldBeMadeWhenTheRowNeedsNone(Case combination) {
        RelayRow row = combination.judge(FORBIDDEN);

        assertThat(row.number()).isEqualTo(combination.expected().number);
    }

    @ParameterizedTest
    @MethodSource("combinationsDecidedByTheListOfTheDomain")
    void onlyTheListOfTheSendersDomainShouldBeAsked(Case combination) {
        RecordingLookup lookup = new RecordingLookup(combination);

        combination.judge(lookup);

        assertThat(lookup.questions).containsExactly("192.0.2.1 for a.example");
    }

    @ParameterizedTest
    @MethodSource("combinationsDecidedByTheListsOfAll")
    void listsOfAllDomainsShouldBeAskedOnceForAnExternalSender(Case combination) {
        RecordingLookup lookup = new RecordingLookup(combination);

        combination.judge(lookup);

        assertThat(lookup.questions).containsExactly("192.0.2.1 for any");
    }

    @ParameterizedTest
    @MethodSource("everyCombination")
    void noMoreThanOneLookupShouldBeMade(Case combination) {
        RecordingLookup lookup = new RecordingLookup(combination);

        combination.judge(lookup);

        assertThat(lookup.questions).hasSizeLessThanOrEqualTo(1);
    }

    /** James may have to look through all its domains for it. */
    @Test
    void recipientShouldNotBeAskedForWhenItDoesNotMatter() {
        Supplier<Locality> nobody = () -> {
            throw new AssertionError("Asked for the recipient");
        };
        Case listed = Case.ofStranger(Locality.INTERNAL, Listing.LISTED, Locality.UNKNOWN, false);
        Case unlisted = Case.ofStranger(Locality.INTERNAL, Listing.UNLISTED, Locality.UNKNOWN, true);

        assertThat(rule(listed, FORBIDDEN)
                        .judge(SessionTrust.AUTHENTICATED, Sender.external(), CLIENT, nobody, () -> false))
                .extracting(RelayDecision::row)
                .isEqualTo(RelayRow.TRUSTED);
        assertThat(rule(listed, new RecordingLookup(listed))
                        .judge(SessionTrust.NONE, Sender.internal(DOMAIN), CLIENT, nobody, () -> false))
                .extracting(RelayDecision::row)
                .isEqualTo(RelayRow.LISTED_FOR_DOMAIN);
        assertThat(rule(unlisted, new RecordingLookup(unlisted))
                        .judge(SessionTrust.NONE, Sender.internal(DOMAIN), CLIENT, nobody, () -> false))
                .extracting(RelayDecision::row)
                .isEqualTo(RelayRow.UNLISTED_FOR_DOMAIN);
    }

    private static RelayRule rule(Case combination, OutboundLookup lookup) {
        return combination.rule(lookup, Enforcement.ENFORCE, () -> true);
    }

    @ParameterizedTest
    @MethodSource("everyCombination")
    void onlyRow6ShouldBeRefusedByExternalSenders(Case combination) {
        RelayDecision decision = combination.judgeRefusing(combination.sender(), () -> false);

        TableRow expected = combination.expected();
        assertThat(decision.row().number()).isEqualTo(expected.number);
        assertThat(decision.verdict()).isEqualTo(expected.number == 6 ? Verdict.REFUSE : expected.enforced);
    }

    @ParameterizedTest
    @MethodSource("everyCombination")
    void exemptMailShouldNotBeRefusedByExternalSenders(Case combination) {
        RelayDecision decision = combination.judgeRefusing(combination.sender(), () -> true);

        assertThat(decision.verdict()).isEqualTo(combination.expected().enforced);
    }

    /** Bounces must flow. */
    @Test
    void nullSenderShouldNotBeRefusedByExternalSenders() {
        Case listed = Case.ofStranger(Locality.EXTERNAL, Listing.LISTED, Locality.EXTERNAL, true);

        RelayDecision decision = listed.judgeRefusing(Sender.nullSender(), () -> false);

        assertThat(decision.row()).isEqualTo(RelayRow.LISTED);
    }

    /** Nothing would stop a springboard: whether the client is listed does not matter then. */
    @ParameterizedTest
    @MethodSource("everyCombination")
    void row6ShouldBeRow7WithoutLookupWhenRule2IsNotInForce(Case combination) {
        RecordingLookup lookup = new RecordingLookup(combination);

        RelayRow row = combination
                .rule(lookup, Enforcement.ENFORCE, () -> false)
                .judge(combination.trust, combination.sender(), CLIENT, () -> combination.recipient, () -> false)
                .row();

        boolean relayOfAnExternalSender = combination.trust == SessionTrust.NONE
                && combination.sender == Locality.EXTERNAL
                && combination.recipient == Locality.EXTERNAL;
        assertThat(row.number()).isEqualTo(relayOfAnExternalSender ? 7 : combination.expected().number);
        assertThat(lookup.questions).doesNotContain("192.0.2.1 for any");
    }

    @Test
    void row6ShouldFollowRule2WhenItComesIntoForce() {
        AtomicBoolean inForce = new AtomicBoolean();
        Case listed = Case.ofStranger(Locality.EXTERNAL, Listing.LISTED, Locality.EXTERNAL, true);
        RelayRule rule = listed.rule(new RecordingLookup(listed), Enforcement.ENFORCE, inForce::get);

        assertThat(rule.judge(SessionTrust.NONE, Sender.external(), CLIENT, () -> Locality.EXTERNAL, () -> false))
                .extracting(RelayDecision::row)
                .isEqualTo(RelayRow.UNJUDGED);
        inForce.set(true);
        assertThat(rule.judge(SessionTrust.NONE, Sender.external(), CLIENT, () -> Locality.EXTERNAL, () -> false))
                .extracting(RelayDecision::row)
                .isEqualTo(RelayRow.LISTED);
    }

    @Test
    void everyRowShouldBeReachedByTheCombinations() {
        assertThat(everyCombination().map(combination -> combination.expected().number))
                .contains(1, 2, 3, 4, 5, 6, 7, 8);
    }

    @Test
    void rowsShouldHaveTheNumbersAndVerdictsOfTheDesign() {
        assertThat(Stream.of(RelayRow.values()).map(row -> row.number() + " " + row.verdict()))
                .containsExactly(
                        "1 PASS",
                        "2 GRANT",
                        "3 REFUSE",
                        "4 PASS",
                        "5 PASS",
                        "6 GRANT",
                        "6 REFUSE",
                        "7 REFUSE",
                        "7 REFUSE",
                        "8 DEFER");
    }

    @Test
    void listedSenderShouldPassWhenItIsJudgedAlone() {
        RelayRow row = judgeSenderAlone(Listing.LISTED, true);

        assertThat(row).isEqualTo(RelayRow.LISTED_FOR_DOMAIN);
    }

    @Test
    void unlistedSenderShouldBeRefusedWhenItIsJudgedAloneWhateverItsRecipientMayBe() {
        RelayRow row = judgeSenderAlone(Listing.UNLISTED, false);

        assertThat(row).isEqualTo(RelayRow.UNLISTED_FOR_DOMAIN);
    }

    @Test
    void senderJudgedAloneShouldBeDeferredWhenTheListsCannotBeRead() {
        RelayRow row = judgeSenderAlone(Listing.UNKNOWN, true);

        assertThat(row).isEqualTo(RelayRow.UNDECIDED);
    }

    /** At MAIL nobody knows yet whether a recipient is exempt. */
    @Test
    void externalSenderAloneShouldBeRefusedFromAListedClientWhenExternalSendersAre() {
        Case listed = Case.ofStranger(Locality.EXTERNAL, Listing.LISTED, Locality.UNKNOWN, true);

        RelayDecision decision = listed.rule(
                        new RecordingLookup(listed), Enforcement.ENFORCE, ExternalSenders.REFUSE, () -> true)
                .judgeSender(SessionTrust.NONE, Sender.external(), CLIENT);

        assertThat(decision.row()).isEqualTo(RelayRow.EXTERNAL_SENDER);
    }

    @Test
    void ruleOverAnotherLookupShouldJudgeByThatOne() {
        Case listed = Case.ofStranger(Locality.INTERNAL, Listing.LISTED, Locality.EXTERNAL, true);
        Case unlisted = Case.ofStranger(Locality.INTERNAL, Listing.UNLISTED, Locality.EXTERNAL, true);

        RelayRule rule = rule(listed, new RecordingLookup(listed)).over(new RecordingLookup(unlisted));

        assertThat(rule.judgeSender(SessionTrust.NONE, Sender.internal(DOMAIN), CLIENT)
                        .row())
                .isEqualTo(RelayRow.UNLISTED_FOR_DOMAIN);
    }

    private static RelayRow judgeSenderAlone(Listing listing, boolean protectLocalRecipients) {
        Case combination = Case.ofStranger(Locality.INTERNAL, listing, Locality.UNKNOWN, protectLocalRecipients);
        return rule(combination, new RecordingLookup(combination))
                .judgeSender(SessionTrust.NONE, Sender.internal(DOMAIN), CLIENT)
                .row();
    }
}
