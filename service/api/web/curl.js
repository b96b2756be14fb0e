/** The command that asks for the same event from a shell. */

/** @import { Article } from "./wire.js" */

/**
 * The article goes in by a here-document: its quotation marks need no escape, and it may be longer than an argument. Its
 * JSON is one line that begins with a brace, so it cannot be taken for the document's end.
 *
 * @param {string} origin
 * @param {Article} article
 * @param {boolean} withKey
 * @returns {string}
 */
export function curlCommand(origin, article, withKey) {
  const key = withKey ? ' -H "authorization: Bearer $CLAIMWIRE_KEY"' : "";
  return [
    `curl -sS ${origin}/v1/analyze -H 'content-type: application/json'${key} --data-binary @- <<'ARTICLE'`,
    JSON.stringify(article),
    "ARTICLE",
  ].join("\n");
}
