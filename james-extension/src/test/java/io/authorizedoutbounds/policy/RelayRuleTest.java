// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
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
     * ends in the last. With local recipients protected, row 3 needs no recipient.
     */
    private static final ImmutableList<TableRow> TABLE = table(
            // row | session | sender   | listed for D | listed for any | recipient | protect | verdict
            " 1    | trusted | *        | *            | *              | *         | *       | PASS      ",
            " 2    | *       | internal | listed       | *              | *         | *       | GRANT     ",
            " 3    | *       | internal | unlisted     | *              | *         | true    | REFUSE    ",
            " 3    | *       | internal | unlisted     | *              | external  | false   | REFUSE    ",
            " 4    | *       | internal | unlisted     | *              | internal  | false   | PASS      ",
            " 5    | *       | external | *            | *              | internal  | *       | PASS      ",
            " 6    | *       | external | *            | listed         | external  | *       | GRANT     ",
            " 7    | *       | external | *            | unlisted       | external  | *       | REFUSE    ",
            " 8    | *       | *        | *            | *              | *         | *       | DEFER ");

    private static final class TableRow {
        private final int number;
        private final List<String> cells;
        private final Verdict verdict;

        private TableRow(String line) {
            List<String> columns = Splitter.on('|').trimResults().splitToList(line);
            this.number = Integer.parseInt(columns.get(0));
            this.cells = columns.subList(1, 7);
            this.verdict = Verdict.valueOf(columns.get(7));
        }

        private boolean matches(List<String> values) {
            for (int i = 0; i < cells.size(); i++) {
                if (!cells.get(i).equals(ANYTHING) && !cells.get(i).equals(values.get(i))) {
                    return false;
                }
            }
            return true;
        }
    }

    private static ImmutableList<TableRow> table(String... lines) {
        return Stream.of(lines).map(TableRow::new).collect(ImmutableList.toImmutableList());
    }

    /** One combination of all that the rule looks at. */
    static final class Case {
        private final boolean trusted;
        private final Locality sender;
        private final Listing listedForDomain;
        private final Listing listedForAny;
        private final Locality recipient;
        private final boolean protectLocalRecipients;

        private Case(
                boolean trusted,
                Locality sender,
                Listing listedForDomain,
                Listing listedForAny,
                Locality recipient,
                boolean protectLocalRecipients) {
            this.trusted = trusted;
            this.sender = sender;
            this.listedForDomain = listedForDomain;
            this.listedForAny = listedForAny;
            this.recipient = recipient;
            this.protectLocalRecipients = protectLocalRecipients;
        }

        private RelayRow judge(OutboundLookup lookup) {
            return new RelayRule(lookup, protectLocalRecipients, () -> true)
                    .judge(trusted, sender(), CLIENT, () -> recipient);
        }

        private Sender sender() {
            switch (sender) {
                case INTERNAL:
                    return Sender.internal(DOMAIN);
                case EXTERNAL:
                    return Sender.external();
                case UNKNOWN:
                    return Sender.unknown();
            }
            throw new IllegalStateException("No sender for " + sender);
        }

        private List<String> values() {
            return List.of(
                    trusted ? "trusted" : "stranger",
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
        for (boolean trusted : new boolean[] {true, false}) {
            for (Locality sender : Locality.values()) {
                for (Listing listedForDomain : Listing.values()) {
                    for (Listing listedForAny : Listing.values()) {
                        for (Locality recipient : Locality.values()) {
                            for (boolean protect : new boolean[] {true, false}) {
                                cases.add(new Case(trusted, sender, listedForDomain, listedForAny, recipient, protect));
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

        private RecordingLookup(Case combination) {
            this.combination = combination;
        }

        @Override
        public Listing listedFor(Domain domain, OutboundAddress client) {
            questions.add(client.asString() + " for " + domain.asString());
            return combination.listedForDomain;
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
        public Listing listedFor(Domain domain, OutboundAddress client) {
            throw new AssertionError("Looked up the list of " + domain.asString());
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
    void verdictShouldBeActedUponWhenTheRuleIsEnforced(Case combination) {
        RelayRow row = combination.judge(new RecordingLookup(combination));

        assertThat(Enforcement.ENFORCE.applyTo(row.verdict())).isEqualTo(combination.expected().verdict);
    }

    @ParameterizedTest
    @MethodSource("everyCombination")
    void jamesShouldGoOnWhenTheRuleOnlyReports(Case combination) {
        RelayRow row = combination.judge(new RecordingLookup(combination));

        assertThat(Enforcement.REPORT.applyTo(row.verdict())).isEqualTo(Verdict.PASS);
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
        Case listed = new Case(false, Locality.INTERNAL, Listing.LISTED, Listing.UNKNOWN, Locality.UNKNOWN, false);
        Case unlisted = new Case(false, Locality.INTERNAL, Listing.UNLISTED, Listing.UNKNOWN, Locality.UNKNOWN, true);

        assertThat(new RelayRule(FORBIDDEN, true, () -> true).judge(true, Sender.external(), CLIENT, nobody))
                .isEqualTo(RelayRow.TRUSTED);
        assertThat(new RelayRule(new RecordingLookup(listed), false, () -> true)
                        .judge(false, Sender.internal(DOMAIN), CLIENT, nobody))
                .isEqualTo(RelayRow.LISTED_FOR_DOMAIN);
        assertThat(new RelayRule(new RecordingLookup(unlisted), true, () -> true)
                        .judge(false, Sender.internal(DOMAIN), CLIENT, nobody))
                .isEqualTo(RelayRow.UNLISTED_FOR_DOMAIN);
    }

    /** Nothing would stop a springboard: whether the client is listed does not matter then. */
    @ParameterizedTest
    @MethodSource("everyCombination")
    void row6ShouldBeRow7WithoutLookupWhenRule2IsNotInForce(Case combination) {
        RecordingLookup lookup = new RecordingLookup(combination);

        RelayRow row = new RelayRule(lookup, combination.protectLocalRecipients, () -> false)
                .judge(combination.trusted, combination.sender(), CLIENT, () -> combination.recipient);

        boolean relayOfAnExternalSender = !combination.trusted
                && combination.sender == Locality.EXTERNAL
                && combination.recipient == Locality.EXTERNAL;
        assertThat(row.number()).isEqualTo(relayOfAnExternalSender ? 7 : combination.expected().number);
        assertThat(lookup.questions).doesNotContain("192.0.2.1 for any");
    }

    @Test
    void row6ShouldFollowRule2WhenItComesIntoForce() {
        AtomicBoolean inForce = new AtomicBoolean();
        Case listed = new Case(false, Locality.EXTERNAL, Listing.UNKNOWN, Listing.LISTED, Locality.EXTERNAL, true);
        RelayRule rule = new RelayRule(new RecordingLookup(listed), true, inForce::get);

        assertThat(rule.judge(false, Sender.external(), CLIENT, () -> Locality.EXTERNAL))
                .isEqualTo(RelayRow.UNJUDGED);
        inForce.set(true);
        assertThat(rule.judge(false, Sender.external(), CLIENT, () -> Locality.EXTERNAL))
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

    private static RelayRow judgeSenderAlone(Listing listing, boolean protectLocalRecipients) {
        Case combination =
                new Case(false, Locality.INTERNAL, listing, Listing.UNKNOWN, Locality.UNKNOWN, protectLocalRecipients);
        return new RelayRule(new RecordingLookup(combination), protectLocalRecipients, () -> true)
                .judgeSender(Sender.internal(DOMAIN), CLIENT);
    }
}
