/** Puts the page together: four views, one shown at a time, told by the address behind the #. */

import { find } from "./element.js";
import { Live } from "./live.js";
import { Playground } from "./playground.js";
import { clearProblem, showProblem } from "./problem.js";
import { Reading } from "./reading.js";
import { request } from "./request.js";
import { Status } from "./status.js";

/** @import { ArticleEvent } from "./wire.js" */

const OWN_ARTICLES = 20; // texts that were sent from here and are kept, to show their events in full
const TITLES = { playground: "Playground", live: "Live", article: "Article", status: "Status" };

/** @typedef {keyof typeof TITLES} View */

const reading = new Reading(find(document, "#playground .reading", HTMLElement));
const articleReading = new Reading(find(document, "#article .reading", HTMLElement));
const bodies = /** @type {Map<string, string>} */ (new Map());
let opened = /** @type {ArticleEvent | null} */ (null);

new Playground(find(document, "#playground", HTMLElement), reading, ({ id, body, body_type }) => {
  if (body_type === "text/plain") bodies.set(id, body);
  const [oldest] = bodies.keys();
  if (bodies.size > OWN_ARTICLES) bodies.delete(oldest);
});

const live = new Live(find(document, "#live", HTMLElement), (event) => {
  opened = event;
  location.hash = `article/${encodeURIComponent(event.article.id)}`;
});

const status = new Status(
  find(document, "#status", HTMLElement),
  find(document, "#badge", HTMLElement),
  find(document, "#banner", HTMLElement),
  () => live.reopen(),
);

/** @param {string} id */
async function showArticle(id) {
  const place = find(document, "#article [role=alert]", HTMLElement);
  clearProblem(place);
  try {
    const event =
      opened?.article.id === id
        ? opened
        : /** @type {ArticleEvent} */ (await (await request(`v1/articles/${encodeURIComponent(id)}`)).json());
    articleReading.show(event, { body: bodies.get(id) });
    articleReading.focus();
  } catch (error) {
    find(document, "#article .reading", HTMLElement).hidden = true;
    showProblem(place, error);
  }
}

/** @param {boolean} [moved] whether the user came here, rather than the page being opened here */
function route(moved = true) {
  const [name, id = ""] = location.hash.slice(1).split("/", 2);
  if (name && !(name in TITLES)) return; // an anchor within the view
  const view = /** @type {View} */ (name || "playground");
  for (const section of document.querySelectorAll("main > section")) {
    if (section instanceof HTMLElement) section.hidden = section.id !== view;
  }
  const tab = view === "article" ? "live" : view;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.getAttribute("href") === `#${tab}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${TITLES[view]} · claimwire`;
  if (view === "live") live.open();
  if (view === "status") void status.look();
  if (view === "article") void showArticle(decodeURIComponent(id));
  else if (moved) {
    find(document, `#${view} h1`, HTMLElement).focus({ preventScroll: true });
    scrollTo(0, 0);
  }
}

window.addEventListener("hashchange", () => route());
route(false);
status.start();
