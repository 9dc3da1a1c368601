// Schedule
// What is done to the allocators, the broker and the budget, and when. It is a function of the seed and of nothing else.
//
// Invariants:
//   1. Each kind comes once, in random order, before any comes by its weight: a short run has met them all.
//   2. The budget is cut and raised in turn, and its last change makes it the largest that it has been.

import { seededRandom, type Random } from "../../src/domain/random.ts";

export const SESSION_MS = 3_000;

/**
 * kill          SIGKILL at a random moment, and a new process a little later
 * after-commit  a process that dies between a commit and its local write
 * in-restore    a process that dies while it restores
 * freeze        SIGSTOP for longer than the session time-out, then SIGCONT: a zombie that does not know
 * leave         SIGTERM, and another joins
 * broker        SIGKILL of the only broker, and a restart on the same folder
 */
export type Harm = "kill" | "after-commit" | "in-restore" | "freeze" | "leave" | "broker";

export const ALL_HARMS: readonly Harm[] = ["kill", "after-commit", "in-restore", "freeze", "leave", "broker"];

export interface Planned {
  /** From the start of the load. */
  readonly atMs: number;
  readonly harm: Harm;
  /** Which allocator, if it is free then, or the next one that is; the broker has none. */
  readonly slot: number;
  /** How long it is away or frozen. */
  readonly forMs: number;
  /** The local store goes with it. */
  readonly losesDisk: boolean;
  /** The same allocator may be next before it has partitions again, and so is hit while it joins. */
  readonly isSoon: boolean;
  /** Of an armed crash: the how manieth commit or restored batch. */
  readonly count: number;
}

/**
 * To the brokers of a cluster, beside all that is done to the allocators.
 * broker-killed     SIGKILL of one, and a restart
 * broker-frozen     SIGSTOP for longer than an election, then SIGCONT: it does not know that others lead
 * rolling-restart   each is stopped cleanly and started again, one after the other
 * leader-moved      by reassignment: all that one leads goes to the others
 * below-min-insync  SIGKILL of two of three: fewer replicas than a write needs, and no majority of controllers
 */
export type BrokerHarm = "broker-killed" | "broker-frozen" | "rolling-restart" | "leader-moved" | "below-min-insync";

export const BROKER_HARMS: readonly BrokerHarm[] = [
  "broker-killed",
  "broker-frozen",
  "rolling-restart",
  "leader-moved",
  "below-min-insync",
];

export interface PlannedBroker {
  /** After the one before is over. */
  readonly gapMs: number;
  readonly harm: BrokerHarm;
  /** From 1 on. */
  readonly node: number;
  readonly forMs: number;
}

export interface Range {
  readonly least: number;
  readonly most: number;
}

const WEIGHTS: Readonly<Record<Harm, number>> = {
  kill: 4,
  "after-commit": 4,
  "in-restore": 3,
  freeze: 4,
  leave: 2,
  broker: 2,
};
/** Between two harms: the next often comes before the last is over. */
export const CLOSE: Range = { least: 1_000, most: 3_500 };

/**
 * What a broken law is caught by: a zombie's commit that a new owner has not read; a write that no commit has followed. Far
 * enough apart that the partitions have their owners again: nothing is seen of who has none.
 */
export const HARM_THAT_TELLS: Readonly<Record<"c2" | "c3", { readonly harms: readonly Harm[]; readonly gap: Range }>> =
  {
    c2: { harms: ["freeze"], gap: { least: 5_000, most: 6_000 } },
    c3: { harms: ["kill"], gap: { least: 17_000, most: 17_500 } },
  };
const FIRST_AT_MS = 3_500;
/** A broker that has been killed is away for longer than most. */
const BROKER_GAP_MS = 20_000;
/** At the end everything is left alone, so that it can finish. */
const QUIET_SHARE = 0.1;

export function quietAtMs(loadMs: number): number {
  return loadMs * (1 - QUIET_SHARE);
}

