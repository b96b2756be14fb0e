/** The stream of events as they are committed, newest first. */

import { Cast } from "./cast.js";
import { element, find } from "./element.js";
import { excerpts } from "./excerpts.js";
import { doubt, sign, strongest } from "./stances.js";
import { Stream } from "./stream.js";
import { counted, grouped, moment, percent, shortened } from "./words.js";

/** @import { Connection, Message } from "./stream.js" */
/** @import { ArticleEvent, Enriched } from "./wire.js" */

const SHOWN = 200; // entries in the list; older ones leave it
const RECENT = 50; // entries that the service gives at once, from before
const MINUTE = 60_000; // ms
const SPEAKERS = 5; // in an entry
const TEASER = 220; // characters of a claim in an entry
const ANNOUNCED = 10_000; // ms between two announcements: told of each article, a screen reader would never fall silent
const REMEMBERED = 10_000; // articles whose version is known, to tell a correction from what it corrects
const TYPING = 400; // ms without a key before a filter counts as typed

/** @typedef {{ data: ArticleEvent, time?: string }} CloudEvent */
/** @typedef {{ event: ArticleEvent, came: number }} Arrival */

export class Live {
  #root;
  #list;
  #onOpen;
  #stream = /** @type {Stream | null} */ (null);
  #held = /** @type {Arrival[]} */ ([]); // came while paused, oldest first
  #versions = /** @type {Map<string, number>} */ (new Map()); // what is shown of each article
  #arrivals = /** @type {number[]} */ ([]); // within the last minute
  #paused = false;
  #unannounced = 0;
  #announcedAt = 0;

