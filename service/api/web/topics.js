/** The topics that the sender asked about: where the article stands, and who stands where in it. */

import { element } from "./element.js";
import { doubt, sign, stanceWords } from "./stances.js";
import { percent } from "./words.js";

/** @import { Cast } from "./cast.js" */
/** @import { Sure } from "./stances.js" */
/** @import { TopicStance } from "./wire.js" */

/**
 * @param {readonly TopicStance[]} topics
 * @param {Cast} cast
 * @param {number} least the confidence a holder's stance must have to be shown
 * @param {(title: string, claims: string[]) => void} open
 * @returns {HTMLElement[]}
 */
export function drawTopics(topics, cast, least, open) {
  return topics.map(({ topic, holders, ...article }) =>
    element(
      "li",
      { class: "topic" },
      element(
        "p",
        { class: "proposition" },
        sign(article),
        element("strong", { dir: "auto" }, topic),
        element("span", { class: "quiet" }, `the article: ${word(article)}, ${percent(article.confidence)}`),
      ),
      element(
        "ul",
        {},
        ...holders
          .filter((holder) => holder.confidence >= least)
          .map((holder) => {
            const words = `${cast.name(holder.holder)}: ${word(holder)}`;
            const title = `${cast.name(holder.holder)}, ${stanceWords(holder, `“${topic}”`)}`;
            const button = element(
              "button",
              { type: "button", class: "count", click: () => open(title, holder.claims) },
              sign(holder),
              element("span", { dir: "auto" }, words),
              element("span", { class: "quiet" }, percent(holder.confidence)),
            );
            return element("li", {}, button);
          }),
      ),
    ),
  );
}

/** @param {Sure} stance */
const word = (stance) => stance.label + doubt(stance);
