// Output
// What a command says, and where: its result on stdout, whatever is said on the way on stderr.
//
// Invariants:
//   1. Under --json stdout carries JSON and nothing else. Amounts are integers in JSON, bytes are hex.
//   2. As a log (`run --log json`, and by itself where no terminal is) every line on either stream is one JSON object with
//      time, level and message.
//   3. No control character leaves in any form: an id can hold anything that a producer sends, and a terminal obeys what it
//      reads. A note's text leaves without secrets (`redact`).

import type { Progress, Write } from "./progress.ts";
import { printable, printableJson } from "./printable.ts";

export const LEVELS = ["error", "warn", "info", "debug"] as const;
export type Level = (typeof LEVELS)[number];

export interface Output {
  /** The command's result, once: the object under --json, otherwise the text for a person. */
  result(json: object, text: () => string): void;
  /** One of many results as it comes: a JSON line, or a line for a person. */
  item(json: object, text: () => string): void;
  /** For a person at a terminal: instead of all that was there. */
  redraw(text: () => string): void;
  /** Something worth saying that is not the result: on stderr. `about`: its level (info), and what it is about. */
  note(text: string, about?: About): void;
  /** For whoever sits at the terminal, and for no file or log: nothing is said where there is none, or under --json. */
  toTerminal(text: string): void;
}

export interface About {
  readonly level?: Level;
  readonly kind?: string;
  readonly partition?: number;
  readonly campaign?: string;
  readonly traceId?: string;
  readonly [field: string]: string | number | null | undefined;
}

export interface OutputOptions {
  readonly json: boolean;
  /** Whether stderr is one. */
  readonly isTerminal: boolean;
  /** Left out: text, of all levels. */
  readonly log?: Logging;
  readonly stdout: Write;
  readonly stderr: Write;
  readonly progress: Progress;
}

export interface Logging {
  readonly format: "text" | "json";
  /** What matters less is not said. */
  readonly level: Level;
  readonly nowMs: () => number;
  readonly redact: (text: string) => string;
}

const HOME_AND_CLEAR = "\x1b[H\x1b[2J";
const PLAIN: Logging = { format: "text", level: "debug", nowMs: () => 0, redact: (text) => text };

export function createOutput({ json, isTerminal, log = PLAIN, stdout, stderr, progress }: OutputOptions): Output {
  // First in the line, and not to be replaced by what it is about.
  const head = (level: Level, message: string): object => ({
    time: new Date(log.nowMs()).toISOString(),
    level,
    message: log.redact(message),
  });
  const lineOf = (level: Level, message: string, fields: object): string =>
    toJsonText({ ...head(level, message), ...fields, ...head(level, message) });
  const write = (value: object, text: () => string): void => {
    progress.clear();
    if (json) stdout(`${toJsonText(value)}\n`);
    else stdout(`${log.format === "json" ? lineOf("info", text(), value) : printable(text())}\n`);
  };
  return {
    result: write,
    item: write,
    redraw(text) {
      stdout(`${HOME_AND_CLEAR}${printable(text())}\n`);
    },
    note(text, { level = "info", ...fields } = {}) {
      if (LEVELS.indexOf(level) > LEVELS.indexOf(log.level)) return;
      progress.clear();
      stderr(`${log.format === "json" ? lineOf(level, text, fields) : printable(log.redact(text))}\n`);
    },
    toTerminal(text) {
      if (json || !isTerminal) return;
      progress.clear();
      stderr(`${printable(text)}\n`);
    },
  };
}

export function toJsonText(value: object): string {
  const text = JSON.stringify(value, (_, item: unknown) => {
    if (typeof item === "bigint") return Number(item);
    return item;
  });
  return printableJson(text);
}
