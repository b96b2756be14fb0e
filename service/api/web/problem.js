/** Shows why something was refused. */

import { element } from "./element.js";
import { Refusal } from "./request.js";

const NO_KEY = 401;
const NOT_ALLOWED = 403;
const OWN = /^\/problems\/[a-z0-9-]+$/;

/**
 * @param {HTMLElement} place an element of role alert
 * @param {unknown} error
 */
export function showProblem(place, error) {
  const problem = error instanceof Refusal ? error.problem : { title: "The page failed", status: 0, detail: String(error) };
  place.replaceChildren(
    element("strong", {}, problem.title),
    ...(problem.detail ? [element("p", {}, problem.detail)] : []),
    ...([NO_KEY, NOT_ALLOWED].includes(problem.status) ? [element("p", {}, element("a", { href: "#status" }, "Enter a key"))] : []),
    ...(problem.status ? [element("p", { class: "quiet" }, `HTTP ${problem.status}`, ...explanation(problem.type))] : []),
  );
  place.hidden = false;
}

/** @param {HTMLElement} place */
export function clearProblem(place) {
  place.hidden = true;
  place.replaceChildren();
}

/** @param {string} [type] leads to what the service says of this type of problem, if it is one of its own */
function explanation(type) {
  if (!type) return [];
  return [" · ", OWN.test(type) ? element("a", { href: type }, type) : type];
}
