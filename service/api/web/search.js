/** What all articles said, out of the ledger: claims by words and filters, and beside them who stands where. */

import { address, replaceQuery } from "./address.js";
import { drawChart } from "./chart.js";
import { element, find } from "./element.js";
import { save } from "./files.js";
import { drawHit, drawRanking } from "./hits.js";
import { clearProblem, showProblem } from "./problem.js";
import { request } from "./request.js";
import { counted, percent } from "./words.js";

/** @import { DisputedEntity, FoundClaim, FoundEntity, QuotedEntity, SeriesPoint } from "./wire.js" */

const FILTERS = ["text", "speaker", "target", "label", "source", "language", "since", "until", "worth", "order"];
const PAGE = "25"; // claims that are shown at once
const MOST = "1000"; // rows of a table: as many as the service gives at once
const RANKED = "8";
const TYPING = 400; // ms without a key before a filter counts as typed
const LONG = 120 * 86_400_000; // ms from which on a chart counts by week
const LEAST_PREFIX = 2; // letters of a name before names are offered
const STANCES = "claims with a stance";

/** @typedef {{ items: FoundClaim[], next: string | null }} ClaimPage */

export class Search {
  #root;
  #form;
  #hits;
  #opened = false;
  #asking = new AbortController(); // ends what an older question still waits for

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    this.#form = find(root, "form", HTMLFormElement);
    this.#hits = find(root, ".hits", HTMLElement);
    this.#form.addEventListener("submit", (submit) => {
      submit.preventDefault();
      this.#changed();
    });
    this.#form.addEventListener("reset", () => setTimeout(() => this.#changed()));
    let typing = 0;
    this.#form.addEventListener("input", ({ target }) => {
      this.#tellWorth();
      clearTimeout(typing);
      typing = setTimeout(() => {
        if (target instanceof HTMLInputElement && target.list) void this.#offer(target);
        this.#changed();
      }, TYPING);
    });
    find(root, ".more", HTMLButtonElement).addEventListener("click", ({ currentTarget }) => {
      if (currentTarget instanceof HTMLButtonElement) void this.#more(currentTarget.value);
    });
    find(root, ".save-csv", HTMLButtonElement).addEventListener("click", () => void this.#save());
  }

  /** Ask what the address says; whoever comes back by a link of the page finds the filters as they were. */
  open() {
    const { query } = address();
    if (this.#opened && query.size === 0) {
      replaceQuery(this.#filters());
      return;
    }
    for (const name of FILTERS) {
      const field = this.#form.elements.namedItem(name);
      const value = query.get(name) ?? "";
      if (field instanceof HTMLInputElement) field.value = value || field.defaultValue;
      if (field instanceof HTMLSelectElement) {
        field.selectedIndex = Math.max(0, [...field.options].findIndex((option) => option.value === value));
      }
    }
    this.#tellWorth();
    void this.#ask();
  }

  #changed() {
    this.#tellWorth();
    if (this.#opened && this.#filters().toString() === address().query.toString()) return;
    replaceQuery(this.#filters());
    void this.#ask();
  }

  /** Return the filters that do something. */
  #filters() {
    const fields = new FormData(this.#form);
    const set = FILTERS.map((name) => [name, String(fields.get(name) ?? "").trim()]);
    return new URLSearchParams(set.filter(([name, value]) => value && !(name === "worth" && value === "0")));
  }

  /** @param {Record<string, string>} more */
  #query(more) {
    return new URLSearchParams([...this.#filters(), ...Object.entries(more)]);
  }

  async #ask() {
    this.#opened = true;
    this.#asking.abort();
    const { signal } = (this.#asking = new AbortController());
    const alert = find(this.#root, "[role=alert]", HTMLElement);
    clearProblem(alert);
    this.#busy(true);
    this.#say("Searching …");
    try {
      const answer = await request(`v1/claims?${this.#query({ limit: PAGE })}`, { signal });
      const page = /** @type {ClaimPage} */ (await answer.json());
      this.#hits.replaceChildren(...page.items.map(drawHit));
      this.#tell(page);
      find(this.#root, ".found", HTMLElement).hidden = page.items.length === 0;
      await Promise.all([this.#rank(signal), this.#chart(signal)]);
    } catch (error) {
      if (signal.aborted) return;
      this.#say("");
      find(this.#root, ".found", HTMLElement).hidden = true;
      showProblem(alert, error);
    }
    this.#busy(false);
  }

  /** @param {string} after where the page before ended */
  async #more(after) {
    const { signal } = this.#asking;
    this.#busy(true);
    try {
      const answer = await request(`v1/claims?${this.#query({ limit: PAGE, after })}`, { signal });
      const page = /** @type {ClaimPage} */ (await answer.json());
      const drawn = page.items.map(drawHit);
      this.#hits.append(...drawn);
      this.#tell(page);
      drawn[0]?.querySelector("a")?.focus();
    } catch (error) {
      if (signal.aborted) return;
      showProblem(find(this.#root, "[role=alert]", HTMLElement), error);
    }
    this.#busy(false);
  }

  /** @param {ClaimPage} page the last that was drawn */
  #tell({ next }) {
    const more = find(this.#root, ".more", HTMLButtonElement);
    more.hidden = next === null;
    more.value = next ?? "";
    const count = this.#hits.children.length;
    const none = this.#filters().size > 0 ? "No claim passes these filters. Clear shows all." : "Nothing yet. Claims appear here some seconds after their events.";
    this.#say(count === 0 ? none : `${next === null ? "" : "The first "}${counted(count, "claim")}`);
  }

  /** @param {AbortSignal} signal */
  async #rank(signal) {
    const query = this.#query({ limit: RANKED });
    query.delete("order");
    const [quoted, disputed] = await Promise.all(["quoted", "disputed"].map(async (by) => (await request(`v1/rankings/${by}?${query}`, { signal })).json()));
    const filters = this.#filters();
    this.#list("quoted", /** @type {QuotedEntity[]} */ (quoted.items).map((each) => drawRanking(each, "speaker", counted(each.claims, "claim"), filters)), quoted.items[0], "claims");
    this.#list("disputed", /** @type {DisputedEntity[]} */ (disputed.items).map((each) => drawRanking(each, "target", `${each.favor} favor, ${each.against} against`, filters)), disputed.items[0], STANCES);
  }

  /**
   * @param {string} name
   * @param {HTMLElement[]} rows
   * @param {{ of: number } | undefined} first
   * @param {string} what
   */
  #list(name, rows, first, what) {
    find(this.#root, `.${name} ol`, HTMLElement).replaceChildren(...rows);
    find(this.#root, `.${name} p`, HTMLElement).textContent = first ? `Among the latest ${first.of.toLocaleString("en")} ${what}` : "Nobody here.";
  }

  /**
   * Draw who stands where over time, once a target is chosen.
   *
   * @param {AbortSignal} signal
   */
  async #chart(signal) {
    const place = find(this.#root, ".over-time", HTMLElement);
    const filters = this.#filters();
    const target = filters.get("target");
    if (!target) {
      place.replaceChildren(element("p", { class: "quiet" }, "Choose whom it is about, and maybe who speaks, to see their stance over time."));
      return;
    }
    const query = new URLSearchParams([...filters].filter(([name]) => ["target", "source", "language", "since", "until"].includes(name)));
    const holder = filters.get("speaker");
    if (holder) query.set("holder", holder);
    let bucket = "day";
    let points = await this.#series(query, bucket, signal);
    if (points.length > 1 && Date.parse(points[points.length - 1].start) - Date.parse(points[0].start) > LONG) {
      bucket = "week";
      points = await this.#series(query, bucket, signal);
    }
    place.replaceChildren(drawChart(points, { holder: holder ?? "everybody", target, bucket }));
  }

  /**
   * @param {URLSearchParams} query
   * @param {string} bucket
   * @param {AbortSignal} signal
   * @returns {Promise<SeriesPoint[]>}
   */
  async #series(query, bucket, signal) {
    query.set("bucket", bucket);
    return (await (await request(`v1/series?${query}`, { signal })).json()).items;
  }

  /**
   * Offer the names that begin so.
   *
   * @param {HTMLInputElement} field
   */
  async #offer(field) {
    const prefix = field.value.trim();
    if (prefix.length < LEAST_PREFIX || !field.list) return;
    try {
      const answer = await request(`v1/entities?${new URLSearchParams({ prefix, limit: RANKED })}`);
      const { items } = /** @type {{ items: FoundEntity[] }} */ (await answer.json());
      field.list.replaceChildren(...items.map(({ name, type }) => element("option", { value: name }, type)));
    } catch {
      // what the names are offered for says why
    }
  }

  async #save() {
    try {
      const answer = await request(`v1/claims?${this.#query({ limit: MOST })}`, { headers: { accept: "text/csv" } });
      save("claims.csv", "text/csv", await answer.text());
    } catch (error) {
      showProblem(find(this.#root, "[role=alert]", HTMLElement), error);
    }
  }

  #tellWorth() {
    const slider = find(this.#form, "[name=worth]", HTMLInputElement);
    find(this.#form, ".worth-value", HTMLElement).textContent = percent(slider.valueAsNumber);
    slider.ariaValueText = percent(slider.valueAsNumber);
  }

  /** @param {boolean} busy */
  #busy(busy) {
    this.#root.setAttribute("aria-busy", String(busy));
  }

  /** @param {string} words */
  #say(words) {
    find(this.#root, ".summary", HTMLElement).textContent = words;
  }
}
