/** The table of holders by targets: how many claims are in favor, how many against. */

import { holderOf } from "./cast.js";
import { element } from "./element.js";
import { doubt, sign, stanceWords } from "./stances.js";
import { counted } from "./words.js";

/** @import { Cast } from "./cast.js" */
/** @import { Claim, Stance } from "./wire.js" */

const TARGETS = 8; // columns; the targets most spoken about, the rest is said in the caption

/** @typedef {{ holder: string, target: string, label: Stance, confidence: number, claims: Claim[] }} Cell the most confidence of its stances */

/**
 * @param {readonly Claim[]} claims
 * @param {Cast} cast
 * @param {number} least the confidence a stance must have to count
 * @param {(cell: Cell) => void} open
 * @returns {HTMLElement | null} null where nobody is for or against anybody
 */
export function drawMatrix(claims, cast, least, open) {
  const cells = /** @type {Map<string, Cell>} */ (new Map());
  const spoken = /** @type {Map<string, number>} */ (new Map());
  for (const claim of claims) {
    for (const { target, label, confidence } of claim.stances) {
      if (confidence < least || label === "neutral") continue;
      const holder = holderOf(claim.speaker);
      const cell = cells.get(key(holder, target, label)) ?? { holder, target, label, confidence, claims: [] };
      cell.claims.push(claim);
      cell.confidence = Math.max(cell.confidence, confidence);
      cells.set(key(holder, target, label), cell);
      spoken.set(target, (spoken.get(target) ?? 0) + 1);
    }
  }
  if (cells.size === 0) return null;
  const targets = [...spoken].sort((a, b) => b[1] - a[1]).map(([target]) => target);
  const columns = targets.slice(0, TARGETS);
  const holders = cast.voices.filter(({ id }) => [...cells.values()].some(({ holder }) => holder === id));
  const left = targets.length - columns.length;
  return element(
    "table",
    { class: "matrix" },
    element(
      "caption",
      {},
      "Claims in favor and against: speakers by row, targets by column",
      left > 0 && `; ${counted(left, "target")} more not shown`,
    ),
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        element("th", { scope: "col" }, "Speaker"),
        ...columns.map((target) => element("th", { scope: "col", dir: "auto" }, cast.name(target))),
      ),
    ),
    element(
      "tbody",
      {},
      ...holders.map((voice) =>
        element(
          "tr",
          { class: `voice-${voice.colour}` },
          element(
            "th",
            { scope: "row" },
            element("span", { class: "number" }, String(voice.number)),
            element("span", { dir: "auto" }, voice.name),
          ),
          ...columns.map((target) =>
            element(
              "td",
              {},
              ...["favor", "against"].map((label) => {
                const cell = cells.get(key(voice.id, target, label));
                return cell ? count(cell, cast, open) : null;
              }),
            ),
          ),
        ),
      ),
    ),
  );
}

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
 */
function count(cell, cast, open) {
  return element(
    "button",
    { type: "button", class: "count", "aria-label": cellWords(cell, cast), click: () => open(cell) },
    sign(cell),
    `${cell.claims.length}${doubt(cell)}`,
  );
}

/**
 * @param {string} holder
 * @param {string} target
 * @param {string} label
 */
function key(holder, target, label) {
  return `${holder} ${target} ${label}`;
}
