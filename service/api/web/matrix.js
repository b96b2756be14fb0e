/** Holders by targets: how many claims favor, how many are against; a table, and a list for where there is no room. */

import { holderOf } from "./cast.js";
import { element } from "./element.js";
import { doubt, sign, stanceWords } from "./stances.js";
import { counted } from "./words.js";

/** @import { Cast, Voice } from "./cast.js" */
/** @import { Claim, Stance } from "./wire.js" */

/** @typedef {{ holder: string, target: string, label: Stance, confidence: number, claims: Claim[] }} Cell the most confidence of its stances */

/**
 * @param {readonly Claim[]} claims
 * @param {Cast} cast
 * @param {(cell: Cell) => void} open
 * @returns {HTMLElement[]} the table and the list, of which the style sheet shows one; none where nobody is for or against anybody
 */
export function drawMatrix(claims, cast, open) {
  const cells = count(claims);
  if (cells.length === 0) return [];
  const holders = cast.voices.filter(({ id }) => cells.some(({ holder }) => holder === id));
  return [drawTable(holders, cells, cast, open), drawList(holders, cells, cast, open)];
}

/**
 * @param {readonly Claim[]} claims
 * @returns {Cell[]}
 */
function count(claims) {
  const cells = /** @type {Map<string, Cell>} */ (new Map());
  for (const claim of claims) {
    for (const { target, label, confidence } of claim.stances) {
      if (label === "neutral") continue;
      const holder = holderOf(claim.speaker);
      const key = `${holder} ${target} ${label}`;
      const cell = cells.get(key) ?? { holder, target, label, confidence, claims: [] };
      cell.claims.push(claim);
      cell.confidence = Math.max(cell.confidence, confidence);
      cells.set(key, cell);
    }
  }
  return [...cells.values()];
}

/**
 * @param {readonly Voice[]} holders
 * @param {readonly Cell[]} cells
 * @param {Cast} cast
 * @param {(cell: Cell) => void} open
 */
function drawTable(holders, cells, cast, open) {
  const spoken = /** @type {Map<string, number>} */ (new Map());
  for (const { target, claims } of cells) spoken.set(target, (spoken.get(target) ?? 0) + claims.length);
  const targets = [...spoken].sort((a, b) => b[1] - a[1]).map(([target]) => target);
  const head = targets.map((target) => element("th", { scope: "col", dir: "auto" }, cast.name(target)));
  const rows = holders.map((voice) => {
    const columns = targets.map((target) => {
      const here = cells.filter((cell) => cell.holder === voice.id && cell.target === target);
      return element("td", {}, ...here.map((cell) => button(cell, cast, open, `${cell.claims.length}${doubt(cell)}`)));
    });
    return element("tr", { class: `voice-${voice.colour}` }, element("th", { scope: "row" }, ...named(voice)), ...columns);
  });
  return element(
    "table",
    { class: "matrix" },
    element("caption", {}, "Claims that favor, and claims against: speakers by row, targets by column"),
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Speaker"), ...head)),
    element("tbody", {}, ...rows),
  );
}

/**
 * @param {readonly Voice[]} holders
 * @param {readonly Cell[]} cells
 * @param {Cast} cast
 * @param {(cell: Cell) => void} open
 */
function drawList(holders, cells, cast, open) {
  const entries = holders.map((voice) => {
    const own = cells.filter(({ holder }) => holder === voice.id);
    const said = own.map((cell) => {
      const words = `${stanceWords(cell, cast.name(cell.target))} · ${counted(cell.claims.length, "claim")}`;
      return element("li", {}, button(cell, cast, open, words));
    });
    return element("li", { class: `voice-${voice.colour}` }, element("p", {}, ...named(voice)), element("ul", {}, ...said));
  });
  return element("ul", { class: "matrix-list" }, ...entries);
}

/** @param {Voice} voice */
const named = ({ number, name }) => [
  element("span", { class: "number" }, String(number)),
  element("span", { dir: "auto" }, name),
];

/**
 * @param {Cell} cell
 * @param {Cast} cast
 */
export function cellWords(cell, cast) {
  return `${cast.name(cell.holder)}: ${counted(cell.claims.length, "claim")} ${stanceWords(cell, cast.name(cell.target))}`;
}

/**
 * @param {Cell} cell
 * @param {Cast} cast
 * @param {(cell: Cell) => void} open
 * @param {string} words
 */
function button(cell, cast, open, words) {
  return element(
    "button",
    { type: "button", class: "count", "aria-label": cellWords(cell, cast), click: () => open(cell) },
    sign(cell),
    words,
  );
}
