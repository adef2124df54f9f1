// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

/** What the lists say of an address; {@link #UNKNOWN} when they cannot be read. */
public enum Listing {
    LISTED,
    UNLISTED,
    UNKNOWN
}
