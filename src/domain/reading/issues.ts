// Issues: what a schema found wrong, as a person reads it: each line names the place, the field, what is expected there and
// what was found.

import type { z } from "zod";
import { cut, shown } from "./shown.ts";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

const MOST_LINES = 20;

/** One line an issue: `where: field.path: what is wrong`. `value` is what was parsed. */
export function describeIssues(where: string, error: z.ZodError, value: unknown): string {
  const lines = error.issues.slice(0, MOST_LINES).flatMap((issue) => linesOf(issue, [], value));
  const told = lines
    .slice(0, MOST_LINES)
    .map(
      ({ path, text }) =>
        `${where}: ${path.length > 0 ? `${path.map((key) => cut(String(key))).join(".")}: ` : ""}${text}`,
    );
  const more = Math.max(error.issues.length, lines.length) - told.length;
  return [...told, ...(more > 0 ? [`${where}: and ${more} more`] : [])].join("\n");
}

interface Line {
  readonly path: Path;
  readonly text: string;
}

function linesOf(issue: Issue, above: Path, value: unknown): Line[] {
  const path = [...above, ...issue.path];
  const found = valueAt(value, path);
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({ path: [...path, key], text: "unknown field" }));
  if (issue.code === "invalid_union") return unionLines(issue, path, value);
  if (found === undefined && issue.code !== "custom")
    return [{ path, text: `is missing: expected ${expectedBy(issue)}` }];
  return [{ path, text: textOf(issue, found) }];
}

/** The alternatives in one line; or, where the value is of one of their shapes, what is wrong inside of it. */
function unionLines(issue: Extract<Issue, { code: "invalid_union" }>, path: Path, value: unknown): Line[] {
  const inside = issue.errors.find((branch) => branch.length > 0 && branch.every((each) => each.path.length > 0));
  const own =
    inside ?? issue.errors.find((branch) => branch.length > 0 && branch.every(({ code }) => code === "custom"));
  if (own !== undefined) return own.flatMap((each) => linesOf(each, path, value));
  const expected = [...new Set(issue.errors.flatMap(([first]) => (first === undefined ? [] : [expectedBy(first)])))];
  const found = valueAt(value, path);
  const kinds = "options" in issue ? `one of ${issue.options.map(String).join(", ")}` : issue.message;
  const what = `expected ${expected.join(" or ") || kinds}`;
  return [{ path, text: found === undefined ? `is missing: ${what}` : `${what}, got ${shown(found)}` }];
}

function textOf(issue: Issue, found: unknown): string {
  if (issue.code !== "custom") return `expected ${expectedBy(issue)}, got ${shown(found)}`;
  const isPlain = ["string", "number", "boolean", "bigint"].includes(typeof found);
  return isPlain && !issue.message.includes(String(found)) ? `${issue.message}, got ${shown(found)}` : issue.message;
}

const SHAPES: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  bigint: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
  null: "null",
};
/** What a limit counts: one, several. */
const COUNTED: Readonly<Record<string, readonly [string, string]>> = {
  string: ["character", "characters"],
  array: ["entry", "entries"],
};

function expectedBy(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return SHAPES[issue.expected] ?? issue.expected;
    case "invalid_value":
      return issue.values.length === 1 ? shown(issue.values[0]) : `one of ${issue.values.map(String).join(", ")}`;
    case "too_small":
      return bound(issue.inclusive === false ? "more than" : "at least", issue.minimum, issue.origin);
    case "too_big":
      return bound(issue.inclusive === false ? "less than" : "at most", issue.maximum, issue.origin);
    default:
      return issue.message;
  }
}

function bound(words: string, limit: number | bigint, origin: string): string {
  const [one, several] = COUNTED[origin] ?? ["", ""];
  return `${words} ${limit} ${Number(limit) === 1 ? one : several}`.trimEnd();
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== "object" || at === null) return undefined;
    at = Object.hasOwn(at, key) ? (at as Readonly<Record<PropertyKey, unknown>>)[key] : undefined;
  }
  return at;
}
