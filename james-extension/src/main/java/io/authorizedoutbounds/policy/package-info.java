// SPDX-License-Identifier: Apache-2.0
/**
 * Who may send through the relay, as pure decisions on values.
 *
 * <p>Knows the JDK, Guava and {@code james-core} and nothing else: the edges (SMTP hook, mailet, WebAdmin route, Cassandra)
 * make the values of this package from their input, and translate its decisions.
 */
package io.authorizedoutbounds.policy;
