/** Reads schemas/openapi.json with Redocly's rules and schemas/asyncapi.yaml with AsyncAPI's parser; fails on an error. */

import { fileURLToPath } from "node:url";
import { Parser, fromFile } from "@asyncapi/parser";
import { createConfig, lint } from "@redocly/openapi-core";

const schemas = new URL("../../../schemas/", import.meta.url); // of this file, not of the folder that it is called from
const path = (/** @type {string} */ name) => fileURLToPath(new URL(name, schemas));

/** @returns {Promise<string[]>} */
async function openapi() {
  const config = await createConfig({
    extends: ["recommended-strict"],
    rules: {
      "operation-4xx-response": "off", // a probe has no parameter that could be wrong
      // Our schemas close themselves; the rule's own way of closing them contradicts `if` and `else`.
      "no-invalid-media-type-examples": { severity: "error", allowAdditionalProperties: true },
    },
  });
  const found = await lint({ ref: path("openapi.json"), config });
  return found.map(({ ruleId, message, location }) => `openapi.json${location[0]?.pointer ?? ""}: ${message} (${ruleId})`);
}

/** @returns {Promise<string[]>} */
async function asyncapi() {
  const { diagnostics } = await fromFile(new Parser(), path("asyncapi.yaml")).parse();
  return diagnostics
    .filter(({ severity }) => severity <= 1) // errors and warnings; below them, it is told of newer versions
    .map(({ code, message, path: place }) => `asyncapi.yaml#/${place.join("/")}: ${message} (${code})`);
}

const faults = [...(await openapi()), ...(await asyncapi())];
for (const fault of faults) console.error(fault);
process.exit(faults.length > 0 ? 1 : 0);
