// SPDX-License-Identifier: Apache-2.0
/** What decisions read instead of a database: bounded, fresh within two seconds, and kept through an outage. */
package io.authorizedoutbounds.cache;
