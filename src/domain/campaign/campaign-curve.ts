// Campaign curve: which share of its budget a campaign's own settings mean to have spent by a time. What comes corrects an even
// curve (src/treasury/pace/curve.ts); this is the curve as it was planned.

import { itemAt } from "../assert.ts";
import { HOURS_OF_DAY, type Campaign } from "./campaign.ts";

const HOUR_MS = 3_600_000;

/** By the points of the curve, straight lines between them. */
export function pointShare({ startMs, pacing }: Pick<Campaign, "startMs" | "pacing">, atMs: number): number {
  let before = { atMs: startMs, share: 0 };
  for (const point of pacing.points ?? []) {
    if (atMs < point.atMs) {
      const part = (atMs - before.atMs) / (point.atMs - before.atMs);
      return before.share + (point.share - before.share) * Math.max(0, part);
    }
    before = point;
  }
  return before.share;
}

/** At each of the times, which rise. */
export function plannedShares(campaign: Campaign, timesMs: readonly number[]): number[] {
  const { mode } = campaign.pacing;
  if (mode === "asap") return timesMs.map(() => 1);
  if (mode === "points") return timesMs.map((atMs) => pointShare(campaign, atMs));
  const { startMs, endMs } = campaign;
  const total = weightBetween(campaign, startMs, endMs);
  let [from, came] = [startMs, 0];
  return timesMs.map((atMs) => {
    const to = Math.min(Math.max(atMs, from), endMs);
    came += weightBetween(campaign, from, to);
    from = to;
    return total > 0 ? came / total : 1;
  });
}

/** Of the traffic's profile by hour of the day (UTC). */
function weightBetween({ pacing }: Campaign, fromMs: number, toMs: number): number {
  const { profile = [] } = pacing;
  if (profile.length === 0) return toMs - fromMs;
  const ofDay = profile.reduce((sum, weight) => sum + weight, 0) * HOUR_MS;
  const days = Math.floor((toMs - fromMs) / (HOURS_OF_DAY * HOUR_MS));
  let weight = days * ofDay;
  for (let at = fromMs + days * HOURS_OF_DAY * HOUR_MS; at < toMs;) {
    const next = Math.min((Math.floor(at / HOUR_MS) + 1) * HOUR_MS, toMs);
    weight += (next - at) * itemAt(profile, Math.floor(at / HOUR_MS) % HOURS_OF_DAY);
    at = next;
  }
  return weight;
}
