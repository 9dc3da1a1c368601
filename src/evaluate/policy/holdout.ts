// Holdout
// What a campaign really brought. Users were held out by chance, so the difference in reward between the served users and
// them, since each entered, is the campaign's doing: caps, refusals and throttles included. No model is in it.
//
// Invariants:
//   1. Users were drawn, so users are compared; no figure takes sessions as if they were drawn.
//   2. Intervals are a bootstrap over users, those of ratios as well.

import { allTotals, bootstrap, emptyLots, type BootstrapOptions, type Interval, type LotSums } from "./bootstrap.ts";
import { holdoutRatio, type HoldoutRatio } from "./sample-ratio.ts";

export interface GroupFigures {
  readonly users: number;
  readonly sessions: number;
  readonly rewardPerUser: number;
  readonly rewardPerSession: number;
}

export interface HoldoutValue {
  readonly served: GroupFigures;
  readonly heldOut: GroupFigures;
  /** Posted and sent, minor units. */
  readonly spendMinor: number;
  /** Reward of a user less that of one held out. */
  readonly perUser: Interval;
  /** Over all served users. */
  readonly total: Interval;
  /** Incremental reward for each minor unit spent; null when nothing was spent. */
  readonly perCost: Interval | null;
  /**
   * Reward of a session less that of one held out, as ratios of two sums of users. An incentive that brings users back makes
   * sessions: then other sessions are compared.
   */
  readonly perSession: Interval;
  /**
   * `perUser` and `total` less what is explained by what users had brought before they entered, which cannot be the
   * campaign's doing; null where nobody had brought anything. CUPED (Deng, Xu, Kohavi and Walker 2013), one slope for both.
   */
  readonly adjusted: { readonly perUser: Interval; readonly total: Interval } | null;
  readonly sampleRatio: HoldoutRatio;
}

/** Of each group, and then the spend. */
const [USERS, SESSIONS, REWARD, BEFORE, GROUP_COLUMNS] = [0, 1, 2, 3, 4];
const SPEND = 2 * GROUP_COLUMNS;
const COLUMNS = SPEND + 1;

export class HoldoutSums {
  readonly #sums: LotSums;

  constructor(lots: number) {
    this.#sums = emptyLots(lots, COLUMNS);
  }

  /** Each user once. */
  user(lot: number, heldOut: boolean): void {
    this.#add(lot, columnOf(USERS, heldOut), 1);
  }

  session(lot: number, heldOut: boolean): void {
    this.#add(lot, columnOf(SESSIONS, heldOut), 1);
  }

  reward(lot: number, heldOut: boolean, reward: number): void {
    this.#add(lot, columnOf(REWARD, heldOut), reward);
  }

  /** What a user had brought before entering. */
  before(lot: number, heldOut: boolean, reward: number): void {
    this.#add(lot, columnOf(BEFORE, heldOut), reward);
  }

  spend(lot: number, minor: number): void {
    this.#add(lot, SPEND, minor);
  }

  #add(lot: number, column: number, amount: number): void {
    const at = lot * COLUMNS + column;
    this.#sums.values[at]! += amount;
  }

  /** Null without users of both kinds, or with too few to draw from. `holdoutShare`: the campaign's. */
  value(options: BootstrapOptions, holdoutShare: number): HoldoutValue | null {
    const totals = allTotals(this.#sums);
    const slope = slopeOf(this.#sums, totals);
    const [perUser, perCost, perSession, adjusted] = bootstrap(
      this.#sums,
      (drawn) => {
        const each = meanOf(drawn, REWARD, USERS, false) - meanOf(drawn, REWARD, USERS, true);
        const before = meanOf(drawn, BEFORE, USERS, false) - meanOf(drawn, BEFORE, USERS, true);
        return [
          each,
          (each * drawn[USERS]!) / drawn[SPEND]!,
          meanOf(drawn, REWARD, SESSIONS, false) - meanOf(drawn, REWARD, SESSIONS, true),
          each - (slope ?? Number.NaN) * before,
        ];
      },
      options,
    );
    if (!perUser || !perSession) return null;
    const served = groupOf(totals, false);
    const heldOut = groupOf(totals, true);
    return {
      served,
      heldOut,
      spendMinor: totals[SPEND]!,
      perUser,
      total: times(perUser, served.users),
      perCost: perCost ?? null,
      perSession,
      adjusted: adjusted ? { perUser: adjusted, total: times(adjusted, served.users) } : null,
      sampleRatio: holdoutRatio(heldOut.users, served.users + heldOut.users, holdoutShare),
    };
  }
}

function columnOf(column: number, heldOut: boolean): number {
  return heldOut ? GROUP_COLUMNS + column : column;
}

function meanOf(totals: Float64Array, of: number, over: number, heldOut: boolean): number {
  return totals[columnOf(of, heldOut)]! / totals[columnOf(over, heldOut)]!;
}

function groupOf(totals: Float64Array, heldOut: boolean): GroupFigures {
  return {
    users: totals[columnOf(USERS, heldOut)]!,
    sessions: totals[columnOf(SESSIONS, heldOut)]!,
    rewardPerUser: meanOf(totals, REWARD, USERS, heldOut),
    rewardPerSession: meanOf(totals, REWARD, SESSIONS, heldOut),
  };
}

/**
 * Of what users bring on what they had brought, within the groups. Lots are random parts of the users, so that what varies
 * together over lots does so over users; null where nothing was brought before.
 */
function slopeOf({ lots, values }: LotSums, totals: Float64Array): number | null {
  let [together, alone] = [0, 0];
  for (const heldOut of [false, true]) {
    const [meanBefore, meanReward] = [meanOf(totals, BEFORE, USERS, heldOut), meanOf(totals, REWARD, USERS, heldOut)];
    for (let lot = 0; lot < lots; lot += 1) {
      const of = (column: number): number => values[lot * COLUMNS + columnOf(column, heldOut)]!;
      const before = of(BEFORE) - meanBefore * of(USERS);
      together += before * (of(REWARD) - meanReward * of(USERS));
      alone += before * before;
    }
  }
  return alone > 0 ? together / alone : null;
}

function times({ value, low, high, se }: Interval, factor: number): Interval {
  return { value: value * factor, low: low * factor, high: high * factor, se: se * factor };
}
