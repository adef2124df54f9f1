// SPDX-License-Identifier: Apache-2.0
/** The enforcement of the domains that have none of their own, and the banner for a server that does not refuse. */
import * as api from "./api.js";
import { byId } from "./dom.js";
import { shown } from "./state.js";

let value = "";

/** `enforce` or `report`, empty when it is not known. */
export function known() {
    return value;
}

function use(enforcement) {
    value = enforcement;
    byId("default-banner").hidden = value !== "report";
}

/** An error is that of other requests too, which show it. */
export async function loadDefault() {
    try {
        use(await api.defaultEnforcement(shown.signal));
    } catch (e) {
        if (e.name !== "AbortError") {
            use("");
        }
    }
}

export function clear() {
    use("");
}
