// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

/** What an edge does with a recipient. */
public enum Verdict {
    /** James goes on as it would without the extension. */
    PASS,
    /** James goes on, and may relay this transaction. */
    GRANT,
    /** Temporary refusal: the address is not listed. */
    REFUSE,
    /** Temporary refusal: whether the address is listed cannot be read now. */
    DEFER
}
