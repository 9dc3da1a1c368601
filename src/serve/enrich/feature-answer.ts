// Feature answer
// Reads what a feature service says of users, user by user: `{"users": {"u1": {"ltv": 12.5, "tier": "gold"}}}`.
//
// Invariant: one user's bad answer is that user's; the others of the request keep theirs.

import type { Attributes, AttributeValue } from "../../domain/session/features.ts";
import { MAX_EVENT_BYTES } from "../../domain/session/session.ts";
import { errorMessage } from "../../domain/error-message.ts";

export interface FeatureAnswer {
  /** By user id; those without an answer are left out. */
  readonly known: ReadonlyMap<string, Attributes>;
  /** What was wrong with one user's, as an example; null when nothing was. */
  readonly fault: string | null;
}

/** Thrown for an answer that says nothing of anybody. */
export class NoAnswer extends Error {
  override name = "NoAnswer";
}

const NOT_KNOWN: Attributes = {};

/**
 * Throws NoAnswer. What is no object, or more than 16 KiB, is no answer for that user. A user who is left out, or null, is
 * one that the service does not know. Users who were not asked for are passed over; of one who comes twice the last counts.
 */
export function readAnswer(text: string, asked: readonly string[]): FeatureAnswer {
  const answer = parsed(text);
  const users = isObject(answer) && Object.hasOwn(answer, "users") ? answer["users"] : undefined;
  if (!isObject(users)) throw new NoAnswer('its answer is not {"users": {…}}');
  const known = new Map<string, Attributes>();
  let fault: string | null = null;
  for (const user of asked) {
    const found = Object.hasOwn(users, user) ? users[user] : null;
    if (found === null || found === undefined) known.set(user, NOT_KNOWN);
    else if (!isObject(found)) fault ??= `user ${user}: ${kindOf(found)} in place of attributes`;
    else {
      const { attributes, odd } = attributesOf(found);
      if (odd !== null) fault ??= `user ${user}: attribute ${odd.name}: ${kindOf(odd.value)}`;
      if (JSON.stringify(attributes).length <= MAX_EVENT_BYTES) known.set(user, attributes);
      else fault ??= `user ${user}: more than ${MAX_EVENT_BYTES} bytes`;
    }
  }
  return { known, fault };
}

interface Odd {
  readonly name: string;
  readonly value: unknown;
}

/** An attribute that is no number, string, boolean or null is left out. */
function attributesOf(found: Readonly<Record<string, unknown>>): { attributes: Attributes; odd: Odd | null } {
  const entries = Object.entries(found);
  const isGood = ([, value]: [string, unknown]): boolean => isAttribute(value);
  if (entries.every(isGood)) return { attributes: found as Attributes, odd: null };
  const [name, value] = entries.find((entry) => !isGood(entry)) ?? ["", undefined];
  return { attributes: Object.fromEntries(entries.filter(isGood)) as Attributes, odd: { name, value } };
}

function isAttribute(value: unknown): value is AttributeValue {
  if (typeof value === "number") return Number.isFinite(value);
  return value === null || typeof value === "string" || typeof value === "boolean";
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : typeof value === "number" ? `${value}` : `a ${typeof value}`;
}

/** Strings, so that what is inside of them stays, and numbers that JSON does not have. */
const STRING_OR_NO_NUMBER = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g;

/** JSON, where NaN and Infinity are read as missing. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What Python's json and others write for a number that is none.
    const mended = text.replaceAll(STRING_OR_NO_NUMBER, (token) => (token.startsWith('"') ? token : "null"));
    try {
      return JSON.parse(mended);
    } catch (error) {
      throw new NoAnswer(`its answer is no JSON: ${errorMessage(error)}`);
    }
  }
}
