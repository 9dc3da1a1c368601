// Parser
// From a table of what a command takes (options.ts) to commander's words for it.

import { Argument, InvalidArgumentError, Option as ParserOption } from "commander";
import { errorMessage } from "../domain/error-message.ts";
import type { Option, Options } from "./options.ts";

export function toArgument(name: string, table: Option<unknown>): Argument {
  const ends = table.required ? ["<", ">"] : ["[", "]"];
  const argument = new Argument(`${ends[0]}${name}${table.kind === "many" ? "..." : ""}${ends[1]}`, table.help);
  argument.argParser((typed: string, before: unknown) => read(table, typed, before));
  return table.fallback === undefined || table.kind === "many" ? argument : argument.default(table.fallback);
}

export function toOption(name: string, table: Option<unknown>): ParserOption {
  const long = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  if (table.kind === "switch") return new ParserOption(long, table.help);
  const placeholder = `<${table.placeholder}${table.kind === "many" ? "..." : ""}>`;
  const option = new ParserOption(`${long} ${placeholder}`, table.help).makeOptionMandatory(table.required);
  option.argParser((typed: string, before: unknown) => read(table, typed, before));
  return table.fallback === undefined || table.kind === "many" ? option : option.default(table.fallback);
}

function read(table: Option<unknown>, typed: string, before: unknown): unknown {
  try {
    const value = table.parse(typed);
    return table.kind === "many" ? [...(Array.isArray(before) ? (before as unknown[]) : []), value] : value;
  } catch (error) {
    throw new InvalidArgumentError(sentenceOf(errorMessage(error)));
  }
}

/** What a value's parser says goes behind commander's own sentence, which names the option and what was typed. */
function sentenceOf(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}

/** What was typed, and the table's fallback where nothing was. */
export function withFallbacks(options: Options, typed: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const fallbacks = Object.entries(options).map(([name, table]) => [name, table.fallback]);
  return { ...Object.fromEntries(fallbacks), ...typed } as Record<string, unknown>;
}
