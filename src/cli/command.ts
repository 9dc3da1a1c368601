// Command
// What a command is: its place in the help, the tables of what it takes, and what it does. It is handed everything of the
// outside (settings, clock, ids, stdin, the way to the terminal), so that it runs in a test as it runs in a shell.
//
// Exit codes: 0 done · 1 a check failed, or something went wrong · 2 wrong use or configuration.

import type { Readable } from "node:stream";
import type { Config } from "./config.ts";
import type { Options, ValuesOf } from "./options.ts";
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
  /** A new one each time. */
  readonly newId: () => string;
}

/** A command with its values' types taken away, as the program keeps it. */
export interface Command {
  readonly summary: string;
  /** A few sentences for its own help. */
  readonly description: string;
  /** Whole lines as they are typed; at least one. */
  readonly examples: readonly string[];
  /** By position, in this order. */
  readonly arguments: Options;
  readonly options: Options;
  /** What --json gives: one object at the end, or one object a line as they come. */
  readonly json: "object" | "lines";
  /** It watches `context.signal` and ends by itself; others are ended by the first signal. */
  readonly endsBySignal: boolean;
  run(context: Context, values: Readonly<Record<string, unknown>>): Promise<number>;
}

export interface CommandTable<A extends Options, O extends Options> {
  readonly summary: string;
  readonly description?: string;
  readonly examples: readonly [string, ...string[]];
  readonly arguments?: A;
  readonly options?: O;
  readonly json?: "object" | "lines";
  readonly endsBySignal?: boolean;
  /** Resolves to the exit code. */
  run(context: Context, values: ValuesOf<A> & ValuesOf<O>): Promise<number>;
}

/** Every file of commands/ exports one of these as `command`. */
export function defineCommand<A extends Options = Record<never, never>, O extends Options = Record<never, never>>(
  table: CommandTable<A, O>,
): Command {
  return {
    summary: table.summary,
    description: table.description ?? "",
    examples: table.examples,
    arguments: table.arguments ?? {},
    options: table.options ?? {},
    json: table.json ?? "object",
    endsBySignal: table.endsBySignal ?? false,
    // The program has read the values by these same tables, and only there do their types come together.
    run: (context, values) => table.run(context, values as ValuesOf<A> & ValuesOf<O>),
  };
}
