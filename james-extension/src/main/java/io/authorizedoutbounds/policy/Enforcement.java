// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

/** Whether verdicts are acted upon. */
public enum Enforcement {
    ENFORCE {
        @Override
        public Verdict applyTo(Verdict verdict) {
            return verdict;
        }
    },
    /** Decide and record only: James behaves as if the extension were absent. */
    REPORT {
        @Override
        public Verdict applyTo(Verdict verdict) {
            return Verdict.PASS;
        }
    };

    /** The verdict to act upon. */
    public abstract Verdict applyTo(Verdict verdict);
}
