// Schedule
// What is done to the allocators and the broker, and when: a function of the seed and of nothing else.
//
//   kill          SIGKILL at a random moment, and a new process a little later
//   after-commit  a process that dies between a commit and its local write
//   in-restore    a process that dies while it restores
//   freeze        SIGSTOP for longer than the session time-out, then SIGCONT: a zombie that does not know
//   leave         SIGTERM, and another joins
//   broker        SIGKILL of the broker, and a restart on the same folder

import { seededRandom, type Random } from "../../src/domain/random.ts";

export const SESSION_MS = 3_000;

export type Harm = "kill" | "after-commit" | "in-restore" | "freeze" | "leave" | "broker";

export const ALL_HARMS: readonly Harm[] = ["kill", "after-commit", "in-restore", "freeze", "leave", "broker"];

export interface Planned {
  /** From the start of the load. */
  readonly atMs: number;
  readonly harm: Harm;
  /** Which allocator; the broker has none. */
  readonly slot: number;
  /** How long it is away or frozen. */
  readonly forMs: number;
  /** The local store goes with it. */
  readonly losesDisk: boolean;
  /** Of an armed crash: the how manieth commit or restored batch. */
  readonly count: number;
}

const WEIGHTS: Readonly<Record<Harm, number>> = {
  kill: 4,
  "after-commit": 4,
  "in-restore": 3,
  freeze: 4,
  leave: 2,
  broker: 2,
};
const GAP_MS = { least: 1_000, most: 3_500 };
/** A broker that has been killed is away for longer than most. */
const BROKER_GAP_MS = 20_000;
/** At the end everything is left alone, so that it can finish. */
const QUIET_SHARE = 0.1;

export function planHarm(seed: number, loadMs: number, slots: number, harms: readonly Harm[]): readonly Planned[] {
  const random = seededRandom(`chaos/${seed}`);
  const plan: Planned[] = [];
  let brokerAt = -BROKER_GAP_MS / 2;
  for (let atMs = GAP_MS.most; ; atMs += between(random, GAP_MS.least, GAP_MS.most)) {
    if (atMs > loadMs * (1 - QUIET_SHARE)) return plan;
    const harm = draw(
      random,
      harms.filter((one) => one !== "broker" || atMs - brokerAt >= BROKER_GAP_MS),
    );
    if (harm === "broker") brokerAt = atMs;
    const isFreeze = harm === "freeze";
    plan.push({
      atMs,
      harm,
      slot: random.below(slots),
      forMs: isFreeze ? SESSION_MS + between(random, 300, 2_500) : between(random, 100, 1_500),
      losesDisk: !isFreeze && random.unit() < 0.25,
      count: harm === "in-restore" ? 1 + random.below(2) : 1 + random.below(40),
    });
  }
}

function draw(random: Random, harms: readonly Harm[]): Harm {
  let left = random.unit() * harms.reduce((sum, harm) => sum + WEIGHTS[harm], 0);
  for (const harm of harms) {
    left -= WEIGHTS[harm];
    if (left < 0) return harm;
  }
  return harms.at(-1) ?? "kill";
}

function between(random: Random, least: number, most: number): number {
  return Math.round(least + random.unit() * (most - least));
}
