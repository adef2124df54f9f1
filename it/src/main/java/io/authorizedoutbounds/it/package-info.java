// SPDX-License-Identifier: Apache-2.0
/** A real Cassandra, a real James, a real Postfix and a real SMTP sink, each started as a deployer would; the demo. */
package io.authorizedoutbounds.it;
