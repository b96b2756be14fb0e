/** Who is in an event: a name for every entity, a number and a colour for everyone who speaks. */

/** @import { Claim, Enriched, Speaker } from "./wire.js" */
/** @import { Excerpt } from "./excerpts.js" */

/**
 * @typedef {object} Voice
 * @property {string} id the entity's, or "author"
 * @property {string} name
 * @property {Speaker["kind"]} kind
 * @property {number} number from 1, in order of first appearance; tells voices apart where colour cannot
 * @property {number} colour 1 to 8, or 0 for the author
 */

export const AUTHOR = "author";
const COLOURS = 8; // as many as stay apart for colour-blind eyes; beyond them the number tells

const KINDS = {
  person: "person",
  organization: "organization",
  unnamed: "not named",
  document: "document",
  author: "author of the article",
};

/** @param {Speaker} speaker */
export const holderOf = (speaker) => speaker.entity ?? AUTHOR;

/** @param {Voice} voice */
export const roleWords = (voice) => KINDS[voice.kind] ?? voice.kind;

export class Cast {
  #names = /** @type {Map<string, string>} */ (new Map());
  #voices = /** @type {Map<string, Voice>} */ (new Map());

  /**
   * @param {Enriched} event
   * @param {readonly Excerpt[]} excerpts where names are looked up if the event carries none
   */
  constructor(event, excerpts) {
    for (const { id, name, mentions } of event.entities) {
      const [first] = mentions;
      const place = first && excerpts.find(({ start, end }) => start <= first.start && first.end <= end);
      this.#names.set(id, name ?? place?.slice(first.start, first.end) ?? `Entity ${id.slice(1)}`);
    }
    this.#names.set(AUTHOR, "The author");
    for (const { speaker } of [...event.claims].sort((a, b) => a.start - b.start)) {
      const id = holderOf(speaker);
      if (this.#voices.has(id)) continue;
      const number = this.#voices.size + 1;
      const colour = id === AUTHOR ? 0 : ((number - 1) % COLOURS) + 1;
      this.#voices.set(id, { id, name: this.#names.get(id) ?? speaker.name ?? id, kind: speaker.kind, number, colour });
    }
  }

  /** In order of first appearance. */
  get voices() {
    return [...this.#voices.values()];
  }

  /** @param {string} id an entity's, or "author" */
  name(id) {
    return this.#names.get(id) ?? id;
  }

  /**
   * @param {Claim} claim
   * @returns {Voice}
   */
  voice(claim) {
    return /** @type {Voice} */ (this.#voices.get(holderOf(claim.speaker)));
  }
}
