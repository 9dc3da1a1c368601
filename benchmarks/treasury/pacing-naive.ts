// What Stipend is held against: eight nodes that share a counter of the money. Each reads it once a step (Stipend's grants
// are as old), gives while its copy leaves room, and writes what it gave back. Two usual ways of counting: when an incentive
// is given (and back when it expires), or when it is redeemed, as promotion engines do.

import { must } from "../../src/domain/assert.ts";
import { sharesAt } from "../../src/domain/release/frontier.ts";
import { hashUnit } from "../../src/domain/random.ts";
import type { DayFigures } from "./pacing-day.ts";
import { SHARDS, sessionsOf, STEP_MS, STEPS, type Coming, type Day } from "./pacing-world.ts";

export type Counting = "given" | "redeemed";

interface Ending {
  readonly faceMinor: number;
  readonly redeemed: boolean;
}

export function playNaiveDay(day: Day, counting: Counting): DayFigures {
  const budget = Number(day.campaign.budgetMinor);
  const sessions = day.arrivals.reduce((sum, count) => sum + count, 0);
  const ending = new Map<number, Ending[]>();
  const money = { counter: 0, posted: 0, held: 0 };
  const figures = { came: 0, distance: 0, peak: 0, outAt: 1, reward: 0 };
  const end = (holds: readonly Ending[]): void => {
    for (const { faceMinor, redeemed } of holds) {
      money.held -= faceMinor;
      if (redeemed) money.posted += faceMinor;
      if (counting === "given" && !redeemed) money.counter -= faceMinor;
      if (counting === "redeemed" && redeemed) money.counter += faceMinor;
    }
  };
  let step = 0;
  for (const arriving of sessionsOf(day)) {
    end(ending.get(step) ?? []);
    ending.delete(step);
    const copies = Array.from({ length: SHARDS }, () => money.counter);
    for (const session of arriving) {
      const { faceMinor, sendMinor, arm } = armOf(day, session);
      figures.reward += day.release.manifest.values.reward[session.cluster]?.[arm] ?? 0;
      if (arm === 0 || (copies[session.shard] ?? 0) + faceMinor + sendMinor > budget) continue;
      const counted = counting === "given" ? faceMinor + sendMinor : sendMinor;
      copies[session.shard] = (copies[session.shard] ?? 0) + counted;
      money.counter += counted;
      money.held += faceMinor;
      money.posted += sendMinor;
      hold(ending, day, session, arm, faceMinor, step);
    }
    figures.came += arriving.length;
    // Who counts redemptions has promised what is held as well; only what is paid is held against it.
    figures.peak = Math.max(figures.peak, money.posted + (counting === "given" ? money.held : 0));
    figures.distance += Math.abs(money.posted / budget - figures.came / sessions) / STEPS;
    if (figures.outAt === 1 && money.posted >= 0.99 * budget) figures.outAt = figures.came / sessions;
    step += 1;
  }
  const used = (money.posted + money.held) / budget;
  for (const holds of ending.values()) end(holds);
  return {
    spent: money.posted / budget,
    used,
    overspend: Math.max(0, Math.max(figures.peak, money.posted) / budget - 1),
    outAt: figures.outAt,
    curveDistance: figures.distance,
    reward: figures.reward,
  };
}

/** By the dearest plan: nothing paces it. */
function armOf(day: Day, { id, cluster }: Coming) {
  const { frontier } = day.release.manifest;
  const shares = sharesAt(frontier, frontier.rows.length - 1, cluster);
  let left = hashUnit(`naive/${id}`);
  const arm = Math.max(
    0,
    shares.findIndex((share) => (left -= share) < 0),
  );
  const { faceMinor, sendMinor } = must(day.campaign.arms[arm], "arm");
  return { arm, faceMinor: Number(faceMinor), sendMinor: Number(sendMinor) };
}

function hold(
  ending: Map<number, Ending[]>,
  day: Day,
  { cluster, redeems, after }: Coming,
  arm: number,
  faceMinor: number,
  step: number,
): void {
  const redeemed = redeems < (day.truth[cluster]?.[arm] ?? 0);
  const steps = ((redeemed ? after : 1) * day.campaign.reservation.ttlMs) / STEP_MS;
  const at = step + Math.max(1, Math.ceil(steps));
  ending.set(at, [...(ending.get(at) ?? []), { faceMinor, redeemed }]);
}
