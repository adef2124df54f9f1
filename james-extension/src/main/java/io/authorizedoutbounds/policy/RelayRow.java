// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

/** The eight rows of rule 1, the sixth and the seventh in two kinds. The first row that matches applies. */
public enum RelayRow {
    /** The session is authenticated, or the client is in a trusted network. */
    TRUSTED(1, Verdict.PASS),
    /** Internal sender, client listed for its domain. */
    LISTED_FOR_DOMAIN(2, Verdict.GRANT),
    /** Internal sender, client not listed for its domain. */
    UNLISTED_FOR_DOMAIN(3, Verdict.REFUSE),
    /** Internal sender, client not listed, internal recipient while local recipients are not protected. */
    UNPROTECTED_RECIPIENT(4, Verdict.PASS),
    /** External or null sender, internal recipient: inbound mail. Needs no lookup. */
    INBOUND(5, Verdict.PASS),
    /** External or null sender, external recipient, client listed for some internal domain; needs rule 2. */
    LISTED(6, Verdict.GRANT),
    /**
     * External sender, external recipient, client listed for some internal domain, while {@link ExternalSenders#REFUSE}
     * applies: rule 2 would block the mail.
     */
    EXTERNAL_SENDER(6, Verdict.REFUSE),
    /** External or null sender, external recipient, client listed for none. */
    UNLISTED(7, Verdict.REFUSE),
    /** External or null sender, external recipient, and no rule 2 to judge the mail. Needs no lookup. */
    UNJUDGED(7, Verdict.REFUSE),
    /** Something that the decision needs cannot be read. */
    UNDECIDED(8, Verdict.DEFER);

    private final int number;
    private final Verdict verdict;

    RelayRow(int number, Verdict verdict) {
        this.number = number;
        this.verdict = verdict;
    }

    /** 1 to 8, as in the documentation. */
    public int number() {
        return number;
    }

    /** What to do while the rule is enforced. */
    public Verdict verdict() {
        return verdict;
    }
}
