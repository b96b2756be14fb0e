/**
 * Puts the page together: views, one shown at a time, told by the address behind the #. A view is a section of
 * `index.html`, a module, and a line of VIEWS.
 */

import { address } from "./address.js";
import { find } from "./element.js";
import { EventView } from "./event_view.js";
import { Live } from "./live.js";
import { Playground } from "./playground.js";
import { Search } from "./search.js";
import { Status } from "./status.js";

/**
 * @typedef {object} View
 * @property {string} title of the browser's tab
 * @property {string} tab the view whose link in the header is marked
 * @property {(id: string) => void} open called whenever the address leads to the view, with the id that it carries
 */

/** @param {string} name */
const section = (name) => find(document, `#${name}`, HTMLElement);

const events = new EventView(section("article"));
const playground = new Playground(section("playground"), (id) => events.awaitEvent(id));
const live = new Live(section("live"), (event) => events.goTo(event));
const search = new Search(section("search"));
const status = new Status(section("status"), section("badge"), section("banner"), () => live.reopen());

const VIEWS = /** @type {Record<string, View>} */ ({
  playground: { title: "Playground", tab: "playground", open: (id) => playground.open(id) },
  live: { title: "Live", tab: "live", open: () => live.open() },
  search: { title: "Search", tab: "search", open: () => search.open() },
  article: { title: "Article", tab: "live", open: (id) => void events.open(id) },
  status: { title: "Status", tab: "status", open: () => void status.look() },
});

/** @param {boolean} [moved] whether the user came here, rather than the page being opened here */
function route(moved = true) {
  const { view: name, id } = address();
  if (name && !Object.hasOwn(VIEWS, name)) return; // an anchor within the view
  const shown = name || "playground";
  const { title, tab, open } = VIEWS[shown];
  for (const view of Object.keys(VIEWS)) section(view).hidden = view !== shown;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.getAttribute("href") === `#${tab}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${title} · claimwire`;
  if (moved) {
    find(section(shown), "h1", HTMLElement).focus({ preventScroll: true });
    scrollTo(0, 0);
  }
  open(id);
}

window.addEventListener("hashchange", () => route());
route(false);
status.start();
