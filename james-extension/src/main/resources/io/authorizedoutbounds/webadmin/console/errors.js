// SPDX-License-Identifier: Apache-2.0
import { ApiError } from "./api.js";
import { byId, setText } from "./dom.js";

/** Shows an error as a message. An aborted request is of a domain that is no longer shown. */
export function showError(id, error) {
    if (error.name === "AbortError") {
        return;
    }
    const expected = error instanceof ApiError;
    if (!expected) {
        console.error(error);
    }
    setText(id, expected ? error.message : `This page has a fault: ${error.message}`);
}

/** The same for a read, which is repeated when the token is there: a missing token is not its error. */
export function showReadError(id, error) {
    if (error.status !== 401) {
        showError(id, error);
    }
}

/** The same for a section that an older James has no data for: it is hidden then. */
export function showUnlessMissing(section, error) {
    if (error.name !== "AbortError") {
        byId(section).hidden = error.status === 404 || error.status === 401;
        showReadError(`${section}-message`, error);
    }
}
