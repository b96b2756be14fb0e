/** The topics that the sender asked about: where the article stands, and who stands where in it. */

import { element } from "./element.js";
import { shape } from "./shapes.js";
import { STANCE_WORDS, percent } from "./words.js";

/** @import { Cast } from "./cast.js" */
/** @import { TopicStance } from "./wire.js" */

/**
 * @param {readonly TopicStance[]} topics
 * @param {Cast} cast
 * @param {number} least the confidence a holder's stance must have to be shown
 * @param {(title: string, claims: string[]) => void} open
 * @returns {HTMLElement[]}
 */
export function drawTopics(topics, cast, least, open) {
  return topics.map(({ topic, label, confidence, holders }) =>
    element(
      "li",
      { class: "topic" },
      element(
        "p",
        { class: "proposition" },
        shape(label),
        element("strong", { dir: "auto" }, topic),
        element("span", { class: "quiet" }, `the article: ${word(label)}, ${percent(confidence)}`),
      ),
      element(
        "ul",
        {},
        ...holders
          .filter((holder) => holder.confidence >= least)
          .map((holder) => {
            const words = `${cast.name(holder.holder)}: ${word(holder.label)}`;
            const title = `${cast.name(holder.holder)}, ${STANCE_WORDS[holder.label]} “${topic}”`;
            const button = element(
              "button",
              { type: "button", class: "count", click: () => open(title, holder.claims) },
              shape(holder.label),
              element("span", { dir: "auto" }, words),
              element("span", { class: "quiet" }, percent(holder.confidence)),
            );
            return element("li", {}, button);
          }),
      ),
    ),
  );
}

/** @param {string} label */
function word(label) {
  return label === "favor" ? "in favor" : label;
}
