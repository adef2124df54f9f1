// SPDX-License-Identifier: Apache-2.0
/** The lists over James's WebAdmin. */
package io.authorizedoutbounds.webadmin;
