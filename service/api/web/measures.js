/** Numbers out of the metrics, in Prometheus' text format. */

/**
 * @param {string} exposition
 * @param {string} name a sample's
 * @returns {number | null} the sum over all its labels; null where there is no such sample
 */
export function total(exposition, name) {
  const values = exposition
    .split("\n")
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .map((line) => Number(line.slice(line.lastIndexOf(" ") + 1)));
  return values.length ? values.reduce((sum, value) => sum + value, 0) : null;
}

/** How fast a count goes up, by two looks at it. */
export class Pace {
  #before = /** @type {{ at: number, count: number } | null} */ (null);

  /**
   * @param {number} count
   * @param {number} at ms
   * @returns {number | null} a minute; null at the first look, and when the count began anew
   */
  look(count, at) {
    const before = this.#before;
    this.#before = { at, count };
    return before && count >= before.count && at > before.at ? ((count - before.count) * 60_000) / (at - before.at) : null;
  }
}
