/** Files in and out: an article that is dropped or picked, claims that are saved. */

import { Refusal } from "./request.js";

const MOST = 4_000_000; // bytes; no article of a million characters is larger in UTF-8

/**
 * @param {File} file
 * @returns {Promise<string>}
 * @throws {Refusal} if it is too large or not text
 */
export async function textIn(file) {
  if (file.size > MOST) throw refusal(`${file.name} is larger than ${MOST / 1e6} MB: choose a shorter text.`);
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
    if (!text.includes("\0")) return text;
  } catch {
    // not UTF-8, which is said below
  }
  throw refusal(`${file.name} is not text in UTF-8: save the article as plain text or HTML first.`);
}

/** @param {string} detail */
const refusal = (detail) => new Refusal({ title: "The file cannot be read", status: 0, detail });

/**
 * @param {string} name
 * @param {string} type
 * @param {string} content
 */
export function save(name, type, content) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href));
}
