/** The side list: everyone who speaks, with what they say. */

import { describe } from "./article.js";
import { holderOf, roleWords } from "./cast.js";
import { element } from "./element.js";
import { doubt, sign, strongest } from "./stances.js";
import { counted, kindWords, shortened } from "./words.js";

/** @import { Cast, Voice } from "./cast.js" */
/** @import { Claim } from "./wire.js" */

const EXCERPT = 140; // characters of a claim in a list

/**
 * @param {Cast} cast
 * @param {readonly Claim[]} claims those to list
 * @param {(claim: Claim) => string} words a claim's text
 * @param {(claim: Claim) => void} open
 * @param {readonly string[]} unfolded the speakers whose claims are to be seen
 * @returns {HTMLElement[]}
 */
export function drawVoices(cast, claims, words, open, unfolded) {
  return cast.voices
    .map((voice) => ({ voice, said: claims.filter(({ speaker }) => holderOf(speaker) === voice.id) }))
    .filter(({ said }) => said.length > 0)
    .map(({ voice, said }) => drawVoice(voice, said, unfolded.includes(voice.id), claimList(said, cast, words, open)));
}

/**
 * @param {readonly Claim[]} claims
 * @param {Cast} cast
 * @param {(claim: Claim) => string} words
 * @param {(claim: Claim) => void} open
 * @returns {HTMLElement}
 */
export function claimList(claims, cast, words, open) {
  const entries = claims.map((claim) => {
    const short = shortened(words(claim), EXCERPT);
    const button = element(
      "button",
      { type: "button", class: "claim-link", click: () => open(claim), "aria-label": `${short}: ${describe(claim, cast)}` },
      element("span", { class: "shapes" }, ...strongest(claim.stances).map(sign)),
      element("span", { class: "words", dir: "auto" }, short || kindWords(claim.kind)),
    );
    return element("li", { class: `entry ${claim.kind}` }, button);
  });
  return element("ul", { class: "claims" }, ...entries);
}

/**
 * @param {Voice} voice
 * @param {readonly Claim[]} said
 * @param {boolean} open
 * @param {HTMLElement} list
 */
function drawVoice(voice, said, open, list) {
  const summary = element(
    "summary",
    {},
    element("span", { class: "number" }, String(voice.number)),
    element("span", { class: "name", dir: "auto" }, voice.name),
    element("span", { class: "quiet" }, `${roleWords(voice)} · ${counted(said.length, "claim")}`),
    element("span", { class: "tallies" }, ...tallies(said)),
  );
  return element("details", { class: `voice voice-${voice.colour}`, "data-voice": voice.id, open }, summary, list);
}

/**
 * @param {readonly Claim[]} said
 * @returns {HTMLElement[]}
 */
function tallies(said) {
  return strongest(said.flatMap(({ stances }) => stances))
    .filter(({ label }) => label !== "neutral")
    .map((stance) => {
      const count = said.filter(({ stances }) => stances.some(({ label }) => label === stance.label)).length;
      const words = element("span", { class: "visually-hidden" }, stance.label);
      return element("span", { class: "tally" }, sign(stance), `${count}${doubt(stance)}`, words);
    });
}
