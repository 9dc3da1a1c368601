// Event contract: what a session, an outcome, a profile or an erasure must keep to beyond its schema. The allocator holds each record to it
// (a breach is a dead letter), and whoever writes records for others does so before.

import { wordsBreach } from "../campaign/control.ts";
import type { DeadLetterReason } from "./dead-letter.ts";
import type { Erasure } from "./erasure.ts";
import { idBreach } from "../ids.ts";
import { unitFault } from "../reading/instant.ts";
import { MAX_FUTURE_MS, MAX_REWARD, MAX_SESSION_AGE_MS, type Outcome, type Profile, type Session } from "./session.ts";

/** The reason, and the field with what is wrong with it: `field: text`. */
export type Breach = readonly [reason: DeadLetterReason, detail: string];

export type Event = Session | Outcome | Profile | Erasure;

/** At the time `nowMs` of whoever looks; null: none. */
export function eventBreach(event: Event, nowMs: number): Breach | null {
  const contract = idBreach("userId", event.userId) ?? ownBreach(event);
  if (contract !== null) return ["contract", contract];
  return timeBreach(event.atMs, nowMs) ?? ("sessionId" in event ? ageBreach(event.atMs, nowMs) : null);
}

function ownBreach(event: Event): string | null {
  if ("sessionId" in event) return idBreach("sessionId", event.sessionId);
  if ("actor" in event) return wordsBreach(event);
  if (!("outcomeId" in event)) return null;
  return (
    idBreach("outcomeId", event.outcomeId) ??
    idBreach("decisionId", event.decisionId) ??
    amountBreach(event) ??
    rewardBreach(event)
  );
}

function timeBreach(atMs: number, nowMs: number): Breach | null {
  if (atMs < 0) return ["contract", `atMs: ${atMs} is before 1970`];
  const unit = unitFault(atMs, nowMs);
  if (unit !== null) return ["contract", `atMs: ${unit}`];
  if (atMs <= nowMs + MAX_FUTURE_MS) return null;
  return ["future", `atMs: ${atMs - nowMs} ms ahead of the clock, at most ${MAX_FUTURE_MS}`];
}

/** By the session's own time: sent once more it has that of before, whenever its record was written. */
function ageBreach(atMs: number, nowMs: number): Breach | null {
  if (atMs >= nowMs - MAX_SESSION_AGE_MS) return null;
  return [
    "too_old",
    `atMs: ${nowMs - atMs} ms ago, at most ${MAX_SESSION_AGE_MS}: nobody knows any more whether it was decided`,
  ];
}

function amountBreach({ kind, amountMinor }: Outcome): string | null {
  if (amountMinor === null) return null;
  // A writer that has no null fills in 0, which says as much.
  if (kind !== "redeemed" && amountMinor !== 0n)
    return `amountMinor: ${amountMinor} on an outcome ${kind}: only one that is redeemed spends; expected null, and what else it was worth in rewards`;
  return amountMinor < 0n ? `amountMinor: ${amountMinor} is negative` : null;
}

function rewardBreach({ rewards }: Outcome): string | null {
  for (const name in rewards) {
    const breach = idBreach("rewards: a name", name);
    if (breach !== null) return breach;
    const reward = rewards[name] ?? NaN;
    if (!Number.isFinite(reward)) return `rewards.${name}: not a finite number`;
    if (Math.abs(reward) > MAX_REWARD) return `rewards.${name}: ${reward} is beyond ±${MAX_REWARD}`;
  }
  return null;
}
