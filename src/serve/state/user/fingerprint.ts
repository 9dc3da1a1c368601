// Fingerprints: 53-bit numbers that stand for an id or a body, so that a user's record stays small. Two bodies that say
// the same have the same one, in whatever order a producer wrote their attributes.

import { itemAt } from "../../../domain/assert.ts";
import type { Attributes, AttributeValue } from "../../../domain/session/features.ts";
import { hashUnit } from "../../../domain/random.ts";
import type { Outcome, Session } from "../../../domain/session/session.ts";

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
  if (typeof value === "number") return numberUnit(name, value);
  if (typeof value === "string") return hashUnit(`${name}:${value}`);
  return hashUnit(`${name}!${value}`);
}

const NAMES_MAX = 10_000;
const names = new Map<string, number>();
const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** Of a number by its bits: to make a text of it would take longer than all the rest. Zero has one sign, NaN one form. */
function numberUnit(name: string, value: number): number {
  const nameInt = nameHash(name);
  double[0] = value === 0 ? 0 : value;
  if (Number.isNaN(value)) words.fill(0xffffffff);
  const first = mix(itemAt(words, 0) ^ nameInt);
  const second = mix(itemAt(words, 1) ^ first ^ Math.floor(nameInt / 2 ** 21));
  const high = mix(Math.imul(first, 5) ^ second);
  const low = mix(Math.imul(second, 5) ^ high);
  return (high * 2 ** 21 + (low >>> 11)) / SPAN;
}

/** Names repeat from session to session. */
function nameHash(name: string): number {
  let known = names.get(name);
  if (known === undefined) {
    known = Math.floor(hashUnit(name) * SPAN);
    if (names.size < NAMES_MAX && name.length <= 64) names.set(name, known);
  }
  return known;
}

/** murmur3's finaliser: an unsigned 32-bit integer. */
function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function fold(unit: number): number {
  return Math.floor((unit % 1) * SPAN);
}
