/** A claim that was found in the ledger, and an entity in a ranking. */

import { hash } from "./address.js";
import { element } from "./element.js";
import { sign, stanceWords } from "./stances.js";
import { date, kindWords, percent } from "./words.js";

/** @import { FoundClaim, FoundEntity } from "./wire.js" */

const WEB = /^https?:$/;

/** @param {FoundClaim} claim */
export function drawHit(claim) {
  const stances = claim.stances.map((stance) =>
    element("span", { class: "stance", dir: "auto" }, sign(stance), ` ${stanceWords(stance, stance.target ?? "somebody")}`),
  );
  const said = new Date(claim.said_at);
  return element(
    "li",
    { class: "hit" },
    element("blockquote", { dir: "auto", lang: claim.text && claim.language }, claim.text ?? "The words are not kept."),
    element(
      "p",
      { class: "matched" },
      element("strong", { dir: "auto" }, speaker(claim)),
      ...stances,
      element("span", { class: "quiet" }, `${kindWords(claim.kind)} · worth checking ${percent(claim.check_worthiness)}`),
    ),
    element(
      "p",
      { class: "news" },
      element("a", { href: hash("article", claim.article_id), dir: "auto", lang: claim.title && claim.language }, claim.title ?? claim.article_id),
      element("span", { dir: "auto" }, claim.source ?? ""),
      element("time", { datetime: claim.said_at }, date(said)),
      isWeb(claim.url) && element("a", { href: claim.url, rel: "noopener noreferrer" }, "at its publisher"),
    ),
  );
}

/**
 * @param {FoundEntity} entity
 * @param {"speaker" | "target"} filter what a click sets
 * @param {string} figures
 * @param {URLSearchParams} filters as they are
 */
export function drawRanking(entity, filter, figures, filters) {
  const query = new URLSearchParams(filters);
  query.set(filter, entity.name ?? entity.id);
  return element(
    "li",
    {},
    element("a", { href: hash("search", "", query), dir: "auto" }, entity.name ?? entity.id),
    " ",
    element("span", { class: "quiet" }, figures),
  );
}

/** @param {FoundClaim} claim */
const speaker = ({ speaker: name, speaker_kind: kind }) => (kind === "author" ? "The author" : (name ?? "Somebody"));

/** @param {string | null} url */
function isWeb(url) {
  try {
    return url !== null && WEB.test(new URL(url).protocol);
  } catch {
    return false;
  }
}
