/** The card beside a claim: who, by which word, toward whom, how sure. */

import { element } from "./element.js";
import { STANCE_WORDS, doubt, sign } from "./stances.js";
import { kindWords, percent } from "./words.js";

/** @import { Cast } from "./cast.js" */
/** @import { Claim } from "./wire.js" */

const DISTANCE = 10; // pixels between a claim and its card
const MARGIN = 12; // pixels that stay free at the window's edges
const TALL = 200; // pixels; a claim no taller is left uncovered, a taller one only its first line

/**
 * @param {HTMLElement} card
 * @param {Claim} claim
 * @param {Cast} cast
 * @param {string} [cue] the word that reports, as the text has it
 */
export function fillCard(card, claim, cast, cue) {
  const voice = cast.voice(claim);
  card.className = `card voice-${voice.colour}`;
  card.replaceChildren(
    element(
      "p",
      { class: "who" },
      element("span", { class: "number" }, String(voice.number)),
      element("strong", { dir: "auto" }, voice.name),
      element("span", { class: "quiet" }, voice.kind),
    ),
    element(
      "p",
      {},
      kindWords(claim.kind),
      cue !== undefined && element("span", { class: "quiet" }, " by “"),
      cue !== undefined && element("em", { dir: "auto" }, cue),
      cue !== undefined && element("span", { class: "quiet" }, "”"),
    ),
    element(
      "ul",
      { class: "toward" },
      ...claim.stances.map((stance) =>
        element(
          "li",
          {},
          sign(stance),
          element(
            "span",
            {},
            `${STANCE_WORDS[stance.label]} `,
            element("strong", { dir: "auto" }, cast.name(stance.target)),
            doubt(stance),
          ),
          element("span", { class: "quiet" }, percent(stance.confidence)),
        ),
      ),
      claim.stances.length === 0 && element("li", {}, "no stance"),
    ),
    element(
      "dl",
      { class: "measures" },
      ...measure("Confidence", claim.confidence),
      ...measure("Speaker", claim.speaker.confidence),
      ...measure("Worth checking", claim.check_worthiness),
    ),
  );
}

/**
 * Place the card under the claim, or above it where there is no room below.
 *
 * @param {HTMLElement} card
 * @param {Element} anchor
 */
export function placeCard(card, anchor) {
  const piece = anchor.closest("mark") ?? anchor;
  const line = piece.getClientRects()[0] ?? piece.getBoundingClientRect();
  const whole = piece.getBoundingClientRect();
  const bottom = whole.height <= TALL ? whole.bottom : line.bottom;
  const { width, height } = card.getBoundingClientRect();
  const below = bottom + DISTANCE + height + MARGIN <= window.innerHeight;
  const top = below ? bottom + DISTANCE : Math.max(MARGIN, line.top - DISTANCE - height);
  const left = Math.max(MARGIN, Math.min(line.left, document.documentElement.clientWidth - width - MARGIN));
  card.style.setProperty("--top", `${top}px`);
  card.style.setProperty("--left", `${left}px`);
}

/**
 * @param {string} name
 * @param {number} share
 */
function measure(name, share) {
  const bar = element("span", { class: "share", "aria-hidden": "true" });
  bar.style.setProperty("--share", percent(share));
  return [element("dt", {}, name), element("dd", {}, bar, element("span", {}, percent(share)))];
}