export function planHarm(
  seed: number,
  loadMs: number,
  slots: number,
  harms: readonly Harm[],
  gap: Range = CLOSE,
): readonly Planned[] {
  const random = seededRandom(`chaos/${seed}`);
  const first = shuffled(random, harms);
  const plan: Planned[] = [];
  let brokerAt = -BROKER_GAP_MS;
  for (let atMs = FIRST_AT_MS; atMs <= quietAtMs(loadMs); atMs += between(random, gap)) {
    const isFirst = plan.length < first.length;
    const may = harms.filter((one) => one !== "broker" || atMs - brokerAt >= BROKER_GAP_MS);
    const harm = first[plan.length] ?? draw(random, may);
    if (harm === "broker") brokerAt = atMs;
    const [slot, isSoon] = [random.below(slots), !isFirst && random.unit() < 0.2];
    plan.push({ ...detailsOf(random, harm, isFirst), atMs, harm, slot, isSoon });
  }
  return plan;
}

const BROKERS_GAP: Range = { least: 3_000, most: 8_000 };
const BROKER_AWAY: Range = { least: 1_000, most: 8_000 };

/** More than any run has time for: each kind once, then again in another order. */
export function planBrokers(seed: number, nodes: number, frozenMs: number, rounds = 20): readonly PlannedBroker[] {
  const random = seededRandom(`chaos/brokers/${seed}`);
  const all = Array.from({ length: rounds }, () => shuffled(random, BROKER_HARMS)).flat();
  return all.map((harm) => ({
    gapMs: between(random, BROKERS_GAP),
    harm,
    node: 1 + random.below(nodes),
    forMs: harm === "broker-frozen" ? frozenMs : between(random, BROKER_AWAY),
  }));
}

function detailsOf(random: Random, harm: Harm, isFirst: boolean): Pick<Planned, "forMs" | "losesDisk" | "count"> {
  if (harm === "freeze")
    return { forMs: SESSION_MS + between(random, { least: 300, most: 2_500 }), losesDisk: false, count: 0 };
  const forMs = between(random, { least: 100, most: 1_500 });
  // Who has lost everything has something to restore for sure.
  if (harm === "in-restore")
    return { forMs, losesDisk: isFirst || random.unit() < 0.5, count: isFirst ? 1 : 1 + random.below(2) };
  return { forMs, losesDisk: random.unit() < 0.25, count: 1 + random.below(20) };
}

/** What the budget is to be from a moment on. */
export interface BudgetChange {
  readonly atMs: number;
  readonly budgetMinor: number;
}

const BUDGET_GAP: Range = { least: 4_000, most: 9_000 };
/** What the budget is at the start, in milliseconds of what it grows by. */
const BUDGET_AHEAD_MS = 15_000;
/** In percent: of what it was, and of what it would be had it only grown. */
const CUT_TO: Range = { least: 50, most: 95 };
const RAISED_TO: Range = { least: 100, most: 130 };

/** The first is what the campaign begins with; what follows is a cut, a raise, a cut and so on, and a raise at last. */
export function planBudget(seed: number, loadMs: number, minorPerSecond: number): readonly BudgetChange[] {
  const random = seededRandom(`chaos/budget/${seed}`);
  const grown = (atMs: number): number => (minorPerSecond * (BUDGET_AHEAD_MS + atMs)) / 1_000;
  const plan: BudgetChange[] = [{ atMs: 0, budgetMinor: Math.round(grown(0)) }];
  const then = (atMs: number, of: number, percent: number): unknown =>
    plan.push({ atMs, budgetMinor: Math.round((of * percent) / 100) });
  const lastAtMs = quietAtMs(loadMs);
  for (let atMs = between(random, BUDGET_GAP); atMs < lastAtMs; atMs += between(random, BUDGET_GAP))
    if (plan.length % 2 === 1) then(atMs, plan.at(-1)?.budgetMinor ?? 0, between(random, CUT_TO));
    else then(atMs, grown(atMs), between(random, RAISED_TO));
  then(lastAtMs, grown(lastAtMs), RAISED_TO.most);
  return plan;
}

function draw(random: Random, harms: readonly Harm[]): Harm {
  let left = random.unit() * harms.reduce((sum, harm) => sum + WEIGHTS[harm], 0);
  for (const harm of harms) {
    left -= WEIGHTS[harm];
    if (left < 0) return harm;
  }
  return harms.at(-1) ?? "kill";
}

function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const left = [...items];
  return items.flatMap(() => left.splice(random.below(left.length), 1));
}

function between(random: Random, { least, most }: Range): number {
  return Math.round(least + random.unit() * (most - least));
}
