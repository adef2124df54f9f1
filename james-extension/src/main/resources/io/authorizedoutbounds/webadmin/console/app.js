// SPDX-License-Identifier: Apache-2.0
import * as api from "./api.js";
import { refusalsChart } from "./chart.js";
import { ZONE, button, byId, count, el, name, relative, row, table, time, timeText, userText } from "./dom.js";

const SUGGESTIONS = 50;
const DAY = 86_400_000;
const SOON = 14 * DAY;
const QUESTIONS_AT_ONCE = 4;
const SHARERS_SHOWN = 2;
const RECENT_CHANGES = 10;
/** What James keeps as shipped, and as many as it gives at once. */
const OLD_CHANGES = { days: 90, limit: 1000 };

/** What is shown. `visit` is aborted when another domain is, so that no late answer is taken for the new one's. */
let domain = "";
let visit = new AbortController();
let entries = [];
let knownDomains = [];
let olderChanges = false;
let sharersWanted = [];
let questions = 0;

function say(id, text) {
    byId(id).textContent = text;
}

/** An error in words; one that the person sees elsewhere, or that is of a domain left behind, is not told twice. */
function tell(id, error) {
    if (error.name === "AbortError") {
        return;
    }
    if (!(error instanceof api.ApiError)) {
        console.error(error);
    }
    say(id, error instanceof api.ApiError ? error.message : `This page has a fault: ${error.message}`);
}

/** The same of what is read again by itself once the token is there. */
function tellReading(id, error) {
    if (error.status !== 401) {
        tell(id, error);
    }
}

function sameDomain(one, other) {
    const canonical = (text) => {
        try {
            return new URL(`http://${text}`).hostname;
        } catch {
            return text.toLowerCase();
        }
    };
    return canonical(one) === canonical(other);
}

// --- The token ------------------------------------------------------------------------------------------------------

function askForToken(rejected) {
    const panel = byId("token-panel");
    const appears = panel.hidden;
    api.useToken("");
    byId("forget-token").hidden = true;
    panel.hidden = false;
    if (rejected) {
        say("token-message", "WebAdmin does not accept this token: it has run out, or is not one of an administrator of this James.");
        byId("token").setAttribute("aria-invalid", "true");
    }
    if (appears || rejected) {
        byId("token").focus();
    }
}

function takeToken(event) {
    event.preventDefault();
    const field = byId("token");
    const text = field.value.trim().replace(/^Bearer\s+/i, "");
    field.value = "";
    field.removeAttribute("aria-invalid");
    say("token-message", "");
    say("add-message", "");
    say("check-message", "");
    if (!/^[\x21-\x7e]+$/.test(text)) {
        say("token-message", "This is not a token: it has no spaces and no letters beyond ASCII.");
        field.setAttribute("aria-invalid", "true");
        return;
    }
    api.useToken(text);
    byId("token-panel").hidden = true;
    byId("forget-token").hidden = false;
    byId("domain").focus();
    loadDomains();
    load();
}

function forgetToken() {
    api.useToken("");
    byId("forget-token").hidden = true;
    knownDomains = [];
    suggest();
    say("domain-count", "");
    clear();
    loadDomains();
    load();
}

// --- The domain -----------------------------------------------------------------------------------------------------

async function loadDomains() {
    try {
        knownDomains = await api.domains();
        say("domain-count", count(knownDomains.length, "domain", "domains"));
        suggest();
    } catch (e) {
        tellReading("domain-message", e);
    }
}

/** Of many domains only some that fit what is typed: a list of a million would stall the browser. */
function suggest() {
    const typed = byId("domain").value.trim().toLowerCase();
    const fitting = [];
    for (const fits of [(known) => known.startsWith(typed), (known) => !known.startsWith(typed) && known.includes(typed)]) {
        for (const known of knownDomains) {
            if (fitting.length === SUGGESTIONS) {
                break;
            }
            if (fits(known)) {
                fitting.push(known);
            }
        }
    }
    byId("domains").replaceChildren(...fitting.map((value) => el("option", { value })));
}

