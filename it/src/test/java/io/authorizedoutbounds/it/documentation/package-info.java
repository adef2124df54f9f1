// SPDX-License-Identifier: Apache-2.0
/** The documentation, executed. */
package io.authorizedoutbounds.it.documentation;
