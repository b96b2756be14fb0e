/** How the page says things, so that it says them one way everywhere. */

/** @import { ClaimKind } from "./wire.js" */

/** @param {ClaimKind} kind as the event has it, with spaces */
export const kindWords = (kind) => kind.replace("_", " ");

const LANGUAGES = new Intl.DisplayNames("en", { type: "language" });

/**
 * @param {string} tag a BCP 47 language tag
 * @returns {string} the language's name; the tag itself where it is none
 */
export function languageName(tag) {
  try {
    return LANGUAGES.of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** @param {number} share */
export const percent = (share) => `${Math.round(share * 100)}%`;

/** @param {number} number */
export const grouped = (number) => number.toLocaleString("en");

/**
 * @param {number} count
 * @param {string} thing
 */
export const counted = (count, thing) => `${grouped(count)} ${thing}${count === 1 ? "" : "s"}`;

/** @param {Date} time the hour alone if it is today's */
export function moment(time) {
  const hour = time.toLocaleTimeString("en-GB");
  return time.toDateString() === new Date().toDateString() ? hour : `${date(time)}, ${hour}`;
}

/** @param {Date} time */
export const date = (time) => time.toLocaleDateString("en-GB", { dateStyle: "long" });

/**
 * @param {string} text
 * @param {number} most characters
 */
export const shortened = (text, most) => (text.length > most ? `${text.slice(0, most).trimEnd()}…` : text);
