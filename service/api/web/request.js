/** Calls to the service, and the words that it answers with when it says no. */

/** @import { Problem } from "./wire.js" */

const KEY = "claimwire-key";

/** A key lives as long as the tab and goes nowhere but into the Authorization header. */
export const key = {
  get: () => sessionStorage.getItem(KEY) ?? "",
  /** @param {string} value */
  set: (value) => (value ? sessionStorage.setItem(KEY, value) : sessionStorage.removeItem(KEY)),
};

/** The service said no (RFC 9457), or nothing at all. */
export class Refusal extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.title);
    this.problem = problem;
  }
}

/**
 * @param {string} path
 * @param {object} [options]
 * @param {string} [options.method]
 * @param {unknown} [options.json] the body
 * @param {Record<string, string>} [options.headers]
 * @param {AbortSignal} [options.signal]
 * @param {readonly number[]} [options.take] statuses outside of 2xx whose answer is wanted all the same
 * @returns {Promise<Response>}
 * @throws {Refusal} for every other status, and where there is no answer at all
 */
export async function request(path, { method = "GET", json, headers = {}, signal, take = [] } = {}) {
  const sent = new Headers(headers);
  if (json !== undefined) sent.set("content-type", "application/json");
  if (key.get()) sent.set("authorization", `Bearer ${key.get()}`);
  const answer = await fetch(path, {
    method,
    headers: sent,
    body: json === undefined ? undefined : JSON.stringify(json),
    signal,
    cache: "no-store",
  }).catch((error) => {
    if (signal?.aborted) throw error;
    throw new Refusal({ title: "The service does not answer", status: 0, detail: "No connection could be made." });
  });
  if (!answer.ok && !take.includes(answer.status)) throw new Refusal(await problemOf(answer));
  return answer;
}

/**
 * @param {Response} answer
 * @returns {Promise<Problem>}
 */
async function problemOf(answer) {
  const plain = { title: answer.statusText || `The service answered ${answer.status}`, status: answer.status };
  if (!/[/+]json\b/.test(answer.headers.get("content-type") ?? "")) return plain;
  const said = await answer.json().catch(() => ({}));
  return { ...plain, ...(said && typeof said === "object" ? said : {}) };
}
