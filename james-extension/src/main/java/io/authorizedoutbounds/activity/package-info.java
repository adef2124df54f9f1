// SPDX-License-Identifier: Apache-2.0
/** What clients did: records and logs of refusals, in bounded memory and at a bounded rate. */
package io.authorizedoutbounds.activity;
