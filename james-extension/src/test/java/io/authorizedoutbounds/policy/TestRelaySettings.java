// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

/** Settings of rule 1 for tests. */
public final class TestRelaySettings {
    private TestRelaySettings() {}

    /** Enforced, trusted networks bypass, external senders are accepted, local recipients are protected. */
    public static RelaySettings enforced() {
        return by(Enforcement.ENFORCE).build();
    }

    /** The same with another default enforcement, for more changes. */
    public static RelaySettings.Builder by(Enforcement enforcement) {
        return RelaySettings.builder()
                .enforcement(enforcement)
                .trustedNetworks(TrustedNetworks.BYPASS)
                .externalSenders(ExternalSenders.ACCEPT)
                .protectLocalRecipients(true);
    }
}
