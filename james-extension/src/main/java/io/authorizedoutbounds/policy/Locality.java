// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.policy;

/** Whether a domain is one of James's {@code DomainList}; {@link #UNKNOWN} when that list cannot be read. */
public enum Locality {
    INTERNAL,
    EXTERNAL,
    UNKNOWN
}
