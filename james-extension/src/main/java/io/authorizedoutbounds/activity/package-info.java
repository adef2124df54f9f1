// SPDX-License-Identifier: Apache-2.0
/** Counts and logs what is refused, and records which entries are used, in bounded memory and at a bounded rate. */
package io.authorizedoutbounds.activity;
