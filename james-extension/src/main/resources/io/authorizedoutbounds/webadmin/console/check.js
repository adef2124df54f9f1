// SPDX-License-Identifier: Apache-2.0
/** The form that asks whether a mail would be accepted. */
import * as api from "./api.js";
import { byId, el, setText, userText } from "./dom.js";
import { showError } from "./errors.js";

const VERDICTS = {
    pass: ["good", "Passes: James's own checks follow"],
    grant: ["good", "Passes, and may be relayed"],
    refuse: ["bad", "Refused"],
    defer: ["fair", "Deferred: try again later"],
};
const OUTCOMES = {
    pass: ["good", "Passes: James processes it"],
    block: ["bad", "Blocked: quarantined, and not sent"],
    defer: ["fair", "Deferred: judged again later"],
};

/** The number of the last request: an answer to an earlier one would stand below another question. */
let lastRequest = 0;

function judgement(rule, rowNumber, [tone, words], why, more = []) {
    return el("div", { class: `judgement ${tone}` },
        el("p", { class: "hint" }, rowNumber === null ? `Rule ${rule}` : `Rule ${rule}, row ${rowNumber}`),
        el("p", { class: "words" }, words),
        el("p", {}, userText(why)),
        ...more);
}

function judgementOfRule1({ row, verdict, why, reply }) {
    return judgement("1", row, VERDICTS[verdict] ?? ["fair", verdict], why, reply ? [el("code", { class: "reply" }, reply)] : []);
}

function judgementOfRule2({ row, outcome, why }) {
    return judgement("2", row, OUTCOMES[outcome] ?? ["fair", outcome], why);
}

/** @param inherited undefined on a James without an enforcement by domain */
function reportNote(enforcement, inherited) {
    if (enforcement !== "report") {
        return [];
    }
    const origin = inherited === false ? "the domain is in report" : "the default is report";
    return [el("p", { class: "badge fair" }, `Only recorded, as ${origin}: James continues as without the extension`)];
}

/** Rule 2 sees only what rule 1 lets in. */
function showDecision({ enforcement, inherited, rule1, rule2 }) {
    const accepted = rule1.verdict === "pass" || rule1.verdict === "grant";
    const judgements = [...reportNote(enforcement, inherited), judgementOfRule1(rule1)];
    if (accepted || enforcement === "report") {
        judgements.push(...reportNote(rule2.enforcement), judgementOfRule2(rule2));
    }
    byId("check-result").replaceChildren(...judgements);
}

function showFailure(error) {
    if (error.status === 404) {
        setText("check-message", "Not available on this James.");
    } else {
        showError("check-message", error);
    }
}

async function check() {
    const request = ++lastRequest;
    const value = (id) => byId(id).value.trim();
    setText("check-message", "");
    byId("check-result").replaceChildren();
    try {
        const decision = await api.decision(value("check-ip"), value("check-sender"), value("check-recipient"));
        if (request === lastRequest) {
            showDecision(decision);
        }
    } catch (e) {
        if (request === lastRequest) {
            showFailure(e);
        }
    }
}

export function explain(ip, sender, recipient) {
    byId("check-ip").value = ip;
    byId("check-sender").value = sender;
    byId("check-recipient").value = recipient;
    byId("check-heading").focus();
    check();
}

export function clear() {
    lastRequest++;
    byId("check-result").replaceChildren();
}

export function start() {
    byId("check-form").addEventListener("submit", (event) => {
        event.preventDefault();
        check();
    });
}