/** The domain is in the fragment of the address, so that a domain can be bookmarked and "back" works. */
function domainOfAddress() {
    try {
        return decodeURIComponent(location.hash.slice(1)).trim();
    } catch {
        return "";
    }
}

function chooseDomain(event) {
    event.preventDefault();
    const chosen = byId("domain").value.trim();
    if (chosen === domain) {
        load();
    } else {
        location.hash = encodeURIComponent(chosen);
    }
}

function visitDomain() {
    domain = domainOfAddress();
    byId("domain").value = domain;
    document.title = domain === "" ? "Authorized outbounds" : `${domain} · Authorized outbounds`;
    olderChanges = false;
    clear();
    load();
}

function clear() {
    entries = [];
    asked++;
    byId("confirm").close();
    byId("domain-view").hidden = true;
    byId("refresh").hidden = true;
    byId("add-form").reset();
    for (const id of ["addresses-list", "refusals-chart", "refusals-list", "history-list", "check-result"]) {
        byId(id).replaceChildren();
    }
    for (const message of document.querySelectorAll("main .message:not(#token-message)")) {
        message.textContent = "";
    }
    byId("add-ip").removeAttribute("aria-invalid");
}

/** Loads what is shown anew, and leaves it in place until the answers are there. */
async function load() {
    visit.abort();
    visit = new AbortController();
    const { signal } = visit;
    say("domain-message", "");
    const history = loadHistory(signal);
    if (domain === "") {
        byId("domain-view").hidden = true;
        await history;
        return;
    }
    byId("domain-form").setAttribute("aria-busy", "true");
    try {
        entries = await api.list(domain, signal);
        byId("domain-view").hidden = false;
        byId("refresh").hidden = false;
        showAddresses(signal);
        await Promise.all([loadRefusals(signal), history]);
    } catch (e) {
        if (e.name !== "AbortError") {
            byId("domain-view").hidden = true;
            byId("refresh").hidden = true;
        }
        tellReading("domain-message", e);
    } finally {
        if (!signal.aborted) {
            byId("domain-form").removeAttribute("aria-busy");
        }
    }
}

// --- Addresses ------------------------------------------------------------------------------------------------------

function expiry(entry) {
    if (!entry.expiresAt) {
        return el("span", { class: "none" }, "never");
    }
    const soon = new Date(entry.expiresAt).getTime() - Date.now() < SOON;
    return [time(entry.expiresAt), el("span", { class: soon ? "under soon" : "under" }, relative(entry.expiresAt))];
}

function addressRow(entry) {
    const shared = el("td", { class: "shared" }, el("span", { class: "none" }, "…"));
    const actions = [];
    const note = [entry.comment ? userText(entry.comment) : el("span", { class: "none" }, "no note")];
    if (entry.orphaned) {
        note.push(el("span", { class: "under orphaned" }, "orphaned: does not count; add it again to revive it"));
        actions.push(button("Add again", { "aria-label": `Add ${entry.ip} again` }, () => revive(entry)));
    }
    actions.push(button("Remove", { class: "danger", "aria-label": `Remove ${entry.ip}` }, () => removeAddress(entry)));
    const made = row(
        entry.orphaned ? { class: "gone" } : {},
        el("code", {}, entry.ip),
        note,
        [el("span", {}, entry.addedBy ? name(entry.addedBy) : "unknown"), el("span", { class: "under" }, time(entry.addedAt))],
        expiry(entry));
    made.append(shared, el("td", { class: "actions" }, ...actions));
    shared.dataset.ip = entry.ip;
    return made;
}

