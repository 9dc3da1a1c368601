// Replay world
// A market out of a real randomised log: the rows of the part held back from training are the users that arrive, and
// what a user does under an arm is what a like user of that part, who had that arm, did. Like: one of the nearest rows
// by standardised features, drawn by the session's luck. Nothing here is known to be true of anybody; reports say so.

import { assert, must } from "../../domain/assert.ts";
import type { AttributeValue, Attributes, FeatureSpec } from "../../domain/session/features.ts";
import { featureWidth, rowWidth } from "../../domain/session/features.ts";
import type { Market, MarketArm, MarketOutcome } from "./market.ts";
import { indexNeighbours, type Neighbours } from "./neighbours.ts";
import type { Luck } from "../world/world.ts";

/** Rows as a data set gives them (learn's Block has this shape). */
export interface ReplayRows {
  readonly n: number;
  /** [n, width], unscaled, as the spec lays it out. */
  readonly x: Float32Array;
  readonly arm: Uint8Array;
  /** [n, rewards] */
  readonly rewards: Float32Array;
  /** 0/1; null when the log knows no redemption. */
  readonly redeemed: Float32Array | null;
  /** Realised cost, minor units. */
  readonly cost: Float32Array;
}

export interface ReplayWorldOptions {
  readonly rows: ReplayRows;
  readonly spec: FeatureSpec;
  readonly arms: readonly MarketArm[];
  readonly currency: string;
  readonly rewards: readonly { readonly name: string; readonly weight: number }[];
  /** Where the redeemed amount comes from: the face value, the row's cost, or nothing is ever redeemed. */
  readonly redemption: "face" | "cost" | "none";
  /** How many like users there are to draw from. */
  readonly neighbours?: number;
}

const NEIGHBOURS = 8;

export function replayMarket(options: ReplayWorldOptions): Market {
  const { rows, spec, arms } = options;
  const width = rowWidth(spec);
  assert(rows.x.length === rows.n * width, "rows do not have the spec's width");
  const scaled = standardise(rows.x, rows.n, width);
  const ofArm = arms.map((_, arm) => rowsOfArm(rows, arm));
  ofArm.forEach((list, arm) => assert(list.length > 0, `arm ${arms[arm]?.id ?? arm} has no row in the held-back part`));
  const indexes: (Neighbours | undefined)[] = [];
  const k = options.neighbours ?? NEIGHBOURS;
  const like = (user: number, arm: number): number[] => {
    const index = (indexes[arm] ??= indexNeighbours(scaled, width, must(ofArm[arm], "arm")));
    return index.nearest(scaled.subarray(user * width, (user + 1) * width), k);
  };
  return {
    label:
      `Replayed from a randomised log: an arriving user's outcome under an arm is that of one of the ${k} most alike ` +
      `users of the held-back part who had that arm. What these very people would have done is not known.`,
    synthetic: false,
    currency: options.currency,
    arms,
    rewardWeights: Object.fromEntries(options.rewards.map(({ name, weight }) => [name, weight])),
    users: rows.n,
    attributes: (user) => ({ slow: {}, fast: attributesOf(spec, rows.x, user * width) }),
    outcome(user, arm, luck) {
      const found = like(user, arm);
      return outcomeOf(options, must(found[pick(luck, found.length)], "neighbour"));
    },
    truth: null,
  };
}

function pick(luck: Luck, count: number): number {
  return Math.min(Math.floor(luck.order * count), count - 1);
}

function outcomeOf({ rows, rewards, redemption }: ReplayWorldOptions, row: number): MarketOutcome {
  const found: Record<string, number> = {};
  rewards.forEach(({ name }, index) => {
    const value = rows.rewards[row * rewards.length + index]!;
    if (value !== 0) found[name] = value;
  });
  return { rewards: found, redeemedMinor: redeemedOf(rows, redemption, row) };
}

function redeemedOf(
  rows: ReplayRows,
  redemption: ReplayWorldOptions["redemption"],
  row: number,
): number | "whole" | null {
  switch (redemption) {
    case "face":
      return rows.redeemed !== null && rows.redeemed[row]! > 0 ? "whole" : null;
    case "cost": {
      const amount = Math.round(rows.cost[row]!);
      return amount > 0 ? amount : null;
    }
    case "none":
      return null;
  }
}

/** The attributes that the row encoder turns into this row again. */
export function attributesOf(spec: FeatureSpec, x: Float32Array, offset: number): Attributes {
  const attributes: Record<string, AttributeValue> = {};
  let at = offset;
  for (const feature of spec.features) {
    const width = featureWidth(feature);
    switch (feature.kind) {
      case "numeric":
        attributes[feature.name] = x[at]!;
        break;
      case "boolean":
        attributes[feature.name] = x[at]! > 0.5;
        break;
      case "categorical": {
        const hot = x.subarray(at, at + width).indexOf(1);
        attributes[feature.name] = feature.categories[hot] ?? "(another)";
        break;
      }
    }
    at += width;
  }
  return attributes;
}

function rowsOfArm(rows: ReplayRows, arm: number): number[] {
  const found: number[] = [];
  for (let row = 0; row < rows.n; row += 1) if (rows.arm[row] === arm) found.push(row);
  return found;
}

/** Each column to mean 0 and variance 1; a constant column to 0. */
function standardise(x: Float32Array, n: number, width: number): Float32Array {
  const scaled = new Float32Array(x.length);
  for (let column = 0; column < width; column += 1) {
    let sum = 0;
    let squares = 0;
    for (let cell = column; cell < x.length; cell += width) {
      const value = x[cell]!;
      sum += value;
      squares += value * value;
    }
    const mean = sum / n;
    const deviation = Math.sqrt(Math.max(0, squares / n - mean * mean));
    if (deviation === 0) continue;
    for (let cell = column; cell < x.length; cell += width) scaled[cell] = (x[cell]! - mean) / deviation;
  }
  return scaled;
}
