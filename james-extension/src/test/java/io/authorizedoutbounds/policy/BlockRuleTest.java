// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.james.core.Domain;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BlockRuleTest {
    private static final OutboundAddress CLIENT = OutboundAddress.parse("192.0.2.1");

    /** The origin is a listing for a client, and a name for other origins. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            useHeadersInDisplayName = true,
            value = {
                "origin        | sender   | exempt | recipient | row",
                // Row 1: not outbound.
                "server        | EXTERNAL | false  | EXTERNAL  | NOT_OUTBOUND",
                "server        | INTERNAL | false  | EXTERNAL  | NOT_OUTBOUND",
                "server        | UNKNOWN  | false  | UNKNOWN   | NOT_OUTBOUND",
                "trusted       | EXTERNAL | false  | EXTERNAL  | NOT_OUTBOUND",
                "trusted       | UNKNOWN  | false  | UNKNOWN   | NOT_OUTBOUND",
                "UNLISTED      | EXTERNAL | false  | EXTERNAL  | NOT_OUTBOUND",
                "UNLISTED      | UNKNOWN  | false  | EXTERNAL  | NOT_OUTBOUND",
                "UNLISTED      | EXTERNAL | false  | UNKNOWN   | NOT_OUTBOUND",
                "elsewhere     | EXTERNAL | false  | EXTERNAL  | NOT_OUTBOUND",
                // Listed when rule 1 let it relay, and not any more: still not a springboard.
                "granted       | EXTERNAL | false  | EXTERNAL  | BLOCKED",
                "granted       | INTERNAL | false  | EXTERNAL  | INTERNAL_SENDER",
                "grantedunread | EXTERNAL | false  | EXTERNAL  | UNDECIDED",
                // Row 2: internal or null sender.
                "authenticated | INTERNAL | false  | EXTERNAL  | INTERNAL_SENDER",
                "LISTED        | INTERNAL | false  | EXTERNAL  | INTERNAL_SENDER",
                "LISTED        | INTERNAL | false  | UNKNOWN   | INTERNAL_SENDER",
                "UNKNOWN       | INTERNAL | false  | EXTERNAL  | INTERNAL_SENDER",
                "authenticated | null     | false  | EXTERNAL  | INTERNAL_SENDER",
                "LISTED        | null     | false  | EXTERNAL  | INTERNAL_SENDER",
                "UNKNOWN       | null     | false  | UNKNOWN   | INTERNAL_SENDER",
                // Row 3: external sender, internal recipient.
                "authenticated | EXTERNAL | false  | INTERNAL  | INTERNAL_RECIPIENT",
                "LISTED        | EXTERNAL | false  | INTERNAL  | INTERNAL_RECIPIENT",
                "UNKNOWN       | EXTERNAL | false  | INTERNAL  | INTERNAL_RECIPIENT",
                "LISTED        | UNKNOWN  | false  | INTERNAL  | INTERNAL_RECIPIENT",
                // Row 4: exempt sender or recipient.
                "authenticated | EXTERNAL | true   | EXTERNAL  | EXEMPT",
                "LISTED        | EXTERNAL | true   | EXTERNAL  | EXEMPT",
                "UNKNOWN       | UNKNOWN  | true   | UNKNOWN   | EXEMPT",
                // Row 5: external sender, external recipient.
                "authenticated | EXTERNAL | false  | EXTERNAL  | BLOCKED",
                "LISTED        | EXTERNAL | false  | EXTERNAL  | BLOCKED",
                // None of them: it cannot be decided.
                "UNKNOWN       | EXTERNAL | false  | EXTERNAL  | UNDECIDED",
                "UNKNOWN       | UNKNOWN  | false  | EXTERNAL  | UNDECIDED",
                "LISTED        | UNKNOWN  | false  | EXTERNAL  | UNDECIDED",
                "LISTED        | EXTERNAL | false  | UNKNOWN   | UNDECIDED",
                "authenticated | UNKNOWN  | false  | EXTERNAL  | UNDECIDED",
                "authenticated | EXTERNAL | false  | UNKNOWN   | UNDECIDED",
            })
    void judgementShouldBeThatOfTheTable(
            String origin, String sender, boolean exempt, Locality recipient, BlockRow row) {
        BlockRule rule = new BlockRule(new StubLookup(listing(origin)));

        assertThat(rule.judge(origin(origin), sender(sender), () -> exempt, () -> recipient))
                .isEqualTo(row);
    }

    @ParameterizedTest
    @CsvSource({
        "NOT_OUTBOUND, 1, PASS",
        "INTERNAL_SENDER, 2, PASS",
        "INTERNAL_RECIPIENT, 3, PASS",
        "EXEMPT, 4, PASS",
        "BLOCKED, 5, BLOCK",
        "UNDECIDED, 6, DEFER"
    })
    void rowShouldHaveItsNumberAndOutcome(BlockRow row, int number, BlockRow.Outcome outcome) {
        assertThat(row.number()).isEqualTo(number);
        assertThat(row.outcome()).isEqualTo(outcome);
    }

    @Test
    void mailOfTheServerAndOfATrustedNetworkShouldNotBeOutbound() {
        StubLookup lookup = new StubLookup(Listing.LISTED);

        assertThat(Origin.server().outbound(lookup)).isEqualTo(Listing.UNLISTED);
        assertThat(Origin.trustedNetwork().outbound(lookup)).isEqualTo(Listing.UNLISTED);
        assertThat(lookup.questions).isEmpty();
    }

    /** Inbound mail must go on at full speed while Cassandra is down, and so must what internal senders send. */
    @Test
    void lookupShouldOnlyBeMadeForExternalSendersAndRecipients() {
        StubLookup lookup = new StubLookup(Listing.LISTED);
        BlockRule rule = new BlockRule(lookup);
        Origin client = Origin.client(CLIENT);

        rule.judge(client, sender("INTERNAL"), () -> false, () -> Locality.EXTERNAL);
        rule.judge(client, sender("null"), () -> false, () -> Locality.EXTERNAL);
        rule.judge(client, sender("EXTERNAL"), () -> false, () -> Locality.INTERNAL);
        rule.judge(client, sender("EXTERNAL"), () -> true, () -> Locality.EXTERNAL);
        assertThat(lookup.questions).isEmpty();

        rule.judge(client, sender("EXTERNAL"), () -> false, () -> Locality.EXTERNAL);
        assertThat(lookup.questions).containsExactly(CLIENT);
    }

    /** A trusted network may be listed too; rule 2 does not apply to it, and needs no lookup for that. */
    @Test
    void nothingShouldBeLookedUpForMailOfATrustedNetwork() {
        StubLookup lookup = new StubLookup(Listing.LISTED);

        BlockRow row = new BlockRule(lookup)
                .judge(
                        Origin.trustedNetwork(),
                        Sender.external(),
                        () -> {
                            throw new AssertionError("Asked for the exemptions");
                        },
                        () -> {
                            throw new AssertionError("Asked for the recipient");
                        });

        assertThat(row).isEqualTo(BlockRow.NOT_OUTBOUND);
        assertThat(lookup.questions).isEmpty();
    }

    /** Gives the same answer for every client, and records the clients. */
    private static final class StubLookup implements OutboundLookup {
        private final Listing listing;
        private final List<OutboundAddress> questions = new ArrayList<>();

        private StubLookup(Listing listing) {
            this.listing = listing;
        }

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
            questions.add(client);
            return listing;
        }

        @Override
        public long generation() {
            return 0;
        }
    }

    /** Of a client; other origins need no lookup. */
    private static Listing listing(String origin) {
        switch (origin) {
            case "LISTED":
            case "UNLISTED":
                return Listing.valueOf(origin);
            case "granted":
                return Listing.UNLISTED;
            default:
                return Listing.UNKNOWN;
        }
    }

    private static Origin origin(String name) {
        switch (name) {
            case "server":
                return Origin.server();
            case "trusted":
                return Origin.trustedNetwork();
            case "authenticated":
                return Origin.authenticated();
            case "granted":
            case "grantedunread":
                return Origin.grantedClient(CLIENT);
            case "elsewhere":
                return Origin.elsewhere();
            default:
                return Origin.client(CLIENT);
        }
    }

    private static Sender sender(String name) {
        switch (name) {
            case "INTERNAL":
                return Sender.internal(Domain.of("a.example"));
            case "null":
                return Sender.nullSender();
            case "UNKNOWN":
                return Sender.unknown();
            default:
                return Sender.external();
        }
    }
}
