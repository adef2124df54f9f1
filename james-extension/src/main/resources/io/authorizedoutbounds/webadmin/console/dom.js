// SPDX-License-Identifier: Apache-2.0
/** Elements and texts. Texts become text nodes: nothing here, or anywhere on this page, reads HTML. */
const SVG = "http://www.w3.org/2000/svg";
const DAY = 86_400_000;
const UNITS = [["year", 365 * DAY], ["month", 30 * DAY], ["day", DAY], ["hour", DAY / 24], ["minute", DAY / 1440]];

// The page is in English: so are its times, in the zone of the person.
const TIME = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const NUMBER = new Intl.NumberFormat("en");

export const ZONE = TIME.resolvedOptions().timeZone;

export function byId(id) {
    return document.getElementById(id);
}

export function setText(id, text) {
    byId(id).textContent = text;
}

function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
        element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
}

/** An element with attributes and children, which are elements or texts. */
export function el(tag, attributes = {}, ...children) {
    return fill(document.createElement(tag), attributes, children);
}

/** The same of SVG. */
export function svg(tag, attributes = {}, ...children) {
    return fill(document.createElementNS(SVG, tag), attributes, children);
}

export function button(text, attributes, onClick) {
    const made = el("button", { type: "button", ...attributes }, text);
    made.addEventListener("click", onClick);
    return made;
}

/**
 * A table with a caption for screen readers. Where it is narrow, style.css makes blocks of its rows and cells, which some browsers
 * then no longer call a table: the roles say so. Each cell has the heading of its column as a label for that case.
 *
 * @param rows made by {@link row}
 */
export function table(caption, headings, rows) {
    const columns = headings.map((heading) => el("th", { scope: "col", role: "columnheader" }, heading));
    for (const made of rows) {
        [...made.cells].forEach((cell, i) => {
            cell.setAttribute("role", cell.scope === "row" ? "rowheader" : "cell");
            cell.dataset.label = columns[i].textContent;
        });
    }
    return el("table", { role: "table" },
        el("caption", { class: "unseen" }, caption),
        el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, ...columns)),
        el("tbody", { role: "rowgroup" }, ...rows));
}

/** A row whose first cell heads it. */
export function row(attributes, head, ...cells) {
    return el("tr", { role: "row", ...attributes },
        el("th", { scope: "row" }, ...[head].flat()),
        ...cells.map((cell) => el("td", {}, ...[cell].flat())));
}

/** What a person wrote: its direction and its line breaks stay its own. */
export function userText(text, attributes = {}) {
    return el("bdi", { class: "user", ...attributes }, text);
}

function breakable(parts) {
    return parts.flatMap((part, i) => (i === 0 ? [part] : [el("wbr"), part]));
}

/** A name of a domain or a person, which is best broken where its parts end. */
export function name(text, attributes = {}) {
    return el("bdi", { class: "user", ...attributes }, ...breakable(text.split(/(?<=@)|(?=\.)/)));
}

/** An IP address. One of IPv6 is best broken after a colon. */
export function address(ip) {
    return el("code", {}, ...breakable(ip.split(/(?<=:)(?!:)/)));
}

export function number(value) {
    return NUMBER.format(value);
}

export function count(value, one, many) {
    return `${number(value)} ${value === 1 ? one : many}`;
}

/** What stands below a number of attempts: how many of them were refused. An older James does not say. */
export function refusedPart({ attempts, refused }) {
    if (refused === undefined) {
        return [];
    }
    const parts = new Map([[attempts, "all refused"], [0, "none refused"]]);
    return [el("span", { class: "under" }, parts.get(refused) ?? `${number(refused)} refused`)];
}

/** A time, which may be broken between its date and its hour only. */
export function time(instant) {
    const [date, hour] = timeText(instant).split(", ");
    return el("time", { datetime: instant, title: instant }, el("span", {}, `${date},`), " ", el("span", {}, hour));
}

export function timeText(instant) {
    return TIME.format(new Date(instant));
}

/** Like "in 3 days" or "2 hours ago". */
export function relative(instant, now = Date.now()) {
    const distance = new Date(instant).getTime() - now;
    for (const [unit, length] of UNITS) {
        if (Math.abs(distance) >= length) {
            return RELATIVE.format(Math.round(distance / length), unit);
        }
    }
    return distance < 0 ? "just now" : "in a moment";
}
