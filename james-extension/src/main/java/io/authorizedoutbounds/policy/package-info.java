// SPDX-License-Identifier: Apache-2.0
/**
 * Who may send through the relay, as pure decisions on values.
 *
 * <p>Knows the JDK, Guava and {@code james-core} and nothing else: edges (SMTP hook, mailet, WebAdmin route, Cassandra)
 * turn what they get into the values of this package and translate what it answers.
 */
package io.authorizedoutbounds.policy;
