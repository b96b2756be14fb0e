/** Who stands where over time, as bars: favor upwards, against downwards. Drawn by hand: it is a few rectangles. */

import { element } from "./element.js";
import { counted, date } from "./words.js";

/** @import { SeriesPoint } from "./wire.js" */

const NS = "http://www.w3.org/2000/svg";
const WIDTH = 320;
const HEIGHT = 120;
const MIDDLE = HEIGHT / 2;
const DAY = 86_400_000; // ms
const DAYS = /** @type {Record<string, number>} */ ({ day: 1, week: 7 });
const WIDEST = 14; // of a bar
const GAP = 0.2; // of a bar's place

/**
 * @param {SeriesPoint[]} points oldest first
 * @param {{ holder: string, target: string, bucket: string }} about
 * @returns {HTMLElement}
 */
export function drawChart(points, { holder, target, bucket }) {
  const spoken = points.filter(({ favor, against }) => favor + against > 0);
  if (spoken.length === 0) return element("p", { class: "quiet" }, `No stance of ${holder} toward ${target} is known.`);
  const [first, last] = [spoken[0].start, spoken[spoken.length - 1].start];
  const sum = (/** @type {"favor" | "against"} */ label) => spoken.reduce((total, point) => total + point[label], 0);
  const words = `${holder} toward ${target}: ${counted(sum("favor"), "claim")} favor, ${sum("against")} against, by ${bucket}`;
  const places = (Date.parse(last) - Date.parse(first)) / (DAY * DAYS[bucket]) + 1;
  const most = Math.max(...spoken.map(({ favor, against }) => Math.max(favor, against)));
  const step = WIDTH / places;
  const width = Math.min(WIDEST, Math.max(1, step * (1 - GAP)));
  const chart = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "bars", "aria-hidden": "true", focusable: "false" });
  for (const { start, favor, against } of spoken) {
    const middle = ((Date.parse(start) - Date.parse(first)) / (DAY * DAYS[bucket]) + 0.5) * step;
    const up = (favor / most) * (MIDDLE - 2);
    const down = (against / most) * (MIDDLE - 2);
    const x = middle - width / 2;
    chart.append(svg("rect", { x, y: MIDDLE - up, width, height: up, class: "favor" }), svg("rect", { x, y: MIDDLE, width, height: down, class: "against" }));
  }
  chart.append(svg("line", { x1: 0, x2: WIDTH, y1: MIDDLE, y2: MIDDLE, class: "axis" }));
  return element(
    "figure",
    {},
    element("figcaption", { dir: "auto" }, words),
    chart,
    element("p", { class: "ends quiet" }, element("span", {}, date(new Date(first))), element("span", {}, first === last ? "" : date(new Date(last)))),
    element("details", {}, element("summary", {}, "The numbers"), table(spoken, bucket)),
  );
}

/**
 * @param {SeriesPoint[]} points
 * @param {string} bucket
 */
function table(points, bucket) {
  const head = [bucket === "week" ? "Week from" : "Day", "favor", "against"].map((name) => element("th", { scope: "col" }, name));
  const rows = points.map(({ start, favor, against }) =>
    element("tr", {}, element("th", { scope: "row" }, start), element("td", {}, String(favor)), element("td", {}, String(against))),
  );
  return element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows));
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 */
function svg(tag, attributes) {
  const made = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}
