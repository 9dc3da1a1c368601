// Campaign page: everything about one campaign, as its page shows it.

import type { Campaign } from "../../../domain/campaign/campaign.ts";
import { plannedShares } from "../../../domain/campaign/campaign-curve.ts";
import type { BudgetStatus } from "../../../domain/campaign/control.ts";
import { laggingShards } from "../../../observe/campaign-view.ts";
import { rewardUnit } from "../../../domain/campaign/reward-unit.ts";
import { budgetDial, type BudgetDial } from "../budget-dial.ts";
import { campaignRow, moneyOf, type AccountMoney, type CampaignRow } from "./campaigns-page.ts";
import type { ChangeRow } from "../model/change-log.ts";
import type { MinuteOfDecisions } from "../model/decision-rates.ts";
import type { LiveModel } from "../model/live-model.ts";
import type { SpendPoint } from "../model/spend-series.ts";

export interface CampaignPage {
  readonly row: CampaignRow;
  readonly exploration: AccountMoney;
  readonly settings: ShownSettings | null;
  readonly spend: SpendChart;
  /** Of the last two hours. */
  readonly minutes: readonly MinuteOfDecisions[];
  /** Null before a release is in force and shards have reported it. */
  readonly segments: Segments | null;
  /** Null where nothing is to come, or no release is in force. */
  readonly dial: BudgetDial | null;
  readonly shards: Shards;
  readonly changes: readonly ChangeRow[];
  readonly release: string | null;
  readonly pinned: boolean;
  readonly budgetLevel: BudgetLevel | null;
  /** Sessions that reached the draw since the campaign began. */
  readonly eligibleSessions: number | null;
}

/** As they are in force, for the forms. */
export interface ShownSettings {
  readonly explorationShare: number;
  readonly holdoutShare: number;
  readonly caps: readonly { readonly max: number; readonly windowMs: number }[];
  readonly curve: "asap" | "even" | "points";
  readonly points: readonly { readonly atMs: number; readonly share: number }[];
  /** Of an even curve, at times that part the period evenly. */
  readonly even: readonly number[];
  readonly expectedSessions: number;
  readonly period: { readonly every: "day" | "week"; readonly budget: number } | null;
}

export interface SpendChart {
  readonly points: readonly SpendPoint[];
  /** What the settings mean to have spent, over the whole period; empty where each day or week has a budget. */
  readonly curve: readonly { readonly atMs: number; readonly minor: number }[];
}

export interface Segments {
  readonly offers: readonly string[];
  readonly rows: readonly {
    readonly segment: number;
    readonly sessions: number;
    /** Of its sessions, by offer; null where it has none. */
    readonly planned: readonly number[] | null;
    readonly given: readonly number[] | null;
  }[];
}

export interface Shards {
  readonly all: number;
  readonly lagging: readonly {
    readonly shard: number;
    readonly revision: number;
    readonly reportedAtMs: number | null;
  }[];
}

/** Where on its release's plans it stands. */
export interface BudgetLevel {
  readonly level: number;
  readonly of: number;
  /** What rewards are counted in. */
  readonly unit: string;
  /** What one more unit of the currency brings now. */
  readonly extraPerUnit: number;
  /** Share of offers let through. */
  readonly throttle: number;
}

const CHANGES_SHOWN = 6;
const CURVE_POINTS = 96;

/** Null where there is no such campaign. */
export function campaignPage(model: LiveModel, id: string, nowMs: number): CampaignPage | null {
  const status = model.status(id);
  if (status === null) return null;
  const campaign = model.campaign(id);
  const release = model.releases.get(id, status.release);
  const cells = status.release === null ? null : model.shards.cells(id, status.release);
  const row = campaignRow(model, status, nowMs);
  const manifest = release?.manifest ?? null;
  return {
    row,
    exploration: moneyOf(status.explorationBudgetMinor, status.totals.exploration),
    settings: campaign === null ? null : settingsOf(campaign),
    spend: { points: model.shards.spend(id), curve: campaign === null ? [] : curveOf(campaign) },
    minutes: model.rates.minutes(id, nowMs),
    segments: cells === null || manifest === null ? null : segmentsOf(manifest.arms, cells),
    dial:
      campaign === null || manifest === null || status.forecast === null
        ? null
        : budgetDial({
            campaign,
            manifest,
            forecast: status.forecast,
            sessionsByCluster: cells?.sessionsByCluster ?? [],
            left: row.money.left,
          }),
    shards: { all: status.shards, lagging: laggingShards(status) },
    changes: model.changes.of(id, status).slice(0, CHANGES_SHOWN),
    release: status.release,
    pinned: status.pinned,
    budgetLevel:
      manifest === null ? null : levelOf(status, manifest.frontier.rows.length, row.currency.digits, campaign),
    eligibleSessions: model.shards.eligibleSessions(id),
  };
}

function settingsOf(campaign: Campaign): ShownSettings {
  const { explorationShare, holdoutShare, caps, pacing, periods = null } = campaign;
  return {
    explorationShare,
    holdoutShare,
    caps,
    curve: pacing.mode,
    points: pacing.points ?? [],
    even: plannedShares({ ...campaign, pacing: { ...pacing, mode: "even" } }, curveTimes(campaign)),
    expectedSessions: pacing.expectedSessions,
    period: periods === null ? null : { every: periods.every, budget: Number(periods.budgetMinor) },
  };
}

function curveOf(campaign: Campaign): SpendChart["curve"] {
  const { endMs, periods = null } = campaign;
  if (periods !== null) return [];
  const times = curveTimes(campaign);
  const budget = Number(campaign.budgetMinor);
  return plannedShares(campaign, times).map((share, at) => ({ atMs: times[at] ?? endMs, minor: share * budget }));
}

function curveTimes({ startMs, endMs }: Campaign): number[] {
  return Array.from({ length: CURVE_POINTS + 1 }, (_, at) => startMs + ((endMs - startMs) * at) / CURVE_POINTS);
}

/** Those with most sessions first. */
export function segmentsOf(
  offers: readonly string[],
  cells: {
    readonly sessionsByCluster: readonly number[];
    readonly planned: readonly number[];
    readonly given: readonly number[];
  },
): Segments {
  const rows = cells.sessionsByCluster.map((sessions, segment) => {
    const shares = (list: readonly number[]): readonly number[] | null => {
      const row = offers.map((_, offer) => list[segment * offers.length + offer] ?? 0);
      const all = row.reduce((sum, each) => sum + each, 0);
      return all > 0 ? row.map((each) => each / all) : null;
    };
    return { segment, sessions, planned: shares(cells.planned), given: shares(cells.given) };
  });
  return { offers, rows: rows.toSorted((a, b) => b.sessions - a.sessions) };
}

function levelOf(
  { planRow, shadowPrice, throttle }: BudgetStatus,
  rows: number,
  digits: number | null,
  campaign: Campaign | null,
): BudgetLevel {
  const { unit, weight } = campaign === null ? { unit: "reward", weight: 1 } : rewardUnit(campaign);
  return { level: planRow, of: rows - 1, unit, extraPerUnit: (shadowPrice * 10 ** (digits ?? 0)) / weight, throttle };
}