function showAddresses(signal) {
    say("addresses-heading", `Addresses of ${domain}`);
    const active = entries.filter((entry) => !entry.orphaned);
    const soon = active.filter((entry) => entry.expiresAt && new Date(entry.expiresAt).getTime() - Date.now() < SOON);
    say("addresses-summary", count(active.length, "address may send", "addresses may send")
        + (soon.length > 0 ? `, ${soon.length} expires soon`.replace("expires", soon.length === 1 ? "expires" : "expire") : ""));
    if (entries.length === 0) {
        byId("addresses-list").replaceChildren(
            el("p", { class: "empty" }, "No address is listed: all that comes in the name of this domain without AUTH is refused."));
        return;
    }
    const made = table(`Addresses that may send for ${domain}`,
        ["Address", "Note", "Added by", "Expires", "Shared with", el("span", { class: "unseen" }, "Actions")],
        entries.map(addressRow));
    byId("addresses-list").replaceChildren(made);
    askForSharers(made, signal);
}

/** A question for each address, so only for those that are looked at, some at a time. */
function askForSharers(made, signal) {
    sharersWanted = [];
    const seen = new IntersectionObserver((cells) => {
        for (const { target, isIntersecting } of cells) {
            if (isIntersecting) {
                seen.unobserve(target);
                sharersWanted.push({ cell: target, signal });
            }
        }
        nextSharers();
    });
    signal.addEventListener("abort", () => seen.disconnect());
    for (const cell of made.querySelectorAll(".shared")) {
        seen.observe(cell);
    }
}

function nextSharers() {
    while (questions < QUESTIONS_AT_ONCE && sharersWanted.length > 0) {
        const { cell, signal } = sharersWanted.shift();
        questions++;
        showSharers(cell, signal).finally(() => {
            questions--;
            nextSharers();
        });
    }
}

async function showSharers(cell, signal) {
    try {
        const others = (await api.sharers(cell.dataset.ip, signal)).filter((other) => !sameDomain(other, domain));
        const shown = others.slice(0, SHARERS_SHOWN);
        const more = others.slice(SHARERS_SHOWN);
        cell.replaceChildren(...(others.length === 0 ? [el("span", { class: "none" }, "nobody")] : shown.map(sharer)));
        if (more.length > 0) {
            cell.append(el("details", {}, el("summary", {}, `and ${more.length} more`), ...more.map(sharer)));
        }
    } catch (e) {
        if (e.name !== "AbortError") {
            cell.replaceChildren(el("span", { class: "none" }, "not available"));
        }
    }
}

function sharer(other) {
    return el("a", { class: "sharer", href: `#${encodeURIComponent(other)}` }, name(other));
}

/** The number of the decision that was asked for last: an answer to an earlier one would stand below another question. */
let asked = 0;

/** One change at a time, from its first question on: a "yes" must be to what is read. */
let changing = false;

/**
 * Asks in a dialog before a change.
 *
 * @param facts pairs of a term and a description
 * @param comment what the note field holds; without it there is none
 * @return the note, or null when the person says no
 */
function confirm({ heading, text, facts = [], comment, go, danger = false }) {
    const dialog = byId("confirm");
    const field = byId("confirm-comment");
    say("confirm-heading", heading);
    say("confirm-text", text);
    byId("confirm-facts").replaceChildren(
        ...facts.flatMap(([term, description]) => [el("dt", {}, term), el("dd", {}, userText(description))]));
    byId("confirm-comment-field").hidden = comment === undefined;
    field.value = comment ?? "";
    say("confirm-go", go);
    byId("confirm-go").className = danger ? "main danger" : "main";
    dialog.returnValue = "";
    dialog.showModal();
    // A change that takes something away is not one stray key away.
    byId(danger ? "confirm-cancel" : comment === undefined ? "confirm-go" : "confirm-comment").focus();
    return new Promise((resolve) => {
        dialog.addEventListener("close", () => resolve(dialog.returnValue === "go" ? field.value.trim() : null), { once: true });
    });
}

