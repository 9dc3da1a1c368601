// Budget metrics
// Each campaign's money as the treasurer last told it: follows `budget-status` from reading to reading.
//
// Invariants:
//   1. A series for each campaign that there is, at most MOST_CAMPAIGNS: those that are not over first, then those that
//      changed last. What answers a command for a campaign that there is not has none.
//   2. A record that cannot be read is counted and passed over: it hides no other campaign.

import type { Registry } from "prom-client";
import type { Campaign } from "../domain/campaign/campaign.ts";
import type { BudgetStatus } from "../domain/campaign/control.ts";
import { ACCOUNTS } from "../domain/money/totals.ts";
import { codecFor, decodedOrNull, Undecodable } from "../log/codec/codec.ts";
import type { EventLog } from "../log/event-log.ts";
import { accountView, isThere, laggingShards } from "./campaign-view.ts";
import { counter, gauge } from "./metric-names.ts";
import { isServing, warningsOf, type Surrounding, type Warning } from "./warnings.ts";

export const MOST_CAMPAIGNS = 200;

export interface BudgetMetrics {
  /** Reads on from where it was; rejects when the log cannot be read. */
  read(): Promise<void>;
  /** As last read: what is wrong with the money of campaigns that are paused by an alarm. */
  alarms(): readonly string[];
}

export function budgetMetrics(registry: Registry, log: EventLog, nowMs: () => number): BudgetMetrics {
  const codec = codecFor("budget-status");
  const next = new Map<number, number>();
  /** The last status of each campaign, in the order of their last changes. */
  const known = new Map<string, BudgetStatus>();
  const gauges = budgetGauges(registry);
  const campaigns = campaignSettings(log);
  const notShown = gauge(registry, "stipend_campaigns_not_shown", []);
  const undecodable = counter(registry, "stipend_undecodable_records_total", ["topic"]);
  undecodable.inc({ topic: "budget-status" }, 0);
  const take = (value: Uint8Array): void => {
    try {
      const status = codec.decode(value);
      known.delete(status.campaign);
      if (isThere(status)) known.set(status.campaign, status);
    } catch (error) {
      if (!(error instanceof Undecodable)) throw error;
      undecodable.inc({ topic: "budget-status" });
    }
  };
  return {
    async read() {
      const shards = (await log.ranges("grants")).length;
      for (const { partition, start } of await log.ranges("budget-status"))
        for await (const batch of log.read("budget-status", partition, Math.max(start, next.get(partition) ?? 0)))
          for (const { value, offset } of batch) {
            if (value !== null) take(value);
            next.set(partition, offset + 1);
          }
      await campaigns.read();
      const shown = chosen([...known.values()]);
      gauges.show(shown, shards, (id) => ({
        nowMs: nowMs(),
        campaign: campaigns.get(id),
        eligibleSessions: null,
        recent: null,
      }));
      notShown.set(known.size - shown.length);
    },
    alarms: () => [...known.values()].flatMap(({ campaign, alarm }) => (alarm ? [`${campaign}: ${alarm.detail}`] : [])),
  };
}

function chosen(all: readonly BudgetStatus[]): readonly BudgetStatus[] {
  if (all.length <= MOST_CAMPAIGNS) return all;
  const latestFirst = all.toReversed();
  const isOver = ({ state }: BudgetStatus): boolean => state === "ended";
  return [...latestFirst.filter((status) => !isOver(status)), ...latestFirst.filter(isOver)].slice(0, MOST_CAMPAIGNS);
}

/** Of each campaign, as its grants have them: every campaign has one in the first partition. */
function campaignSettings(log: EventLog): { read(): Promise<void>; get(id: string): Campaign | null } {
  const codec = codecFor("grants");
  const found = new Map<string, Campaign>();
  let next = 0;
  return {
    async read() {
      const [first] = await log.ranges("grants");
      if (first === undefined) return;
      for await (const batch of log.read("grants", first.partition, Math.max(first.start, next)))
        for (const { value, offset } of batch) {
          const grant = value === null ? null : decodedOrNull(codec, value);
          if (grant !== null) found.set(grant.campaign.id, grant.campaign);
          next = offset + 1;
        }
    },
    get: (id) => found.get(id) ?? null,
  };
}

