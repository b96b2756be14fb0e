/** What of an article's text there is to show: all of it, or the pieces that its event carries. */

import { CodePoints } from "./offsets.js";

/** @import { Claim, Enriched } from "./wire.js" */

const LEFT_OUT = " … "; // stands in a claim's text for words between two pieces; where there were none, a space does

/** A stretch of the article: `start` and `end` are code points into the whole text. */
export class Excerpt {
  #points;

  /**
   * @param {number} start
   * @param {string} text
   */
  constructor(start, text) {
    this.#points = new CodePoints(text);
    this.start = start;
    this.end = start + this.#points.length;
  }

  get text() {
    return this.#points.text;
  }

  /**
   * @param {number} start
   * @param {number} end
   */
  slice(start, end) {
    return this.#points.slice(start - this.start, end - this.start);
  }
}

/**
 * The text as excerpts in order, none touching the next.
 *
 * An event of a plain-text article does not repeat the article. Whoever sent it holds the text; for anybody else the
 * claims' own words are all there is, each at its place.
 *
 * @param {Enriched} event
 * @param {string} [body] the text that was sent, where it is known and plain
 * @returns {Excerpt[]}
 */
export function excerpts(event, body) {
  const whole = event.article.text ?? body;
  if (whole !== undefined) return [new Excerpt(0, whole)];
  const pieces = event.claims
    .flatMap((claim) => [...piecesOf(claim), ...(claim.cue?.text ? [new Excerpt(claim.cue.start, claim.cue.text)] : [])])
    .sort((a, b) => a.start - b.start || b.end - a.end);
  return pieces.reduce((joined, next) => {
    const last = joined.at(-1);
    if (!last || next.start > last.end) joined.push(next);
    else if (next.end > last.end) joined.splice(-1, 1, new Excerpt(last.start, last.text + next.slice(last.end, next.end)));
    return joined;
  }, /** @type {Excerpt[]} */ ([]));
}

/**
 * A claim's pieces, each at its place: its text holds them one behind the other, in some claims behind the cue.
 *
 * @param {Claim} claim
 * @returns {Excerpt[]}
 */
function piecesOf({ text, spans, cue }) {
  if (text === null) return [];
  const points = new CodePoints(text);
  const first = spans[0];
  let at = 0;
  if (cue?.text && first && cue.end === first.start - 1 && text.startsWith(`${cue.text} `)) {
    const behind = cue.end - cue.start + 1;
    const length = spans.reduce((sum, { start, end }) => sum + end - start, 0);
    if (points.length >= behind + length + spans.length - 1) at = behind;
  }
  return spans.map(({ start, end }) => {
    const piece = points.slice(at, at + end - start);
    at += end - start;
    at += points.slice(at, at + LEFT_OUT.length) === LEFT_OUT ? LEFT_OUT.length : 1;
    return new Excerpt(start, piece);
  });
}
