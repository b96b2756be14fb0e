/** Articles that were read or sent from here, kept in this browser and nowhere else, the newest last. */

/** @import { Article, ArticleEvent } from "./wire.js" */
/** @typedef {{ id: string, article: Article, event: ArticleEvent | null }} Kept without an event if it was sent to Kafka */

const PLACE = "claimwire-articles";
const MOST = 20; // articles; fewer where the browser has less room

/** @returns {Kept[]} */
function read() {
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE) ?? "[]");
    return Array.isArray(kept) ? kept : [];
  } catch {
    return []; // storage is switched off, or holds what an older page wrote
  }
}

/** @param {Kept[]} kept @returns {boolean} whether the last one found room */
function write(kept) {
  for (let from = Math.max(0, kept.length - MOST); from < kept.length; from++) {
    try {
      localStorage.setItem(PLACE, JSON.stringify(kept.slice(from)));
      return true;
    } catch {
      // No room: without the oldest there may be.
    }
  }
  return false;
}

/**
 * Keep an article; one that is kept already keeps its id.
 *
 * @param {Article} article
 * @param {ArticleEvent | null} event
 * @returns {string | null} null where it does not fit
 */
export function keep(article, event) {
  const same = JSON.stringify(article);
  const others = read().filter((kept) => JSON.stringify(kept.article) !== same);
  const before = read().find((kept) => JSON.stringify(kept.article) === same);
  const id = before?.id ?? [...crypto.getRandomValues(new Uint32Array(2))].map((part) => part.toString(36)).join("");
  return write([...others, { id, article, event: event ?? before?.event ?? null }]) ? id : null;
}

/** @param {string} id */
export const kept = (id) => read().find((one) => one.id === id);

/** @param {string} id */
export const forget = (id) => void localStorage.setItem(PLACE, JSON.stringify(read().filter((one) => one.id !== id)));

/**
 * The text that an event's offsets point into, if it was sent from here; an event of plain text does not repeat it.
 *
 * @param {ArticleEvent["article"]} article
 */
export function textOf({ id, version }) {
  const one = read().findLast(({ article }) => article.id === id && (article.version ?? 1) === version);
  return one?.article.body_type === "text/plain" ? one.article.body : undefined;
}
