/** Paste an article, see who says what. */

import { address, hash } from "./address.js";
import { curlCommand } from "./curl.js";
import { find } from "./element.js";
import { textIn } from "./files.js";
import { clearProblem, showProblem } from "./problem.js";
import { Reading } from "./reading.js";
import { Refusal, key, request } from "./request.js";
import { forget, keep, kept } from "./shelf.js";

/** @import { Article, ArticleEvent } from "./wire.js" */

const MARKUP = /^\s*<(?:!doctype|html|head|body|article|section|main|div|p|h1)\b/i;

const PARAGRAPHS = /\s*\n\s*/;

const ID = "urn:claimwire:playground"; // of an article that is analyzed and goes no further

export class Playground {
  #root;
  #form;
  #body;
  #reading;
  #sent;
  #shown = ""; // the id under which the article that is shown is kept
  #known = /** @type {Partial<Article>} */ ({}); // what else the sample says of itself
  #running = /** @type {AbortController | null} */ (null);

  /**
   * @param {HTMLElement} root
   * @param {(id: string) => void} sent called with the id of each article that was handed to Kafka
   */
  constructor(root, sent) {
    this.#root = root;
    this.#reading = new Reading(find(root, ".reading", HTMLElement));
    this.#sent = sent;
    this.#form = find(root, "form", HTMLFormElement);
    this.#body = find(root, "[name=body]", HTMLTextAreaElement);
    this.#form.addEventListener("submit", (submit) => {
      submit.preventDefault();
      void this.#analyze();
    });
    this.#body.addEventListener("input", () => this.#edited());
    this.#body.addEventListener("paste", ({ clipboardData }) => {
      if (MARKUP.test(clipboardData?.getData("text/plain") ?? "")) this.#type("text/html");
    });
    this.#form.addEventListener("keydown", (press) => {
      if (press.key !== "Enter" || !(press.ctrlKey || press.metaKey)) return;
      press.preventDefault();
      this.#form.requestSubmit();
    });
    this.#takeFiles();
    find(root, ".forget", HTMLButtonElement).addEventListener("click", () => this.#forget());
    void this.#offerSamples();
    find(root, ".publish", HTMLButtonElement).addEventListener("click", () => void this.#publish());
    find(root, ".cancel", HTMLButtonElement).addEventListener("click", () => this.#running?.abort());
  }

  /**
   * Show an article that is kept in this browser; without an id, what was shown last.
   *
   * @param {string} id
   */
  open(id) {
    if (!id && this.#shown) history.replaceState(null, "", hash("playground", this.#shown, this.#reading.query));
    if (id && id === this.#shown) this.#reading.followAddress();
    if (!id || id === this.#shown) return;
    const found = kept(id);
    clearProblem(find(this.#root, "[role=alert]", HTMLElement));
    if (found) this.#fill(found.article);
    if (found?.event) this.#show(id, found.article, found.event);
    else if (!found) {
      const detail = "This browser does not hold it: the link of an article works in the browser that read it, and until it is forgotten.";
      showProblem(find(this.#root, "[role=alert]", HTMLElement), new Refusal({ title: "No such article", status: 0, detail }));
    }
  }

  #takeFiles() {
    const file = find(this.#form, ".file", HTMLInputElement);
    file.addEventListener("change", () => void this.#read(file.files?.[0]));
    for (const type of ["dragover", "drop"]) this.#root.addEventListener(type, (drag) => drag.preventDefault());
    this.#root.addEventListener("drop", ({ dataTransfer }) => void this.#read(dataTransfer?.files[0]));
  }

  /** @param {File | undefined} file */
  async #read(file) {
    if (!file) return;
    await this.#attempt(async () => {
      const body = await textIn(file);
      const body_type = MARKUP.test(body) || file.type === "text/html" ? "text/html" : "text/plain";
      this.#fill({ id: ID, body, body_type });
      this.#say(`${file.name} is in the box.`);
      find(this.#root, ".sender", HTMLDetailsElement).open = true;
    });
  }

  #forget() {
    forget(this.#shown);
    this.#shown = "";
    history.replaceState(null, "", hash("playground"));
    this.#form.reset();
    this.#known = {};
    this.#reading.hide();
    find(this.#root, ".kept", HTMLElement).hidden = true;
    find(this.#root, ".sender", HTMLDetailsElement).open = true;
    this.#say("Forgotten.");
    this.#body.focus();
  }

  /** Forget what was known of an article that the user has changed, headline and topics too if it is another one. */
  #edited() {
    const { body, title, topics } = this.#known;
    this.#known = {};
    if (body === undefined || this.#body.value.split(PARAGRAPHS).some((paragraph) => paragraph && body.includes(paragraph))) return;
    const [headline, lines] = [find(this.#form, "[name=title]", HTMLInputElement), find(this.#form, "[name=topics]", HTMLTextAreaElement)];
    if (headline.value === title) headline.value = "";
    if (lines.value === topics?.join("\n")) lines.value = "";
  }

  /** @param {Article} article */
  #fill(article) {
    this.#body.value = article.body;
    find(this.#form, "[name=title]", HTMLInputElement).value = article.title ?? "";
    find(this.#form, "[name=topics]", HTMLTextAreaElement).value = (article.topics ?? []).join("\n");
    this.#type(article.body_type);
    this.#known = article.id === ID ? {} : article; // an id that every pasted article has does not belong to this one
  }

  /**
   * @param {string} id under which it is kept; empty if it is not
   * @param {Article} article
   * @param {ArticleEvent} event
   */
  #show(id, article, event) {
    this.#shown = id;
    find(this.#root, ".kept", HTMLElement).hidden = !id;
    this.#reading.show(event, {
      body: article.body_type === "text/plain" ? article.body : undefined,
      command: curlCommand(location.origin, article, key.get() !== ""),
    });
    find(this.#root, ".sender", HTMLDetailsElement).open = false;
  }

  /** Offer a sample in each language that this service reads; in English, whatever it says. */
  async #offerSamples() {
    const buttons = [.../** @type {NodeListOf<HTMLButtonElement>} */ (this.#root.querySelectorAll("button.sample"))];
    for (const button of buttons) {
      const { language = "en" } = button.dataset;
      button.addEventListener("click", () => void this.#sample(language === "en" ? "sample.json" : `sample-${language}.json`));
    }
    const read = await readLanguages();
    for (const button of buttons) button.hidden &&= !read.includes(button.dataset.language ?? "");
  }

  /** @param {string} file */
  async #sample(file) {
    await this.#attempt(async (signal) => {
      const answer = await request(file, { signal });
      this.#fill(await answer.json());
    });
    await this.#analyze();
  }

  async #analyze() {
    if (!this.#form.reportValidity()) return;
    const article = this.#article(ID);
    await this.#attempt(async (signal) => {
      const begun = performance.now();
      const answer = await request("v1/analyze", { method: "POST", json: article, signal });
      const event = /** @type {ArticleEvent} */ (await answer.json());
      const seconds = (performance.now() - begun) / 1000;
      const id = keep(article, event) ?? "";
      if (["", "playground"].includes(address().view)) history.pushState(null, "", hash("playground", id));
      this.#show(id, article, event);
      this.#say(`Answered in ${seconds.toFixed(1)} s.`);
      this.#reading.focus();
    });
  }

  async #publish() {
    if (!this.#form.reportValidity()) return;
    const article = this.#article(`urn:claimwire:page:${[...crypto.getRandomValues(new Uint32Array(2))].join("-")}`);
    await this.#attempt(async (signal) => {
      keep(article, null); // before the answer: the event may come sooner, and does not repeat the text
      await request("v1/articles", { method: "POST", json: article, signal });
      this.#say("Kafka has the article.");
      this.#sent(article.id);
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

/** @returns {Promise<string[]>} the languages that this service reads; none where it does not say, to this reader or yet */
async function readLanguages() {
  try {
    const { models } = /** @type {{ models: { languages: string[] }[] }} */ (await (await request("v1/info")).json());
    return models.flatMap(({ languages }) => languages);
  } catch {
    return [];
  }
}
