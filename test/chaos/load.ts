// The load of a chaos run: numbered sessions at a steady rate, and what becomes of their incentives a little later. What may
// not have been written is sent again, so that some come twice.

import { setTimeout as sleep } from "node:timers/promises";
import type { Outcome, Session } from "../../src/domain/session/session.ts";
import { codecFor } from "../../src/log/codec/codec.ts";
import type { EventLog, OutRecord } from "../../src/log/event-log.ts";

const TICK_MS = 50;
const MOST_AT_ONCE = 400;
const OUTCOME_AFTER_MS = 2_000;
const sessions = codecFor("sessions");
const outcomes = codecFor("outcomes");

export interface Load {
  readonly sent: number;
  /** Calls that had to be made again. */
  readonly again: number;
  /** Resolves when the last session and its outcome have been sent. */
  stop(): Promise<void>;
}

export function startLoad(log: EventLog, ratePerSecond: number, users: number): Load {
  const startedAt = performance.now();
  const state = { sent: 0, outcomes: 0, again: 0, stopping: false };

  const send = async (records: readonly OutRecord[]): Promise<void> => {
    for (;;) {
      try {
        return await log.send(records);
      } catch {
        state.again += 1;
        await sleep(TICK_MS);
      }
    }
  };
  const tick = async (untilSession: number, untilOutcome: number): Promise<void> => {
    const fresh = range(state.sent, Math.min(untilSession, state.sent + MOST_AT_ONCE)).map((n) => session(n, users));
    const later = range(state.outcomes, Math.min(untilOutcome, state.sent)).flatMap((n) => outcome(n, users));
    await send([...fresh, ...later]);
    state.sent += fresh.length;
    state.outcomes = Math.max(state.outcomes, Math.min(untilOutcome, state.sent));
  };
  const due = (lateMs: number): number =>
    Math.max(0, Math.floor(((performance.now() - startedAt - lateMs) * ratePerSecond) / 1_000));
  const running = (async () => {
    while (!state.stopping) {
      await tick(due(0), due(OUTCOME_AFTER_MS));
      await sleep(TICK_MS);
    }
    await tick(state.sent, state.sent);
  })();

  return {
    get sent() {
      return state.sent;
    },
    get again() {
      return state.again;
    },
    async stop() {
      state.stopping = true;
      await running;
    },
  };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}

export function sessionId(n: number): string {
  return `s-${n}`;
}

export function sessionNumber(id: string): number {
  return Number(id.slice(2));
}

function userOf(n: number, users: number): string {
  return `u-${(n * 7919) % users}`;
}

function session(n: number, users: number): OutRecord {
  const userId = userOf(n, users);
  const value: Session = {
    sessionId: sessionId(n),
    userId,
    atMs: Date.now(),
    surface: null,
    campaign: null,
    attributes: { visits: n % 7, vip: n % 2 === 0 },
  };
  return { topic: "sessions", key: Buffer.from(userId), value: sessions.encode(value) };
}

/** Of five: two are redeemed, one is declined, two are never heard of again. */
function outcome(n: number, users: number): OutRecord[] {
  const kind = (["redeemed", "declined", "redeemed", null, null] as const)[n % 5] ?? null;
  if (kind === null) return [];
  const userId = userOf(n, users);
  const value: Outcome = {
    outcomeId: `o-${n}`,
    decisionId: `d-${sessionId(n)}`,
    userId,
    atMs: Date.now(),
    kind,
    amountMinor: null,
    rewards: { converted: 1 },
  };
  return [{ topic: "outcomes", key: Buffer.from(userId), value: outcomes.encode(value) }];
}
