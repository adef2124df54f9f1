// SPDX-License-Identifier: Apache-2.0
/** The store on a real Cassandra. */
package io.authorizedoutbounds.it.store;
