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
 * @param work makes the change; its result is false, null or 0 when nothing was changed
 * @param done what the person then reads, or a function that makes it of the result
 */
export function changeFromTable(section, work, done, reload) {
    return changeAlone(async () => {
        setText(`${section}-status`, "");
        setText(`${section}-message`, "");
        try {
            const result = await work();
            if (result) {
                setText(`${section}-status`, typeof done === "function" ? done(result) : done);
                byId(`${section}-heading`).focus();
                await reload();
            }
        } catch (e) {
            showError(`${section}-message`, e);
        }
    });
}
