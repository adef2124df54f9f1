// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

/** What the lists say of an address. An answer that could not be had is {@link #UNKNOWN}, never one of the others. */
public enum Listing {
    LISTED,
    UNLISTED,
    UNKNOWN
}
