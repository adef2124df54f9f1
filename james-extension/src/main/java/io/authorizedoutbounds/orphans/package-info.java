// SPDX-License-Identifier: Apache-2.0
/** Orphans the entries of domains that were removed from James. */
package io.authorizedoutbounds.orphans;
