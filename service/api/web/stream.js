/**
 * Server-sent events over fetch. EventSource would do most of it, but it can send no key and tells nobody why it was
 * refused; so the format (WHATWG HTML, section 9.2) is read here, and the waits between attempts are ours.
 */

import { Refusal, request } from "./request.js";

/** @typedef {{ type: string, data: string }} Message */
/** @typedef {{ state: "connecting" | "connected" } | { state: "waiting", seconds: number, why: string }} Connection */

const SILENCE = 45_000; // ms; the service sends a comment far more often, so this much silence is a dead connection
const FIRST_WAIT = 1_000; // ms before the second attempt; doubled up to the longest
const LONGEST_WAIT = 15_000;

export class Stream {
  #path;
  #onMessage;
  #onConnection;
  #last = "";
  #ended = new AbortController();

  /**
   * @param {string} path
   * @param {(message: Message) => void} onMessage
   * @param {(connection: Connection) => void} onConnection
   */
  constructor(path, onMessage, onConnection) {
    this.#path = path;
    this.#onMessage = onMessage;
    this.#onConnection = onConnection;
  }

  /** Read until `end`, over as many connections as it takes; each goes on behind the last message. */
  async run() {
    let wait = FIRST_WAIT;
    while (!this.#ended.signal.aborted) {
      let why = "The service closed the connection.";
      try {
        this.#onConnection({ state: "connecting" });
        await this.#read(() => (wait = FIRST_WAIT));
      } catch (error) {
        if (this.#ended.signal.aborted) return;
        why = error instanceof Refusal ? (error.problem.detail ?? error.problem.title) : "The connection was lost.";
      }
      this.#onConnection({ state: "waiting", seconds: Math.round(wait / 1000), why });
      await this.#pause(wait);
      wait = Math.min(wait * 2, LONGEST_WAIT);
    }
  }

  end() {
    this.#ended.abort();
  }

  /** @param {() => void} connected */
  async #read(connected) {
    const silent = new AbortController();
    let timer = setTimeout(() => silent.abort(), SILENCE);
    try {
      const answer = await request(this.#path, {
        headers: { accept: "text/event-stream", ...(this.#last && { "last-event-id": this.#last }) },
        signal: AbortSignal.any([silent.signal, this.#ended.signal]),
      });
      this.#onConnection({ state: "connected" });
      connected();
      const parser = new Parser();
      const reader = /** @type {ReadableStream<Uint8Array>} */ (answer.body).getReader();
      const decoder = new TextDecoder();
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        clearTimeout(timer);
        timer = setTimeout(() => silent.abort(), SILENCE);
        parser.take(decoder.decode(read.value, { stream: true })).forEach(this.#onMessage);
        this.#last = parser.last || this.#last;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Wait, but no longer than until the machine says that its network is back.
   *
   * @param {number} ms
   */
  async #pause(ms) {
    const over = new AbortController();
    await new Promise((resolve) => {
      setTimeout(resolve, ms);
      window.addEventListener("online", resolve, { signal: over.signal });
      this.#ended.signal.addEventListener("abort", resolve, { signal: over.signal });
    });
    over.abort();
  }
}

/** Turns chunks of text, cut anywhere, into messages. */
export class Parser {
  /** The id to go on behind. It may move without a message, past those that a filter kept back. */
  last = "";
  #rest = "";
  #id = "";
  #type = "";
  #data = /** @type {string[]} */ ([]);

  /**
   * @param {string} chunk
   * @returns {Message[]} those that the chunk completes
   */
  take(chunk) {
    const lines = (this.#rest + chunk).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.#line(line));
  }

  /**
   * @param {string} line
   * @returns {Message[]}
   */
  #line(line) {
    if (line === "") {
      const message = { type: this.#type || "message", data: this.#data.join("\n") };
      const whole = this.#data.length > 0;
      this.last = this.#id;
      this.#type = "";
      this.#data = [];
      return whole ? [message] : [];
    }
    const [, field, value] = /** @type {RegExpExecArray} */ (/^([^:]*)(?:: ?(.*))?$/s.exec(line));
    if (field === "data") this.#data.push(value ?? "");
    else if (field === "event") this.#type = value ?? "";
    else if (field === "id" && !value?.includes("\0")) this.#id = value ?? "";
    return [];
  }
}
