/**
 * The one place where the wire's offsets (Unicode code points) become JavaScript's (UTF-16 code units).
 *
 * The two part ways at characters beyond the Basic Multilingual Plane, emoji for the most part: one code point, two
 * units. Those are rare, so only their positions are kept, and a look-up is a binary search over them.
 */
export class CodePoints {
  /** Positions, in code points, of the characters that take two units; ascending. */
  #wide = /** @type {number[]} */ ([]);

  /** @param {string} text */
  constructor(text) {
    this.text = text;
    let position = 0;
    for (let unit = 0; unit < text.length; position++) {
      const wide = /** @type {number} */ (text.codePointAt(unit)) > 0xffff;
      if (wide) this.#wide.push(position);
      unit += wide ? 2 : 1;
    }
    /** In code points. */
    this.length = position;
  }

  /**
   * @param {number} offset in code points; beyond the text it is taken as the text's end
   * @returns {number} in UTF-16 code units
   */
  utf16(offset) {
    const within = Math.min(Math.max(offset, 0), this.length);
    let low = 0;
    let high = this.#wide.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#wide[middle] < within) low = middle + 1;
      else high = middle;
    }
    return within + low;
  }

  /**
   * @param {number} start in code points
   * @param {number} end in code points, exclusive
   * @returns {string}
   */
  slice(start, end) {
    return this.text.slice(this.utf16(start), this.utf16(end));
  }
}
