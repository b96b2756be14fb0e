/** One event, read: the marked article, who speaks in it, who stands where, and the event itself. */

import { drawArticle } from "./article.js";
import { fillCard, placeCard } from "./card.js";
import { Cast } from "./cast.js";
import { element, find } from "./element.js";
import { excerpts } from "./excerpts.js";
import { cellWords, drawMatrix } from "./matrix.js";
import { drawTopics } from "./topics.js";
import { claimList, drawVoices } from "./voices.js";
import { counted, date, percent } from "./words.js";

/** @import { Excerpt } from "./excerpts.js" */
/** @import { ArticleEvent, Claim, Enriched, Span } from "./wire.js" */

/**
 * @typedef {object} Origin what is known of an event beside itself
 * @property {string} [body] the plain text that was sent
 * @property {string} [command] the command that asks for the same event
 */

const UNFOLDED = 20; // claims; a list of no more is short enough to be read without unfolding it speaker by speaker
const FORWARD = new Set(["ArrowRight", "ArrowDown"]);
const BACK = new Set(["ArrowLeft", "ArrowUp"]);

export class Reading {
  #root;
  #text;
  #card;
  #slider;
  #kinds;
  #event = /** @type {Enriched | null} */ (null);
  #excerpts = /** @type {Excerpt[]} */ ([]);
  #cast = /** @type {Cast | null} */ (null);
  #only = /** @type {string | null} */ (null); // the one speaker that is shown, if one was picked
  #pinned = /** @type {string | null} */ (null); // the claim whose card stays
  #frame = 0;

