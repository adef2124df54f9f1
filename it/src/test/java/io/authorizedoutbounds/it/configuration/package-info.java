// SPDX-License-Identifier: Apache-2.0
/** What a James does whose files in {@code conf/} are incomplete or wrong. */
package io.authorizedoutbounds.it.configuration;
