/** Claims as a list, and as files. */

import { describe } from "./article.js";
import { element } from "./element.js";
import { sign, stanceWords } from "./stances.js";
import { kindWords, percent, shortened } from "./words.js";

/** @import { Cast } from "./cast.js" */
/** @import { ArticleRef, Claim } from "./wire.js" */

const EXCERPT = 140; // characters of a claim in a list
const FORMULA = /^[=+\-@\t\r]/; // begins what a spreadsheet would run

/**
 * The columns of `claimwire analyze --format csv`.
 *
 * @type {Record<string, (claim: Claim, article: ArticleRef, cast: Cast) => string | number | null | undefined>}
 */
const COLUMNS = {
  article: (_, { id }) => id,
  version: (_, { version }) => version,
  claim: ({ id }) => id,
  kind: ({ kind }) => kind,
  speaker: ({ speaker }, _, cast) => (speaker.entity ? cast.name(speaker.entity) : speaker.name),
  speaker_kind: ({ speaker }) => speaker.kind,
  start: ({ start }) => start,
  end: ({ end }) => end,
  cue: ({ cue }) => cue?.text,
  check_worthiness: ({ check_worthiness }) => check_worthiness,
  confidence: ({ confidence }) => confidence,
  stances: ({ stances }, _, cast) =>
    stances.map(({ target, label, confidence }) => `${label} ${cast.name(target)} (${confidence})`).join("; "),
  text: ({ text }) => text,
};

/**
 * @param {readonly Claim[]} claims
 * @param {Cast} cast
 * @param {object} parts
 * @param {(claim: Claim) => string} parts.words a claim's text
 * @param {(claim: Claim) => void} parts.open
 * @param {string | null} [parts.language] what the words are in
 * @returns {HTMLElement}
 */
export function claimList(claims, cast, { words, open, language }) {
  return element("ol", { class: "claims" }, ...claims.map((claim) => entry(claim, cast, words(claim), () => open(claim), language)));
}

/**
 * @param {Claim} claim
 * @param {Cast} cast
 * @param {string} words
 * @param {() => void} open
 * @param {string | null} [language] what the words are in
 */
function entry(claim, cast, words, open, language) {
  const voice = cast.voice(claim);
  const short = shortened(words, EXCERPT);
  const stances = claim.stances.map((stance) =>
    element("span", { class: "stance", dir: "auto" }, sign(stance), ` ${stanceWords(stance, cast.name(stance.target))}`),
  );
  const button = element(
    "button",
    { type: "button", class: "claim-link", click: open, "aria-label": `${short}: ${describe(claim, cast)}` },
    element(
      "span",
      { class: "who" },
      element("span", { class: "number" }, String(voice.number)),
      element("strong", { class: "name", dir: "auto" }, voice.name),
    ),
    short && element("span", { class: "words", dir: "auto", lang: language }, short),
    stances.length > 0 && element("span", { class: "toward" }, ...stances),
    element(
      "span",
      { class: "quiet" },
      `${kindWords(claim.kind)} · worth checking ${percent(claim.check_worthiness)} · confidence ${percent(claim.confidence)}`,
    ),
  );
  return element("li", { class: `entry ${claim.kind} voice-${voice.colour}` }, button);
}

/**
 * @param {readonly Claim[]} claims
 * @param {ArticleRef} article
 * @param {Cast} cast
 * @returns {string} RFC 4180, with a first line of names; no cell begins as a formula does
 */
export function toCsv(claims, article, cast) {
  const lines = claims.map((claim) => Object.values(COLUMNS).map((value) => value(claim, article, cast)));
  return [Object.keys(COLUMNS), ...lines].map((line) => `${line.map(cell).join(",")}\r\n`).join("");
}

/** @param {string | number | null | undefined} value */
function cell(value) {
  const text = String(value ?? "");
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
