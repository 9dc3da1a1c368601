// Command
// What a command is: its place in the help, the tables of what it takes, and what it does.

import type { Context } from "../terminal/context.ts";
import type { Options, ValuesOf } from "./options.ts";

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
