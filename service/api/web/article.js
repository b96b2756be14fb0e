/** Draws the text with its claims marked. */

import { element } from "./element.js";
import { Excerpt } from "./excerpts.js";
import { nest } from "./nesting.js";
import { isHint, sign, stanceWords, strongest } from "./stances.js";
import { counted, kindWords, percent } from "./words.js";

/** @import { Cast } from "./cast.js" */
/** @import { Claim, Enriched } from "./wire.js" */
/** @import { Node, Stretch } from "./nesting.js" */

/**
 * @typedef {{ type: "claim", claim: Claim }
 *   | { type: "source" | "cue", claims: string[] }
 *   | { type: "mention", entity: string }} Mark
 */

const NEAR = 80; // code points; across a gap no wider, two excerpts stay in one paragraph

// Where a paragraph begins: at a character behind white space that holds an empty line. The look ahead stands first so
// that the look behind runs once for each stretch of white space and not once for each of its characters.
const PARAGRAPH = /(?=\S)(?<=\n[^\S\n]*\n\s*)/;

/**
 * @param {Enriched} event
 * @param {readonly Excerpt[]} excerpts
 * @param {readonly Claim[]} claims those to mark
 * @param {Cast} cast
 * @returns {DocumentFragment}
 */
export function drawArticle(event, excerpts, claims, cast) {
  const drawn = document.createDocumentFragment();
  const flagged = /** @type {Set<string>} */ (new Set());
  const waiting = stretches(event, claims).sort((a, b) => b.start - a.start);
  let running = /** @type {Stretch<Mark>[]} */ ([]);
  let reached = 0;
  let last = element("p", { dir: "auto" });
  for (const excerpt of excerpts) {
    const missing = excerpt.start - reached;
    if (missing > NEAR) drawn.append(gap(missing));
    const [first, ...others] = paragraphs(excerpt);
    const goesOn = reached > 0 && missing <= NEAR;
    for (const paragraph of [first, ...others]) {
      running = running.filter(({ end }) => end > paragraph.start);
      while (waiting.length && waiting[waiting.length - 1].start < paragraph.end) {
        running.push(/** @type {Stretch<Mark>} */ (waiting.pop()));
      }
      const parts = nest(running, paragraph.start, paragraph.end).map((node) => draw(node, paragraph, cast, flagged));
      if (paragraph === first && goesOn) last.append(element("span", { class: "gap" }, " … "), ...parts);
      else drawn.append((last = element("p", { dir: "auto" }, ...parts)));
    }
    reached = excerpt.end;
  }
  const missing = (event.article.text_length ?? reached) - reached;
  if (missing > NEAR) drawn.append(gap(missing));
  return drawn;
}

/**
 * @param {Claim} claim
 * @param {Cast} cast
 * @returns {string} what the marks and the card show, in a sentence for those who do not see them
 */
export function describe(claim, cast) {
  const stances = claim.stances.map(
    (stance) => stanceWords(stance, cast.name(stance.target)) + (isHint(stance) ? " (a hint)" : ""),
  );
  return [
    `${cast.voice(claim).name}, ${kindWords(claim.kind)}`,
    stances.join(", ") || "no stance",
    `worth checking ${percent(claim.check_worthiness)}`,
    `confidence ${percent(claim.confidence)}`,
  ].join("; ");
}

/**
 * @param {Enriched} event
 * @param {readonly Claim[]} claims
 * @returns {Stretch<Mark>[]}
 */
function stretches(event, claims) {
  const contents = claims.flatMap((claim) =>
    claim.spans.map(({ start, end }) => ({ start, end, rank: 0, mark: /** @type {Mark} */ ({ type: "claim", claim }) })),
  );
  const sources = together(claims, 1, "source", ({ speaker: { start, end } }) =>
    start === null || end === null ? null : { start, end },
  );
  const cues = together(claims, 2, "cue", ({ cue }) => cue);
  const mentions = event.entities.flatMap(({ id, mentions }) =>
    mentions.map(({ start, end }) => ({ start, end, rank: 3, mark: /** @type {Mark} */ ({ type: "mention", entity: id }) })),
  );
  return [...contents, ...sources, ...cues, ...mentions];
}

/**
 * One stretch for each place, however many claims share it.
 *
 * @param {readonly Claim[]} claims
 * @param {number} rank
 * @param {"source" | "cue"} type
 * @param {(claim: Claim) => { start: number, end: number } | null} place
 */
function together(claims, rank, type, place) {
  const found = /** @type {Map<string, Stretch<Mark> & { mark: { claims: string[] } }>} */ (new Map());
  for (const claim of claims) {
    const at = place(claim);
    if (!at) continue;
    const key = `${at.start}-${at.end}`;
    const stretch = found.get(key) ?? { start: at.start, end: at.end, rank, mark: { type, claims: [] } };
    stretch.mark.claims.push(claim.id);
    found.set(key, stretch);
  }
  return [...found.values()];
}

/**
 * @param {Excerpt} excerpt
 * @returns {Excerpt[]}
 */
function paragraphs(excerpt) {
  let start = excerpt.start;
  return excerpt.text.split(PARAGRAPH).map((text) => {
    const paragraph = new Excerpt(start, text);
    start = paragraph.end;
    return paragraph;
  });
}

/**
 * @param {Node<Mark>} node
 * @param {Excerpt} paragraph
 * @param {Cast} cast
 * @param {Set<string>} flagged the claims that have their flag already
 * @returns {HTMLElement | string}
 */
function draw(node, paragraph, cast, flagged) {
  const { mark } = node;
  if (mark === null) {
    const text = paragraph.slice(node.start, node.end);
    return node.end === paragraph.end ? text.trimEnd() : text;
  }
  const inner = node.children.map((child) => draw(child, paragraph, cast, flagged));
  if (mark.type === "mention") return element("span", { class: "mention", "data-entity": mark.entity }, ...inner);
  if (mark.type !== "claim") return element("span", { class: mark.type, "data-claims": mark.claims.join(" ") }, ...inner);
  const { claim } = mark;
  const first = !flagged.has(claim.id);
  flagged.add(claim.id);
  const look = `claim ${claim.kind} voice-${cast.voice(claim).colour} holds-${holds(node)}`;
  return element("mark", { class: look, "data-claim": claim.id }, first && flag(claim, cast), ...inner);
}

/**
 * The sign at a claim's beginning: its speaker's number, and a shape for favor or against. It is a button, so that keyboards and
 * screen readers have one thing to stop at for each claim, and none inside another.
 *
 * @param {Claim} claim
 * @param {Cast} cast
 */
function flag(claim, cast) {
  const button = element(
    "button",
    {
      type: "button",
      class: "flag",
      lang: "en",
      tabindex: "-1",
      "data-flag": claim.id,
      "data-name": cast.voice(claim).name, // for print
      "aria-label": describe(claim, cast),
    },
    element("span", { class: "number-only", "aria-hidden": "true" }, String(cast.voice(claim).number)),
    ...strongest(claim.stances).filter(({ label }) => label !== "neutral").map(sign),
  );
  return element("span", { class: "flagpole" }, button);
}

/**
 * Levels of claims inside a claim: its line is drawn that much lower.
 *
 * @param {Node<Mark>} node
 * @returns {number}
 */
function holds(node) {
  const deepest = Math.max(0, ...node.children.map((child) => (child.mark?.type === "claim" ? 1 : 0) + holds(child)));
  return Math.min(deepest, 3);
}

/** @param {number} missing in code points */
function gap(missing) {
  return element("p", { class: "gap" }, `… ${counted(missing, "character")} that the event does not carry …`);
}
