// SPDX-License-Identifier: Apache-2.0
/** The compose file that is shipped, and the containers that it describes. */
package io.authorizedoutbounds.it.container;
