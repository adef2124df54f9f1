// SPDX-License-Identifier: Apache-2.0
/** Plugs the extension into James: Guice module, configuration, life cycle of background tasks. */
package io.authorizedoutbounds.james;
