/** The address behind the #: a view, an id within it, and its filters, as in `#article/urn%3Aa?stance=against`. */

/** @returns {{ view: string, id: string, query: URLSearchParams }} */
export function address() {
  const [path, query = ""] = location.hash.slice(1).split("?", 2);
  const [view, id = ""] = path.split("/", 2);
  return { view, id: decoded(id), query: new URLSearchParams(query) };
}

/**
 * @param {string} view
 * @param {string} [id]
 * @param {URLSearchParams} [query]
 */
export function hash(view, id = "", query = new URLSearchParams()) {
  return `#${view}${id && `/${encodeURIComponent(id)}`}${query.size ? `?${query}` : ""}`;
}

/**
 * Put filters into the address, so that they survive a reload and can be sent to somebody; the view stays as it is.
 *
 * @param {URLSearchParams} query
 */
export function replaceQuery(query) {
  const { view, id } = address();
  history.replaceState(null, "", hash(view, id, query));
}

/** @param {string} id */
function decoded(id) {
  try {
    return decodeURIComponent(id);
  } catch {
    return id; // typed by hand, and not an encoding
  }
}
