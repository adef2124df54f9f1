// SPDX-License-Identifier: Apache-2.0
/** Rule 2 in the mailet container: external senders may not reach external recipients through a listed server. */
package io.authorizedoutbounds.mailets;
