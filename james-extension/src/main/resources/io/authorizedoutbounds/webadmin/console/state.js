// SPDX-License-Identifier: Apache-2.0
/** What the page shows. Only app.js changes it. `signal` is aborted when the page loads again, so that no late answer is shown. */
export const shown = { domain: "", entries: [], signal: new AbortController().signal };
