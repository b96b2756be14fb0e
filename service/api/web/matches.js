/** Which events of the stream are shown, beyond what the service filters, and the claim for which they are. */

import { holderOf } from "./cast.js";

/** @import { Cast } from "./cast.js" */
/** @import { ArticleEvent, Claim, Enriched } from "./wire.js" */
/**
 * @typedef {object} Wanted each empty, or 0, where anything will do
 * @property {string} entity words of a name
 * @property {string} speaker words of a name
 * @property {string} source part of a name
 * @property {string} stance
 * @property {number} check_worthiness
 * @property {number} minutes how long ago at most
 */

const MINUTE = 60_000; // ms

/**
 * Return whether speaker, source and time are as wanted; the rest the service filters. A retraction takes back what may
 * have passed before, so it passes by source and time alone.
 *
 * @param {ArticleEvent} event
 * @param {number} came ms since 1970
 * @param {Wanted} wanted
 * @param {Cast | null} cast null where the event has no claims
 */
export function passes(event, came, { speaker, source, minutes }, cast) {
  if (source && !folded(event.article.source ?? "").includes(folded(source))) return false;
  if (minutes && came < Date.now() - minutes * MINUTE) return false;
  if (!speaker || "status" in event) return true;
  return cast !== null && cast.voices.some(({ name }) => hasWords(name, speaker));
}

/**
 * Return the claim that meets the most of what is wanted; of several, the one that is most worth checking.
 *
 * @param {Enriched} event which has claims
 * @param {Wanted} wanted
 * @param {Cast} cast
 * @returns {Claim}
 */
export function match(event, wanted, cast) {
  const about = new Set(event.entities.filter(({ id }) => hasWords(cast.name(id), wanted.entity)).map(({ id }) => id));
  /** @param {Claim} claim */
  const met = (claim) => {
    const toward = claim.stances.filter(({ target }) => !wanted.entity || about.has(target));
    return [
      wanted.speaker && hasWords(cast.voice(claim).name, wanted.speaker),
      wanted.stance && toward.some(({ label }) => label === wanted.stance),
      wanted.entity && (toward.length > 0 || about.has(holderOf(claim.speaker))),
      wanted.check_worthiness > 0 && claim.check_worthiness >= wanted.check_worthiness,
    ].filter(Boolean).length;
  };
  return event.claims.reduce((best, claim) => {
    const more = met(claim) - met(best);
    return more > 0 || (more === 0 && claim.check_worthiness > best.check_worthiness) ? claim : best;
  });
}

/**
 * Whole words, in any case: as the service finds an entity.
 *
 * @param {string} name
 * @param {string} words
 */
const hasWords = (name, words) => words !== "" && ` ${folded(name)} `.includes(` ${folded(words)} `);

/** @param {string} name */
const folded = (name) => name.toLowerCase().split(/\s+/).filter(Boolean).join(" ");
