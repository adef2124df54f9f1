// SPDX-License-Identifier: Apache-2.0
/** Authorizes an address for the domain that is shown, after a question. */
import * as api from "./api.js";
import { confirm } from "./confirm.js";
import { relative, timeText } from "./dom.js";
import { sameDomain } from "./sharers.js";
import { shown } from "./state.js";

const MAX_NAMED_SHARERS = 5;

/** Read first because it reports a bad address before the question. Without this call the PUT reports it. */
export async function readSharers(ip) {
    try {
        return await api.sharers(ip);
    } catch (e) {
        if (e.status === 404) {
            return [];
        }
        throw e;
    }
}

export function sharersText(others) {
    const more = others.length - MAX_NAMED_SHARERS;
    return others.slice(0, MAX_NAMED_SHARERS).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function factsOf({ comment, expiresAt, askForNote }, others) {
    const facts = [];
    if (comment && !askForNote) {
        facts.push(["Note", comment]);
    }
    if (expiresAt) {
        facts.push(["Expires", `${timeText(expiresAt)}, ${relative(expiresAt)}`]);
    }
    if (others.length > 0) {
        facts.push(["Shared with", sharersText(others)]);
    }
    return facts;
}

function question(request, domain, sharedWith) {
    const { ip, comment, askForNote } = request;
    const orphaned = shown.entries.some((entry) => entry.ip === ip && entry.orphaned);
    const listed = !orphaned && sharedWith.some((other) => sameDomain(other, domain));
    const others = sharedWith.filter((other) => !sameDomain(other, domain));
    return {
        heading: `Let ${ip} send for ${domain}?`,
        text: listed
            ? "It is listed already: its note and its expiry are replaced."
            : `Whoever sends from this address may then use any sender of ${domain}.`,
        facts: factsOf(request, others),
        comment: askForNote ? comment : undefined,
        go: listed ? "Replace" : "Authorize",
    };
}

/** Returns false when the person says no, or chooses another domain before the question. */
export async function authorize(request) {
    const { ip, comment, expiresAt, askForNote = false } = request;
    const { domain } = shown;
    const sharedWith = await readSharers(ip);
    if (shown.domain !== domain) {
        return false;
    }
    const note = await confirm(question(request, domain, sharedWith));
    if (note === null) {
        return false;
    }
    await api.put(domain, ip, askForNote ? note : comment, expiresAt);
    return true;
}
