// Warnings: what somebody should look at of a campaign, in sentences for the command line, the console and the metrics alike.
// Pure.

import type { Campaign } from "../domain/campaign/campaign.ts";
import type { BudgetStatus } from "../domain/campaign/control.ts";
import { formatMinor } from "../domain/money/money.ts";
import { percent } from "../domain/figures.ts";
import { accountView } from "./campaign-view.ts";

/** What is known of a campaign beside its status; what is not known is null, and nothing is said of it. */
export interface Surrounding {
  readonly nowMs: number;
  readonly campaign: Campaign | null;
  /** Sessions that reached the draw since the campaign began, by the shards' reports. */
  readonly eligibleSessions: number | null;
  /** Of the last quarter of an hour. */
  readonly recent: RecentSessions | null;
}

export interface RecentSessions {
  /** That could have been given something. */
  readonly sessions: number;
  /** Share of them that was refused for money. */
  readonly refusedShare: number;
}

export const WARNINGS = [
  "alarm",
  "no_release",
  "before_period",
  "after_period",
  "refused",
  "ends_early",
  "off_curve",
  "no_sessions",
  "traffic",
  "cut_below_out",
] as const;

export interface Warning {
  readonly kind: (typeof WARNINGS)[number];
  readonly text: string;
}

/** Of the sessions, or of what they would be given: more than half is what somebody must hear of. */
const MOST_REFUSED = 0.5;
const FEW_SESSIONS = 20;
/** Of the budget: so far may spend and reserve be from the curve's target. */
const OFF_CURVE = 0.15;
/** What comes may be so many times what was expected, or so small a part of it. */
const TRAFFIC_FACTOR = 3;
/** Of the period: before it, nobody can say how much will come. */
const TRAFFIC_AFTER = 0.1;

/** Whether sessions that come now are the campaign's to decide. */
export function isServing({ state }: BudgetStatus, { campaign, nowMs }: Surrounding): boolean {
  return state === "live" && (campaign === null || (nowMs >= campaign.startMs && nowMs < campaign.endMs));
}

/** Nothing is said of one that has ended. */
export function warningsOf(status: BudgetStatus, surrounding: Surrounding): readonly Warning[] {
  if (status.state === "ended") return [];
  const live = status.state === "live";
  return [
    ...alarmWarning(status),
    ...(status.release === null ? [warning("no_release", "no release is in force: nothing is given")] : []),
    ...cutWarning(status),
    ...(live ? [...periodWarnings(surrounding), ...moneyWarnings(status, surrounding)] : []),
    ...trafficWarning(status, surrounding),
  ];
}

function warning(kind: Warning["kind"], text: string): Warning {
  return { kind, text };
}

function alarmWarning({ alarm }: BudgetStatus): Warning[] {
  return alarm === null ? [] : [warning("alarm", `paused by an alarm on its money: ${alarm.detail}`)];
}

/** Under `expected` more may be out than the budget. */
function cutWarning({ budgetMinor, totals, riskReserveMinor, currency }: BudgetStatus): Warning[] {
  const { overMinor } = accountView(budgetMinor, totals.plan);
  if (overMinor === 0n || riskReserveMinor > 0n) return [];
  const text = `${formatMinor(overMinor, currency)} more is out than the budget that was cut: until it is back nothing is given`;
  return [warning("cut_below_out", text)];
}

function periodWarnings({ campaign, nowMs }: Surrounding): Warning[] {
  if (campaign === null) return [];
  if (nowMs < campaign.startMs)
    return [warning("before_period", "it has not begun: nothing is given before its start")];
  if (nowMs >= campaign.endMs) return [warning("after_period", "its period is over: nothing is given any more")];
  return [];
}

function moneyWarnings(status: BudgetStatus, surrounding: Surrounding): Warning[] {
  if (!isServing(status, surrounding)) return [];
  const { campaign, recent } = surrounding;
  const found: Warning[] = [];
  if (recent !== null && recent.sessions >= FEW_SESSIONS && recent.refusedShare >= MOST_REFUSED)
    found.push(
      warning(
        "refused",
        `${percent(recent.refusedShare)} of the sessions of the last 15 minutes were refused for money`,
      ),
    );
  if (recent !== null && recent.sessions === 0)
    found.push(warning("no_sessions", "no session has come in the last 15 minutes"));
  const expected = status.forecast?.refusedShare ?? 0;
  if (expected >= MOST_REFUSED)
    found.push(
      warning("ends_early", `${percent(expected)} of what the sessions to come would be given cannot be paid for`),
    );
  const off = offCurveShare(status);
  const hasCurve = campaign !== null && campaign.pacing.mode !== "asap" && status.release !== null;
  if (hasCurve && Math.abs(off) > OFF_CURVE)
    found.push(
      warning(
        "off_curve",
        `${percent(Math.abs(off))} of the budget ${off > 0 ? "ahead of" : "behind"} where it should be`,
      ),
    );
  return found;
}

/** How far what is spent and reserved is ahead of the curve's target (negative: behind it), as a share of the budget. */
function offCurveShare({ budgetMinor, targetMinor, totals }: BudgetStatus): number {
  if (budgetMinor === 0n) return 0;
  const { postedMinor, reservedMinor } = accountView(budgetMinor, totals.plan);
  const target = targetMinor < budgetMinor ? targetMinor : budgetMinor;
  return Number(postedMinor + reservedMinor - target) / Number(budgetMinor);
}

function trafficWarning(status: BudgetStatus, { campaign, eligibleSessions, nowMs }: Surrounding): Warning[] {
  if (campaign === null || eligibleSessions === null) return [];
  const gone = (nowMs - campaign.startMs) / (campaign.endMs - campaign.startMs);
  const { expectedSessions } = campaign.pacing;
  const heading = gone >= 1 ? eligibleSessions : eligibleSessions / gone;
  const isTooMany = eligibleSessions > TRAFFIC_FACTOR * expectedSessions;
  const isOff = heading > TRAFFIC_FACTOR * expectedSessions || heading < expectedSessions / TRAFFIC_FACTOR;
  if (!isTooMany && (gone < TRAFFIC_AFTER || !isOff)) return [];
  return [
    warning(
      "traffic",
      `${count(eligibleSessions)} sessions have come in ${percent(Math.min(1, Math.max(0, gone)))} of the period, and ` +
        `${count(expectedSessions)} are expected in all: expectedSessions or the period cannot be right`,
    ),
  ];
}

function count(sessions: number): string {
  return Math.round(sessions).toLocaleString("en");
}
