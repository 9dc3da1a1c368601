// Live pages: pages that are open somewhere, each sent again when it has changed (Server-Sent Events). The latest page counts:
// who reads slowly gets fewer of them, and nothing is kept for anybody.

import type { ServerResponse } from "node:http";

/** What is sent: `event: page`. A page itself has no time of its making in it, or it would be another each time. */
export interface LivePage {
  readonly atMs: number;
  /** Why the log cannot be read now, and since when; null: it can. */
  readonly trouble: { readonly sinceMs: number; readonly text: string } | null;
  readonly page: unknown;
}

interface Viewer {
  readonly key: string;
  readonly page: () => unknown;
  readonly response: ServerResponse;
  last: string;
  sentAtMs: number;
}

/** Each holds a connection; more are refused. */
export const MOST_VIEWERS = 100;
/** So often something is said to those whose page stays as it is, so that both sides know that the other is there. */
const QUIET_MS = 10_000;

export class LivePages {
  readonly #nowMs: () => number;
  readonly #viewers = new Set<Viewer>();
  #trouble: LivePage["trouble"] = null;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get isFull(): boolean {
    return this.#viewers.size >= MOST_VIEWERS;
  }

  /** Null: the log was read. */
  told(text: string | null): void {
    this.#trouble = text === null ? null : { sinceMs: this.#trouble?.sinceMs ?? this.#nowMs(), text };
  }

  /** `key` names the page: viewers of the same one share it. */
  add(key: string, page: () => unknown, response: ServerResponse): void {
    const viewer: Viewer = { key, page, response, last: "", sentAtMs: 0 };
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" });
    response.on("close", () => this.#viewers.delete(viewer));
    // What breaks is the viewer's connection.
    response.on("error", () => this.#viewers.delete(viewer));
    this.#viewers.add(viewer);
    this.#sendTo(viewer, JSON.stringify(page()));
  }

  /** To each whose page has changed. */
  send(): void {
    const made = new Map<string, string>();
    for (const viewer of this.#viewers) {
      if (viewer.response.writableNeedDrain) continue;
      const text = made.get(viewer.key) ?? JSON.stringify(viewer.page());
      made.set(viewer.key, text);
      this.#sendTo(viewer, text);
    }
  }

  /** As an answer of its own. */
  once(page: unknown): LivePage {
    return { atMs: this.#nowMs(), trouble: this.#trouble, page };
  }

  close(): void {
    for (const { response } of this.#viewers) response.end();
  }

  #sendTo(viewer: Viewer, page: string): void {
    const nowMs = this.#nowMs();
    const sent = `${JSON.stringify(this.#trouble)}${page}`;
    if (sent === viewer.last && nowMs - viewer.sentAtMs < QUIET_MS) return;
    viewer.last = sent;
    viewer.sentAtMs = nowMs;
    viewer.response.write(
      `event: page\ndata: {"atMs":${nowMs},"trouble":${JSON.stringify(this.#trouble)},"page":${page}}\n\n`,
    );
  }
}
