// Periods: the day or week that a campaign is in, by the dates that calendars of its zone show at the treasurer's looks, and
// what may be posted in it (T7), worked out anew from src/treasury/SPEC.md.

import type { Campaign } from "../../../../src/domain/campaign/campaign.ts";
import type { PeriodStatus } from "../../../../src/domain/campaign/control.ts";

const DAY_MS = 86_400_000;
const DAYS_OF_WEEK = 7;

export class Periods {
  /** The period's first day, in days since 1970; null before the first look. */
  #first: number | null = null;
  #carried = 0;
  #postedBefore = 0;
  /** At the last look. */
  #posted = 0;

  /**
   * A look begins, before it takes in anything: what has been posted since the last one is money of the period of this one,
   * and what is carried comes of the budgets that were in force until now.
   */
  enter(campaign: Campaign, periodBudget: number, nowMs: number): void {
    if (!isPeriodic(campaign)) return;
    const first = firstDay(campaign, nowMs);
    if (first === this.#first) return;
    if (this.#first !== null && campaign.periods?.rollover === "carry") {
      const ended = (first - this.#first) / daysOf(campaign);
      const left = this.#carried + ended * periodBudget - (this.#posted - this.#postedBefore);
      this.#carried = Math.max(0, left);
    }
    this.#postedBefore = this.#posted;
    this.#first = first;
  }

  /** What its shards have reported by the end of a look. */
  review(posted: number): void {
    this.#posted = posted;
  }

  /** What may be out until the period ends, as far as its budget goes. */
  most(periodBudget: number): number {
    return this.#postedBefore + this.#carried + periodBudget;
  }

  /** What is wrong with a told period; null when nothing is. */
  faultOf(
    told: PeriodStatus | null,
    campaign: Campaign,
    budgets: { readonly whole: number; readonly period: number },
  ): string | null {
    if (!isPeriodic(campaign)) return told === null ? null : "tells of a period, and there are none";
    if (told === null) return "tells of no period";
    const mayPost = Math.max(0, Math.min(budgets.whole, this.most(budgets.period)) - this.#postedBefore);
    if (Number(told.budgetMinor) !== mayPost) return `budget ${told.budgetMinor}, it has ${mayPost}`;
    const posted = this.#posted - this.#postedBefore;
    if (Number(told.postedMinor) !== posted) return `posted ${told.postedMinor}, it was ${posted}`;
    const { startMs, endMs } = told;
    const begins = startMs === campaign.startMs || firstDay(campaign, startMs - 1) !== this.#first;
    const ends = endMs === campaign.endMs || firstDay(campaign, endMs) !== this.#first;
    const isOne = [startMs, endMs - 1].every((atMs) => firstDay(campaign, atMs) === this.#first);
    return begins && ends && isOne ? null : `from ${startMs} to ${endMs} is not the day or week of its dates`;
  }
}

export function isPeriodic({ periods }: Campaign): boolean {
  return periods !== undefined && periods !== null;
}

function daysOf({ periods }: Campaign): number {
  return periods?.every === "week" ? DAYS_OF_WEEK : 1;
}

/** Of the period of an instant of the campaign; what is before or after it belongs to its first or last. */
function firstDay(campaign: Campaign, atMs: number): number {
  const { startMs, endMs, timeZone = "UTC" } = campaign;
  const insideMs = Math.max(startMs, Math.min(endMs - 1, atMs));
  const dateMs = Date.parse(calendarOf(timeZone).format(insideMs));
  const sinceMonday = (new Date(dateMs).getUTCDay() + DAYS_OF_WEEK - 1) % DAYS_OF_WEEK;
  return dateMs / DAY_MS - (daysOf(campaign) === 1 ? 0 : sinceMonday);
}

const calendars = new Map<string, Intl.DateTimeFormat>();

/** Writes dates as 2026-01-05. */
function calendarOf(timeZone: string): Intl.DateTimeFormat {
  const known = calendars.get(timeZone);
  if (known !== undefined) return known;
  const calendar = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  calendars.set(timeZone, calendar);
  return calendar;
}
