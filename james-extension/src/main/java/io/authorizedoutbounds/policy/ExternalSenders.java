// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

/** What becomes of mail of external senders from listed clients to external recipients. */
public enum ExternalSenders {
    /** Accepted, and left to rule 2. */
    ACCEPT,
    /** What rule 2 would block is refused at RCPT. */
    REFUSE
}
