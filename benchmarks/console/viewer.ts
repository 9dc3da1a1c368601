// Viewer: a page that stays open, as a browser has it (Server-Sent Events), and how long pages take that are asked for once.

import type { LivePage } from "../../src/console/server/live-pages.ts";

export class Viewer {
  readonly #ending = new AbortController();
  readonly #onPage: (page: unknown) => void;
  /** Events so far, and their bytes. */
  events = 0;
  bytes = 0;

  /** `onPage` is told each page as it comes. */
  constructor(onPage: (page: unknown) => void = () => undefined) {
    this.#onPage = onPage;
  }

  /** Resolves when the first page is there; what comes after is followed until `close`. */
  async open(url: string): Promise<void> {
    const { signal } = this.#ending;
    const response = await fetch(url, { headers: { accept: "text/event-stream" }, signal });
    if (!response.ok || response.body === null) throw new Error(`${url}: ${response.status} ${await response.text()}`);
    const first = Promise.withResolvers<void>();
    void this.#follow(response.body, first.resolve).catch((error: unknown) => {
      if (!signal.aborted) first.reject(error);
    });
    await first.promise;
  }

  close(): void {
    this.#ending.abort();
  }

  async #follow(body: ReadableStream<Uint8Array>, begun: () => void): Promise<void> {
    let rest = "";
    for await (const piece of body.pipeThrough(new TextDecoderStream())) {
      this.bytes += piece.length;
      const events = (rest + piece).split("\n\n");
      rest = events.pop() ?? "";
      for (const event of events) {
        this.events += 1;
        this.#onPage((JSON.parse(event.slice(event.indexOf("data: ") + 6)) as LivePage).page);
        begun();
      }
    }
  }
}

/** How long a page takes to be answered whole, ms. */
export async function pageMs(url: string): Promise<number> {
  const startMs = performance.now();
  const response = await fetch(url);
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return performance.now() - startMs;
}
