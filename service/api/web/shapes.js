/** A stance is told by its shape first and by its colour second. */

/** @import { Stance } from "./wire.js" */

const OUTLINES = {
  favor: "M8 2 15 14H1Z", // points up
  against: "M1 2H15L8 14Z", // points down
  neutral: "M8 2a6 6 0 1 1 0 12a6 6 0 1 1 0-12Z", // a disc
};

/**
 * @param {Stance} stance
 * @returns {SVGSVGElement} hidden from screen readers: words beside it must say the same
 */
export function shape(stance) {
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const outline = document.createElementNS("http://www.w3.org/2000/svg", "path");
  outline.setAttribute("d", OUTLINES[stance]);
  drawing.setAttribute("viewBox", "0 0 16 16");
  drawing.setAttribute("class", `shape ${stance}`);
  drawing.setAttribute("aria-hidden", "true");
  drawing.setAttribute("focusable", "false");
  drawing.append(outline);
  return drawing;
}
