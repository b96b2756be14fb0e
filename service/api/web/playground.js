/** Paste an article, see who says what. */

import { curlCommand } from "./curl.js";
import { find } from "./element.js";
import { clearProblem, showProblem } from "./problem.js";
import { key, request } from "./request.js";

/** @import { Reading } from "./reading.js" */
/** @import { Article, ArticleEvent } from "./wire.js" */

const MARKUP = /^\s*<(?:!doctype|html|head|body|article|section|main|div|p|h1)\b/i;

export class Playground {
  #root;
  #form;
  #body;
  #reading;
  #sent;
  #known = /** @type {Partial<Article>} */ ({}); // what else the sample says of itself
  #running = /** @type {AbortController | null} */ (null);

  /**
   * @param {HTMLElement} root
   * @param {Reading} reading
   * @param {(article: Article) => void} sent called with each article that was handed to Kafka
   */
  constructor(root, reading, sent) {
    this.#root = root;
    this.#reading = reading;
    this.#sent = sent;
    this.#form = find(root, "form", HTMLFormElement);
    this.#body = find(root, "[name=body]", HTMLTextAreaElement);
    this.#form.addEventListener("submit", (submit) => {
      submit.preventDefault();
      void this.#analyze();
    });
    this.#body.addEventListener("input", () => (this.#known = {}));
    this.#body.addEventListener("paste", ({ clipboardData }) => {
      if (MARKUP.test(clipboardData?.getData("text/plain") ?? "")) this.#type("text/html");
    });
    find(root, ".sample", HTMLButtonElement).addEventListener("click", () => void this.#sample());
    find(root, ".publish", HTMLButtonElement).addEventListener("click", () => void this.#publish());
    find(root, ".cancel", HTMLButtonElement).addEventListener("click", () => this.#running?.abort());
  }

  async #sample() {
    await this.#attempt(async (signal) => {
      const answer = await request("sample.json", { signal });
      const sample = /** @type {Article} */ (await answer.json());
      this.#body.value = sample.body;
      find(this.#form, "[name=title]", HTMLInputElement).value = sample.title ?? "";
      find(this.#form, "[name=topics]", HTMLTextAreaElement).value = (sample.topics ?? []).join("\n");
      this.#type(sample.body_type);
      this.#known = sample;
    });
    await this.#analyze();
  }

  async #analyze() {
    if (!this.#form.reportValidity()) return;
    const article = this.#article("urn:claimwire:playground");
    await this.#attempt(async (signal) => {
      const begun = performance.now();
      const answer = await request("v1/analyze", { method: "POST", json: article, signal });
      const event = /** @type {ArticleEvent} */ (await answer.json());
      const seconds = (performance.now() - begun) / 1000;
      this.#reading.show(event, {
        body: article.body_type === "text/plain" ? article.body : undefined,
        command: curlCommand(location.origin, article, key.get() !== ""),
      });
      find(this.#root, ".sender", HTMLDetailsElement).open = false;
      this.#say(`Answered in ${seconds.toFixed(1)} s.`);
      this.#reading.focus();
    });
  }

  async #publish() {
    if (!this.#form.reportValidity()) return;
    const article = this.#article(`urn:claimwire:page:${[...crypto.getRandomValues(new Uint32Array(2))].join("-")}`);
    await this.#attempt(async (signal) => {
      this.#sent(article); // before the answer: the event may come sooner
      await request("v1/articles", { method: "POST", json: article, signal });
      this.#say("Kafka has the article. Its event will appear in the live view.");
    });
  }

  /**
   * @param {string} id taken where the article has none of its own
   * @returns {Article}
   */
  #article(id) {
    const fields = new FormData(this.#form);
    const title = String(fields.get("title") ?? "").trim();
    const topics = String(fields.get("topics") ?? "")
      .split("\n")
      .map((topic) => topic.trim())
      .filter(Boolean);
    return {
      ...this.#known,
      id: this.#known.id ?? id,
      title: title || undefined,
      body: this.#body.value, // not from FormData, which turns line ends into CR LF and so moves every offset
      body_type: fields.get("body_type") === "text/html" ? "text/html" : "text/plain",
      topics: topics.length ? topics : undefined,
    };
  }

  /** @param {string} type */
  #type(type) {
    find(this.#form, `[name=body_type][value="${type}"]`, HTMLInputElement).checked = true;
  }

  /** @param {(signal: AbortSignal) => Promise<void>} work */
  async #attempt(work) {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    this.#busy(true);
    clearProblem(find(this.#root, "[role=alert]", HTMLElement));
    try {
      await work(running.signal);
    } catch (error) {
      if (running.signal.aborted) this.#say("Canceled.");
      else {
        this.#say("");
        showProblem(find(this.#root, "[role=alert]", HTMLElement), error);
      }
    } finally {
      if (this.#running === running) this.#busy(false);
    }
  }

  /** @param {boolean} busy */
  #busy(busy) {
    if (busy) this.#say("Reading …");
    this.#form.setAttribute("aria-busy", String(busy));
    find(this.#root, ".cancel", HTMLElement).hidden = !busy;
  }

  /** @param {string} words */
  #say(words) {
    find(this.#root, ".progress", HTMLElement).textContent = words;
  }
}
