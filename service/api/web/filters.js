/** Which claims of an event are shown, and in what order. */

import { holderOf } from "./cast.js";

/** @import { Cast } from "./cast.js" */
/** @import { Claim } from "./wire.js" */
/**
 * @typedef {object} Filters
 * @property {string} speaker an entity's id or "author"; empty: everyone
 * @property {string} stance empty: any, and none
 * @property {string} kind empty: any
 * @property {number} least the confidence that a claim, and a stance, must have
 * @property {string} sort a key of SORTS
 */

/** @type {Record<string, (one: Claim, other: Claim, cast: Cast) => number>} */
const SORTS = {
  place: (one, other) => one.start - other.start || other.end - one.end,
  speaker: (one, other, cast) => cast.voice(one).name.localeCompare(cast.voice(other).name) || SORTS.place(one, other, cast),
  worth: (one, other, cast) => other.check_worthiness - one.check_worthiness || SORTS.place(one, other, cast),
  confidence: (one, other, cast) => other.confidence - one.confidence || SORTS.place(one, other, cast),
};
const NAMES = /** @type {const} */ (["speaker", "stance", "kind", "least", "sort"]);
const DEFAULTS = /** @type {Record<string, string>} */ ({ least: "0", sort: "place" });

/**
 * @param {HTMLFormElement} form with a field for each filter
 * @returns {Filters}
 */
export function filtersOf(form) {
  const fields = new FormData(form);
  const [speaker, stance, kind, least, sort] = NAMES.map((name) => String(fields.get(name) ?? ""));
  return { speaker, stance, kind, least: Number(least), sort };
}

/**
 * @param {Filters} filters
 * @returns {URLSearchParams} those that do something
 */
export function toQuery(filters) {
  const set = NAMES.map((name) => [name, String(filters[name])]).filter(([name, value]) => value && value !== DEFAULTS[name]);
  return new URLSearchParams(set);
}

/**
 * Set the form's fields as an address says; a field that it does not name, or whose value it does not offer, does nothing.
 *
 * @param {HTMLFormElement} form
 * @param {URLSearchParams} query
 */
export function fromQuery(form, query) {
  for (const name of NAMES) {
    const [field, value] = [form.elements.namedItem(name), query.get(name) ?? ""];
    if (field instanceof HTMLInputElement) field.value = value || field.defaultValue;
    if (field instanceof HTMLSelectElement) {
      field.selectedIndex = Math.max(0, [...field.options].findIndex((option) => option.value === value));
    }
  }
}

/**
 * @param {readonly Claim[]} claims
 * @param {Filters} filters
 * @param {Cast} cast
 * @returns {Claim[]} those that pass, in order, without the stances that do not
 */
export function choose(claims, { speaker, stance, kind, least, sort }, cast) {
  return claims
    .filter((claim) => claim.confidence >= least && (!kind || claim.kind === kind) && (!speaker || holderOf(claim.speaker) === speaker))
    .map((claim) => ({ ...claim, stances: claim.stances.filter(({ confidence }) => confidence >= least) }))
    .filter(({ stances }) => !stance || stances.some(({ label }) => label === stance))
    .sort((one, other) => SORTS[sort](one, other, cast));
}
