// Fingerprints: 53-bit numbers that stand for an id or a body, so that a user's record stays small. Two bodies that say
// the same have the same one, in whatever order a producer wrote their attributes.

import type { Attributes, AttributeValue } from "../../domain/features.ts";
import { hashUnit } from "../../domain/random.ts";
import type { Outcome, Session } from "../../domain/session.ts";

const SPAN = 2 ** 53;

/** An id's fingerprint: an integer below 2^53, so that a double keeps it. */
export function idPrint(id: string): number {
  return hashUnit(id) * SPAN;
}

export function sessionPrint(session: Session): number {
  const head = hashUnit(`${session.userId}\n${session.atMs}\n${session.surface ?? "\0"}\n${session.campaign ?? "\0"}`);
  return fold(head + sumOf(session.attributes));
}

export function outcomePrint(outcome: Outcome): number {
  const { decisionId, atMs, kind, amountMinor, rewards } = outcome;
  const head = hashUnit(`${decisionId}\n${atMs}\n${kind}\n${amountMinor ?? ""}`);
  return fold(head + sumOf(rewards));
}

/** Sums of fractions lose the order of the names, as they should. Rounded, so that the order of adding does not show. */
function sumOf(values: Attributes): number {
  let sum = 0;
  for (const name in values) sum += Math.floor(valueUnit(name, values[name] ?? null) * 2 ** 40);
  return (sum % 2 ** 40) / 2 ** 40;
}

function valueUnit(name: string, value: AttributeValue): number {
  if (typeof value === "number") return hashUnit(`${name}=${value}`);
  if (typeof value === "string") return hashUnit(`${name}:${value}`);
  return hashUnit(`${name}!${value}`);
}

function fold(unit: number): number {
  return Math.floor((unit % 1) * SPAN);
}
