// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.google.auto.value.AutoValue;
import com.google.common.base.Ascii;
import io.authorizedoutbounds.policy.BlockRow;
import io.authorizedoutbounds.policy.Enforcement;
import io.authorizedoutbounds.policy.OutboundAddress;
import io.authorizedoutbounds.policy.RelayDecision;
import io.authorizedoutbounds.policy.RelayReply;
import io.authorizedoutbounds.policy.Sender;
import java.util.Optional;
import org.apache.james.core.MaybeSender;

/** The rows of both rules that apply, with the reply and the reason, as WebAdmin shows it. */
@AutoValue
@JsonPropertyOrder({"enforcement", "inherited", "rule1", "rule2"})
abstract class DecisionResponse {
    static Builder builder() {
        return new AutoValue_DecisionResponse.Builder();
    }

    abstract RelayDecision relayDecision();

    /** Of rule 2. */
    abstract Enforcement blockEnforcement();

    abstract Sender sender();

    /** As it was parsed. */
    abstract MaybeSender mailFrom();

    abstract OutboundAddress client();

    /** Absent when no mailet of rule 2 is configured. */
    abstract Optional<BlockRow> blockRow();

    /** Needs all but a row of rule 2. */
    @AutoValue.Builder
    abstract static class Builder {
        abstract Builder relayDecision(RelayDecision relayDecision);

        abstract Builder blockEnforcement(Enforcement blockEnforcement);

        abstract Builder sender(Sender sender);

        abstract Builder mailFrom(MaybeSender mailFrom);

        abstract Builder client(OutboundAddress client);

        abstract Builder blockRow(BlockRow blockRow);

        abstract DecisionResponse build();
    }

    /** Of rule 1: with "report" the verdict is only recorded. */
    @JsonProperty("enforcement")
    String enforcement() {
        return relayDecision().enforcement().word();
    }

    /** Whether that is the default, rather than the one of the sender's domain. */
    @JsonProperty("inherited")
    boolean isInherited() {
        return relayDecision().isInherited();
    }

    @JsonProperty("rule1")
    Rule1 rule1() {
        return new Rule1();
    }

    @JsonProperty("rule2")
    Rule2 rule2() {
        return new Rule2();
    }

    private static String word(Enum<?> value) {
        return Ascii.toLowerCase(value.name()).replace('_', '-');
    }

    /** The decision of rule 1, at RCPT. */
    @JsonPropertyOrder({"row", "verdict", "reply", "why"})
    final class Rule1 {
        @JsonProperty("row")
        int row() {
            return relayDecision().row().number();
        }

        @JsonProperty("verdict")
        String verdict() {
            return word(relayDecision().row().verdict());
        }

        /** Absent when James goes on and replies itself. */
        @JsonProperty("reply")
        Optional<String> reply() {
            return RelayReply.to(relayDecision().row(), sender(), mailFrom(), client())
                    .map(text -> RelayReply.CODE + " " + text);
        }

        @JsonProperty("why")
        String why() {
            switch (relayDecision().row()) {
                case TRUSTED:
                    return "The session is authenticated, or its client in a trusted network.";
                case LISTED_FOR_DOMAIN:
                    return "The sender's domain is internal and lists the address.";
                case UNLISTED_FOR_DOMAIN:
                    return "The sender's domain is internal and does not list the address.";
                case UNPROTECTED_RECIPIENT:
                    return "The sender's domain is internal and does not list the address, but the recipient is internal"
                            + " and protect.local.recipients is false.";
                case INBOUND:
                    return "The sender is external and the recipient internal: inbound mail.";
                case LISTED:
                    return "Sender and recipient are external, and an internal domain lists the address: rule 2 judges"
                            + " the mail.";
                case EXTERNAL_SENDER:
                    return "Sender and recipient are external, an internal domain lists the address, and"
                            + " external.senders=refuse: rule 2 would block the mail.";
                case UNLISTED:
                    return "Sender and recipient are external, and no internal domain lists the address.";
                case UNJUDGED:
                    return "Sender and recipient are external, and mailetcontainer.xml has no BlockExternalSenders to"
                            + " judge such mail.";
                case UNDECIDED:
                    return "The lists, or James's domains, cannot be read now.";
            }
            throw new IllegalStateException("No reason for " + relayDecision().row());
        }
    }

    /** The decision of rule 2, after the mail is accepted. */
    @JsonPropertyOrder({"row", "outcome", "enforcement", "why"})
    final class Rule2 {
        @JsonProperty("row")
        Optional<Integer> row() {
            return blockRow().map(BlockRow::number);
        }

        @JsonProperty("outcome")
        String outcome() {
            return word(blockRow().map(BlockRow::outcome).orElse(BlockRow.Outcome.PASS));
        }

        /** Always the default. */
        @JsonProperty("enforcement")
        String enforcement() {
            return blockEnforcement().word();
        }

        @JsonProperty("why")
        String why() {
            return blockRow()
                    .map(this::why)
                    .orElse("mailetcontainer.xml has no BlockExternalSenders: nothing is blocked.");
        }

        private String why(BlockRow row) {
            switch (row) {
                case NOT_OUTBOUND:
                    return "No internal domain lists the address: the mail is not outbound.";
                case INTERNAL_SENDER:
                    return "The sender is internal, or it is a bounce.";
                case INTERNAL_RECIPIENT:
                    return "The recipient is internal.";
                case EXEMPT:
                    return "The sender or the recipient is exempt in mailetcontainer.xml.";
                case BLOCKED:
                    return "The sender is external and so is the recipient.";
                case UNDECIDED:
                    return "The lists, or James's domains, cannot be read now: the mail waits.";
            }
            throw new IllegalStateException("No reason for " + row);
        }
    }
}
