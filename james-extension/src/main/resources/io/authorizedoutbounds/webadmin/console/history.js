// SPDX-License-Identifier: Apache-2.0
/** Who changed what, of the domain that is shown or of all. */
import * as api from "./api.js";
import { address, button, byId, el, name, setText, time, userText } from "./dom.js";
import { showReadError } from "./errors.js";
import { shown } from "./state.js";

const DAY = 86_400_000;
const ACTIONS = { put: "authorized", remove: "removed", orphan: "orphaned" };
const ENFORCEMENTS = { enforce: "switched to enforce", report: "switched to report", inherit: "switched to the default enforcement" };
const RECENT_LIMIT = 10;
/** The retention of changes as shipped, and the largest limit that WebAdmin accepts. */
const OLDER = { days: 90, limit: 1000 };

let showsOlder = false;

function author(entry) {
    if (entry.changedBy) {
        return name(entry.changedBy, { class: "user who" });
    }
    return el("span", { class: "who" }, entry.action === "orphan" ? "James" : "Somebody");
}

function linkTo(domain) {
    return el("a", { href: `#${encodeURIComponent(domain)}` }, domain);
}

function deed({ action, ip }) {
    if (action in ENFORCEMENTS) {
        return [` ${ENFORCEMENTS[action]}`];
    }
    return [` ${ACTIONS[action] ?? action} `, ip ? address(ip) : "all addresses"];
}

function changeItem(entry) {
    return el("li", { class: entry.action },
        el("p", {}, author(entry), ...deed(entry),
            ...(shown.domain === "" ? [" for ", linkTo(entry.domain)] : [])),
        ...(entry.comment ? [el("p", { class: "note" }, userText(entry.comment))] : []),
        el("p", { class: "hint" }, time(entry.changedAt),
            ...(entry.expiresAt ? [" · until ", time(entry.expiresAt)] : [])));
}

function readChanges({ domain, signal }) {
    if (showsOlder) {
        return api.changes(domain, OLDER.limit, new Date(Date.now() - OLDER.days * DAY).toISOString(), signal);
    }
    return api.changes(domain, RECENT_LIMIT, "", signal);
}

function showChanges(changes) {
    const empty = showsOlder ? "Nothing has changed." : "Nothing has changed in the last seven days.";
    byId("history-list").replaceChildren(changes.length === 0
        ? el("p", { class: "empty" }, empty)
        : el("ol", { class: "history" }, ...changes.map(changeItem)));
    if (!showsOlder) {
        byId("history-list").append(button("Show older", { id: "history-older" }, showOlder));
    }
}

export async function loadHistory() {
    setText("history-heading", shown.domain === "" ? "History of all domains" : "History");
    try {
        const changes = await readChanges(shown);
        setText("history-message", "");
        showChanges(changes);
    } catch (e) {
        if (e.status === 404) {
            byId("history-list").replaceChildren(el("p", { class: "empty" }, "Not available on this James."));
        } else {
            showReadError("history-message", e);
        }
    }
}

async function showOlder() {
    showsOlder = true;
    await loadHistory();
    byId("history-heading").focus();
}

/** Another domain starts with its recent changes. */
export function showRecentOnly() {
    showsOlder = false;
}

export function clear() {
    byId("history-list").replaceChildren();
}
