// SPDX-License-Identifier: Apache-2.0
/** The lists in Cassandra: the session, the tables, the store. */
package io.authorizedoutbounds.cassandra;
