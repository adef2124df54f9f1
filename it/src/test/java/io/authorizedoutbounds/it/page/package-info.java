// SPDX-License-Identifier: Apache-2.0
/** The page for people, in a real browser. */
package io.authorizedoutbounds.it.page;
