// SPDX-License-Identifier: Apache-2.0
/** The choice of a domain. It is in the fragment of the address, so that it can be bookmarked and "back" works. */
import * as api from "./api.js";
import { byId, count, el, setText } from "./dom.js";
import { showReadError } from "./errors.js";
import { shown } from "./state.js";

const MAX_SUGGESTIONS = 50;

let knownDomains = [];

/** Of many domains only some that fit what is typed: a list of a million would stall the browser. */
function suggest() {
    const typed = byId("domain").value.trim().toLowerCase();
    const starts = (known) => known.startsWith(typed);
    const contains = (known) => !starts(known) && known.includes(typed);
    const fitting = [];
    for (const fits of [starts, contains]) {
        for (const known of knownDomains) {
            if (fitting.length === MAX_SUGGESTIONS) {
                break;
            }
            if (fits(known)) {
                fitting.push(known);
            }
        }
    }
    byId("domains").replaceChildren(...fitting.map((value) => el("option", { value })));
}

export async function loadDomains() {
    try {
        knownDomains = await api.domains();
        setText("domain-count", count(knownDomains.length, "domain", "domains"));
        suggest();
    } catch (e) {
        showReadError("domain-message", e);
    }
}

export function clearDomains() {
    knownDomains = [];
    suggest();
    setText("domain-count", "");
}

export function domainOfAddress() {
    try {
        return decodeURIComponent(location.hash.slice(1)).trim();
    } catch {
        return "";
    }
}

export function showChoice(domain) {
    byId("domain").value = domain;
    document.title = domain === "" ? "Authorized outbounds" : `${domain} · Authorized outbounds`;
}

/** Calls `reload` when the person chooses the domain that is shown already; another one changes the fragment. */
export function start({ reload }) {
    byId("domain-form").addEventListener("submit", (event) => {
        event.preventDefault();
        const chosen = byId("domain").value.trim();
        if (chosen === shown.domain) {
            reload();
        } else {
            location.hash = encodeURIComponent(chosen);
        }
    });
    byId("domain").addEventListener("input", suggest);
    byId("refresh").addEventListener("click", reload);
}
