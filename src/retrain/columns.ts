// Columns
// What a training log turns out to be, looked at row by row: which rewards are yes or no, whether a redemption needs one
// of them, whether cost is the arm's price. From this the mapping is written that `train` reads the exported file with.
// Pure; counts only.

import { itemAt } from "../domain/assert.ts";
import type { Campaign } from "../domain/campaign/campaign.ts";
import type { Feature } from "../domain/session/features.ts";
import type { TrainingRow } from "../domain/decision/training-row.ts";

/** Names of the exported columns that are not features; a feature is exported under `feature:` and its name. */
export const COLUMN = {
  arm: "arm",
  propensity: "propensity",
  redeemed: "redeemed",
  cost: "cost",
  reward: (name: string) => `reward:${name}`,
  feature: (name: string) => `feature:${name}`,
} as const;

export interface Finding {
  /**
   * Each reward's kind, as its values are. `counted` is a yes or no that now and then came more than once to one
   * decision (a user who got the same incentive again and ordered again): at least one is a yes.
   */
  readonly kinds: Readonly<Record<string, "binary" | "counted" | "amount">>;
  /** Rewards that were below 0 now and then. */
  readonly negative: ReadonlySet<string>;
  readonly cost: "constant" | "redeemed" | "column";
  /** The reward without which nobody redeemed. */
  readonly given: string | null;
  /** The reward that is the redemption itself wherever there is something to redeem. */
  readonly same: string | null;
}

/** Of the values that are not 0, the share that may be whole numbers above 1 in a reward that still means yes or no. */
const COUNTED_SHARE = 0.05;

interface Values {
  ones: number;
  counts: number;
  others: number;
}

export class ColumnFindings {
  readonly #campaign: Campaign;
  readonly #names: readonly string[];
  readonly #values: ReadonlyMap<string, Values>;
  readonly #notGiven = new Set<string>();
  readonly #notSame = new Set<string>();
  readonly #negative = new Set<string>();
  #redemptions = 0;
  #otherCost = 0;

  constructor(campaign: Campaign) {
    this.#campaign = campaign;
    this.#names = rewardNames(campaign);
    this.#values = new Map(this.#names.map((name) => [name, { ones: 0, counts: 0, others: 0 }]));
  }

  see(row: TrainingRow): void {
    const arm = this.#campaign.arms[row.arm];
    const priced = (arm?.faceMinor ?? 0n) > 0n;
    if (row.redeemed) this.#redemptions += 1;
    const price = (arm?.sendMinor ?? 0n) + (row.redeemed ? (arm?.faceMinor ?? 0n) : 0n);
    if (row.costMinor !== price) this.#otherCost += 1;
    for (const name of this.#names) {
      const value = row.rewards[name] ?? 0;
      this.#count(name, value);
      if (value < 0) this.#negative.add(name);
      if (row.redeemed && value === 0) this.#notGiven.add(name);
      if (priced && row.redeemed !== (value !== 0)) this.#notSame.add(name);
    }
  }

  #count(name: string, value: number): void {
    const values = this.#values.get(name);
    if (values === undefined || value === 0) return;
    if (value === 1) values.ones += 1;
    else if (Number.isInteger(value) && value > 1) values.counts += 1;
    else values.others += 1;
  }

  #kindOf(name: string): "binary" | "counted" | "amount" {
    const { ones, counts, others } = this.#values.get(name) ?? { ones: 0, counts: 0, others: 0 };
    if (others > 0 || counts > COUNTED_SHARE * (ones + counts)) return "amount";
    return counts > 0 ? "counted" : "binary";
  }

  result(): Finding {
    const kinds = Object.fromEntries(this.#names.map((name) => [name, this.#kindOf(name)]));
    const binary = this.#names.filter((name) => kinds[name] !== "amount");
    const first = (not: ReadonlySet<string>): string | null => binary.find((name) => !not.has(name)) ?? null;
    const redeems = this.#redemptions > 0;
    // That nobody has redeemed yet does not make a face value cost nothing.
    const hasFace = this.#campaign.arms.some(({ faceMinor }) => faceMinor > 0n);
    return {
      kinds,
      negative: this.#negative,
      cost: this.#otherCost > 0 ? "column" : hasFace ? "redeemed" : "constant",
      given: redeems ? first(this.#notGiven) : null,
      same: redeems ? first(this.#notSame) : null,
    };
  }
}

/** Rewards that are worth something. */
export function rewardNames(campaign: Campaign): string[] {
  return Object.entries(campaign.rewardWeights)
    .filter(([, weight]) => weight !== 0)
    .map(([name]) => name);
}

/** Arms whose price rises from one to the next lend each other strength. */
export function isLadder(campaign: Campaign): boolean {
  const prices = campaign.arms.map((arm) => arm.faceMinor + arm.sendMinor);
  return prices.every((price, index) => index === 0 || price > itemAt(prices, index - 1));
}

/** The mapping of the exported file; JSON is YAML. */
export function mappingOf(campaign: Campaign, features: readonly Feature[], finding: Finding): string {
  const { cost, given, same } = finding;
  const priced = cost === "redeemed";
  const mapping = {
    currency: campaign.currency,
    amounts: "minor",
    features: Object.fromEntries(
      features.map(({ name, kind, default: missing }) => [
        name,
        { kind, column: COLUMN.feature(name), ...(isUsable(missing) ? { default: missing } : {}) },
      ]),
    ),
    arm: {
      column: COLUMN.arm,
      ordered: isLadder(campaign),
      arms: campaign.arms.map(({ id, faceMinor, sendMinor }) => ({
        id,
        ...(priced || cost === "column" ? { face: Number(faceMinor) } : {}),
        send: Number(sendMinor),
      })),
    },
    // A plan gives a cluster few of the arms: not everybody could have got every one.
    propensity: { column: COLUMN.propensity, overlap: "partial" },
    rewards: Object.fromEntries(
      rewardNames(campaign).map((name) => [
        name,
        {
          column: COLUMN.reward(name),
          kind: finding.kinds[name] === "amount" ? "amount" : "binary",
          ...(finding.negative.has(name) ? { negative: "allowed" } : {}),
          ...(finding.kinds[name] === "counted" ? { atLeast: 1 } : {}),
          weight: campaign.rewardWeights[name] ?? 0,
        },
      ]),
    ),
    ...(priced ? { redeemed: same !== null ? { reward: same } : redeemedColumn(given) } : {}),
    ...(cost === "column" ? { cost: { column: COLUMN.cost } } : {}),
  };
  return `${JSON.stringify(mapping, null, 2)}\n`;
}

function redeemedColumn(given: string | null) {
  return { column: COLUMN.redeemed, ...(given !== null ? { given } : {}) };
}

function isUsable(missing: Feature["default"]): boolean {
  return typeof missing !== "string" || !missing.startsWith("(");
}
