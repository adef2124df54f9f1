// SPDX-License-Identifier: Apache-2.0
/** The column that shows which other domains list an address. */
import * as api from "./api.js";
import { el, name } from "./dom.js";
import { shown } from "./state.js";

const MAX_REQUESTS = 4;
const MAX_SHOWN = 2;

let waiting = [];
let requests = 0;

/** A name with letters beyond ASCII is the same domain as its punycode. */
export function sameDomain(one, other) {
    const canonical = (text) => {
        try {
            return new URL(`http://${text}`).hostname;
        } catch {
            return text.toLowerCase();
        }
    };
    return canonical(one) === canonical(other);
}

function sharer(other) {
    return el("a", { class: "sharer", href: `#${encodeURIComponent(other)}` }, name(other));
}

function fillCell(cell, others) {
    const more = others.slice(MAX_SHOWN);
    cell.replaceChildren(...(others.length === 0
        ? [el("span", { class: "none" }, "nobody")]
        : others.slice(0, MAX_SHOWN).map(sharer)));
    if (more.length > 0) {
        cell.append(el("details", {}, el("summary", {}, `and ${more.length} more`), ...more.map(sharer)));
    }
}

async function loadCell(cell, signal) {
    try {
        const sharers = await api.sharers(cell.dataset.ip, signal);
        fillCell(cell, sharers.filter((other) => !sameDomain(other, shown.domain)));
    } catch (e) {
        if (e.name !== "AbortError") {
            cell.replaceChildren(el("span", { class: "none" }, "not available"));
        }
    }
}

function loadNextCells() {
    while (requests < MAX_REQUESTS && waiting.length > 0) {
        const { cell, signal } = waiting.shift();
        requests++;
        loadCell(cell, signal).finally(() => {
            requests--;
            loadNextCells();
        });
    }
}

export function sharersCell(ip) {
    const cell = el("td", { class: "shared" }, el("span", { class: "none" }, "…"));
    cell.dataset.ip = ip;
    return cell;
}

/** One request for each address, so only for the rows that are in view, some at a time. */
export function loadSharers(listTable, signal) {
    waiting = [];
    const observer = new IntersectionObserver((cells) => {
        for (const { target, isIntersecting } of cells) {
            if (isIntersecting) {
                observer.unobserve(target);
                waiting.push({ cell: target, signal });
            }
        }
        loadNextCells();
    });
    signal.addEventListener("abort", () => observer.disconnect());
    for (const cell of listTable.querySelectorAll(".shared")) {
        observer.observe(cell);
    }
}
