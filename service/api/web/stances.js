/** What a stance looks and reads like, and which of them the model doubts. */

import { shape } from "./shapes.js";

/** @import { Stance } from "./wire.js" */
/** @typedef {{ label: Stance, confidence: number }} Sure a stance and how sure the model is of it */

const SURE = 0.5; // confidence below which a stance is a hint: told, but not to be relied on
const ORDER = /** @type {const} */ (["against", "favor", "neutral"]); // the outspoken first

/** @type {Record<Stance, string>} */
export const STANCE_WORDS = { favor: "favor", against: "against", neutral: "neutral on" };

/** @param {{ confidence: number }} stance */
export const isHint = ({ confidence }) => confidence < SURE;

/** @param {{ confidence: number }} stance */
export const doubt = (stance) => (isHint(stance) ? "?" : "");

/**
 * @param {Sure} stance
 * @returns {SVGSVGElement} hollow where it is a hint
 */
export function sign(stance) {
  const drawing = shape(stance.label);
  drawing.classList.toggle("hint", isHint(stance));
  return drawing;
}

/**
 * @param {Sure} stance
 * @param {string} target
 */
export const stanceWords = (stance, target) => `${STANCE_WORDS[stance.label]} ${target}${doubt(stance)}`;

/**
 * Each label once, with the most confidence that it has among the stances.
 *
 * @param {readonly Sure[]} stances
 * @returns {Sure[]}
 */
export function strongest(stances) {
  return ORDER.map((label) => ({
    label,
    confidence: Math.max(...stances.filter((stance) => stance.label === label).map(({ confidence }) => confidence)),
  })).filter(({ confidence }) => confidence >= 0);
}
