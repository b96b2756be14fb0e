/** One event, read: the marked article, the list of its claims, who stands where, and the event itself. */

import { address, replaceQuery } from "./address.js";
import { drawArticle } from "./article.js";
import { fillCard } from "./card.js";
import { Cast } from "./cast.js";
import { claimList, toCsv } from "./claims.js";
import { element, find } from "./element.js";
import { excerpts } from "./excerpts.js";
import { save } from "./files.js";
import { choose, filtersOf, fromQuery, toQuery } from "./filters.js";
import { cellWords, drawMatrix } from "./matrix.js";
import { Pointing } from "./pointing.js";
import { drawTopics } from "./topics.js";
import { counted, date, languageName, percent } from "./words.js";

/** @import { Excerpt } from "./excerpts.js" */
/** @import { ArticleEvent, Claim, Enriched, Span } from "./wire.js" */

/**
 * @typedef {object} Origin what is known of an event beside itself
 * @property {string} [body] the plain text that was sent
 * @property {string} [command] the command that asks for the same event
 */

export class Reading {
  #root;
  #text;
  #filters;
  #pointing;
  #event = /** @type {Enriched | null} */ (null);
  #excerpts = /** @type {Excerpt[]} */ ([]);
  #cast = /** @type {Cast | null} */ (null);
  #chosen = /** @type {Claim[]} */ ([]); // those that are shown, in order
  #frame = 0;

