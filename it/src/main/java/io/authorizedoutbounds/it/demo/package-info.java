// SPDX-License-Identifier: Apache-2.0
/** The job of the extension end to end, on a screen. */
package io.authorizedoutbounds.it.demo;
