/** How the service is: from the same endpoints that machines ask. */

import { element, find } from "./element.js";
import { Pace, total } from "./measures.js";
import { clearProblem, showProblem } from "./problem.js";
import { key, request } from "./request.js";
import { counted, grouped, languageName, moment } from "./words.js";

const EVERY = 5_000; // ms between two looks
const FAILING = [503]; // /health answers so when a check fails, and says which
const WORDS = { pass: "Healthy", warn: "Degraded", fail: "Not healthy", unknown: "No answer" };
const DIGITS = 12; // of a digest, at a glance

/** @typedef {keyof typeof WORDS} Word */
/** @typedef {{ status: Word, output?: string, observedValue?: Record<string, unknown> }} Check */
/** @typedef {{ status: Word, checks?: Record<string, Check[]> }} Health checks: for keys with the scope metrics */
/** @typedef {{ name: string, version: string, sha256: string, languages: string[] }} Model */
/** @typedef {{ model: Model | null, models: Model[], [fact: string]: unknown }} Info */

export class Status {
  #root;
  #badge;
  #banner;
  #onKey;
  #pace = new Pace();

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
      find(form, "[role=status]", HTMLElement).textContent = key.get() ? "The key is used from now on." : "No key is sent.";
      void this.look();
      this.#onKey();
    });
  }

  /** Look now and then, for as long as somebody looks at the page. */
  start() {
    const look = () => document.visibilityState === "visible" && this.look();
    setInterval(look, EVERY);
    document.addEventListener("visibilitychange", look);
    look();
  }

  async look() {
    await this.#tellHealth();
    if (this.#root.hidden) return; // the rest is for this view alone
    await this.#tellInfo();
    await this.#tellMeasures();
  }

  async #tellHealth() {
    try {
      const answer = await request("health", { take: FAILING });
      const health = /** @type {Health} */ (await answer.json());
      this.#tell(health.status, failures(health));
      find(this.#root, ".checks", HTMLElement).replaceChildren(...rows(health));
      find(this.#root, ".looked", HTMLElement).textContent = `Seen at ${moment(new Date())}`;
    } catch {
      this.#tell("unknown", ["The service does not answer."]);
    }
  }

  /**
   * @param {Word} status
   * @param {string[]} why
   */
  #tell(status, why) {
    const word = WORDS[status] ?? WORDS.unknown;
    for (const place of [this.#badge, find(this.#root, ".health", HTMLElement)]) {
      if (place.dataset.state === status) continue; // no change, nothing to read out again
      place.dataset.state = status;
      (place.querySelector(".word") ?? place).textContent = word;
    }
    const text = status === "fail" || status === "unknown" ? why.join(" ") || word : "";
    if (this.#banner.textContent !== text) this.#banner.textContent = text;
    this.#banner.hidden = text === "";
  }

  async #tellInfo() {
    const problem = find(this.#root, "[role=alert]", HTMLElement);
    try {
      const info = /** @type {Info} */ (await (await request("v1/info")).json());
      clearProblem(problem);
      glance(find(this.#root, ".which", HTMLElement), ...which(info));
      find(this.#root, ".facts", HTMLElement).replaceChildren(...facts(info));
    } catch (error) {
      showProblem(problem, error);
    }
  }

  async #tellMeasures() {
    const [lag, progress] = [find(this.#root, ".lag", HTMLElement), find(this.#root, ".progress", HTMLElement)];
    try {
      const measured = await (await request("metrics")).text();
      const waiting = total(measured, "claimwire_lag_records");
      if (waiting === null) glance(lag, "–", "This process owns no partition.");
      else glance(lag, counted(waiting, "article"), "in the topic, not read yet");
      const done = total(measured, "claimwire_articles_total") ?? 0;
      const pace = this.#pace.look(done, performance.now());
      glance(progress, pace === null ? "…" : `${grouped(Math.round(pace))} a minute`, `${counted(done, "article")} since it started`);
    } catch {
      for (const place of [lag, progress]) glance(place, "–", "The metrics are not open to this key.");
    }
  }
}

/**
 * @param {HTMLElement} place
 * @param {string} figure
 * @param {string} words
 */
function glance(place, figure, words) {
  place.replaceChildren(figure, element("span", { class: "quiet" }, words));
}

/**
 * @param {Info} info
 * @returns {[string, string]}
 */
function which({ models }) {
  if (models.length === 0) return ["None", "This process runs no model, or not yet."];
  const languages = [...new Set(models.flatMap((model) => model.languages))].map(languageName).join(", ");
  return [models.map(({ name, version }) => `${name} ${version}`).join(" and "), `${languages}; sha256 ${models.map(({ sha256 }) => `${sha256.slice(0, DIGITS)}…`).join(" and ")}`];
}

/** @param {Health} health */
function failures({ checks }) {
  if (!checks) return ["The service is not healthy. A key with the scope metrics is told why."];
  return Object.entries(checks).flatMap(([name, entries]) =>
    entries.filter(({ status }) => status === "fail").map(({ output }) => output ?? `${name} fails.`),
  );
}

/** @param {Health} health */
function rows({ checks }) {
  if (!checks) return [element("tr", {}, element("td", { colspan: "3" }, "The checks are not open to this key."))];
  return Object.entries(checks).flatMap(([name, entries]) => entries.map((check) => row(name, check)));
}

/**
 * @param {string} name
 * @param {Check} check
 */
function row(name, { status, output, observedValue }) {
  const observed = Object.entries(observedValue ?? {});
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, name),
    element("td", {}, element("span", { class: "state", "data-state": status }, WORDS[status] ?? status)),
    element(
      "td",
      {},
      output && element("p", {}, output),
      observed.length > 0 && element("dl", { class: "observed" }, ...observed.flatMap(([what, value]) => fact(what, value))),
    ),
  );
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function fact(name, value) {
  return [element("dt", {}, name.replaceAll("_", " ")), element("dd", { class: /sha256/.test(name) ? "digest" : "" }, shown(value))];
}

/**
 * @param {Record<string, unknown>} info whatever the service says of itself
 * @param {string} [prefix]
 * @returns {HTMLElement[]}
 */
function facts(info, prefix = "") {
  return Object.entries(info).flatMap(([name, value]) =>
    value && typeof value === "object" && (!Array.isArray(value) || typeof value[0] === "object")
      ? facts(/** @type {Record<string, unknown>} */ (value), `${prefix}${name}: `)
      : fact(`${prefix}${name}`, value),
  );
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function shown(value) {
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value === "number") return grouped(value);
  if (value && typeof value === "object") {
    return Object.entries(value)
      .map(([name, part]) => `${name}: ${shown(part)}`)
      .join(", ");
  }
  return String(value ?? "none");
}
