// SPDX-License-Identifier: Apache-2.0
import { count, el, row, svg, table, timeText } from "./dom.js";

const HOUR = 3_600_000;
const MIN_HOURS = 7 * 24;
const MAX_HOURS = 31 * 24;
/** In pixels, as is what is given: a chart that is drawn smaller than it is has texts that nobody can read. */
const MIN_WIDTH = 240;
const MAX_WIDTH = 720;
const LABEL_WIDTH = 90;
const HEIGHT = 96;
const LEFT = 34;
const TOP = 12;
const BOTTOM = 20;

const COMPACT = new Intl.NumberFormat("en", { notation: "compact" });
const DAY_NAME = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });

/** A round number that the largest bar stays below. */
function ceiling(largest) {
    const magnitude = 10 ** Math.floor(Math.log10(largest));
    return [1, 2, 3, 4, 5, 6, 8, 10].map((step) => step * magnitude).find((top) => top >= largest);
}

function midnights(start, end) {
    const days = [];
    const day = new Date(start);
    day.setHours(24, 0, 0, 0);
    while (day.getTime() < end) {
        days.push(day.getTime());
        day.setDate(day.getDate() + 1);
    }
    return days;
}

/**
 * What was refused or would have been, over time: one bar for each hour, of a week at least; the same as a table for those who do not see it.
 *
 * @param hours [{"hour", "attempts"}], oldest first, hours without attempts left out
 * @param space the width that there is
 */
export function refusalsChart(hours, space, now = Date.now()) {
    const fullWidth = Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, space));
    const end = Math.floor(now / HOUR) * HOUR + HOUR;
    const times = hours.map(({ hour, attempts }) => ({ hour, attempts, start: new Date(hour).getTime() }));
    const span = Math.min(MAX_HOURS, Math.max(MIN_HOURS, ...times.map(({ start }) => (end - start) / HOUR)));
    const start = end - span * HOUR;
    const shown = times.filter((bar) => bar.start >= start && bar.start < end);
    if (shown.length === 0) {
        return el("p", { class: "empty" }, "No attempts in the last seven days.");
    }

    const largest = shown.reduce((most, bar) => (bar.attempts > most.attempts ? bar : most));
    const total = shown.reduce((sum, bar) => sum + bar.attempts, 0);
    const top = ceiling(largest.attempts);
    const x = (instant) => LEFT + ((instant - start) / (end - start)) * (fullWidth - LEFT);
    const y = (attempts) => TOP + (1 - attempts / top) * HEIGHT;
    const ground = y(0);
    const barWidth = Math.max(2, x(start + HOUR) - x(start) - 1);

    const lines = [0, top / 2, top].filter(Number.isInteger).flatMap((value) => [
        svg("line", { class: value === 0 ? "ground" : "grid", x1: LEFT, x2: fullWidth, y1: y(value), y2: y(value) }),
        svg("text", { x: LEFT - 6, y: y(value) + 3.5, "text-anchor": "end" }, COMPACT.format(value)),
    ]);
    const days = midnights(start, end);
    const labelEvery = Math.ceil(days.length / Math.floor(fullWidth / LABEL_WIDTH));
    const marks = days.flatMap((day, i) => [
        svg("line", { class: "mark", x1: x(day), x2: x(day), y1: ground, y2: ground + 4 }),
        ...(i % labelEvery === 0 && x(day) < fullWidth - 60
            ? [svg("text", { x: x(day) + 3, y: ground + 14 }, DAY_NAME.format(day))] : []),
    ]);
    const bars = shown.map((bar) => svg("rect",
        { class: "bar", x: x(bar.start), width: barWidth, y: Math.min(y(bar.attempts), ground - 2), height: Math.max(2, ground - y(bar.attempts)) },
        svg("title", {}, `${timeText(bar.hour)}: ${count(bar.attempts, "attempt", "attempts")}`)));

    const summary = `${count(total, "attempt", "attempts")} in ${count(Math.round(span / 24), "day", "days")}, `
        + `the most (${largest.attempts}) in the hour from ${timeText(largest.hour)}`;
    return el("figure", {},
        svg("svg", { viewBox: `0 0 ${fullWidth} ${TOP + HEIGHT + BOTTOM}`, role: "img", "aria-label": summary }, ...lines, ...marks, ...bars),
        el("figcaption", { class: "hint" }, summary),
        el("div", { class: "unseen" },
            table("Attempts by hour", ["Hour", "Attempts"],
                shown.map((bar) => row({}, timeText(bar.hour), String(bar.attempts))))));
}
