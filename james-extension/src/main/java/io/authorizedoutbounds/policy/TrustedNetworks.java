// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

/** What a trusted network is excepted from. */
public enum TrustedNetworks {
    /** From both rules, whoever the sender is. */
    BYPASS,
    /** From both rules for external senders; internal senders are judged as those of any other client. */
    JUDGE
}
