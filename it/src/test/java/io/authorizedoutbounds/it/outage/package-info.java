// SPDX-License-Identifier: Apache-2.0
/** Cassandra stops, hangs or is not there yet. */
package io.authorizedoutbounds.it.outage;
