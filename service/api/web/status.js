/** How the service is: from the same endpoints that machines ask. */

import { element, find } from "./element.js";
import { clearProblem, showProblem } from "./problem.js";
import { key, request } from "./request.js";

const EVERY = 5_000; // ms between two looks
const FAILING = [503]; // /health answers so when a check fails, and says which
const WORDS = { pass: "Healthy", warn: "Degraded", fail: "Not healthy", unknown: "No answer" };

/** @typedef {keyof typeof WORDS} Word */
/** @typedef {{ status: Word, output?: string, observedValue?: Record<string, unknown> }} Check */
/** @typedef {{ status: Word, checks: Record<string, Check[]> }} Health */

export class Status {
  #root;
  #badge;
  #banner;
  #onKey;
  #rates = /** @type {Map<string, { at: number, value: number }>} */ (new Map());

  /**
   * @param {HTMLElement} root
   * @param {HTMLElement} badge the one word in the page's header
   * @param {HTMLElement} banner what every view says while something is wrong
   * @param {() => void} onKey called when the user changed the key
   */
  constructor(root, badge, banner, onKey) {
    this.#root = root;
    this.#badge = badge;
    this.#banner = banner;
    this.#onKey = onKey;
    const form = find(root, "form", HTMLFormElement);
    const field = find(form, "input", HTMLInputElement);
    field.value = key.get();
    form.addEventListener("submit", (submit) => {
      submit.preventDefault();
      key.set(field.value.trim());
      find(form, "[role=status]", HTMLElement).textContent = field.value.trim() ? "The key is used from now on." : "No key is sent.";
      void this.#tellModel();
      this.#onKey();
    });
  }

  /** Look now and then, for as long as somebody looks at the page. */
  start() {
    const look = () => document.visibilityState === "visible" && this.#look();
    setInterval(look, EVERY);
    document.addEventListener("visibilitychange", look);
    look();
    void this.#tellModel();
  }

  async #look() {
    try {
      const answer = await request("health", { take: FAILING });
      const health = /** @type {Health} */ (await answer.json());
      this.#tell(health.status, failures(health));
      this.#draw(health);
    } catch (error) {
      this.#tell("unknown", ["The service does not answer."]);
    }
  }

  /**
   * @param {Word} status
   * @param {string[]} why
   */
  #tell(status, why) {
    const word = WORDS[status] ?? WORDS.unknown;
    if (this.#badge.dataset.state !== status) find(this.#badge, ".word", HTMLElement).textContent = word;
    this.#badge.dataset.state = status;
    const text = status === "fail" || status === "unknown" ? why.join(" ") || word : "";
    if (this.#banner.textContent !== text) this.#banner.textContent = text; // no change, nothing to read out again
    this.#banner.hidden = text === "";
  }

  /** @param {Health} health */
  #draw({ checks }) {
    const rows = Object.entries(checks).flatMap(([name, entries]) => entries.map((check) => this.#row(name, check)));
    find(this.#root, ".checks", HTMLElement).replaceChildren(...rows);
    find(this.#root, ".looked", HTMLElement).textContent = `Looked at ${new Date().toLocaleTimeString()}`;
  }

  /**
   * @param {string} name
   * @param {Check} check
   */
  #row(name, check) {
    const numbers = Object.entries(check.observedValue ?? {});
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, name),
      element("td", {}, element("span", { class: "state", "data-state": check.status }, WORDS[check.status] ?? check.status)),
      element(
        "td",
        {},
        check.output && element("p", {}, check.output),
        numbers.length > 0 &&
          element("dl", { class: "observed" }, ...numbers.flatMap(([what, value]) => this.#number(name, what, value))),
      ),
    );
  }

  /**
   * One observed value, and how fast it moves where it is an offset: that is what tells work from standstill.
   *
   * @param {string} check
   * @param {string} what
   * @param {unknown} value
   */
  #number(check, what, value) {
    const shown = typeof value === "object" ? JSON.stringify(value) : String(value);
    const rate = /offset|position/.test(what) && typeof value === "number" ? this.#rate(`${check} ${what}`, value) : "";
    return [element("dt", {}, what.replaceAll("_", " ")), element("dd", {}, shown, rate && element("span", { class: "quiet" }, rate))];
  }

  /**
   * @param {string} series
   * @param {number} value
   */
  #rate(series, value) {
    const before = this.#rates.get(series);
    const now = performance.now();
    this.#rates.set(series, { at: now, value });
    if (!before) return "";
    return ` ${(((value - before.value) * 1000) / (now - before.at)).toFixed(1)} a second`;
  }

  async #tellModel() {
    const problem = find(this.#root, "[role=alert]", HTMLElement);
    try {
      const info = await (await request("v1/info")).json();
      clearProblem(problem);
      find(this.#root, ".facts", HTMLElement).replaceChildren(...facts(info));
    } catch (error) {
      showProblem(problem, error);
    }
  }
}

/** @param {Health} health */
function failures({ checks }) {
  return Object.entries(checks).flatMap(([name, entries]) =>
    entries.filter(({ status }) => status === "fail").map(({ output }) => output ?? `${name} fails.`),
  );
}

/**
 * @param {Record<string, unknown>} info whatever the service says of itself, one level deep
 * @param {string} [prefix]
 * @returns {HTMLElement[]}
 */
function facts(info, prefix = "") {
  return Object.entries(info).flatMap(([name, value]) => {
    const label = `${prefix}${name.replaceAll("_", " ")}`;
    if (value && typeof value === "object" && !Array.isArray(value)) {
      return facts(/** @type {Record<string, unknown>} */ (value), `${label} `);
    }
    const shown = Array.isArray(value) ? value.join(", ") : String(value ?? "none");
    return [element("dt", {}, label), element("dd", { class: /sha256|digest/.test(label) ? "digest" : "" }, shown)];
  });
}
