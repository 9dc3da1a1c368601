// Told work: an answer that takes a while, as Server-Sent Events: how far it is, again and again, and then what came of it. Who goes
// away ends it.

import type { FastifyReply } from "fastify";
import { InvalidInput } from "../../domain/campaign/campaign.ts";
import { errorMessage } from "../../domain/error-message.ts";
import { Problem } from "../../http/problem.ts";
import type { Progress } from "../../terminal/progress.ts";

export interface Told {
  readonly step: string;
  /** From 0 to 1. */
  readonly done: number;
  readonly detail: string;
}

export interface WorkFault {
  /** Null: of no field. */
  readonly field: string | null;
  readonly message: string;
}

export interface WorkOptions {
  /** Of the console: ends all work. */
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
  readonly onTrouble: (text: string) => void;
}

type Work = (progress: Progress, signal: AbortSignal) => Promise<unknown>;

const TELL_MS = 150;

export class TellingWork {
  readonly #options: WorkOptions;
  readonly #most: number;
  #running = 0;

  /** `most`: of such work at a time; more is refused. */
  constructor(options: WorkOptions, most: number) {
    this.#options = options;
    this.#most = most;
  }

  async answer(reply: FastifyReply, work: Work): Promise<FastifyReply> {
    if (this.#running >= this.#most)
      throw new Problem(503, "busy", "others are reading the log for this just now: try again in a moment", {
        retryAfter: 5,
      });
    const headers = reply.getHeaders();
    reply.hijack();
    const { raw } = reply;
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) raw.setHeader(name, value);
    raw.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" });
    const leaving = new AbortController();
    const leave = (): void => leaving.abort();
    raw.on("close", leave);
    // What breaks is the viewer's connection.
    raw.on("error", leave);
    const signal = AbortSignal.any([leaving.signal, this.#options.signal]);
    const tell = (event: string, data: unknown): void =>
      void raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    this.#running += 1;
    try {
      tell("page", await work(this.#progress(tell), signal));
    } catch (error) {
      if (!signal.aborted) tell("fault", this.#faultOf(error));
    } finally {
      this.#running -= 1;
      raw.end();
    }
    return reply;
  }

  #progress(tell: (event: string, data: Told) => void): Progress {
    const { nowMs } = this.#options;
    let last = { step: "", atMs: 0 };
    return {
      report(step, done, detail = "") {
        if (step === last.step && nowMs() - last.atMs < TELL_MS) return;
        last = { step, atMs: nowMs() };
        tell("progress", { step, done, detail });
      },
      clear: () => undefined,
    };
  }

  #faultOf(error: unknown): WorkFault {
    const text = errorMessage(error);
    if (error instanceof Problem) return { field: error.details.field ?? null, message: error.message };
    if (!(error instanceof InvalidInput)) {
      this.#options.onTrouble(error instanceof Error ? (error.stack ?? text) : text);
      return { field: null, message: `The log could not be read: ${text}` };
    }
    const [, field, message] = /^(?:--)?([^\s:]+): (.*)$/s.exec(text) ?? [];
    return { field: field ?? null, message: message ?? text };
  }
}
