// SPDX-License-Identifier: Apache-2.0
/** The enforcement of the domains that have none of their own, and the banner for a server that does not refuse. */
import { byId } from "./dom.js";

let value = "";

/** Empty while no domain has said it. */
export function known() {
    return value;
}

/** @param found the enforcement of a domain, which has the default when it is inherited */
export function learn({ enforcement, inherited }) {
    if (inherited) {
        value = enforcement;
        byId("default-banner").hidden = value !== "report";
    }
}

export function clear() {
    value = "";
    byId("default-banner").hidden = true;
}
