// SPDX-License-Identifier: Apache-2.0
/** The calls of WebAdmin. A prefix before WebAdmin's paths, as of a reverse proxy, is kept. */
export const ROOT = new URL("../../", import.meta.url);

/**
 * In memory only, not in sessionStorage: a token may change every list and every mailbox of the server, and what is stored can
 * be read by any other page that this host serves to this tab. The price is to paste it again after a reload.
 */
let token = "";

let whenUnauthorized = () => {};

/** An answer that is not a success. `status` is 0 when there was no answer at all. */
export class ApiError extends Error {
    constructor(status, message) {
        super(message);
        this.status = status;
    }
}

/** Calls back, with whether a token had been sent, each time that WebAdmin answers 401. */
export function onUnauthorized(callback) {
    whenUnauthorized = callback;
}

export function useToken(text) {
    token = text;
}

/** One segment of a path. A dot segment would make it another path, however it is encoded. */
function segment(text, what) {
    if (text === "" || text === "." || text === "..") {
        throw new ApiError(400, `'${text}' is not ${what}`);
    }
    return encodeURIComponent(text);
}

async function sentence(response) {
    try {
        const body = await response.json();
        if (typeof body.message === "string" && body.message !== "") {
            const more = typeof body.details === "string" && !body.message.includes(body.details) ? `: ${body.details}` : "";
            return body.message + more;
        }
    } catch {
        // Not WebAdmin's error body: the status has to do.
    }
    return `WebAdmin answered ${response.status} ${response.statusText}`.trim();
}

async function call(method, path, { query = {}, body, signal } = {}) {
    const url = new URL(path, ROOT);
    for (const [key, value] of Object.entries(query)) {
        url.searchParams.set(key, value);
    }
    const headers = { Accept: "application/json" };
    const sent = token;
    if (sent !== "") {
        headers.Authorization = `Bearer ${sent}`;
    }
    if (body !== undefined) {
        headers["Content-Type"] = "application/json";
    }
    let response;
    try {
        response = await fetch(url, {
            method,
            headers,
            body: body === undefined ? undefined : JSON.stringify(body),
            signal,
            credentials: "omit",
            cache: "no-store",
            redirect: "error",
        });
    } catch (e) {
        if (e.name === "AbortError") {
            throw e;
        }
        throw new ApiError(0, "James does not answer: is it running, and does this machine reach it?");
    }
    if (response.status === 401) {
        // Not of a token that has been replaced meanwhile.
        if (sent === token) {
            whenUnauthorized(sent !== "");
        }
        throw new ApiError(401, "Not done: WebAdmin asks for a token");
    }
    if (!response.ok) {
        throw new ApiError(response.status, await sentence(response));
    }
    return response;
}

async function json(path, options) {
    return (await call("GET", path, options)).json();
}

function entries(domain) {
    return `domains/${segment(domain, "a domain")}/authorizedOutbounds`;
}

/** The domains of James. */
export function domains() {
    return json("domains");
}

/** The entries of a domain. */
export function list(domain, signal) {
    return json(entries(domain), { signal });
}

export async function put(domain, ip, comment, expiresAt) {
    await call("PUT", `${entries(domain)}/${segment(ip, "an IP address")}`, { body: { comment: comment || null, expiresAt: expiresAt || null } });
}

export async function remove(domain, ip) {
    await call("DELETE", `${entries(domain)}/${segment(ip, "an IP address")}`);
}

/** The domains that list the address. */
export function sharers(ip, signal) {
    return json(`authorizedOutbounds/addresses/${segment(ip, "an IP address")}`, { signal });
}

function enforcementPath(domain) {
    return `domains/${segment(domain, "a domain")}/outboundEnforcement`;
}

/** `enforce` or `report`, and where that is from. */
export function enforcement(domain, signal) {
    return json(enforcementPath(domain), { signal });
}

export async function setEnforcement(domain, value) {
    await call("PUT", enforcementPath(domain), { body: { enforcement: value } });
}

/** The domain has the default again. */
export async function removeEnforcement(domain) {
    await call("DELETE", enforcementPath(domain));
}

/**
 * What was refused or would have been, how many attempts were counted without their address, and since when, if that is not all
 * that is recorded.
 */
export async function refusals(domain, signal) {
    const response = await call("GET", `domains/${segment(domain, "a domain")}/refusedOutbounds`, { signal });
    return {
        rows: await response.json(),
        dropped: Number(response.headers.get("X-Refusals-Dropped") ?? 0),
        since: response.headers.get("X-Refusals-Since"),
    };
}

/** The domains with the most attempts in a week. */
export function overview(limit, signal) {
    return json("authorizedOutbounds/refused", { query: { limit }, signal });
}

/** How many domains James has, and how many of them enforce. */
export function enforcementCount(signal) {
    return json("authorizedOutbounds/enforcement", { signal });
}

export function refusalsByHour(domain, signal) {
    return json(`domains/${segment(domain, "a domain")}/refusedOutbounds`, { query: { by: "hour" }, signal });
}

/** The newest changes first, of a domain or, when that is empty, of all; without `since` those of a week. */
export function changes(domain, limit, since, signal) {
    const query = Object.entries({ domain, limit, since }).filter(([, value]) => value !== "");
    return json("authorizedOutbounds/changes", { query: Object.fromEntries(query), signal });
}

export function decision(ip, sender, recipient, signal) {
    return json("authorizedOutbounds/decision", { query: { ip, sender, recipient }, signal });
}

/** A bounce is of no domain, so it is judged by the default. The names are of RFC 2606 and RFC 5737. */
export async function defaultEnforcement(signal) {
    return (await decision("192.0.2.1", "", "postmaster@example.org", signal)).enforcement;
}
