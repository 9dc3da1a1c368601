// Setting: what the tables say of each: its name, what it is for, its default, and how it is read.

import { InvalidInput } from "../domain/campaign/campaign.ts";
import { asOneOf, type Parse } from "./parse.ts";
import { typedSecret, type Secret } from "./secret.ts";

export interface Setting<T> {
  readonly env: string;
  readonly help: string;
  /** What it is when the environment does not say; shown in the help. */
  readonly fallback: T;
  readonly parse: Parse<T>;
  /** The fallback in words, where its value does not tell. */
  readonly shown: string;
}

export function setting<T>(
  env: string,
  help: string,
  fallback: NoInfer<T>,
  parse: Parse<T>,
  shown = fallback === null ? "none" : String(fallback),
): Setting<T> {
  return { env, help, fallback, parse, shown };
}

export const asName: Parse<string> = (typed) => {
  if (!/^[A-Za-z0-9._-]{1,100}$/.test(typed))
    throw new InvalidInput(`expected letters, digits, dots, dashes and underscores, at most 100, got "${typed}"`);
  return typed;
};

export const asFile: Parse<string> = (typed) => {
  if (typed.trim() === "") throw new InvalidInput("expected a file, got nothing");
  return typed;
};

export const asFolder: Parse<string> = (typed) => {
  if (typed.trim() === "") throw new InvalidInput("expected a folder, got nothing");
  return typed;
};

export const asYesNo: Parse<boolean> = (typed) => asOneOf(["true", "false"])(typed) === "true";

/** Whatever it is, it is not said again. */
export const asSecret: Parse<Secret> = typedSecret;
