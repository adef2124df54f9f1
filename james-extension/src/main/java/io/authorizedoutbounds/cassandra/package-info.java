// SPDX-License-Identifier: Apache-2.0
/** Storage in Cassandra: the session, the tables, a DAO for each table or pair, and the stores that use them. */
package io.authorizedoutbounds.cassandra;
