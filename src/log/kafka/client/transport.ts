// Transport
// Requests and answers over one socket. A broker answers in the order of the requests, so that an answer belongs to the
// request that has waited longest, and its correlation id must say the same. Whatever goes wrong ends the connection and
// every request on it: what would come later could belong to a request that has been given up.

import { once } from "node:events";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { errorMessage } from "../../../domain/error-message.ts";
import type { Call } from "../protocol/calls.ts";
import { ProtocolReader } from "../protocol/bytes.ts";
import { Disconnected } from "./errors.ts";
import { FrameReader } from "./frames.ts";

/** Beside what the broker may wait itself. Shorter than an election, so that who asks again meets the leader after it. */
const REQUEST_MS = 5_000;
const MAX_INT32 = 2 ** 31 - 1;
/** Produce, SaslHandshake, ApiVersions, SaslAuthenticate: their answers do not begin with the time to wait for a quota. */
const WITHOUT_THROTTLE: ReadonlySet<number> = new Set([0, 17, 18, 36]);

interface InFlight {
  readonly correlation: number;
  readonly call: Call<unknown>;
  readonly resolve: (answer: Buffer) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export class Transport {
  readonly #socket: Socket;
  readonly #clientId: Buffer;
  readonly #frames = new FrameReader();
  readonly #inFlight: InFlight[] = [];
  readonly #ended = new AbortController();
  #correlation = 0;
  #end: Error | null = null;
  #throttledUntilMs = 0;
  #draining: Promise<unknown> | null = null;

  constructor(socket: Socket, clientId: string) {
    this.#socket = socket;
    const name = Buffer.from(clientId);
    this.#clientId = Buffer.concat([Buffer.from([name.length >> 8, name.length & 0xff]), name]);
    socket
      .on("data", (piece) => this.#received(piece))
      .on("error", (error) => this.close(new Disconnected(error.message, { cause: error })))
      .on("close", () => this.close(new Disconnected("the broker closed the connection")));
  }

  get open(): boolean {
    return this.#end === null;
  }

  /** The answer's bytes behind its header; throws `Disconnected`. */
  async exchange(call: Call<unknown>): Promise<Buffer> {
    while (this.#isHeldBack()) await this.#released();
    if (this.#end !== null) throw this.#end;
    this.#correlation = this.#correlation === MAX_INT32 ? 0 : this.#correlation + 1;
    const correlation = this.#correlation;
    const answer = new Promise<Buffer>((resolve, reject) => {
      const timer = setTimeout(() => this.#overdue(correlation, call), REQUEST_MS + call.waitMs);
      this.#inFlight.push({ correlation, call, resolve, reject, timer });
    });
    this.#socket.write(frameOf(call, correlation, this.#clientId));
    return await answer;
  }

  /** By a quota, or because the broker does not take what was sent before. */
  #isHeldBack(): boolean {
    return this.open && (this.#socket.writableNeedDrain || this.#throttledUntilMs > performance.now());
  }

  async #released(): Promise<void> {
    const { signal } = this.#ended;
    const waitMs = this.#throttledUntilMs - performance.now();
    if (waitMs > 0) return await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    // One listener for all that wait.
    this.#draining ??= once(this.#socket, "drain", { signal })
      .catch(() => undefined)
      .finally(() => (this.#draining = null));
    await this.#draining;
  }

  #received(piece: Buffer): void {
    try {
      for (const frame of this.#frames.push(piece)) this.#answered(frame);
    } catch (error) {
      this.close(new Disconnected(errorMessage(error), { cause: error }));
    }
  }

  #answered(frame: Buffer): void {
    const reader = new ProtocolReader(frame);
    const correlation = reader.i32();
    const [request] = this.#inFlight;
    if (request === undefined || request.correlation !== correlation)
      throw new Error(`an answer to request ${correlation} came, not to ${request?.correlation ?? "any"}`);
    this.#inFlight.shift();
    clearTimeout(request.timer);
    if (request.call.flexible === true) reader.skipTags();
    const body = frame.subarray(frame.length - reader.left);
    if (!WITHOUT_THROTTLE.has(request.call.api) && body.length >= 4)
      this.#throttledUntilMs = Math.max(this.#throttledUntilMs, performance.now() + body.readInt32BE(0));
    request.resolve(body);
  }

  /** An answer that came while this process computed is still to be read: it comes first. */
  #overdue(correlation: number, { name }: Call<unknown>): void {
    setImmediate(() => {
      if (this.#inFlight.some((request) => request.correlation === correlation))
        this.close(new Disconnected(`${name} was not answered in time`));
    });
  }

  close(why: Error): void {
    if (this.#end !== null) return;
    this.#end = why;
    this.#ended.abort();
    this.#socket.destroy();
    for (const { timer, reject } of this.#inFlight.splice(0)) {
      clearTimeout(timer);
      reject(why);
    }
  }
}

function frameOf({ api, version, flexible, body }: Call<unknown>, correlation: number, clientId: Buffer): Buffer {
  const header = 8 + clientId.length + (flexible === true ? 1 : 0);
  const frame = Buffer.allocUnsafe(4 + header + body.length);
  frame.writeInt32BE(header + body.length, 0);
  frame.writeInt16BE(api, 4);
  frame.writeInt16BE(version, 6);
  frame.writeInt32BE(correlation, 8);
  frame.set(clientId, 12);
  // No tagged fields.
  if (flexible === true) frame[3 + header] = 0;
  frame.set(body, 4 + header);
  return frame;
}
