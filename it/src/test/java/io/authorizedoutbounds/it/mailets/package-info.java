// SPDX-License-Identifier: Apache-2.0
/** Rule 2 in a real mailet container. */
package io.authorizedoutbounds.it.mailets;
