// SPDX-License-Identifier: Apache-2.0
/** What Maven has made, and where it is. */
package io.authorizedoutbounds.it.build;
