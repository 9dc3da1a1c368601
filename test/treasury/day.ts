// A day of the small world: sessions arrive, are given arms by the plan in force, redeem or do not; shards report each
// step, the treasurer has a cycle each step.

import type { Campaign } from "../../src/domain/campaign/campaign.ts";
import { seededRandom, type Random } from "../../src/domain/random.ts";
import { arrivals, type Shard } from "./shard.ts";
import { campaign, manifest, World } from "./world.ts";

export interface DayOptions {
  readonly mode: "asap" | "even" | "points";
  readonly pacing?: Partial<Campaign["pacing"]>;
  readonly shards: number;
  readonly budgetMinor: bigint;
  readonly sessions: number;
  readonly expectedSessions?: number;
  readonly ttlMs: number;
  readonly policy?: "strict" | "expected";
  readonly redemption: number;
  /** Traffic over the day, relative. */
  readonly shape?: (share: number) => number;
  /** Share of the traffic by shard. */
  readonly skew?: readonly number[];
  readonly seed?: number;
}

export interface DayResult {
  readonly world: World;
  /** Largest pending + posted over the budget. */
  readonly peak: number;
  /** What was out beyond the budget at most, by the statuses, over the budget. */
  readonly overbooked: number;
  /** Pending + posted at the end, and posted when all that was held has ended. */
  readonly used: number;
  readonly posted: number;
  /** Mean distance of what was posted from the traffic's share. */
  readonly curveDistance: number;
  /** Share of the budget posted at the end of each hour. */
  readonly postedByHour: readonly number[];
}

const STEP_MS = 60_000;
const DAY_MS = 86_400_000;

export function playDay(options: DayOptions): DayResult {
  const { mode, shards, budgetMinor, sessions, ttlMs, redemption } = options;
  const spring: Campaign = campaign({
    budgetMinor,
    pacing: { mode, expectedSessions: options.expectedSessions ?? sessions, ...options.pacing },
    reservation: { policy: options.policy ?? "strict", ttlMs },
  });
  const world = new World(spring, shards);
  const random = seededRandom(options.seed ?? 1);
  world.command({ kind: "create", campaign: spring });
  world.command({ kind: "promote_release", release: world.release("a", manifest(redemption)) });
  world.cycle(0);
  const steps = DAY_MS / STEP_MS;
  const shape = options.shape ?? (() => 1);
  const weights = Array.from({ length: steps }, (_, step) => shape(step / steps));
  const weight = weights.reduce((sum, each) => sum + each, 0);
  let passed = 0;
  let distance = 0;
  let peak = 0n;
  let overbooked = 0n;
  const postedByHour: number[] = [];
  weights.forEach((each, step) => {
    const nowMs = step * STEP_MS;
    for (const shard of world.shards) {
      shard.settle(nowMs);
      shard.giveBack();
      const mean = (sessions * each * (options.skew?.[shard.index] ?? 1 / shards)) / weight;
      for (let left = arrivals(random, mean); left > 0; left -= 1) arrive(shard, random, nowMs, ttlMs, redemption);
      world.sendReport(shard.report(spring.id, nowMs));
    }
    world.cycle(nowMs);
    passed += each / weight;
    distance += Math.abs(Number(world.posted()) / Number(budgetMinor) - passed) / steps;
    if (world.used() > peak) peak = world.used();
    const over = world.status.overbookedMinor;
    if (over > overbooked) overbooked = over;
    if ((step + 1) % 60 === 0) postedByHour.push(Number(world.posted()) / Number(budgetMinor));
  });
  const used = world.used();
  for (const shard of world.shards) shard.settle(Infinity);
  const share = (amount: bigint): number => Number(amount) / Number(budgetMinor);
  return {
    world,
    peak: share(peak),
    overbooked: share(overbooked),
    used: share(used),
    posted: share(world.posted()),
    curveDistance: distance,
    postedByHour,
  };
}

/** Shares of the arms in manifest()'s frontier. */
export function armAt(planRow: number, unit: number): number {
  const shares = (row: number): number[] => (row < 4 ? [20 - 5 * row, 5 * row, 0] : [0, 10, 10]);
  const low = Math.floor(planRow);
  const high = shares(Math.min(4, low + 1));
  let left = unit * 20;
  return shares(low).findIndex((share, arm) => {
    left -= share + ((high[arm] ?? 0) - share) * (planRow - low);
    return left < 0;
  });
}

function arrive(shard: Shard, random: Random, nowMs: number, ttlMs: number, redemption: number): void {
  const explores = random.unit() < 0.05;
  const arm = explores ? random.below(3) : armAt(shard.grant?.planRow ?? 0, random.unit());
  const redeemed = random.unit() < redemption;
  const endMs = redeemed ? nowMs + random.unit() * 0.5 * ttlMs : nowMs + ttlMs;
  if (arm <= 0) shard.eligible += 1;
  else shard.draw(arm, redeemed, endMs, explores ? "exploration" : "plan");
}
