// Decision rates: each campaign's decisions by reason and minute, of the last two hours.

import type { RecentSessions } from "../../../observe/warnings.ts";
import {
  NOT_DRAWN_REASONS,
  REASONS,
  REFUSED_FOR_MONEY,
  type Decision,
  type Reason,
} from "../../../domain/decision/decision.ts";

export const KEPT_MINUTES = 120;
const RECENT_MINUTES = 15;
const MINUTE_MS = 60_000;
/** Whoever may write to the topic may name any campaign. */
const MOST_CAMPAIGNS = 500;

export interface MinuteOfDecisions {
  /** Of its beginning. */
  readonly atMs: number;
  readonly counts: Readonly<Record<Reason, number>>;
}

export class DecisionRates {
  readonly #campaigns = new Map<string, CampaignMinutes>();

  take({ campaign, reason, decidedAtMs }: Decision): void {
    if (campaign === null) return;
    let minutes = this.#campaigns.get(campaign);
    if (minutes === undefined) {
      if (this.#campaigns.size >= MOST_CAMPAIGNS) return;
      minutes = new CampaignMinutes();
      this.#campaigns.set(campaign, minutes);
    }
    minutes.add(Math.floor(decidedAtMs / MINUTE_MS), REASONS.indexOf(reason));
  }

  /** The last two hours, oldest first, each minute that had decisions. */
  minutes(campaign: string, nowMs: number): readonly MinuteOfDecisions[] {
    return this.#campaigns.get(campaign)?.since(Math.floor(nowMs / MINUTE_MS) - KEPT_MINUTES + 1) ?? [];
  }

  /** Of the last quarter of an hour. */
  recent(campaign: string, nowMs: number): RecentSessions {
    const first = Math.floor(nowMs / MINUTE_MS) - RECENT_MINUTES;
    const counts =
      this.#campaigns
        .get(campaign)
        ?.since(first)
        .map((minute) => minute.counts) ?? [];
    const sumOf = (reasons: readonly Reason[]): number =>
      counts.reduce((sum, each) => sum + reasons.reduce((part, reason) => part + each[reason], 0), 0);
    const sessions = sumOf(REASONS) - sumOf(NOT_DRAWN_REASONS);
    return { sessions, refusedShare: sessions === 0 ? 0 : sumOf(REFUSED_FOR_MONEY) / sessions };
  }
}

/** A ring: a minute's place is overwritten by the one two hours later. */
class CampaignMinutes {
  readonly #minuteOf = new Float64Array(KEPT_MINUTES).fill(-1);
  readonly #counts = new Uint32Array(KEPT_MINUTES * REASONS.length);

  add(minute: number, reason: number): void {
    const place = minute % KEPT_MINUTES;
    const there = this.#minuteOf[place] ?? -1;
    if (there > minute || minute < 0) return;
    const from = place * REASONS.length;
    if (there < minute) this.#counts.fill(0, from, from + REASONS.length);
    this.#minuteOf[place] = minute;
    this.#counts[from + reason] = (this.#counts[from + reason] ?? 0) + 1;
  }

  since(first: number): readonly MinuteOfDecisions[] {
    return [...this.#minuteOf]
      .flatMap((minute, place) => (minute >= first ? [{ minute, place }] : []))
      .toSorted((a, b) => a.minute - b.minute)
      .map(({ minute, place }) => ({ atMs: minute * MINUTE_MS, counts: this.#countsAt(place) }));
  }

  #countsAt(place: number): Record<Reason, number> {
    const entries = REASONS.map((reason, index) => [reason, this.#counts[place * REASONS.length + index] ?? 0]);
    return Object.fromEntries(entries) as Record<Reason, number>;
  }
}
