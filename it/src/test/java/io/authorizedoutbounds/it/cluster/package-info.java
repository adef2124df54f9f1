// SPDX-License-Identifier: Apache-2.0
/** Several James nodes on one keyspace. */
package io.authorizedoutbounds.it.cluster;
