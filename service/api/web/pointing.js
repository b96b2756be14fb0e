/** Lights up the claim in the text that is pointed at or has the focus, with its card beside it. */

import { placeCard } from "./card.js";

/** @import { Claim } from "./wire.js" */

const FORWARD = new Set(["ArrowRight", "ArrowDown"]);
const BACK = new Set(["ArrowLeft", "ArrowUp"]);

export class Pointing {
  #text;
  #card;
  #claim;
  #fill;
  #pinned = /** @type {string | null} */ (null); // the claim whose card stays

  /**
   * @param {HTMLElement} text where the claims are marked
   * @param {HTMLElement} card
   * @param {(id: string | null) => Claim | undefined} claim
   * @param {(claim: Claim) => void} fill writes the card
   */
  constructor(text, card, claim, fill) {
    this.#text = text;
    this.#card = card;
    this.#claim = claim;
    this.#fill = fill;
    this.#followPointer();
    this.#followKeys();
  }

  flags() {
    return [...this.#text.querySelectorAll("button.flag")].filter((flag) => flag instanceof HTMLButtonElement);
  }

  /** @param {string} id */
  flag(id) {
    return this.flags().find(({ dataset }) => dataset.flag === id);
  }

  /**
   * Light one claim up: its pieces, its source, its cue and those it is about, with its card beside it.
   *
   * @param {string | null} id null: none
   * @param {Element} [anchor] what the card is placed at
   */
  light(id, anchor) {
    for (const lit of this.#text.querySelectorAll(".lit")) lit.classList.remove("lit", "favor", "against", "neutral");
    const claim = this.#claim(id);
    this.#text.classList.toggle("one-lit", claim !== undefined);
    this.#card.hidden = claim === undefined;
    if (!claim) return;
    const pieces = [...this.#text.querySelectorAll(`[data-claim="${CSS.escape(claim.id)}"]`)];
    const around = [...this.#text.querySelectorAll(`[data-claims~="${CSS.escape(claim.id)}"]`)];
    for (const part of [...pieces, ...around]) part.classList.add("lit");
    for (const { target, label } of claim.stances) {
      for (const mention of this.#text.querySelectorAll(`[data-entity="${CSS.escape(target)}"]`)) mention.classList.add("lit", label);
    }
    this.#fill(claim);
    placeCard(this.#card, anchor ?? pieces[0] ?? this.#text);
  }

  /** Leave the claim that was looked at; go back to the pinned one, if there is one. */
  #unlight() {
    const pinned = this.#pinned && this.flag(this.#pinned);
    if (pinned) this.light(this.#pinned, pinned);
    else this.light(null);
  }

  #followPointer() {
    this.#text.addEventListener("pointerover", ({ target, pointerType }) => {
      const claim = claimAt(target);
      if (pointerType === "touch") return; // a tap comes as a click, and its card stays
      if (claim) this.light(claim.dataset.claim ?? null, claim);
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
      if (this.#pinned && claim) this.light(this.#pinned, claim);
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
      for (const flag of this.flags()) flag.tabIndex = flag === target ? 0 : -1;
      this.light(target.dataset.flag, target);
    });
    this.#text.addEventListener("focusout", () => this.#unlight());
    this.#text.addEventListener("keydown", (press) => {
      const flags = this.flags();
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
      this.light(null);
    });
  }
}

/** @param {EventTarget | null} target */
function claimAt(target) {
  const claim = target instanceof Element ? target.closest("mark.claim") : null;
  return claim instanceof HTMLElement ? claim : null;
}
