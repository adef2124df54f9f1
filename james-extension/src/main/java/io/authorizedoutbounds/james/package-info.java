// SPDX-License-Identifier: Apache-2.0
/** How the extension plugs into James: the Guice module, its settings, and James's domains as the policy sees them. */
package io.authorizedoutbounds.james;
