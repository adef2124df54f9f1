// SPDX-License-Identifier: Apache-2.0
/** A real Cassandra, a real James and a real Postfix, each started as a deployer would. */
package io.authorizedoutbounds.it.server;
