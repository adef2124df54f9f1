// SPDX-License-Identifier: Apache-2.0
/** JUnit extensions that start the servers. */
package io.authorizedoutbounds.it.junit;
