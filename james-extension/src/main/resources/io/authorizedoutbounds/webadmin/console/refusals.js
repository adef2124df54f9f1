// SPDX-License-Identifier: Apache-2.0
/** What was refused in the name of the domain, or would have been, as a chart and as a table. */
import * as api from "./api.js";
import { authorize } from "./authorize.js";
import { changeFromTable } from "./change.js";
import { refusalsChart } from "./chart.js";
import { address, button, byId, count, el, name, number, refusedPart, relative, row, setText, table, time } from "./dom.js";
import { showReadError } from "./errors.js";
import * as selection from "./selection.js";
import { shown } from "./state.js";

let page = { reload: () => {}, explain: () => {} };

/** What is drawn, and how wide. */
let chart = { hours: null, width: 0 };

/** Draws it again when the window has another width. */
function drawChart() {
    const place = byId("refusals-chart");
    if (chart.hours === null) {
        place.replaceChildren();
    } else if (chart.width !== place.clientWidth) {
        chart.width = place.clientWidth;
        place.replaceChildren(refusalsChart(chart.hours, chart.width));
    }
}

export async function loadRefusals() {
    const { domain, signal } = shown;
    try {
        const [{ rows, dropped }, hours] = await Promise.all([api.refusals(domain, signal), api.refusalsByHour(domain, signal)]);
        setText("refusals-message", "");
        showRefusals(rows, dropped);
        chart = { hours: rows.length === 0 && hours.length === 0 ? null : hours, width: 0 };
        drawChart();
    } catch (e) {
        if (e.status === 404) {
            setText("refusals-summary", "not available");
            return;
        }
        showReadError("refusals-message", e);
    }
}

function showRefusals(rows, dropped) {
    setText("refusals-summary", rows.length === 0 ? "" : count(rows.length, "address", "addresses"));
    byId("refusals-list").replaceChildren(rows.length === 0
        ? el("p", { class: "empty" }, `Nothing was refused in the name of ${shown.domain}, or would have been.`)
        : refusalsTable(rows));
    selection.limitTo(rows.map(({ ip }) => ip).filter((ip) => !isListed(ip)));
    setText("refusals-dropped", dropped > 0
        ? `${count(dropped, "more attempt was", "more attempts were")} counted of further addresses, which are not recorded.` : "");
}

function refusalsTable(rows) {
    return table(`Attempts to send for ${shown.domain} from addresses that were not listed, last seen first`,
        ["Address", el("span", { class: "number" }, "Attempts"), "Last seen", "Last sender", el("span", { class: "unseen" }, "Actions")],
        rows.map(refusalRow));
}

function refusalRow(refusal) {
    const { ip } = refusal;
    const sender = senderOf(refusal);
    const made = row({},
        isListed(ip) ? address(ip) : el("label", { class: "pick" }, selection.selector(ip), address(ip)),
        [time(refusal.lastSeen), el("span", { class: "under" }, `first ${relative(refusal.firstSeen)}`)],
        [sender === "" ? el("span", { class: "none" }, "a bounce") : name(sender),
            el("span", { class: "under" }, "to ", name(refusal.lastRecipientDomain ?? "unknown"))]);
    made.children[0].after(el("td", { class: "number" }, number(refusal.attempts), ...refusedPart(refusal)));
    made.append(actions(refusal));
    return made;
}

function isListed(ip) {
    return shown.entries.some((entry) => entry.ip === ip && !entry.orphaned);
}

function senderOf(refusal) {
    return refusal.lastSender === "<>" ? "" : refusal.lastSender ?? "";
}

function actions(refusal) {
    const { ip } = refusal;
    return el("td", { class: "actions" },
        button("Why?", { "aria-label": `Why is ${ip} refused?` }, () => explain(refusal)),
        isListed(ip)
            ? el("span", { class: "badge good" }, "listed now")
            : button("Authorize", { class: "main", "aria-label": `Authorize ${ip}` }, () => authorizeRefused(ip)));
}

function explain(refusal) {
    page.explain(refusal.ip, senderOf(refusal), `postmaster@${refusal.lastRecipientDomain ?? shown.domain}`);
}

function authorizeRefused(ip) {
    return changeFromTable("refusals", () => authorize({ ip, comment: "", askForNote: true }),
        `${ip} may send for ${shown.domain} now; its server tries again by itself.`, page.reload);
}

export function clear() {
    chart.hours = null;
    drawChart();
    byId("refusals-list").replaceChildren();
}

/** Calls `explain` with an address, a sender and a recipient when the person asks why they were refused. */
export function start(callbacks) {
    page = callbacks;
    new ResizeObserver(drawChart).observe(byId("refusals-chart"));
}
