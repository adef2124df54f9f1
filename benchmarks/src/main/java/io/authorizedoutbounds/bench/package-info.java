// SPDX-License-Identifier: Apache-2.0
/** Measurements against the budgets of the design, run by {@code ./bench}. */
package io.authorizedoutbounds.bench;