/** Asks, and puts. Says false when the person says no. */
async function authorize({ ip, comment, expiresAt, askForNote = false }) {
    const of = domain;
    let sharedWith = [];
    try {
        sharedWith = await api.sharers(ip);
    } catch (e) {
        // Asked first because a bad address is told here, before the question. Without the call the PUT tells.
        if (e.status !== 404) {
            throw e;
        }
    }
    if (domain !== of) {
        // Another domain is shown by now.
        return false;
    }
    const orphaned = entries.some((entry) => entry.ip === ip && entry.orphaned);
    const listed = !orphaned && sharedWith.some((other) => sameDomain(other, of));
    const others = sharedWith.filter((other) => !sameDomain(other, of));
    const facts = [];
    if (comment && !askForNote) {
        facts.push(["Note", comment]);
    }
    if (expiresAt) {
        facts.push(["Expires", `${timeText(expiresAt)}, ${relative(expiresAt)}`]);
    }
    if (others.length > 0) {
        facts.push(["Shared with", others.slice(0, 5).join(", ") + (others.length > 5 ? ` and ${others.length - 5} more` : "")]);
    }
    const note = await confirm({
        heading: `Let ${ip} send for ${of}?`,
        text: listed
            ? "It is listed already: its note and its expiry are replaced."
            : `Whoever sends from this address may then use any sender of ${of}.`,
        facts,
        comment: askForNote ? comment : undefined,
        go: listed ? "Replace" : "Authorize",
    });
    if (note === null) {
        return false;
    }
    await api.put(of, ip, askForNote ? note : comment, expiresAt);
    return true;
}

async function addAddress(event) {
    event.preventDefault();
    const form = byId("add-form");
    if (changing) {
        return;
    }
    changing = true;
    const of = domain;
    const field = byId("add-ip");
    const ip = field.value.trim();
    const expires = byId("add-expires").value;
    say("addresses-status", "");
    say("add-message", "");
    field.removeAttribute("aria-invalid");
    form.setAttribute("aria-busy", "true");
    try {
        const done = await authorize({
            ip,
            comment: byId("add-comment").value.trim(),
            expiresAt: expires === "" ? "" : new Date(expires).toISOString(),
        });
        if (done) {
            form.reset();
            say("addresses-status", `${ip} may send for ${of} now.`);
            load();
        }
        field.focus();
    } catch (e) {
        tell("add-message", e);
        if (e.status === 400) {
            field.setAttribute("aria-invalid", "true");
        }
        if (e.status !== 401) {
            field.focus();
        }
    } finally {
        changing = false;
        form.removeAttribute("aria-busy");
    }
}

async function revive(entry) {
    await change("addresses", () => authorize(entry), `${entry.ip} may send for ${domain} now.`);
}

async function authorizeRefused(refusal) {
    await change("refusals", () => authorize({ ip: refusal.ip, comment: "", askForNote: true }),
        `${refusal.ip} may send for ${domain} now; its server tries again by itself.`);
}

async function removeAddress(entry) {
    const of = domain;
    await change("addresses", async () => {
        const sure = await confirm({
            heading: `Remove ${entry.ip} from ${of}?`,
            text: entry.orphaned ? "It does not count now already." : `What it sends in the name of ${of} is then refused, with a temporary failure.`,
            facts: entry.comment ? [["Note", entry.comment]] : [],
            go: "Remove",
            danger: true,
        });
        if (sure === null) {
            return false;
        }
        await api.remove(of, entry.ip);
        return true;
    }, `${entry.ip} may no longer send for ${of}.`);
}

/** A change from a button of a table; when it is done the button may be gone, so the heading takes the focus. */
async function change(section, work, done) {
    if (changing) {
        return;
    }
    changing = true;
    say(`${section}-status`, "");
    say(`${section}-message`, "");
    try {
        if (await work()) {
            say(`${section}-status`, done);
            byId(`${section}-heading`).focus();
            await load();
        }
    } catch (e) {
        tell(`${section}-message`, e);
    } finally {
        changing = false;
    }
}

// --- Refused attempts -----------------------------------------------------------------------------------------------