  /** @param {HTMLElement} place where the reading goes; it is empty until `show` */
  constructor(place) {
    this.#root = place;
    place.replaceChildren(find(document, "#reading", HTMLTemplateElement).content.cloneNode(true));
    this.#text = find(place, ".text", HTMLElement);
    this.#card = find(place, ".card", HTMLElement);
    this.#slider = find(place, ".least", HTMLInputElement);
    this.#kinds = [...place.querySelectorAll(".kinds input")].filter((box) => box instanceof HTMLInputElement);
    this.#slider.addEventListener("input", () => this.#redrawSoon());
    for (const box of this.#kinds) box.addEventListener("change", () => this.#redrawSoon());
    find(place, ".everyone", HTMLButtonElement).addEventListener("click", () => this.#showOnly(null));
    for (const button of place.querySelectorAll("button.copy")) button.addEventListener("click", copy);
    this.#followPointer();
    this.#followKeys();
  }

  /**
   * @param {ArticleEvent} event
   * @param {Origin} [origin]
   */
  show(event, { body, command } = {}) {
    const { article } = event;
    this.#root.hidden = false;
    this.#only = null;
    this.#light(null);
    find(this.#root, ".title", HTMLElement).textContent = article.title ?? "Untitled article";
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
    this.#cast = new Cast(this.#event, this.#excerpts);
    find(this.#root, ".cell-claims", HTMLElement).replaceChildren();
    find(this.#root, ".voice-list", HTMLElement).replaceChildren();
    this.#draw();
  }

  /** Put the reader's focus at the beginning. */
  focus() {
    find(this.#root, ".title", HTMLElement).focus();
  }

  #redrawSoon() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    if (!this.#event || !this.#cast) return;
    const [event, cast, least] = [this.#event, this.#cast, this.#slider.valueAsNumber];
    const kinds = new Set(this.#kinds.filter(({ checked }) => checked).map(({ value }) => value));
    const sure = event.claims
      .filter(({ kind, confidence }) => confidence >= least && kinds.has(kind))
      .map((claim) => ({ ...claim, stances: claim.stances.filter(({ confidence }) => confidence >= least) }));
    const claims = this.#only === null ? sure : sure.filter((claim) => cast.voice(claim).id === this.#only);
    this.#light(null);
    this.#text.replaceChildren(drawArticle(event, this.#excerpts, claims, cast));
    if (this.#excerpts.length === 0) {
      this.#text.append(element("p", { class: "gap" }, "The event carries positions and no text."));
    }
    this.#flags()[0]?.setAttribute("tabindex", "0");
    this.#drawVoices(sure);
    this.#drawStances(claims);
    find(this.#root, ".least-value", HTMLElement).textContent = percent(least);
    this.#slider.ariaValueText = percent(least);
    this.#say(summary(event, claims, cast));
  }

  /** @param {readonly Claim[]} claims */
  #drawVoices(claims) {
    const cast = /** @type {Cast} */ (this.#cast);
    const list = find(this.#root, ".voice-list", HTMLElement);
    const drawn = list.hasChildNodes();
    const unfolded = drawn
      ? [...list.querySelectorAll("details[open]")].map((voice) => voice.getAttribute("data-voice") ?? "")
      : cast.voices.filter(() => claims.length <= UNFOLDED).map(({ id }) => id);
    list.replaceChildren(...drawVoices(cast, claims, (claim) => this.#words(claim), (claim) => this.#goTo(claim.id), unfolded));
    for (const voice of list.querySelectorAll("details")) {
      const id = voice.dataset.voice ?? "";
      const only = element(
        "button",
        { type: "button", class: "only", "aria-pressed": String(this.#only === id), click: () => this.#showOnly(id) },
        `Only ${cast.name(id)}`,
      );
      voice.append(only);
      voice.classList.toggle("muted", this.#only !== null && this.#only !== id);
    }
    find(this.#root, ".everyone", HTMLElement).hidden = this.#only === null;
  }

  /** @param {readonly Claim[]} claims */
  #drawStances(claims) {
    const [event, cast] = [/** @type {Enriched} */ (this.#event), /** @type {Cast} */ (this.#cast)];
    const least = this.#slider.valueAsNumber;
    const table = drawMatrix(claims, cast, least, (cell) => this.#openClaims(cellWords(cell, cast), cell.claims));
    find(this.#root, ".matrix-place", HTMLElement).replaceChildren(
      table ?? element("p", { class: "quiet" }, "Nobody speaks for or against anybody here."),
    );
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
    const cast = /** @type {Cast} */ (this.#cast);
    const place = find(this.#root, ".cell-claims", HTMLElement);
    const heading = element("h4", { tabindex: "-1", dir: "auto" }, title);
    place.replaceChildren(heading, claimList(claims, cast, (claim) => this.#words(claim), (claim) => this.#goTo(claim.id)));
    heading.focus();
  }

  /** @param {string | null} voice */
  #showOnly(voice) {
    this.#only = this.#only === voice ? null : voice;
    this.#draw();
    const list = find(this.#root, ".voice-list", HTMLElement);
    const pressed = [...list.querySelectorAll("details")].find(({ dataset }) => dataset.voice === voice);
    const next = pressed?.querySelector(".only") ?? list.querySelector("summary");
    if (next instanceof HTMLElement) next.focus();
  }

  /** @param {ArticleEvent} event */
  #drawOrigin({ article, ...event }) {
    const parts = [article.source, article.published_at && date(new Date(article.published_at)), article.language];
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
   * @returns {string} its pieces as the text has them, or nothing where the event carries positions only
   */
  #words(claim) {
    return claim.spans.map((span) => this.#slice(span)).filter(Boolean).join(" … ") || (claim.text ?? "");
  }

  /** @param {Span} span */
  #slice({ start, end }) {
    return this.#excerpts.find((excerpt) => excerpt.start <= start && end <= excerpt.end)?.slice(start, end) ?? "";
  }

  #flags() {
    return [...this.#text.querySelectorAll("button.flag")].filter((flag) => flag instanceof HTMLButtonElement);
  }

  /**
   * Go to a claim in the text.
   *
   * @param {string} id
   */
  #goTo(id) {
    let flag = this.#flags().find(({ dataset }) => dataset.flag === id);
    if (!flag && this.#event) {
      // A filter hides it; whoever asks for it wants to see it.
      this.#only = null;
      this.#slider.value = "0";
      for (const box of this.#kinds) box.checked = true;
      this.#draw();
      flag = this.#flags().find(({ dataset }) => dataset.flag === id);
    }
    flag?.scrollIntoView({ block: "center" });
    flag?.focus({ preventScroll: true });
  }

  /**
   * Light one claim up: its pieces, its source, its cue and those it is about, with its card beside it.
   *
   * @param {string | null} id null: none
   * @param {Element} [anchor] what the card is placed at
   */
  #light(id, anchor) {
    for (const lit of this.#text.querySelectorAll(".lit")) lit.classList.remove("lit", "favor", "against", "neutral");
    const claim = this.#event?.claims.find((candidate) => candidate.id === id);
    this.#text.classList.toggle("one-lit", claim !== undefined);
    this.#card.hidden = claim === undefined;
    if (!claim || !this.#cast) return;
    const pieces = [...this.#text.querySelectorAll(`[data-claim="${CSS.escape(claim.id)}"]`)];
    const around = [...this.#text.querySelectorAll(`[data-claims~="${CSS.escape(claim.id)}"]`)];
    for (const part of [...pieces, ...around]) part.classList.add("lit");
    for (const { target, label } of claim.stances) {
      for (const mention of this.#text.querySelectorAll(`[data-entity="${CSS.escape(target)}"]`)) mention.classList.add("lit", label);
    }
    fillCard(this.#card, claim, this.#cast, claim.cue ? this.#slice(claim.cue) || claim.cue.text || undefined : undefined);
    placeCard(this.#card, anchor ?? pieces[0] ?? this.#text);
  }

  /** Leave the claim that was looked at; go back to the pinned one, if there is one. */
  #unlight() {
    const pinned = this.#pinned && this.#flags().find(({ dataset }) => dataset.flag === this.#pinned);
    if (pinned) this.#light(this.#pinned, pinned);
    else this.#light(null);
  }

  #followPointer() {
    this.#text.addEventListener("pointerover", ({ target, pointerType }) => {
      const claim = claimAt(target);
      if (pointerType === "touch") return; // a tap comes as a click, and its card stays
      if (claim) this.#light(claim.dataset.claim ?? null, claim);
      else this.#unlight();
    });
    this.#text.addEventListener("pointerleave", ({ relatedTarget }) => {
      if (!(relatedTarget instanceof Node && this.#card.contains(relatedTarget))) this.#unlight();
    });
    this.#card.addEventListener("pointerleave", () => this.#unlight());
    this.#text.addEventListener("click", ({ target }) => {
      const claim = claimAt(target);
      const id = claim?.dataset.claim ?? null;
      this.#pinned = this.#pinned === id ? null : id;
      if (this.#pinned && claim) this.#light(this.#pinned, claim);
      else if (!claim) this.#unlight();
    });
    window.addEventListener("scroll", () => this.#follow(), { passive: true });
    window.addEventListener("resize", () => this.#follow());
  }

  /** Keep the card at its claim while the page moves under it. */
  #follow() {
    if (this.#card.hidden) return;
    const anchor = this.#text.querySelector("mark.lit");
    if (anchor) placeCard(this.#card, anchor);
  }

  #followKeys() {
    this.#text.addEventListener("focusin", ({ target }) => {
      if (!(target instanceof HTMLElement) || !target.dataset.flag) return;
      for (const flag of this.#flags()) flag.tabIndex = flag === target ? 0 : -1;
      this.#light(target.dataset.flag, target);
    });
    this.#text.addEventListener("focusout", () => this.#unlight());
    this.#text.addEventListener("keydown", (press) => {
      const flags = this.#flags();
      const here = flags.findIndex((flag) => flag === press.target);
      if (here < 0 || press.ctrlKey || press.metaKey || press.altKey) return;
      const last = flags.length - 1;
      const to = FORWARD.has(press.key)
        ? Math.min(here + 1, last)
        : BACK.has(press.key)
          ? Math.max(here - 1, 0)
          : { Home: 0, End: last }[press.key];
      if (to === undefined) return;
      press.preventDefault();
      flags[to].focus();
      flags[to].scrollIntoView({ block: "nearest" });
    });
    // On the document: whoever pinned a card with the mouse has their focus nowhere.
    document.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape") return;
      this.#pinned = null;
      this.#light(null);
    });
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

/** @param {EventTarget | null} target */
function claimAt(target) {
  const claim = target instanceof Element ? target.closest("mark.claim") : null;
  return claim instanceof HTMLElement ? claim : null;
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
