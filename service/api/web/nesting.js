/** Turns stretches of text that may nest, repeat and cross into a tree, which is what elements on a page have to be. */

/**
 * @template T
 * @typedef {object} Stretch
 * @property {number} start
 * @property {number} end exclusive
 * @property {number} rank of two stretches with the same ends, the one of lower rank goes outside
 * @property {T} mark what the stretch stands for
 */

/**
 * @template T
 * @typedef {object} Node a piece of a stretch, or plain text where `mark` is null
 * @property {number} start
 * @property {number} end
 * @property {T | null} mark
 * @property {Node<T>[]} children
 */

/**
 * Nest `stretches` within `start` to `end`.
 *
 * Where two cross, the one that starts later is cut at the end of the other and goes on behind it, so a stretch may come
 * out as several nodes. Text that nothing marks becomes nodes of its own: the leaves spell the whole text, in order.
 *
 * @template T
 * @param {readonly Stretch<T>[]} stretches
 * @param {number} start
 * @param {number} end
 * @returns {Node<T>[]}
 */
export function nest(stretches, start, end) {
  const waiting = stretches
    .map((stretch) => ({ ...stretch, start: Math.max(stretch.start, start), end: Math.min(stretch.end, end) }))
    .filter((stretch) => stretch.start < stretch.end)
    .sort(inOrder);
  /** @type {Node<T>} */
  const root = { start, end, mark: null, children: [] };
  const open = [root];
  let written = start;

  /** @param {number} until */
  const write = (until) => {
    if (written < until) open[open.length - 1].children.push({ start: written, end: until, mark: null, children: [] });
    written = Math.max(written, until);
  };
  /** @param {number} until */
  const close = (until) => {
    while (open.length > 1 && open[open.length - 1].end <= until) {
      write(open[open.length - 1].end);
      open.pop();
    }
  };

  for (let next = 0; next < waiting.length; next++) {
    const stretch = waiting[next];
    close(stretch.start);
    write(stretch.start);
    const around = open[open.length - 1];
    if (stretch.end > around.end) {
      insert(waiting, next + 1, { ...stretch, start: around.end });
      stretch.end = around.end;
    }
    /** @type {Node<T>} */
    const node = { start: stretch.start, end: stretch.end, mark: stretch.mark, children: [] };
    around.children.push(node);
    open.push(node);
  }
  close(end);
  write(end);
  return root.children;
}

/**
 * @param {Stretch<unknown>} a
 * @param {Stretch<unknown>} b
 */
function inOrder(a, b) {
  return a.start - b.start || b.end - a.end || a.rank - b.rank;
}

/**
 * @template T
 * @param {Stretch<T>[]} sorted
 * @param {number} from
 * @param {Stretch<T>} stretch
 */
function insert(sorted, from, stretch) {
  let place = from;
  while (place < sorted.length && inOrder(sorted[place], stretch) <= 0) place++;
  sorted.splice(place, 0, stretch);
}
