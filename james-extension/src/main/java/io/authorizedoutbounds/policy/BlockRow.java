// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

/** The five rows of rule 2, and what is none of them because something cannot be had. */
public enum BlockRow {
    /** The mail came from the server itself, from a trusted network, or from an address that is nobody's authorized outbound. */
    NOT_OUTBOUND(1, Outcome.PASS),
    /** Internal or null sender: what is ours goes out, and bounces must flow. */
    OWN_SENDER(2, Outcome.PASS),
    /** Internal recipient: inbound mail. Needs no lookup. */
    INTERNAL_RECIPIENT(3, Outcome.PASS),
    /** The operator exempts the sender or the recipient. */
    EXEMPT(4, Outcome.PASS),
    /** External sender, external recipient. */
    BLOCKED(5, Outcome.BLOCK),
    /** Something that the decision needs cannot be had. */
    UNDECIDED(6, Outcome.DEFER);

    /** What becomes of a recipient. */
    public enum Outcome {
        /** The recipient stays with the mail, which goes on. */
        PASS,
        /** The recipient leaves the mail, and is kept. */
        BLOCK,
        /** The mail waits and is judged again. */
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
