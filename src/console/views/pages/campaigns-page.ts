// Campaigns page: a row for each campaign, as the page shows it. Amounts are numbers of minor units here: what the log carries
// fits into them.

import { minorDigits } from "../../../domain/money/currency.ts";
import type { BudgetStatus, CampaignState, PacingAction } from "../../../domain/campaign/control.ts";
import { accountView } from "../../../observe/campaign-view.ts";
import type { Warning } from "../../../observe/warnings.ts";
import type { Lift } from "../lift.ts";
import type { LiveModel } from "../model/live-model.ts";

export interface CampaignsPage {
  readonly campaigns: readonly CampaignRow[];
}

export interface CampaignRow {
  readonly id: string;
  readonly state: CampaignState;
  readonly revision: number;
  readonly currency: Currency;
  /** Of the plan account. */
  readonly money: AccountMoney;
  /** Of the period's end; null without a release. */
  readonly forecast: Forecast | null;
  /** Of the last 15 minutes. */
  readonly recent: { readonly sessions: number; readonly refusedShare: number };
  /** Null before it has been worked out. */
  readonly lift: Lift | null;
  /** Null before any. */
  readonly lastChange: LastChange | null;
  /** Null until the campaign's settings have been read. */
  readonly period: { readonly startMs: number; readonly endMs: number; readonly timeZone: string } | null;
  readonly warnings: readonly Warning[];
}

export interface Currency {
  readonly code: string;
  /** Of the minor unit; null for a code that is no money. */
  readonly digits: number | null;
}

export interface AccountMoney {
  readonly budget: number;
  readonly spent: number;
  readonly reserved: number;
  /** Neither spent nor reserved; not below 0. */
  readonly left: number;
  /** What may be spent and reserved by now; null where there is no such figure. */
  readonly target: number | null;
}

export interface Forecast {
  readonly spendAtEnd: number;
  /** Of what the sessions to come would be given, what the budget cannot pay. */
  readonly refusedShare: number;
  readonly sessionsToCome: number;
}

export interface LastChange {
  readonly atMs: number;
  /** Null: an earlier version did not say. */
  readonly action: PacingAction["kind"] | null;
  readonly by: string | null;
}

export function campaignsPage(model: LiveModel, nowMs: number): CampaignsPage {
  const rows = model.statuses().map((status) => campaignRow(model, status, nowMs));
  return { campaigns: rows.toSorted((a, b) => Number(isOver(a)) - Number(isOver(b))) };
}

function isOver({ state }: CampaignRow): boolean {
  return state === "ended";
}

export function campaignRow(model: LiveModel, status: BudgetStatus, nowMs: number): CampaignRow {
  const { campaign: id, state, revision } = status;
  const campaign = model.campaign(id);
  return {
    id,
    state,
    revision,
    currency: currencyOf(status.currency),
    money: planMoney(status),
    forecast: forecastOf(status),
    recent: model.rates.recent(id, nowMs),
    lift: model.lifts.get(id) ?? null,
    lastChange: lastChangeOf(status),
    period:
      campaign === null
        ? null
        : { startMs: campaign.startMs, endMs: campaign.endMs, timeZone: campaign.timeZone ?? "UTC" },
    warnings: model.warnings(status, nowMs),
  };
}

export function currencyOf(code: string): Currency {
  return { code, digits: minorDigits(code) };
}

export function planMoney({ budgetMinor, totals, targetMinor }: BudgetStatus): AccountMoney {
  return { ...moneyOf(budgetMinor, totals.plan), target: Math.min(Number(targetMinor), Number(budgetMinor)) };
}

export function moneyOf(budgetMinor: bigint, totals: BudgetStatus["totals"]["plan"]): AccountMoney {
  const view = accountView(budgetMinor, totals);
  const [budget, spent, reserved] = [view.budgetMinor, view.postedMinor, view.reservedMinor].map(Number);
  return {
    budget: budget ?? 0,
    spent: spent ?? 0,
    reserved: reserved ?? 0,
    left: Math.max(0, (budget ?? 0) - (spent ?? 0) - (reserved ?? 0)),
    target: null,
  };
}

function forecastOf({ forecast }: BudgetStatus): Forecast | null {
  if (forecast === null) return null;
  const { spendAtEnd, refusedShare = 0, sessionsToCome } = forecast;
  return { spendAtEnd: Number(spendAtEnd), refusedShare, sessionsToCome };
}

function lastChangeOf({ answers }: BudgetStatus): LastChange | null {
  const last = answers.findLast(({ outcome }) => outcome === "accepted" || outcome === "applied");
  return last === undefined ? null : { atMs: last.atMs, action: last.action ?? null, by: last.actor ?? null };
}
