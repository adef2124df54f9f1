// SPDX-License-Identifier: Apache-2.0
/** Whether what is not listed is refused in the name of the domain, or only recorded; and the switch from one to the other. */
import * as api from "./api.js";
import { changeFromTable } from "./change.js";
import { confirm } from "./confirm.js";
import * as defaultEnforcement from "./default.js";
import { button, byId, count, el, name, setText, time, timeText } from "./dom.js";
import { showUnlessMissing } from "./errors.js";
import { shown } from "./state.js";

const WEEK = 7 * 86_400_000;
const MAX_NAMED_ADDRESSES = 10;

const MEANINGS = {
    enforce: "What comes in its name from an address that is not listed is refused.",
    report: "Nothing is refused. What would be refused is recorded.",
};

let reload = () => {};

export function badge(enforcement) {
    return el("span", { class: enforcement === "enforce" ? "badge good" : "badge fair" }, enforcement);
}

function origin({ inherited, changedBy, changedAt }) {
    if (inherited) {
        return ["the default of this server"];
    }
    return ["set", ...(changedBy ? [" by ", name(changedBy)] : []), ...(changedAt ? [", ", time(changedAt)] : [])];
}

function buttons({ enforcement, inherited }) {
    const other = enforcement === "enforce" ? "report" : "enforce";
    const made = [button(`Switch to ${other}`, other === "enforce" ? { class: "main" } : {}, () => switchTo(other))];
    if (!inherited) {
        made.push(button("Use the default", {}, () => useDefault(enforcement)));
    }
    return made;
}

export async function loadEnforcement() {
    const { domain, signal } = shown;
    try {
        const found = await api.enforcement(domain, signal);
        byId("enforcement").hidden = false;
        setText("enforcement-message", "");
        byId("enforcement-origin").replaceChildren(...origin(found));
        byId("enforcement-value").replaceChildren(
            badge(found.enforcement),
            el("p", {}, MEANINGS[found.enforcement] ?? ""),
            el("div", { class: "buttons" }, ...buttons(found)));
    } catch (e) {
        showUnlessMissing("enforcement", e);
    }
}

/** What was observed in a week and is not listed now: "enforce" would have refused it. */
async function readUnlisted(domain) {
    const [{ rows, dropped, since }, entries] = await Promise.all([api.refusals(domain), api.list(domain)]);
    const listed = new Set(entries.filter((entry) => !entry.orphaned).map(({ ip }) => ip));
    const weekAgo = Date.now() - WEEK;
    const unlisted = rows.filter(({ ip, lastSeen }) => !listed.has(ip) && new Date(lastSeen).getTime() >= weekAgo);
    return {
        unlisted,
        attempts: unlisted.reduce((sum, row) => sum + row.attempts, dropped),
        since: since && new Date(since).getTime() > weekAgo ? `Since ${timeText(since)}` : "In the last seven days",
    };
}

function consequences({ unlisted, attempts, since }) {
    if (attempts === 0) {
        return `${since} no attempt in its name from an address that is not listed was recorded.`;
    }
    return `${since} it would have refused ${count(attempts, "attempt", "attempts")} from `
        + `${count(unlisted.length, "address that is not listed", "addresses that are not listed")}, with a temporary failure. `
        + "First authorize those that may send.";
}

function facts({ unlisted }) {
    const named = [...unlisted].sort((one, other) => other.attempts - one.attempts).slice(0, MAX_NAMED_ADDRESSES);
    const more = unlisted.length - named.length;
    return [
        ...named.map(({ ip, attempts, lastSeen }) => [ip, `${count(attempts, "attempt", "attempts")}, the last ${timeText(lastSeen)}`]),
        ...(more > 0 ? [["And", count(more, "more address", "more addresses")]] : []),
    ];
}

/** The part of a question about what "enforce" means for the domain. */
async function enforceQuestion(domain) {
    const found = await readUnlisted(domain);
    return { text: consequences(found), facts: facts(found), danger: found.attempts > 0 };
}

async function ask(domain, question) {
    return shown.domain === domain && await confirm(question) !== null;
}

async function switchAfterQuestion(domain, enforcement) {
    const question = enforcement === "enforce"
        ? { heading: `Refuse what is not listed for ${domain}?`, go: "Enforce", ...await enforceQuestion(domain) }
        : {
            heading: `Refuse nothing in the name of ${domain}?`,
            text: "Whoever may use this server may then send in its name from any address. What would be refused is recorded.",
            go: "Only report",
            danger: true,
        };
    if (!await ask(domain, question)) {
        return false;
    }
    await api.setEnforcement(domain, enforcement);
    return true;
}

function switchTo(enforcement) {
    const { domain } = shown;
    return changeFromTable("enforcement", () => switchAfterQuestion(domain, enforcement), `${domain} is in ${enforcement} now.`, reload);
}

async function useDefaultAfterQuestion(domain, enforcement) {
    const known = defaultEnforcement.known();
    const says = known === "" ? "The property enforcement of this server then counts." : `The default is ${known}. ${MEANINGS[known] ?? ""}`;
    const enforce = enforcement === "report" && known !== "report" ? await enforceQuestion(domain) : null;
    const question = {
        heading: `Use the default for ${domain}?`,
        text: enforce === null ? says : `${says} With enforce: ${enforce.text}`,
        facts: enforce?.facts ?? [],
        go: "Use the default",
        danger: true,
    };
    if (!await ask(domain, question)) {
        return false;
    }
    await api.removeEnforcement(domain);
    return true;
}

function useDefault(enforcement) {
    const { domain } = shown;
    return changeFromTable("enforcement", () => useDefaultAfterQuestion(domain, enforcement), `${domain} has the default now.`, reload);
}

export function clear() {
    byId("enforcement").hidden = true;
    byId("enforcement-value").replaceChildren();
}

export function start(page) {
    reload = page.reload;
}
