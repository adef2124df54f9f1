// SPDX-License-Identifier: Apache-2.0
/** When an address last let mail through, and which addresses have not for long. */
import { byId, el, relative, time } from "./dom.js";

const LONG = 90 * 86_400_000;

const FILTERS = {
    all: () => true,
    unused: isUnusedForLong,
    never: (entry) => !entry.lastUsedAt,
};

/** What was never used is unused since it was added. */
function isUnusedForLong(entry) {
    return Date.now() - new Date(entry.lastUsedAt ?? entry.addedAt ?? 0).getTime() > LONG;
}

/** WebAdmin gives the hour, and nothing when it knows of no use. */
export function lastUse(entry) {
    if (!entry.lastUsedAt) {
        return el("span", { class: "none" }, "never");
    }
    return [
        time(entry.lastUsedAt),
        el("span", { class: isUnusedForLong(entry) ? "under soon" : "under" }, relative(entry.lastUsedAt)),
    ];
}

/** The entries that the person wants to see. */
export function filtered(entries) {
    return entries.filter(FILTERS[byId("addresses-filter").value]);
}

export function start({ onFilter }) {
    byId("addresses-filter").addEventListener("change", onFilter);
}
