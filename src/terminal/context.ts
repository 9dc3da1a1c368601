// Context
// Everything of the outside that a command is handed (settings, clock, ids, stdin, the way to the terminal), so that it runs
// in a test as it runs in a shell.
//
// Exit codes: 0 done · 1 a check failed, or something went wrong · 2 wrong use or configuration.

import type { Readable } from "node:stream";
import type { Config } from "../settings/config.ts";
import type { Output } from "./output.ts";
import type { Progress } from "./progress.ts";

export const DONE = 0;
export const CHECK_FAILED = 1;
export const WRONG_USE = 2;

export interface Context {
  readonly config: Config;
  /** Whether --json was given; `output` already heeds it. */
  readonly json: boolean;
  /** How `output` writes what is no result. */
  readonly log: "text" | "json";
  readonly output: Output;
  readonly progress: Progress;
  /** Aborts at the first SIGINT or SIGTERM, for a command that `endsBySignal`. */
  readonly signal: AbortSignal;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly nowMs: () => number;
  /** Who asks, for what is kept with a command: by the settings, or the system's user; null: neither says. */
  readonly actor: string | null;
  /** A new one each time. */
  readonly newId: () => string;
}
