// SPDX-License-Identifier: Apache-2.0
/** Metrics and health: what decisions are made, how fast, and whether this node can make them. */
package io.authorizedoutbounds.monitoring;
