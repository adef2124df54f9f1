// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

/** What James knows of the client of an SMTP session. */
public enum SessionTrust {
    /** The client has authenticated, wherever it is. */
    AUTHENTICATED,
    /** It has not, and is in a trusted network. */
    TRUSTED_NETWORK,
    /** Neither. */
    NONE
}
