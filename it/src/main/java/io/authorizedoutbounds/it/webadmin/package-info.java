// SPDX-License-Identifier: Apache-2.0
/** A client of WebAdmin. */
package io.authorizedoutbounds.it.webadmin;
