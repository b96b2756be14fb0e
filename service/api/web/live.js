/** The stream of events as they are committed, newest first. */

import { address, replaceQuery } from "./address.js";
import { Cast } from "./cast.js";
import { element, find } from "./element.js";
import { drawEntry } from "./entry.js";
import { excerpts } from "./excerpts.js";
import { passes } from "./matches.js";
import { Stream } from "./stream.js";
import { grouped, percent } from "./words.js";

/** @import { Connection, Message } from "./stream.js" */
/** @import { Wanted } from "./matches.js" */
/** @import { ArticleEvent } from "./wire.js" */

const SHOWN = 200; // entries in the list; older ones leave it
const RECENT = 50; // entries that the service gives at once, from before
const RECENT_FILTERED = 200; // the most that it gives: some of what it gives is left out here
const MINUTE = 60_000; // ms
const OF_SERVICE = ["entity", "stance", "check_worthiness"]; // filters that the service knows; the rest is ours
const FILTERS = [...OF_SERVICE, "speaker", "source", "minutes"];
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

  /** Begin to follow the stream, or to follow it by the filters that the address has. */
  open() {
    const { query } = address();
    if (this.#stream && query.size === 0) {
      replaceQuery(this.#filters()); // whoever comes back by a link of the page finds the filters as they were
      return;
    }
    const before = this.#filters().toString();
    const form = find(this.#root, "form", HTMLFormElement);
    for (const name of FILTERS) {
      const field = form.elements.namedItem(name);
      if (field instanceof HTMLInputElement) field.value = query.get(name) ?? field.defaultValue;
      if (field instanceof HTMLSelectElement) field.value = query.get(name) ?? "";
    }
    this.#tellWorth();
    if (!this.#stream || this.#filters().toString() !== before) this.#start();
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
    this.#tellEmpty();
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
    replaceQuery(this.#filters());
    this.#start();
  }

  /** Return the filters that do something. */
  #filters() {
    const fields = new FormData(find(this.#root, "form", HTMLFormElement));
    const set = FILTERS.map((name) => [name, String(fields.get(name) ?? "").trim()]);
    return new URLSearchParams(set.filter(([, value]) => value && value !== "0"));
  }

  /** @returns {Wanted} */
  #wanted() {
    const filters = this.#filters();
    const [entity, speaker, source, stance] = ["entity", "speaker", "source", "stance"].map((name) => filters.get(name) ?? "");
    const [check_worthiness, minutes] = ["check_worthiness", "minutes"].map((name) => Number(filters.get(name) ?? 0));
    return { entity, speaker, source, stance, check_worthiness, minutes };
  }

  #query() {
    const filters = this.#filters();
    const own = [...filters.keys()].some((name) => !OF_SERVICE.includes(name));
    const asked = new URLSearchParams([...filters].filter(([name]) => OF_SERVICE.includes(name)));
    asked.set("recent", String(own ? RECENT_FILTERED : RECENT));
    find(this.#root, ".filtered", HTMLElement).hidden = filters.size === 0;
    return asked;
  }

  /** Let go what has become older than the filter for time allows. */
  #dropOld() {
    const { minutes } = this.#wanted();
    if (!minutes) return;
    for (const entry of this.#list.querySelectorAll(".entry")) {
      const came = Date.parse(entry.querySelector("time")?.dateTime ?? "");
      if (came < Date.now() - minutes * MINUTE) entry.remove();
    }
    this.#tellEmpty();
  }

  /** Say why the list is empty, while it is. */
  #tellEmpty() {
    const place = find(this.#root, ".none-yet", HTMLElement);
    place.hidden = this.#list.querySelector(".entry") !== null;
    const filters = [...this.#filters().keys()];
    const among = filters.every((name) => OF_SERVICE.includes(name)) ? "that the service still holds" : `of the last ${RECENT_FILTERED}`;
    place.textContent =
      filters.length === 0
        ? "Nothing yet. Articles appear here as soon as their events are committed."
        : `No article ${among} passes these filters. New ones that do appear here; Clear shows all.`;
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
    const cast = "claims" in event ? new Cast(event, excerpts(event)) : null;
    if (!passes(event, came, this.#wanted(), cast)) return;
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
    this.#list.prepend(drawEntry(event, new Date(came), before !== undefined, this.#wanted(), () => this.#onOpen(event)));
    while (this.#list.children.length > SHOWN) this.#list.lastElementChild?.remove();
    this.#tellEmpty();
    this.#unannounced++;
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
    this.#dropOld();
    find(this.#root, ".rate", HTMLElement).textContent = grouped(this.#arrivals.length);
    find(this.#root, ".unit", HTMLElement).textContent = this.#arrivals.length === 1 ? "article" : "articles";
    if (this.#unannounced > 0 && Date.now() - this.#announcedAt > ANNOUNCED) {
      find(this.#root, ".announcement", HTMLElement).textContent = `${this.#unannounced} more in the list`;
      this.#unannounced = 0;
      this.#announcedAt = Date.now();
    }
  }
}
