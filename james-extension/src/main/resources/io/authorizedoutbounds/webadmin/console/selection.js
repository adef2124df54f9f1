// SPDX-License-Identifier: Apache-2.0
/** The observed addresses that the person has selected, and authorizing all of them after one question. */
import * as api from "./api.js";
import { readSharers, sharersText } from "./authorize.js";
import { changeFromTable } from "./change.js";
import { confirm } from "./confirm.js";
import { byId, count, el, setText } from "./dom.js";
import { sameDomain } from "./sharers.js";
import { shown } from "./state.js";

const selected = new Set();

let reload = () => {};

function showCount() {
    setText("selection-count", selected.size === 0 ? "" : count(selected.size, "address is selected", "addresses are selected"));
    byId("selection-go").disabled = selected.size === 0;
}

/** There is none to select all: among the addresses are those of whoever forges the domain. */
export function selector(ip) {
    const made = el("input", { type: "checkbox", "aria-label": `Select ${ip}` });
    made.checked = selected.has(ip);
    made.addEventListener("change", () => {
        if (made.checked) {
            selected.add(ip);
        } else {
            selected.delete(ip);
        }
        showCount();
    });
    return made;
}

/** Keeps of the selection what can still be selected. */
export function limitTo(selectable) {
    for (const ip of selected) {
        if (!selectable.includes(ip)) {
            selected.delete(ip);
        }
    }
    byId("selection").hidden = selectable.length === 0;
    showCount();
}

async function fact(domain, ip) {
    const others = (await readSharers(ip)).filter((other) => !sameDomain(other, domain));
    return [ip, others.length === 0 ? "listed for no other domain" : `shared with ${sharersText(others)}`];
}

async function authorizeAfterQuestion(domain, addresses) {
    setText("selection-message", "");
    const facts = await Promise.all(addresses.map((ip) => fact(domain, ip)));
    if (shown.domain !== domain) {
        return null;
    }
    const note = await confirm({
        heading: `Let ${count(addresses.length, "address", "addresses")} send for ${domain}?`,
        text: `Whoever sends from one of them may then use any sender of ${domain}.`,
        facts,
        comment: "",
        go: "Authorize",
    });
    return note === null ? null : authorizeEach(domain, addresses, note);
}

/** One failure does not keep the others from being authorized. */
async function authorizeEach(domain, addresses, note) {
    const failures = [];
    for (const ip of addresses) {
        try {
            await api.put(domain, ip, note, "");
        } catch (e) {
            failures.push(`${ip}: ${e.message}`);
        }
    }
    setText("selection-message", failures.length === 0 ? "" : ["Not authorized:", ...failures].join("\n"));
    return addresses.length - failures.length;
}

function authorizeSelected() {
    const { domain } = shown;
    const addresses = [...selected];
    return changeFromTable("refusals", () => authorizeAfterQuestion(domain, addresses),
        (authorized) => `${count(authorized, "address", "addresses")} may send for ${domain} now.`, reload);
}

export function clear() {
    selected.clear();
    byId("selection").hidden = true;
}

export function start(page) {
    reload = page.reload;
    byId("selection-go").addEventListener("click", authorizeSelected);
}
