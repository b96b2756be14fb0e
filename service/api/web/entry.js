/** An article in the stream: when, whence, the claim that matched, and who else speaks. */

import { Cast } from "./cast.js";
import { element } from "./element.js";
import { excerpts } from "./excerpts.js";
import { match } from "./matches.js";
import { doubt, sign, stanceWords, strongest } from "./stances.js";
import { counted, moment, percent, shortened } from "./words.js";

/** @import { Wanted } from "./matches.js" */
/** @import { ArticleEvent, Enriched } from "./wire.js" */

const SPEAKERS = 5;
const TEASER = 220; // characters of a claim

/**
 * @param {ArticleEvent} event
 * @param {Date} came
 * @param {boolean} again whether the article was in the list already
 * @param {Wanted} wanted
 * @param {() => void} open
 */
export function drawEntry(event, came, again, wanted, open) {
  const { article } = event;
  const title = element("button", { type: "button", class: "open", dir: "auto", click: open }, article.title ?? article.id);
  const news = element(
    "p",
    { class: "news" },
    element("time", { datetime: came.toISOString() }, moment(came)),
    element("span", { dir: "auto" }, article.source ?? ""),
    again && element("span", { class: "again" }, `version ${article.version}`),
  );
  const inside = "claims" in event ? said(event, wanted) : [element("p", { class: "quiet" }, unread(event))];
  return element("li", { class: "claims" in event ? "entry" : "entry unread", "data-article": article.id }, news, element("h2", {}, title), ...inside);
}

/** @param {Exclude<ArticleEvent, Enriched>} event */
const unread = (event) => ("reason" in event ? `Not read: ${event.detail}` : `Taken back by its publisher (${event.status}).`);

/**
 * @param {Enriched} event
 * @param {Wanted} wanted
 */
function said(event, wanted) {
  if (event.claims.length === 0) return [element("p", { class: "quiet" }, "No claims found.")];
  const cast = new Cast(event, excerpts(event));
  const speakers = cast.voices.map((voice) => ({ voice, claims: event.claims.filter((claim) => cast.voice(claim) === voice) }));
  const chips = speakers.slice(0, SPEAKERS).map(({ voice, claims }) =>
    element(
      "li",
      { class: `chip voice-${voice.colour}` },
      element("span", { class: "name", dir: "auto" }, voice.name),
      element("span", { class: "visually-hidden" }, `, ${counted(claims.length, "claim")}, ${words(claims)}`),
      ...taken(claims).map(sign),
    ),
  );
  const more = speakers.length - chips.length;
  if (more > 0) chips.push(element("li", { class: "chip quiet" }, `${more} more`));
  const claim = match(event, wanted, cast);
  const quote = claim.text && shortened(claim.text, TEASER);
  const stances = claim.stances.map((stance) =>
    element("span", { class: "stance", dir: "auto" }, sign(stance), ` ${stanceWords(stance, cast.name(stance.target))}`),
  );
  return [
    quote && element("blockquote", { dir: "auto" }, quote),
    element(
      "p",
      { class: "matched" },
      element("strong", { dir: "auto" }, cast.voice(claim).name),
      ...stances,
      element("span", { class: "quiet" }, `worth checking ${percent(claim.check_worthiness)}`),
    ),
    element("ul", { class: "chips", "aria-label": "Speakers" }, ...chips),
    element("p", { class: "quiet" }, counted(event.claims.length, "claim")),
  ];
}

/** @param {Enriched["claims"]} claims */
const taken = (claims) => strongest(claims.flatMap(({ stances }) => stances));

/** @param {Enriched["claims"]} claims */
const words = (claims) => taken(claims).map((stance) => stance.label + doubt(stance)).join(" and ") || "no stance";