async function loadRefusals(signal) {
    try {
        const [{ rows, dropped }, hours] = await Promise.all([api.refusals(domain, signal), api.refusalsByHour(domain, signal)]);
        say("refusals-message", "");
        showRefusals(rows, dropped);
        byId("refusals-chart").replaceChildren(...(rows.length === 0 && hours.length === 0 ? [] : [refusalsChart(hours)]));
    } catch (e) {
        if (e.status === 404) {
            say("refusals-summary", "not available");
            return;
        }
        tellReading("refusals-message", e);
    }
}

function senderOf(refusal) {
    return refusal.lastSender === "<>" ? "" : refusal.lastSender ?? "";
}

function refusalRow(refusal) {
    const listed = entries.some((entry) => entry.ip === refusal.ip && !entry.orphaned);
    const actions = [
        button("Why?", { "aria-label": `Why is ${refusal.ip} refused?` }, () => explain(refusal)),
        listed
            ? el("span", { class: "badge good" }, "listed now")
            : button("Authorize", { class: "main", "aria-label": `Authorize ${refusal.ip}` }, () => authorizeRefused(refusal)),
    ];
    const made = row({},
        el("code", {}, refusal.ip),
        [time(refusal.lastSeen), el("span", { class: "under" }, `first ${relative(refusal.firstSeen)}`)],
        [senderOf(refusal) === "" ? el("span", { class: "none" }, "a bounce") : name(senderOf(refusal)),
            el("span", { class: "under" }, "to ", name(refusal.lastRecipientDomain ?? "unknown"))]);
    made.children[0].after(el("td", { class: "number" }, refusal.attempts.toLocaleString("en")));
    made.append(el("td", { class: "actions" }, ...actions));
    return made;
}

function showRefusals(rows, dropped) {
    say("refusals-summary", rows.length === 0 ? "" : count(rows.length, "address", "addresses"));
    byId("refusals-list").replaceChildren(rows.length === 0
        ? el("p", { class: "empty" }, `Nothing was refused in the name of ${domain}.`)
        : table(`Refused attempts to send for ${domain}, last seen first`,
            ["Address", el("span", { class: "number" }, "Attempts"), "Last seen", "Last sender", el("span", { class: "unseen" }, "Actions")],
            rows.map(refusalRow)));
    say("refusals-dropped", dropped > 0
        ? `${count(dropped, "more attempt was", "more attempts were")} counted of further addresses, which are not kept.` : "");
}

function explain(refusal) {
    byId("check-ip").value = refusal.ip;
    byId("check-sender").value = senderOf(refusal);
    byId("check-recipient").value = `postmaster@${refusal.lastRecipientDomain ?? domain}`;
    byId("check-heading").focus();
    check();
}

// --- Would this be accepted? ----------------------------------------------------------------------------------------

const VERDICTS = {
    pass: ["good", "Passes: James's own checks follow"],
    grant: ["good", "Passes, and may be relayed"],
    refuse: ["bad", "Refused"],
    "try-later": ["fair", "Put off: try again later"],
};
const OUTCOMES = {
    leave: ["good", "Goes on"],
    block: ["bad", "Kept, and not sent"],
    "put-off": ["fair", "Waits, and is judged again"],
};

function judgement(rule, of, [tone, words], why, more = []) {
    return el("div", { class: `judgement ${tone}` },
        el("p", { class: "hint" }, of === null ? `Rule ${rule}` : `Rule ${rule}, row ${of}`),
        el("p", { class: "words" }, words),
        el("p", {}, userText(why)),
        ...more);
}

