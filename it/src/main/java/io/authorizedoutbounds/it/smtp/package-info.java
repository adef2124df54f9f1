// SPDX-License-Identifier: Apache-2.0
/** The two ends of SMTP: a client that sends what it is given, and the server that James relays to. */
package io.authorizedoutbounds.it.smtp;
