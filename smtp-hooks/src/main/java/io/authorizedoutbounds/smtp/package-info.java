// SPDX-License-Identifier: Apache-2.0
/** Rule 1 at the SMTP edge. */
package io.authorizedoutbounds.smtp;
