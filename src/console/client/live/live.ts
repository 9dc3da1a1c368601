// Live: a page of the server's as it is now, sent again whenever it changes. While the connection is away, what was there stays,
// and the page says since when.

import { useEffect, useState } from "preact/hooks";
import type { LivePage } from "../../server/live-pages.ts";
import { piecesOf } from "./pieces.ts";
import { authorization } from "./token.ts";

export type Live<T> =
  | { readonly kind: "loading" }
  /** The server refuses it: wrong address, or a token is missing. */
  | { readonly kind: "refused"; readonly status: number; readonly text: string }
  | {
      readonly kind: "here";
      readonly page: T;
      readonly atMs: number;
      readonly trouble: LivePage["trouble"];
      /** Since when nothing has come; null: it is live. */
      readonly lostAtMs: number | null;
    };

const AGAIN_MS = 1_000;
/** More pages are open than may be. */
const TOO_MANY = 503;
/** The server says something every ten seconds. */
const SILENT_MS = 30_000;

export function useLive<T>(url: string): Live<T> {
  const [live, setLive] = useState<Live<T>>({ kind: "loading" });
  useEffect(() => {
    const ending = new AbortController();
    setLive({ kind: "loading" });
    void followPage<T>(url, ending.signal, setLive);
    return () => ending.abort();
  }, [url]);
  return live;
}

type SetLive<T> = (change: (before: Live<T>) => Live<T>) => void;

async function followPage<T>(url: string, signal: AbortSignal, set: SetLive<T>): Promise<void> {
  while (!signal.aborted) {
    await seen(signal);
    const refused = await readPage(url, signal, set).catch(() => null);
    if (signal.aborted) return;
    // A campaign may be made, a token given, and another page closed, in a moment.
    if (refused !== null && (refused.status < 500 || refused.status === TOO_MANY))
      set((before) =>
        before.kind === "here" && refused.status === TOO_MANY ? before : { kind: "refused", ...refused },
      );
    else if (!document.hidden)
      set((before) => (before.kind === "here" ? { ...before, lostAtMs: before.lostAtMs ?? Date.now() } : before));
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

/** Until the connection ends; what the server says instead of a page, if it does. */
async function readPage<T>(
  url: string,
  outer: AbortSignal,
  set: SetLive<T>,
): Promise<{ readonly status: number; readonly text: string } | null> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENT_MS);
  const hide = (): void => {
    if (document.hidden) silence.abort();
  };
  document.addEventListener("visibilitychange", hide);
  const signal = AbortSignal.any([outer, silence.signal]);
  try {
    const response = await fetch(url, { headers: { accept: "text/event-stream", ...authorization() }, signal });
    if (!response.ok || response.body === null) return { status: response.status, text: await messageOf(response) };
    let rest = "";
    for await (const piece of piecesOf(response.body)) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENT_MS);
      const events = (rest + piece).split("\n\n");
      rest = events.pop() ?? "";
      const last = events.at(-1);
      if (last !== undefined) {
        const { page, atMs, trouble } = JSON.parse(last.slice(last.indexOf("data: ") + 6)) as LivePage;
        set(() => ({ kind: "here", page: page as T, atMs, trouble, lostAtMs: null }));
      }
    }
    return null;
  } finally {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", hide);
  }
}

/** A tab that nobody sees holds no connection: a browser has six for a console, over all its tabs. */
async function seen(signal: AbortSignal): Promise<void> {
  while (document.hidden && !signal.aborted)
    await new Promise((resolve) => {
      document.addEventListener("visibilitychange", resolve, { once: true });
      signal.addEventListener("abort", resolve, { once: true });
    });
}

/** Of an answer that is none: its message. */
export async function messageOf(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => null);
  return typeof body === "object" && body !== null && "message" in body && typeof body.message === "string"
    ? body.message
    : `the server answers ${response.status}`;
}
