// Told: an answer that takes a while: how far it is, and then what came of it. Leaving the page, or asking for another, ends it.

import { useEffect, useState } from "preact/hooks";
import type { Told, WorkFault } from "../../server/told-work.ts";
import { messageOf } from "./live.ts";
import { piecesOf } from "./pieces.ts";
import { authorization } from "./token.ts";

export type Telling<T> =
  | { readonly kind: "none" }
  | { readonly kind: "working"; readonly told: Told | null }
  | { readonly kind: "fault"; readonly fault: WorkFault }
  | { readonly kind: "here"; readonly page: T };

/** Null: nothing is asked for. */
export function useTold<T>(url: string | null): Telling<T> {
  const [telling, setTelling] = useState<Telling<T>>({ kind: "none" });
  useEffect(() => {
    if (url === null) return setTelling({ kind: "none" });
    const ending = new AbortController();
    setTelling({ kind: "working", told: null });
    const set = (next: Telling<T>): void => {
      if (!ending.signal.aborted) setTelling(next);
    };
    void follow<T>(url, { headers: authorization() }, ending.signal, set);
    return () => ending.abort();
  }, [url]);
  return telling;
}

export async function follow<T>(
  url: string,
  init: RequestInit,
  signal: AbortSignal,
  set: (next: Telling<T>) => void,
): Promise<void> {
  const failed = (message: string): void => set({ kind: "fault", fault: { field: null, message } });
  try {
    const response = await fetch(url, { ...init, signal });
    if (!response.ok || response.body === null) return failed(await messageOf(response));
    let rest = "";
    for await (const piece of piecesOf(response.body)) {
      const events = (rest + piece).split("\n\n");
      rest = events.pop() ?? "";
      for (const event of events) {
        const [, name = "", data = "null"] = /^event: (\w+)\ndata: (.*)$/s.exec(event) ?? [];
        const value: unknown = JSON.parse(data);
        if (name === "progress") set({ kind: "working", told: value as Told });
        else if (name === "fault") return set({ kind: "fault", fault: value as WorkFault });
        else return set({ kind: "here", page: value as T });
      }
    }
    failed("The console went away before it had answered.");
  } catch {
    failed("The console cannot be reached.");
  }
}
