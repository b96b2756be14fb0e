/** Who is in an event: a name for every entity, a number and a colour for everyone who speaks. */

/** @import { Claim, Enriched, Speaker } from "./wire.js" */
/** @import { Excerpt } from "./excerpts.js" */

/**
 * @typedef {object} Voice
 * @property {string} id the entity's, or "author"
 * @property {string} name
 * @property {Speaker["kind"]} kind
 * @property {number} number from 1, in order of first appearance; tells everyone apart, as colour does eight
 * @property {number} count claims
 * @property {number} colour 1 to 8; 0, which is none, for the author and whoever is not among the most quoted
 */

export const AUTHOR = "author";
const COLOURS = 8; // as many as stay apart for colour-blind eyes; given twice, one would stand for two beside each other

/** @param {Speaker} speaker */
export const holderOf = (speaker) => speaker.entity ?? AUTHOR;

export class Cast {
  #names = /** @type {Map<string, string>} */ (new Map());
  #voices = /** @type {Map<string, Voice>} */ (new Map());

  /**
   * @param {Enriched} event
   * @param {readonly Excerpt[]} excerpts where names are looked up if the event carries none
   * @param {string} [chosen] the voice that has a colour however seldom it is quoted
   */
  constructor(event, excerpts, chosen = "") {
    for (const { id, name, mentions } of event.entities) {
      const [first] = mentions;
      const place = first && excerpts.find(({ start, end }) => start <= first.start && first.end <= end);
      this.#names.set(id, name ?? place?.slice(first.start, first.end) ?? `Entity ${id.slice(1)}`);
    }
    this.#names.set(AUTHOR, "The author");
    for (const { speaker } of [...event.claims].sort((a, b) => a.start - b.start)) {
      const id = holderOf(speaker);
      const voice = this.#voices.get(id);
      if (voice) voice.count++;
      else {
        const [number, name] = [this.#voices.size + 1, this.#names.get(id) ?? speaker.name ?? id];
        this.#voices.set(id, { id, name, kind: speaker.kind, number, count: 1, colour: 0 });
      }
    }
    const ranked = this.voices
      .filter(({ id }) => id !== AUTHOR)
      .sort((one, other) => Number(other.id === chosen) - Number(one.id === chosen) || other.count - one.count);
    const coloured = new Set(ranked.slice(0, COLOURS));
    this.voices.filter((voice) => coloured.has(voice)).forEach((voice, index) => (voice.colour = index + 1));
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
