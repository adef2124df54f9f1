// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

/** The five rows of rule 2, and a sixth when something that the decision needs cannot be read. */
public enum BlockRow {
    /** The mail came from the server itself, from a trusted network, or from an address that no domain lists. */
    NOT_OUTBOUND(1, Outcome.PASS),
    /** Internal or null sender: bounces must flow. */
    INTERNAL_SENDER(2, Outcome.PASS),
    /** Internal recipient: inbound mail. Needs no lookup. */
    INTERNAL_RECIPIENT(3, Outcome.PASS),
    /** The operator exempts the sender or the recipient. */
    EXEMPT(4, Outcome.PASS),
    /** External sender, external recipient. */
    BLOCKED(5, Outcome.BLOCK),
    /** Something that the decision needs cannot be read. */
    UNDECIDED(6, Outcome.DEFER);

    /** The outcome for a recipient. */
    public enum Outcome {
        /** The recipient remains on the mail. */
        PASS,
        /** The recipient is taken off the mail and quarantined. */
        BLOCK,
        /** The mail goes back to the queue and is judged again. */
        DEFER
    }

    private final int number;
    private final Outcome outcome;

    BlockRow(int number, Outcome outcome) {
        this.number = number;
        this.outcome = outcome;
    }

    /** 1 to 6, as in the documentation. */
    public int number() {
        return number;
    }

    public Outcome outcome() {
        return outcome;
    }
}
