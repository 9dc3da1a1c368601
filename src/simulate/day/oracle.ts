// Oracle
// How much of a budget one central `strict` book, without shards and pacing, could have spent on a day. It knows the day
// beforehand and picks the one position of the frontier that spends most. The yardstick of "budget used".
//
// Invariants:
//   O1. At every moment held + spent ≤ budget.
//   O2. It offers only what the plan offers: the arm that the session's draw gives at the position, or a cheaper one.

import TinyQueue from "tinyqueue";
import { assert, must } from "../../domain/assert.ts";

export interface OracleSession {
  /** Ascending. */
  readonly atMs: number;
  /** Uniform in [0, 1): the draw of the arm. */
  readonly draw: number;
  /** What redeems under the arm: amount in minor units and how long after; null when nothing does in time. */
  redeems(arm: number): { readonly amountMinor: number; readonly delayMs: number } | null;
  /** Shares of the arms at a position. */
  shares(position: number): readonly number[];
}

export interface OracleOptions {
  readonly budgetMinor: number;
  readonly ttlMs: number;
  /** Face value and send cost of each arm. */
  readonly faceMinor: readonly number[];
  readonly sendMinor: readonly number[];
  /** Last position of the frontier. */
  readonly last: number;
  readonly sessions: readonly OracleSession[];
}

export interface OracleResult {
  readonly spentMinor: number;
  readonly position: number;
}

const COARSE = 24;
const FINE = 6;

/** The most that a fixed position spends: a coarse scan of the frontier, then finer around the best. */
export function mostSpendable(options: OracleOptions): OracleResult {
  let best: OracleResult = { spentMinor: 0, position: 0 };
  const attempt = (position: number): void => {
    const spentMinor = spendAt(options, position);
    if (spentMinor > best.spentMinor) best = { spentMinor, position };
  };
  const step = options.last / COARSE;
  for (let index = 1; index <= COARSE && best.spentMinor < options.budgetMinor; index += 1) attempt(index * step);
  const around = best.position;
  for (let index = 1; index < FINE; index += 1)
    for (const side of [-1, 1]) {
      const position = around + (side * index * step) / FINE;
      if (position > 0 && position <= options.last) attempt(position);
    }
  return best;
}

/** One central strict book through the day at one position. */
export function spendAt(options: OracleOptions, position: number): number {
  const { sessions, budgetMinor, ttlMs, faceMinor, sendMinor } = options;
  const ends = new TinyQueue<End>([], (a, b) => a.atMs - b.atMs);
  let spent = 0;
  let held = 0;
  const endUntil = (atMs: number): void => {
    for (let end = ends.peek(); end !== undefined && end.atMs <= atMs; end = ends.peek()) {
      ends.pop();
      held -= end.heldMinor;
      spent += end.spentMinor;
    }
  };
  for (const session of sessions) {
    endUntil(session.atMs);
    const arm = affordable(options, drawn(session.shares(position), session.draw), budgetMinor - held - spent);
    if (arm === 0) continue;
    const face = must(faceMinor[arm], "face");
    spent += must(sendMinor[arm], "send cost");
    held += face;
    assert(held + spent <= budgetMinor, "the oracle overspent");
    const redeemed = session.redeems(arm);
    const inTime = redeemed !== null && redeemed.delayMs < ttlMs;
    ends.push({
      atMs: session.atMs + (inTime ? redeemed.delayMs : ttlMs),
      heldMinor: face,
      spentMinor: inTime ? Math.min(redeemed.amountMinor, face) : 0,
    });
  }
  endUntil(Infinity);
  return spent;
}

function drawn(shares: readonly number[], draw: number): number {
  let left = draw;
  for (let arm = 0; arm < shares.length; arm += 1) {
    left -= shares[arm]!;
    if (left < 0) return arm;
  }
  return 0;
}

/** The arm, or the dearest cheaper one that fits. */
function affordable({ faceMinor, sendMinor }: OracleOptions, arm: number, freeMinor: number): number {
  const hold = (index: number): number => faceMinor[index]! + sendMinor[index]!;
  if (hold(arm) <= freeMinor) return arm;
  let best = 0;
  for (let other = 1; other < faceMinor.length; other += 1)
    if (hold(other) <= freeMinor && hold(other) < hold(arm) && hold(other) > hold(best)) best = other;
  return best;
}

interface End {
  readonly atMs: number;
  readonly heldMinor: number;
  readonly spentMinor: number;
}
