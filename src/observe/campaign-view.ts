// Campaign view: what a campaign's latest status says, with what follows from it: the money of each account, the commands that
// were answered last, and which shards have not applied the current revision. The command line, the console and the metrics take
// it from here.

import type { AccountTotals, BudgetStatus, CommandAnswer } from "../domain/campaign/control.ts";
import type { Minor } from "../domain/money/money.ts";
import { pendingOf, postedOf } from "../domain/money/totals.ts";

export interface LaggingShard {
  readonly shard: number;
  /** Its own; 0 when it has never reported. */
  readonly revision: number;
  /** Of its last report; null before the first. */
  readonly reportedAtMs: number | null;
}

export interface AccountView {
  readonly budgetMinor: Minor;
  /** Given to shards, cumulative, and given back by them. */
  readonly grantedMinor: Minor;
  readonly returnedMinor: Minor;
  /** Held now for incentives that are open. */
  readonly reservedMinor: Minor;
  readonly postedMinor: Minor;
  /** Held money that came back: expired, voided, or the rest of a partial redemption; cumulative. */
  readonly expiredMinor: Minor;
  /** How far a cut budget is passed by what is out; 0 otherwise. */
  readonly overMinor: Minor;
}

export function accountView(budgetMinor: Minor, totals: AccountTotals): AccountView {
  const out = totals.granted - totals.returned;
  return {
    budgetMinor,
    grantedMinor: totals.granted,
    returnedMinor: totals.returned,
    reservedMinor: pendingOf(totals),
    postedMinor: postedOf(totals),
    expiredMinor: totals.released,
    overMinor: out > budgetMinor ? out - budgetMinor : 0n,
  };
}

export function statusView(status: BudgetStatus) {
  return {
    campaign: status.campaign,
    atMs: status.atMs,
    state: status.state,
    revision: status.revision,
    currency: status.currency,
    targetMinor: status.targetMinor,
    plan: accountView(status.budgetMinor, status.totals.plan),
    exploration: accountView(status.explorationBudgetMinor, status.totals.exploration),
    release: status.release,
    pinned: status.pinned,
    planRow: status.planRow,
    shadowPrice: status.shadowPrice,
    throttle: status.throttle,
    forecast: status.forecast,
    alarm: status.alarm,
    period: status.period,
    overbookedMinor: status.overbookedMinor,
    riskReserveMinor: status.riskReserveMinor,
    shards: status.shards,
    lagging: laggingShards(status),
    commands: status.answers.map(commandView),
  };
}

/** Who asked for what and why, and what became of it. */
export function commandView(answer: CommandAnswer) {
  const { commandId, atMs, outcome, revision, refusal, action = null, actor = null, reason = null } = answer;
  return { commandId, atMs, action, actor, reason, outcome, revision, refusal };
}

/** Those whose last report is of an earlier revision, or that have never reported. A quiet shard at the revision is not late. */
export function laggingShards({ applied, shards, revision }: BudgetStatus): LaggingShard[] {
  const known = new Map(applied.map((entry) => [entry.shard, entry]));
  const all = new Set([...Array.from({ length: shards }, (_, shard) => shard), ...known.keys()]);
  return [...all].flatMap((shard) => {
    const entry = known.get(shard);
    if (entry !== undefined && entry.revision >= revision) return [];
    return [{ shard, revision: entry?.revision ?? 0, reportedAtMs: entry?.atMs ?? null }];
  });
}

/** The answer to a command for a campaign that was never made has no revision and no currency. */
export function isThere({ revision, currency }: BudgetStatus): boolean {
  return revision > 0 || currency !== "";
}