async function check() {
    const question = ++asked;
    say("check-message", "");
    byId("check-result").replaceChildren();
    try {
        const { enforcement, rule1, rule2 } = await api.decision(
            byId("check-ip").value.trim(), byId("check-sender").value.trim(), byId("check-recipient").value.trim());
        if (question !== asked) {
            return;
        }
        const comesIn = rule1.verdict === "pass" || rule1.verdict === "grant";
        byId("check-result").replaceChildren(
            ...(enforcement === "report" ? [el("p", { class: "badge fair" }, "Report mode: this is only logged, James goes on as without us")] : []),
            judgement("1", rule1.row, VERDICTS[rule1.verdict] ?? ["fair", rule1.verdict], rule1.why,
                rule1.reply ? [el("code", { class: "reply" }, rule1.reply)] : []),
            ...(comesIn || enforcement === "report"
                ? [judgement("2", rule2.row, OUTCOMES[rule2.outcome] ?? ["fair", rule2.outcome], rule2.why)] : []));
    } catch (e) {
        if (question !== asked) {
            return;
        }
        if (e.status === 404) {
            say("check-message", "Not available on this James.");
        } else {
            tell("check-message", e);
        }
    }
}

// --- History --------------------------------------------------------------------------------------------------------

const ACTIONS = { put: "authorized", remove: "removed", orphan: "orphaned" };

function changeItem(entry) {
    const words = ACTIONS[entry.action] ?? entry.action;
    const who = entry.changedBy ? name(entry.changedBy, { class: "user who" }) : el("span", { class: "who" }, entry.action === "orphan" ? "James" : "Somebody");
    return el("li", { class: entry.action },
        el("p", {}, who, ` ${words} `, el("code", {}, entry.ip ?? "all addresses"),
            ...(domain === "" ? [" for ", el("a", { href: `#${encodeURIComponent(entry.domain)}` }, entry.domain)] : [])),
        ...(entry.comment ? [el("p", { class: "note" }, userText(entry.comment))] : []),
        el("p", { class: "hint" }, time(entry.changedAt),
            ...(entry.expiresAt ? [" · until ", time(entry.expiresAt)] : [])));
}

async function loadHistory(signal) {
    say("history-heading", domain === "" ? "History of all domains" : "History");
    try {
        const shown = olderChanges
            ? await api.changes(domain, OLD_CHANGES.limit, new Date(Date.now() - OLD_CHANGES.days * DAY).toISOString(), signal)
            : await api.changes(domain, RECENT_CHANGES, "", signal);
        say("history-message", "");
        byId("history-list").replaceChildren(shown.length === 0
            ? el("p", { class: "empty" }, olderChanges ? "Nothing has changed." : "Nothing has changed in the last seven days.")
            : el("ol", { class: "history" }, ...shown.map(changeItem)));
        if (!olderChanges) {
            byId("history-list").append(button("Show older", { id: "history-older" }, showOlderHistory));
        }
    } catch (e) {
        if (e.status === 404) {
            byId("history-list").replaceChildren(el("p", { class: "empty" }, "Not available on this James."));
        } else {
            tellReading("history-message", e);
        }
    }
}

async function showOlderHistory() {
    olderChanges = true;
    await loadHistory(visit.signal);
    byId("history-heading").focus();
}

// --- Wiring ---------------------------------------------------------------------------------------------------------

api.onUnauthorized(askForToken);
byId("token-form").addEventListener("submit", takeToken);
byId("forget-token").addEventListener("click", forgetToken);
byId("domain-form").addEventListener("submit", chooseDomain);
byId("domain").addEventListener("input", suggest);
byId("refresh").addEventListener("click", load);
byId("add-form").addEventListener("submit", addAddress);
byId("check-form").addEventListener("submit", (event) => {
    event.preventDefault();
    check();
});
byId("confirm-form").addEventListener("submit", (event) => {
    event.preventDefault();
    byId("confirm").close("go");
});
byId("confirm-cancel").addEventListener("click", () => byId("confirm").close());
// A key that is held since before the question does not answer it.
byId("confirm").addEventListener("keydown", (event) => {
    if (event.repeat && event.key === "Enter") {
        event.preventDefault();
    }
});
window.addEventListener("hashchange", visitDomain);
say("zone", `Times are of your zone, ${ZONE}.`);
loadDomains();
visitDomain();
