// SPDX-License-Identifier: Apache-2.0
/** One change at a time, from its first question on: a "yes" must be to what the person reads. */
import { byId, setText } from "./dom.js";
import { showError } from "./errors.js";

let changing = false;

/** Does nothing while another change is under way. */
export async function changeAlone(work) {
    if (changing) {
        return;
    }
    changing = true;
    try {
        await work();
    } finally {
        changing = false;
    }
}

/**
 * A change from a button of a table. When it is done the button may be gone, so the heading takes the focus.
 *
 * @param work makes the change; its result is false when the person says no
 */
export function changeFromTable(section, work, done, reload) {
    return changeAlone(async () => {
        setText(`${section}-status`, "");
        setText(`${section}-message`, "");
        try {
            if (await work()) {
                setText(`${section}-status`, done);
                byId(`${section}-heading`).focus();
                await reload();
            }
        } catch (e) {
            showError(`${section}-message`, e);
        }
    });
}
