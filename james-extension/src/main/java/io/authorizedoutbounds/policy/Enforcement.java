// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

import java.util.Locale;
import java.util.stream.Stream;

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

    /** In lower case, as files, the store and WebAdmin have it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The one of this {@link #word()}.
     *
     * @throws IllegalArgumentException when there is none
     */
    public static Enforcement parse(String word) {
        return Stream.of(values())
                .filter(enforcement -> enforcement.word().equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("give 'enforce' or 'report'"));
    }

    /** The verdict to act upon. */
    public abstract Verdict applyTo(Verdict verdict);
}
