// SPDX-License-Identifier: Apache-2.0
/** The list of the addresses that may send for the domain. */
import * as api from "./api.js";
import { authorize } from "./authorize.js";
import { changeFromTable } from "./change.js";
import { confirm } from "./confirm.js";
import { address, button, byId, count, el, name, relative, row, setText, table, time, userText } from "./dom.js";
import { loadSharers, sharersCell } from "./sharers.js";
import { shown } from "./state.js";
import * as use from "./use.js";

const SOON = 14 * 86_400_000;

let reload = () => {};

function expiresSoon(entry) {
    return Boolean(entry.expiresAt) && new Date(entry.expiresAt).getTime() - Date.now() < SOON;
}

function expiry(entry) {
    if (!entry.expiresAt) {
        return el("span", { class: "none" }, "never");
    }
    return [time(entry.expiresAt), el("span", { class: expiresSoon(entry) ? "under soon" : "under" }, relative(entry.expiresAt))];
}

function note(entry) {
    const shownNote = [entry.comment ? userText(entry.comment) : el("span", { class: "none" }, "no note")];
    if (entry.orphaned) {
        shownNote.push(el("span", { class: "under orphaned" }, "orphaned: does not count; add it again to revive it"));
    }
    return shownNote;
}

function actions(entry) {
    const buttons = [button("Remove", { class: "danger", "aria-label": `Remove ${entry.ip}` }, () => removeAddress(entry))];
    if (entry.orphaned) {
        buttons.unshift(button("Add again", { "aria-label": `Add ${entry.ip} again` }, () => revive(entry)));
    }
    return el("td", { class: "actions" }, ...buttons);
}

function addressRow(entry) {
    const made = row(
        entry.orphaned ? { class: "gone" } : {},
        address(entry.ip),
        note(entry),
        [el("span", {}, entry.addedBy ? name(entry.addedBy) : "unknown"), el("span", { class: "under" }, time(entry.addedAt))],
        expiry(entry),
        use.lastUse(entry));
    made.append(sharersCell(entry.ip), actions(entry));
    return made;
}

function summary() {
    const active = shown.entries.filter((entry) => !entry.orphaned);
    const soon = active.filter(expiresSoon).length;
    return count(active.length, "address may send", "addresses may send")
        + (soon > 0 ? `, ${soon} ${soon === 1 ? "expires" : "expire"} soon` : "");
}

/** Shows the entries of the domain. */
export function showAddresses() {
    const { domain, entries, signal } = shown;
    setText("addresses-heading", `Addresses of ${domain}`);
    setText("addresses-summary", summary());
    byId("addresses-filter-row").hidden = entries.length === 0;
    if (entries.length === 0) {
        byId("addresses-list").replaceChildren(
            el("p", { class: "empty" }, "No address is listed: with enforce, all that comes in the name of this domain without AUTH is refused."));
        return;
    }
    const chosen = use.filtered(entries);
    setText("addresses-filtered", chosen.length === entries.length ? "" : `${chosen.length} of ${entries.length} are shown`);
    if (chosen.length === 0) {
        byId("addresses-list").replaceChildren(el("p", { class: "empty" }, "There is no such address."));
        return;
    }
    const made = table(`Addresses that may send for ${domain}`,
        ["Address", "Note", "Added by", "Expires", "Last use", "Shared with", el("span", { class: "unseen" }, "Actions")],
        chosen.map(addressRow));
    byId("addresses-list").replaceChildren(made);
    loadSharers(made, signal);
}

function revive(entry) {
    return changeFromTable("addresses", () => authorize(entry), `${entry.ip} may send for ${shown.domain} now.`, reload);
}

async function removeAfterQuestion(domain, entry) {
    const answer = await confirm({
        heading: `Remove ${entry.ip} from ${domain}?`,
        text: entry.orphaned
            ? "It does not count now already."
            : `With enforce, what it sends in the name of ${domain} is then refused, with a temporary failure.`,
        facts: entry.comment ? [["Note", entry.comment]] : [],
        go: "Remove",
        danger: true,
    });
    if (answer === null) {
        return false;
    }
    await api.remove(domain, entry.ip);
    return true;
}

function removeAddress(entry) {
    const { domain } = shown;
    return changeFromTable("addresses", () => removeAfterQuestion(domain, entry),
        `${entry.ip} may no longer send for ${domain}.`, reload);
}

export function clear() {
    byId("addresses-list").replaceChildren();
}

export function start(page) {
    reload = page.reload;
    use.start({ onFilter: showAddresses });
}
