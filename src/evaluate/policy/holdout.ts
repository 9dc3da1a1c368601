// Holdout
// What a campaign brought in truth: users were held out by chance, so the difference in reward between the sessions of the
// others and theirs is its doing, whatever it did (caps, refusals, throttles and all). No model and no propensity is in it.
// Users are what was drawn, and some come several times: the bootstrap draws users.

import { allTotals, bootstrap, emptyLots, type BootstrapOptions, type Interval, type LotSums } from "./bootstrap.ts";

export interface GroupFigures {
  readonly sessions: number;
  readonly rewardPerSession: number;
}

export interface HoldoutValue {
  readonly served: GroupFigures;
  readonly heldOut: GroupFigures;
  /** Posted and sent, minor units. */
  readonly spendMinor: number;
  /** Reward of a session less that of one held out. */
  readonly perSession: Interval;
  /** Over all served sessions. */
  readonly total: Interval;
  /** Incremental reward for each minor unit spent; null when nothing was spent. */
  readonly perCost: Interval | null;
}

/** Columns: sessions and reward of the served, of those held out, and the spend. */
const COLUMNS = 5;

export class HoldoutSums {
  readonly #sums: LotSums;

  constructor(lots: number) {
    this.#sums = emptyLots(lots, COLUMNS);
  }

  session(lot: number, heldOut: boolean): void {
    this.#add(lot, heldOut ? 2 : 0, 1);
  }

  reward(lot: number, heldOut: boolean, reward: number): void {
    this.#add(lot, heldOut ? 3 : 1, reward);
  }

  spend(lot: number, minor: number): void {
    this.#add(lot, 4, minor);
  }

  #add(lot: number, column: number, amount: number): void {
    const at = lot * COLUMNS + column;
    this.#sums.values[at] = (this.#sums.values[at] ?? 0) + amount;
  }

  /** Null without sessions of both kinds, or with too few users to draw from. */
  value(options: BootstrapOptions): HoldoutValue | null {
    const [sessions = 0, reward = 0, without = 0, rewardWithout = 0, spendMinor = 0] = allTotals(this.#sums);
    const [perSession, perCost] = bootstrap(
      this.#sums,
      (totals) => {
        const [n = 0, sum = 0, n0 = 0, sum0 = 0, spend = 0] = totals;
        const each = sum / n - sum0 / n0;
        return [each, (each * n) / spend];
      },
      options,
    );
    if (!perSession) return null;
    return {
      served: { sessions, rewardPerSession: reward / sessions },
      heldOut: { sessions: without, rewardPerSession: rewardWithout / without },
      spendMinor,
      perSession,
      total: times(perSession, sessions),
      perCost: perCost ?? null,
    };
  }
}

function times({ value, low, high, se }: Interval, factor: number): Interval {
  return { value: value * factor, low: low * factor, high: high * factor, se: se * factor };
}
