// User: what the settling of a user's decisions must come to, by src/serve/settle/SPEC.md alone: which sessions are known,
// which windows are open, what an outcome does. The auditor's own model; nothing of src/serve/ is in it.

import type { Account, Decision } from "../../../../src/domain/decision/decision.ts";
import type { Outcome, Session } from "../../../../src/domain/session/session.ts";

const HOUR_MS = 3_600_000;
/** What is remembered, as SPEC.md and docs/ARCHITECTURE.md bound it. */
const SESSIONS_KEPT = 64;
const KEPT_MS = 48 * HOUR_MS;
export const OPEN_MOST = 32;
const ENDED_KEPT = 32;
const OUTCOMES_MOST = 64;
const AGAIN_KEPT = 32;

export interface Hold {
  readonly account: Account;
  readonly faceMinor: number;
  readonly sendMinor: number;
}

/** A decision whose window is open. */
export interface Open {
  readonly decision: Decision;
  readonly untilMs: number;
  /** Until when its incentive is valid; at most until the window is over. */
  readonly validUntilMs: number;
  /** Null without an incentive. */
  readonly hold: Hold | null;
  /** Whether its money is still held. */
  held: boolean;
  settledMinor: number;
  redeemed: boolean;
  readonly drawn: boolean;
  readonly outcomes: [id: string, body: string][];
  readonly rewards: Map<string, number>;
  /** Decisions that gave the same incentive again. */
  again: string[];
}

interface Ended {
  readonly decisionId: string;
  /** Of the decision that held the money. */
  readonly open: Open;
  readonly endedMs: number;
}

export type Verdict =
  | { readonly kind: "counts"; readonly open: Open }
  | { readonly kind: "late"; readonly open: Open }
  | { readonly kind: "repeated" }
  | { readonly kind: "letter"; readonly reason: "contract" | "outcome_conflict" | "unknown_decision" };

export class User {
  /** In the order of deciding. */
  readonly #sessions: {
    readonly id: string;
    readonly body: string;
    readonly atMs: number;
    readonly decidedMs: number;
  }[] = [];
  /** A session that is no newer than this may have been decided: it is not decided again. */
  #forgottenMs = -Infinity;
  open: Open[] = [];
  #ended: Ended[] = [];
  readonly #received = new Map<string, number[]>();

  /** C7: whether a session of this id was decided before. */
  recognise({ sessionId, atMs, ...rest }: Session, nowMs: number): "new" | "repeated" | "conflict" | "forgotten" {
    const body = sessionBody({ sessionId, atMs, ...rest });
    const known = this.#sessions.find(({ id }) => id === sessionId);
    if (known !== undefined) return known.body === body ? "repeated" : "conflict";
    if (atMs <= this.#forgottenMs) return "forgotten";
    for (let [oldest] = this.#sessions; oldest !== undefined; [oldest] = this.#sessions) {
      if (this.#sessions.length < SESSIONS_KEPT && oldest.decidedMs > nowMs - KEPT_MS) break;
      this.#forgottenMs = Math.max(this.#forgottenMs, oldest.atMs);
      this.#sessions.shift();
    }
    this.#sessions.push({ id: sessionId, body, atMs, decidedMs: nowMs });
    return "new";
  }

  /** What an outcome of this user is; a `counts` or `late` one is remembered. */
  judge(outcome: Outcome, nowMs: number): Verdict {
    const { decisionId } = outcome;
    const open =
      this.open.find((entry) => entry.decision.decisionId === decisionId) ??
      this.open.find((entry) => entry.again.includes(decisionId));
    const remembered = this.#ended.filter((entry) => entry.endedMs > nowMs - KEPT_MS);
    const ended = remembered.find((entry) => entry.decisionId === decisionId);
    const about = open ?? ended?.open;
    if (about === undefined) return { kind: "letter", reason: "unknown_decision" };
    const body = outcomeBody(outcome);
    const known = about.outcomes.find(([id]) => id === outcome.outcomeId);
    if (known !== undefined)
      return known[1] === body ? { kind: "repeated" } : { kind: "letter", reason: "outcome_conflict" };
    const late = open === undefined || open.untilMs <= nowMs;
    if ((!late && breaks(about, outcome)) || about.outcomes.length >= OUTCOMES_MOST)
      return { kind: "letter", reason: "contract" };
    about.outcomes.push([outcome.outcomeId, body]);
    return { kind: late ? "late" : "counts", open: about };
  }

  /** S1: the windows that are over leave. */
  takeOver(nowMs: number): Open[] {
    const over = this.open.filter((entry) => entry.untilMs <= nowMs);
    if (over.length === 0) return over;
    this.open = this.open.filter((entry) => entry.untilMs > nowMs);
    for (const entry of over) this.#end(entry, nowMs);
    return over;
  }

  /** S7: held though their incentives are no longer valid; their windows stay open. */
  expired(nowMs: number): Open[] {
    return this.open.filter((entry) => entry.held && entry.validUntilMs <= nowMs);
  }

  /** S3: a decision more; answers the one that must be closed for it before its time, if any. */
  remember(entry: Open, nowMs: number): Open | null {
    let closed: Open | null = null;
    if (this.open.length >= OPEN_MOST) {
      closed = this.open.find((candidate) => !candidate.held) ?? null;
      if (closed !== null) {
        this.open = this.open.filter((candidate) => candidate !== closed);
        this.#end(closed, nowMs);
      }
    }
    this.open = [...this.open, entry];
    return closed;
  }

  again(entry: Open, decisionId: string): void {
    entry.again = [...entry.again, decisionId].slice(-AGAIN_KEPT);
  }

  /** The user's open incentive of a campaign. */
  heldOf(campaign: string): Open | undefined {
    return this.open.find((entry) => entry.held && entry.decision.campaign === campaign);
  }

  receive(campaign: string, nowMs: number): void {
    this.#received.set(campaign, [...(this.#received.get(campaign) ?? []), nowMs]);
  }

  receivedSince(campaign: string, sinceMs: number): number {
    return (this.#received.get(campaign) ?? []).filter((atMs) => atMs > sinceMs).length;
  }

  #end(open: Open, nowMs: number): void {
    const kept = this.#ended.filter((entry) => entry.endedMs > nowMs - KEPT_MS);
    const fresh = [...open.again, open.decision.decisionId].map((decisionId) => ({ decisionId, open, endedMs: nowMs }));
    this.#ended = [...kept, ...fresh].slice(-ENDED_KEPT);
  }
}

/** A redemption where there was no incentive, or of more than is held. */
function breaks(open: Open, outcome: Outcome): boolean {
  if (outcome.kind !== "redeemed") return false;
  if (open.hold === null) return true;
  return open.held && outcome.amountMinor !== null && Number(outcome.amountMinor) > open.hold.faceMinor;
}

function sessionBody({ userId, atMs, surface, campaign, attributes }: Session): string {
  return JSON.stringify([userId, atMs, surface, campaign, Object.entries(attributes).toSorted(byName)]);
}

function outcomeBody({ decisionId, atMs, kind, amountMinor, rewards }: Outcome): string {
  return JSON.stringify([decisionId, atMs, kind, `${amountMinor}`, Object.entries(rewards).toSorted(byName)]);
}

function byName(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}
