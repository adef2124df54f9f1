// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

/** What the soak adds and removes: an address on the list of a domain. No two entries have one address. */
record SoakEntry(String domain, String address) {
    @Override
    public String toString() {
        return address + " of " + domain;
    }
}