  /**
   * @param {HTMLElement} root
   * @param {(event: ArticleEvent) => void} onOpen
   */
  constructor(root, onOpen) {
    this.#root = root;
    this.#onOpen = onOpen;
    this.#list = find(root, ".entries", HTMLElement);
    find(root, ".pause", HTMLButtonElement).addEventListener("click", () => this.#pause(!this.#paused));
    const filters = find(root, "form", HTMLFormElement);
    filters.addEventListener("submit", (submit) => submit.preventDefault());
    filters.addEventListener("reset", () => setTimeout(() => this.#filter()));
    let typing = 0;
    filters.addEventListener("input", () => {
      clearTimeout(typing);
      typing = setTimeout(() => this.#filter(), TYPING);
      this.#tellWorth();
    });
    setInterval(() => this.#count(), 1_000);
  }

  /** Begin to follow the stream, if that was not done before. */
  open() {
    if (!this.#stream) this.#start();
  }

  /** Follow it anew, since who asks has changed. */
  reopen() {
    if (this.#stream) this.#start();
  }

  /** Begin, or begin again with the filters as they are. */
  #start() {
    this.#stream?.end();
    this.#list.replaceChildren();
    this.#versions.clear();
    this.#held = [];
    this.#arrivals = [];
    this.#waiting();
    /** @type {Stream} */
    const stream = new Stream(
      `v1/events?${this.#query()}`,
      (message) => stream === this.#stream && this.#take(message),
      (connection) => stream === this.#stream && this.#tell(connection),
    );
    this.#stream = stream;
    void stream.run();
  }

  #filter() {
    this.#tellWorth();
    this.#start();
  }

  #query() {
    const fields = new FormData(find(this.#root, "form", HTMLFormElement));
    const wanted = new URLSearchParams({ recent: String(RECENT) });
    for (const name of ["entity", "stance", "check_worthiness"]) {
      const value = String(fields.get(name) ?? "").trim();
      if (value && value !== "0") wanted.set(name, value);
    }
    find(this.#root, ".filtered", HTMLElement).hidden = wanted.size === 1;
    return wanted;
  }

  #tellWorth() {
    const slider = find(this.#root, "[name=check_worthiness]", HTMLInputElement);
    find(this.#root, ".worth-value", HTMLElement).textContent = percent(slider.valueAsNumber);
    slider.ariaValueText = percent(slider.valueAsNumber);
  }

  /** @param {Message} message */
  #take({ type, data }) {
    if (type === "gap") {
      this.#list.prepend(element("li", { class: "gap" }, "Some events are missing here: they are no longer in the service's memory."));
      return;
    }
    if (!["enriched", "skipped", "retracted"].includes(type)) return;
    const { data: event, time } = /** @type {CloudEvent} */ (JSON.parse(data));
    const came = Math.min(Date.now(), Date.parse(time ?? "") || Date.now()); // the first ones may be long past
    this.#arrivals.push(came);
    if (this.#paused) {
      this.#held.push({ event, came });
      this.#held.splice(0, this.#held.length - SHOWN);
      this.#waiting();
    } else this.#show({ event, came });
  }

  /** @param {Arrival} arrival */
  #show({ event, came }) {
    const { id, version } = event.article;
    if (version < (this.#versions.get(id) ?? 0)) return; // a correction came before what it corrects
    this.#versions.delete(id); // so that it becomes the youngest
    this.#versions.set(id, version);
    const [oldest] = this.#versions.keys();
    if (this.#versions.size > REMEMBERED) this.#versions.delete(oldest);
    const before = [...this.#list.children].find((entry) => entry instanceof HTMLElement && entry.dataset.article === id);
    before?.remove();
    this.#list.prepend(this.#entry(event, new Date(came), before !== undefined));
    while (this.#list.children.length > SHOWN) this.#list.lastElementChild?.remove();
    find(this.#root, ".none-yet", HTMLElement).hidden = true;
    this.#unannounced++;
  }

  /**
   * @param {ArticleEvent} event
   * @param {Date} came
   * @param {boolean} again whether the article was in the list already
   */
  #entry(event, came, again) {
    const { article } = event;
    const title = element(
      "button",
      { type: "button", class: "open", dir: "auto", click: () => this.#onOpen(event) },
      article.title ?? article.id,
    );
    const news = element(
      "p",
      { class: "news" },
      element("time", { datetime: came.toISOString() }, moment(came)),
      element("span", { dir: "auto" }, article.source ?? ""),
      again && element("span", { class: "again" }, `version ${article.version}`),
    );
    const inside = "claims" in event ? said(event) : [element("p", { class: "quiet" }, unread(event))];
    return element("li", { class: "claims" in event ? "entry" : "entry unread", "data-article": article.id }, news, element("h2", {}, title), ...inside);
  }

  /** @param {boolean} paused */
  #pause(paused) {
    this.#paused = paused;
    const button = find(this.#root, ".pause", HTMLButtonElement);
    button.setAttribute("aria-pressed", String(paused));
    if (!paused) for (const arrival of this.#held.splice(0)) this.#show(arrival);
    this.#waiting();
  }

  #waiting() {
    const waiting = this.#held.length;
    find(this.#root, ".pause .label", HTMLElement).textContent = this.#paused
      ? `Resume${waiting ? ` (${waiting} waiting)` : ""}`
      : "Pause";
  }

  /** @param {Connection} connection */
  #tell(connection) {
    const place = find(this.#root, ".connection", HTMLElement);
    place.dataset.state = connection.state;
    place.textContent =
      connection.state === "waiting"
        ? `Not connected. ${connection.why} Trying again in ${connection.seconds} s.`
        : { connecting: "Connecting …", connected: "Connected" }[connection.state];
  }

  #count() {
    const since = Date.now() - MINUTE;
    this.#arrivals = this.#arrivals.filter((time) => time > since);
    find(this.#root, ".rate", HTMLElement).textContent = grouped(this.#arrivals.length);
    find(this.#root, ".unit", HTMLElement).textContent = this.#arrivals.length === 1 ? "article" : "articles";
    if (this.#unannounced > 0 && Date.now() - this.#announcedAt > ANNOUNCED) {
      find(this.#root, ".announcement", HTMLElement).textContent = `${this.#unannounced} more in the list`;
      this.#unannounced = 0;
      this.#announcedAt = Date.now();
    }
  }
}

/** @param {Exclude<ArticleEvent, Enriched>} event */
const unread = (event) => ("reason" in event ? `Not read: ${event.detail}` : `Taken back by its publisher (${event.status}).`);

/** @param {Enriched} event */
function said(event) {
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
  const [top] = [...event.claims].sort((a, b) => b.check_worthiness - a.check_worthiness);
  const quote = top.text && shortened(top.text, TEASER);
  return [
    quote && element("blockquote", { dir: "auto" }, quote),
    element("ul", { class: "chips" }, ...chips),
    element("p", { class: "quiet" }, `${counted(event.claims.length, "claim")} · most worth checking ${percent(top.check_worthiness)}`),
  ];
}

/** @param {Enriched["claims"]} claims */
const taken = (claims) => strongest(claims.flatMap(({ stances }) => stances));

/** @param {Enriched["claims"]} claims */
const words = (claims) => taken(claims).map((stance) => stance.label + doubt(stance)).join(" and ") || "no stance";
