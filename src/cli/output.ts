// Output
// stdout belongs to the result: under --json it carries JSON and nothing else, whatever is said on the way goes to
// stderr. Amounts are integers in JSON, bytes are hex.

import type { Progress, Write } from "./progress.ts";

export interface Output {
  /** The command's result, once: the object under --json, otherwise the text for a person. */
  result(json: object, text: () => string): void;
  /** One of many results as it comes: a JSON line, or a line for a person. */
  item(json: object, text: () => string): void;
  /** Something worth saying that is not the result: on stderr. */
  note(text: string): void;
}

export interface OutputOptions {
  readonly json: boolean;
  readonly stdout: Write;
  readonly stderr: Write;
  readonly progress: Progress;
}

export function createOutput({ json, stdout, stderr, progress }: OutputOptions): Output {
  const write = (value: object, text: () => string) => {
    progress.clear();
    stdout(`${json ? toJsonText(value) : text()}\n`);
  };
  return {
    result: write,
    item: write,
    note(text) {
      progress.clear();
      stderr(`${text}\n`);
    },
  };
}

export function toJsonText(value: object): string {
  return JSON.stringify(value, (_, item: unknown) => {
    if (typeof item === "bigint") return Number(item);
    return item;
  });
}