  /** @param {HTMLElement} place where the reading goes; it is empty until `show` */
  constructor(place) {
    this.#root = place;
    place.replaceChildren(find(document, "#reading", HTMLTemplateElement).content.cloneNode(true));
    this.#text = find(place, ".text", HTMLElement);
    this.#filters = find(place, ".controls", HTMLFormElement);
    const card = find(place, ".card", HTMLElement);
    this.#pointing = new Pointing(
      this.#text,
      card,
      (id) => this.#event?.claims.find((claim) => claim.id === id),
      (claim) => this.#cast && fillCard(card, claim, this.#cast, claim.cue ? this.#slice(claim.cue) || claim.cue.text || undefined : undefined),
    );
    this.#filters.addEventListener("submit", (submit) => submit.preventDefault());
    this.#filters.addEventListener("input", () => this.#filter());
    this.#filters.addEventListener("reset", () => setTimeout(() => this.#filter()));
    find(place, ".save-csv", HTMLButtonElement).addEventListener("click", () => this.#saveCsv());
    find(place, ".save-json", HTMLButtonElement).addEventListener("click", () => this.#saveJson());
    for (const button of place.querySelectorAll("button.copy")) button.addEventListener("click", copy);
  }

  /**
   * @param {ArticleEvent} event
   * @param {Origin} [origin]
   */
  show(event, { body, command } = {}) {
    const { article } = event;
    this.#root.hidden = false;
    this.#pointing.light(null);
    const title = find(this.#root, ".title", HTMLElement);
    title.textContent = article.title ?? "Untitled article";
    title.lang = article.title ? (article.language ?? "") : "en";
    this.#text.lang = article.language ?? "";
    this.#drawOrigin(event);
    find(this.#root, ".event", HTMLElement).textContent = JSON.stringify(event, null, 2);
    find(this.#root, ".command", HTMLElement).textContent = command ?? "";
    find(this.#root, ".made", HTMLElement).hidden = command === undefined;
    this.#event = "claims" in event ? event : null;
    this.#root.classList.toggle("unread", this.#event === null);
    if (this.#event === null) {
      this.#say("reason" in event ? `Not read: ${event.detail}` : "Taken back by its publisher.");
      return;
    }
    this.#excerpts = excerpts(this.#event, body);
    find(this.#root, ".cell-claims", HTMLElement).replaceChildren();
    this.#offerSpeakers();
    this.followAddress();
  }

  /** Filter and sort as the address says, if it leads to the view that this is in. */
  followAddress() {
    const { view, query } = address();
    const here = (view || "playground") === this.#root.closest("section")?.id;
    fromQuery(this.#filters, here ? query : new URLSearchParams());
    this.#draw();
  }

  /** The filters that do something, as an address has them. */
  get query() {
    return toQuery(filtersOf(this.#filters));
  }

  hide() {
    this.#root.hidden = true;
    this.#pointing.light(null);
  }

  /** Put the reader's focus at the beginning. */
  focus() {
    find(this.#root, ".title", HTMLElement).focus();
  }

  #filter() {
    replaceQuery(this.query);
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #offerSpeakers() {
    const { voices } = new Cast(/** @type {Enriched} */ (this.#event), this.#excerpts);
    const offered = voices.map(({ id, name, number, count }) => element("option", { value: id }, `${number} ${name} (${count})`));
    find(this.#filters, "[name=speaker]", HTMLSelectElement).replaceChildren(element("option", { value: "" }, "everyone"), ...offered);
  }

  #draw() {
    if (!this.#event) return;
    const [event, filters] = [this.#event, filtersOf(this.#filters)];
    const cast = (this.#cast = new Cast(event, this.#excerpts, filters.speaker));
    this.#chosen = choose(event.claims, filters, cast);
    this.#pointing.light(null);
    this.#text.replaceChildren(drawArticle(event, this.#excerpts, this.#chosen, cast));
    if (this.#excerpts.length === 0) {
      this.#text.append(element("p", { class: "gap" }, "The event carries positions and no text."));
    }
    this.#pointing.flags()[0]?.setAttribute("tabindex", "0");
    find(this.#root, ".claim-list", HTMLElement).replaceChildren(this.#list(this.#chosen));
    this.#drawStances(filters.least);
    const slider = find(this.#filters, "[name=least]", HTMLInputElement);
    find(this.#root, ".least-value", HTMLElement).textContent = percent(filters.least);
    slider.ariaValueText = percent(filters.least);
    this.#say(summary(event, this.#chosen, cast));
  }

  /** @param {readonly Claim[]} claims */
  #list(claims) {
    const cast = /** @type {Cast} */ (this.#cast);
    return claimList(claims, cast, {
      words: (claim) => this.#words(claim),
      open: (claim) => this.#goTo(claim.id),
      language: this.#event?.article.language,
    });
  }

  /** @param {number} least the confidence that a stance must have */
  #drawStances(least) {
    const [event, cast] = [/** @type {Enriched} */ (this.#event), /** @type {Cast} */ (this.#cast)];
    const matrix = drawMatrix(this.#chosen, cast, (cell) => this.#openClaims(cellWords(cell, cast), cell.claims));
    if (matrix.length === 0) matrix.push(element("p", { class: "quiet" }, "No claim favors or is against anybody."));
    find(this.#root, ".matrix-place", HTMLElement).replaceChildren(...matrix);
    const byId = new Map(event.claims.map((claim) => [claim.id, claim]));
    const topics = drawTopics(event.topics, cast, least, (title, ids) =>
      this.#openClaims(title, ids.map((id) => byId.get(id)).filter((claim) => claim !== undefined)),
    );
    find(this.#root, ".topic-list", HTMLElement).replaceChildren(...topics);
    find(this.#root, ".topics", HTMLElement).hidden = topics.length === 0;
  }

  /**
   * List the claims that a cell counts.
   *
   * @param {string} title
   * @param {readonly Claim[]} claims
   */
  #openClaims(title, claims) {
    const heading = element("h4", { tabindex: "-1", dir: "auto" }, title);
    find(this.#root, ".cell-claims", HTMLElement).replaceChildren(heading, this.#list(claims));
    heading.focus();
  }

  #saveCsv() {
    const [event, cast] = [/** @type {Enriched} */ (this.#event), /** @type {Cast} */ (this.#cast)];
    save("claims.csv", "text/csv;charset=utf-8", toCsv(this.#chosen, event.article, cast));
  }

  #saveJson() {
    save("claims.json", "application/json", JSON.stringify(this.#chosen, null, 2));
  }

  /** @param {ArticleEvent} event */
  #drawOrigin({ article, ...event }) {
    const parts = [article.source, article.published_at && date(new Date(article.published_at)), article.language && languageName(article.language)];
    const line = parts.filter(Boolean).map((part) => element("span", { dir: "auto" }, /** @type {string} */ (part)));
    find(this.#root, ".origin", HTMLElement).replaceChildren(...line, ...link(article.url));
    const model = "model" in event ? `${event.model.name} ${event.model.version}, ${event.model.sha256.slice(0, 12)}` : "";
    find(this.#root, ".model", HTMLElement).textContent = model && `Read by ${model}`;
  }

  /** @param {string} words */
  #say(words) {
    find(this.#root, ".summary", HTMLElement).textContent = words;
  }

  /**
   * @param {Claim} claim
   * @returns {string} what it says, to be read alone; where the event carries positions only, its pieces as the text has them
   */
  #words(claim) {
    return claim.text ?? claim.spans.map((span) => this.#slice(span)).filter(Boolean).join(" … ");
  }

  /** @param {Span} span */
  #slice({ start, end }) {
    return this.#excerpts.find((excerpt) => excerpt.start <= start && end <= excerpt.end)?.slice(start, end) ?? "";
  }

  /**
   * Go to a claim in the text.
   *
   * @param {string} id
   */
  #goTo(id) {
    if (!this.#pointing.flag(id)) {
      // A filter hides it; whoever asks for it wants to see it.
      fromQuery(this.#filters, new URLSearchParams());
      replaceQuery(new URLSearchParams());
      this.#draw();
    }
    const flag = this.#pointing.flag(id);
    flag?.scrollIntoView({ block: "center" });
    flag?.focus({ preventScroll: true });
  }
}

/**
 * @param {Enriched} event
 * @param {readonly Claim[]} claims
 * @param {Cast} cast
 */
function summary(event, claims, cast) {
  if (event.claims.length === 0) return "No claims found in this article.";
  const speakers = new Set(claims.map((claim) => cast.voice(claim).id)).size;
  const hidden = event.claims.length - claims.length;
  const found = `${counted(claims.length, "claim")} by ${counted(speakers, "speaker")}`;
  return hidden ? `${found}; ${counted(hidden, "claim")} hidden` : found;
}

/**
 * The article's address as a link, if it leads to the web: an address of another scheme may be a script.
 *
 * @param {string | null | undefined} url
 */
function link(url) {
  if (!url || !URL.canParse(url)) return [];
  const { protocol, host } = new URL(url);
  if (protocol !== "https:" && protocol !== "http:") return [];
  return [element("a", { href: url, rel: "noopener noreferrer nofollow", target: "_blank" }, host)];
}

/** @param {Event} click */
async function copy({ currentTarget }) {
  if (!(currentTarget instanceof HTMLElement)) return;
  const source = currentTarget.closest(".made, .raw-event")?.querySelector("pre");
  if (!source) return;
  try {
    await navigator.clipboard.writeText(source.textContent ?? "");
    currentTarget.dataset.state = "Copied";
  } catch {
    // Without a secure origin there is no clipboard to write to: select the text, so that Ctrl-C is all that is left.
    getSelection()?.selectAllChildren(source);
    currentTarget.dataset.state = "Selected: press Ctrl-C";
  }
  const said = find(currentTarget, ".said", HTMLElement);
  said.textContent = currentTarget.dataset.state;
  setTimeout(() => (said.textContent = ""), 3_000);
}
