// SPDX-License-Identifier: Apache-2.0
/** All domains with attempts from unlisted addresses or quarantined mail, and how far the roll-out is. */
import * as api from "./api.js";
import { button, byId, count, el, name, number, refusedPart, relative, row, setText, table, time } from "./dom.js";
import { badge } from "./enforcement.js";
import { showUnlessMissing } from "./errors.js";
import { shown } from "./state.js";

const MAX_DOMAINS = 100;

function numberCell(value, ...more) {
    return el("td", { class: "number" }, number(value), ...more);
}

function quarantinedCell({ domain, quarantined }) {
    if (quarantined === 0) {
        return numberCell(0);
    }
    return numberCell(quarantined,
        button("Reprocess", { class: "link", "aria-label": `How to reprocess the quarantined mail of ${domain}` }, showReprocessing));
}

function overviewRow(found) {
    const made = row({}, el("a", { href: `#${encodeURIComponent(found.domain)}` }, name(found.domain)), badge(found.enforcement));
    made.append(
        numberCell(found.attempts, ...refusedPart(found)),
        numberCell(found.addresses),
        quarantinedCell(found),
        el("td", {}, time(found.lastSeen), el("span", { class: "under" }, relative(found.lastSeen))));
    return made;
}

function overviewTable(rows) {
    const numeric = (heading) => el("span", { class: "number" }, heading);
    return table("Domains with attempts from unlisted addresses or quarantined mail, most attempts first",
        ["Domain", "Enforcement", numeric("Attempts"), numeric("Addresses"), numeric("Quarantined"), "Last seen"],
        rows.map(overviewRow));
}

function progress({ domains, enforcing }) {
    const all = count(domains, "domain", "domains");
    return enforcing === null
        ? `${all}, too many to count those that enforce`
        : `${number(enforcing)} of ${all} ${enforcing === 1 ? "enforces" : "enforce"}`;
}

/** The count reads all lists, so the rows do not wait for it. Without it there are still the rows. */
async function loadProgress() {
    try {
        setText("overview-progress", progress(await api.enforcementCount(shown.signal)));
    } catch (e) {
        if (e.name !== "AbortError") {
            setText("overview-progress", "");
        }
    }
}

function showOverview(rows) {
    byId("overview-list").replaceChildren(rows.length === 0
        ? el("p", { class: "empty" }, "Nothing was refused or quarantined in the last seven days, or would have been.")
        : overviewTable(rows));
    setText("overview-limit", rows.length < MAX_DOMAINS ? "" : `Only the ${MAX_DOMAINS} domains with the most attempts are shown.`);
    byId("reprocessing").hidden = rows.every(({ quarantined }) => quarantined === 0);
}

export async function loadOverview() {
    const { signal } = shown;
    try {
        const rows = await api.overview(MAX_DOMAINS, signal);
        byId("overview").hidden = false;
        byId("refresh").hidden = false;
        setText("overview-message", "");
        showOverview(rows);
        await loadProgress();
    } catch (e) {
        showUnlessMissing("overview", e);
    }
}

function showReprocessing() {
    byId("reprocessing-heading").focus();
}

export function clear() {
    byId("overview").hidden = true;
    byId("overview-list").replaceChildren();
}

/** The commands have the address that this page has come from. */
export function start() {
    const mails = new URL("mailRepositories/var%2Fmail%2Fblocked-sender%2F/mails", api.ROOT).href;
    setText("reprocessing-list", `curl ${mails}`);
    setText("reprocessing-one", `curl -X PATCH '${mails}/{key}?action=reprocess&processor=root'`);
    setText("reprocessing-all", `curl -X PATCH '${mails}?action=reprocess&processor=root'`);
}
