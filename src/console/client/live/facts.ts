// Facts: what the page has to know of its console and of who sits before it.

import { useEffect, useState } from "preact/hooks";
import type { ConsoleFacts } from "../../server/console.ts";
import { token, watchToken } from "./token.ts";

let asked: Promise<ConsoleFacts> | null = null;

async function factsOf(): Promise<ConsoleFacts> {
  const response = await fetch("/api/console");
  return (await response.json()) as ConsoleFacts;
}

/** off: this console only reads. locked: it takes commands, with a token. open: a token is there. */
/** Whether there is a report to show; false until that is known. */
export function useReport(): boolean {
  const [report, setReport] = useState(false);
  useEffect(() => {
    asked ??= factsOf();
    asked.then((facts) => setReport(facts.report)).catch(() => (asked = null));
  }, []);
  return report;
}

export type Commanding = "off" | "locked" | "open";

export function useCommanding(): Commanding {
  const [commands, setCommands] = useState(false);
  const [has, setHas] = useState(token() !== null);
  useEffect(() => {
    asked ??= factsOf();
    asked.then((facts) => setCommands(facts.commands)).catch(() => (asked = null));
    return watchToken(() => setHas(token() !== null));
  }, []);
  return commands ? (has ? "open" : "locked") : "off";
}
