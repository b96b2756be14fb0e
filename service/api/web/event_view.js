/** One event on its own: out of the stream, by its address, or of an article that was sent to Kafka from here. */

import { address, hash } from "./address.js";
import { find } from "./element.js";
import { clearProblem, showProblem } from "./problem.js";
import { Reading } from "./reading.js";
import { Refusal, request } from "./request.js";
import { textOf } from "./shelf.js";

/** @import { ArticleEvent } from "./wire.js" */

const PATIENCE = 120_000; // ms to wait for the event of an article that was sent from here
const PAUSE = 500; // ms between two looks for it

export class EventView {
  #root;
  #reading;
  #sent = /** @type {Map<string, number>} */ (new Map()); // articles given to Kafka from here, and when
  #known = /** @type {ArticleEvent | null} */ (null); // the event that is at hand

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    this.#reading = new Reading(find(root, ".reading", HTMLElement));
  }

  /**
   * Go to an event that is at hand.
   *
   * @param {ArticleEvent} event
   */
  goTo(event) {
    this.#known = event;
    location.hash = hash("article", event.article.id);
  }

  /**
   * Go to where the event of an article will be that Kafka was just given.
   *
   * @param {string} id
   */
  awaitEvent(id) {
    this.#sent.set(id, Date.now());
    this.#known = null;
    location.hash = hash("article", id);
  }

  /** @param {string} id an article's */
  async open(id) {
    const alert = find(this.#root, "[role=alert]", HTMLElement);
    const progress = find(this.#root, ".progress", HTMLElement);
    clearProblem(alert);
    this.#reading.hide();
    const known = this.#known?.article.id === id ? this.#known : null;
    const waits = !known && this.#sent.has(id);
    progress.textContent = waits ? "Kafka has the article. Its event comes as soon as it is read and committed …" : "";
    try {
      const event = known ?? (await this.#fetch(id));
      if (event === null) return;
      this.#reading.show(event, { body: textOf(event.article) });
      this.#reading.focus();
    } catch (error) {
      showProblem(alert, error);
    }
    progress.textContent = "";
  }

  /**
   * @param {string} id
   * @returns {Promise<ArticleEvent | null>} null if the user went elsewhere before it came
   */
  async #fetch(id) {
    for (;;) {
      const { view, id: shown } = address();
      if (view !== "article" || shown !== id) return null;
      try {
        return await (await request(`v1/articles/${encodeURIComponent(id)}`)).json();
      } catch (error) {
        const early = error instanceof Refusal && error.problem.status === 404;
        if (!early || Date.now() - (this.#sent.get(id) ?? 0) > PATIENCE) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}
