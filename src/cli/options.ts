// Options
// What a command takes on its line, as a table: the key gives the flag (`badRows` is --bad-rows), the entry its help and
// how the text becomes a value. The type of the values that the command gets follows from the table.

import type { Parse } from "../settings/parse.ts";

export interface Option<T> {
  readonly kind: "switch" | "one" | "many";
  /** How the value is called in the help: `file`; empty for a switch. */
  readonly placeholder: string;
  readonly help: string;
  readonly required: boolean;
  readonly parse: Parse<unknown>;
  readonly fallback: unknown;
  /** Carries the type of the value only; never set. */
  readonly type?: T;
}

export type Options = Readonly<Record<string, Option<unknown>>>;
export type ValuesOf<O extends Options> = { readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never };

/** --key, or not. */
export function flag(help: string): Option<boolean> {
  return { kind: "switch", placeholder: "", help, required: false, parse: Boolean, fallback: false };
}

/** --key VALUE; undefined when it is not given. */
export function option<T>(placeholder: string, help: string, parse: Parse<T>): Option<T | undefined> {
  return { kind: "one", placeholder, help, required: false, parse, fallback: undefined };
}

/** --key VALUE, which must be given. */
export function required<T>(placeholder: string, help: string, parse: Parse<T>): Option<T> {
  return { kind: "one", placeholder, help, required: true, parse, fallback: undefined };
}

/** --key VALUE, and `fallback` when it is not given. */
export function withDefault<T>(placeholder: string, help: string, parse: Parse<T>, fallback: NoInfer<T>): Option<T> {
  return { kind: "one", placeholder, help, required: false, parse, fallback };
}

/** --key VALUE VALUE, also again and again; empty when it is not given. */
export function many<T>(placeholder: string, help: string, parse: Parse<T>): Option<readonly T[]> {
  return { kind: "many", placeholder, help, required: false, parse, fallback: [] };
}

/** --key VALUE VALUE, at least one. */
export function someOf<T>(placeholder: string, help: string, parse: Parse<T>): Option<readonly T[]> {
  return { kind: "many", placeholder, help, required: true, parse, fallback: [] };
}
