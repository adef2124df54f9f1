// SPDX-License-Identifier: Apache-2.0
/** Metrics: what decisions were made, how, and how fast. */
package io.authorizedoutbounds.monitoring;