interface BudgetGauges {
  show(shown: readonly BudgetStatus[], shards: number, surroundingOf: (campaign: string) => Surrounding): void;
}

/** What a status alone tells; the others are counted by decisions. */
const WARNED = ["no_release", "ends_early", "off_curve"] as const satisfies readonly Warning["kind"][];

function budgetGauges(registry: Registry): BudgetGauges {
  const account = ["campaign", "account"] as const;
  const gauges = {
    budget: gauge(registry, "stipend_budget_minor", account),
    granted: gauge(registry, "stipend_granted_minor", account),
    pending: gauge(registry, "stipend_pending_minor", account),
    posted: gauge(registry, "stipend_posted_minor", account),
    overbooked: gauge(registry, "stipend_overbooked_minor", account),
    target: gauge(registry, "stipend_curve_target_minor", ["campaign"]),
    planRow: gauge(registry, "stipend_plan_row", ["campaign"]),
    shadowPrice: gauge(registry, "stipend_shadow_price", ["campaign"]),
    periodBudget: gauge(registry, "stipend_period_budget_minor", ["campaign"]),
    spendAtEnd: gauge(registry, "stipend_spend_at_end_minor", ["campaign"]),
    mixDrift: gauge(registry, "stipend_mix_drift_minor", ["campaign"]),
    revision: gauge(registry, "stipend_campaign_revision", ["campaign"]),
    behind: gauge(registry, "stipend_shards_behind", ["campaign"]),
    alarmed: gauge(registry, "stipend_campaign_alarmed", ["campaign"]),
    live: gauge(registry, "stipend_campaign_live", ["campaign"]),
    warned: gauge(registry, "stipend_campaign_warned", ["campaign", "kind"]),
  };
  const showOne = (status: BudgetStatus, shards: number, surrounding: Surrounding): void => {
    const { campaign } = status;
    for (const name of ACCOUNTS) {
      const budget = name === "plan" ? status.budgetMinor : status.explorationBudgetMinor;
      const view = accountView(budget, status.totals[name]);
      gauges.budget.set({ campaign, account: name }, Number(budget));
      gauges.granted.set({ campaign, account: name }, Number(view.grantedMinor - view.returnedMinor));
      gauges.pending.set({ campaign, account: name }, Number(view.reservedMinor));
      gauges.posted.set({ campaign, account: name }, Number(view.postedMinor));
      const overbooked = name === "plan" ? status.overbookedMinor : 0n;
      gauges.overbooked.set({ campaign, account: name }, Number(overbooked));
    }
    gauges.target.set({ campaign }, Number(status.targetMinor));
    gauges.planRow.set({ campaign }, status.planRow);
    gauges.shadowPrice.set({ campaign }, status.shadowPrice);
    gauges.periodBudget.set({ campaign }, Number(status.period?.budgetMinor ?? status.budgetMinor));
    gauges.spendAtEnd.set({ campaign }, Number(status.forecast?.spendAtEnd ?? 0n));
    gauges.mixDrift.set({ campaign }, Number(status.forecast?.mixDrift ?? 0n));
    gauges.revision.set({ campaign }, status.revision);
    gauges.alarmed.set({ campaign }, status.alarm === null ? 0 : 1);
    gauges.live.set({ campaign }, isServing(status, surrounding) ? 1 : 0);
    const warned = new Set(warningsOf(status, surrounding).map(({ kind }) => kind));
    for (const kind of WARNED) gauges.warned.set({ campaign, kind }, warned.has(kind) ? 1 : 0);
    gauges.behind.set({ campaign }, laggingShards({ ...status, shards }).length);
  };
  return {
    show(shown, shards, surroundingOf) {
      for (const each of Object.values(gauges)) each.reset();
      for (const status of shown) showOne(status, shards, surroundingOf(status.campaign));
    },
  };
}
