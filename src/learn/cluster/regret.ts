// Decision regret
// Lloyd's algorithm with the allocation's own loss. At each price λ the regret of a user under arm j is
// max_i (R_i − λC_i) − (R_j − λC_j), in units of what choosing well gains over one arm for all at that price. A group's
// code is its best arm at each price; a user belongs to the group whose code costs them least; alternate.
//
// Invariants:
//   1. Total regret does not rise from one round to the next, but for restarts of empty groups, which only lower it.
//   2. A user's group is a function of the user's effects and the codes alone: the lowest index among equals.

import type { Effects } from "../nouns.ts";
import { netValues } from "./prices.ts";

export interface Codes {
  readonly count: number;
  readonly prices: readonly number[];
  /** Regret is divided by this at each price. */
  readonly scales: readonly number[];
  /** Best arm of each group at each price: [count, prices]. */
  readonly arms: Uint8Array;
}

/** Regret of each row at each price under each arm: [n, prices, arms]. */
export interface Regrets {
  readonly n: number;
  readonly arms: number;
  readonly prices: number;
  readonly values: Float32Array;
}

/** What choosing well gains over one arm for all, at each price; guarded where there is nothing to choose. */
export function gainScales(effects: Effects, n: number, arms: number, prices: readonly number[]): number[] {
  const net = new Float32Array(n * arms);
  const gains = prices.map((price) => {
    netValues(effects, price, net);
    const sums = new Float64Array(arms);
    let best = 0;
    for (let row = 0; row < n; row += 1) {
      let top = -Infinity;
      for (let arm = 0; arm < arms; arm += 1) {
        const value = net[row * arms + arm]!;
        sums[arm]! += value;
        if (value > top) top = value;
      }
      best += top;
    }
    return (best - Math.max(...sums)) / n;
  });
  const largest = Math.max(...gains);
  return gains.map((gain) => (largest > 0 ? Math.max(gain, largest * 1e-3) : 1));
}

export function regretsOf(effects: Effects, n: number, arms: number, codes: Pick<Codes, "prices" | "scales">): Regrets {
  const prices = codes.prices.length;
  const values = new Float32Array(n * prices * arms);
  const net = new Float32Array(n * arms);
  codes.prices.forEach((price, at) => {
    const scale = codes.scales[at]!;
    netValues(effects, price, net);
    for (let row = 0; row < n; row += 1) {
      let top = -Infinity;
      for (let arm = 0; arm < arms; arm += 1) top = Math.max(top, net[row * arms + arm]!);
      const to = (row * prices + at) * arms;
      for (let arm = 0; arm < arms; arm += 1) values[to + arm] = (top - net[row * arms + arm]!) / scale;
    }
  });
  return { n, arms, prices, values };
}

/** Moves each row to the group whose code costs it least, starting from where it is; returns how many moved. */
export function assignByCode(regrets: Regrets, arms: Uint8Array, count: number, labels: Int32Array): number {
  const { n, prices, values } = regrets;
  const stride = prices * regrets.arms;
  const offsets = codeOffsets(arms, count, regrets);
  let moved = 0;
  for (let row = 0; row < n; row += 1) {
    const base = row * stride;
    const from = Math.min(labels[row]!, count - 1);
    let label = from;
    let best = 0;
    for (let at = 0; at < prices; at += 1) best += values[base + offsets[from * prices + at]!]!;
    for (let group = 0; group < count; group += 1) {
      const code = group * prices;
      let cost = 0;
      for (let at = 0; at < prices && cost <= best; at += 1) cost += values[base + offsets[code + at]!]!;
      if (cost < best || (cost === best && group < label)) {
        best = cost;
        label = group;
      }
    }
    if (label !== labels[row]) moved += 1;
    labels[row] = label;
  }
  return moved;
}

function codeOffsets(arms: Uint8Array, count: number, regrets: Regrets): Int32Array {
  const offsets = new Int32Array(count * regrets.prices);
  for (let at = 0; at < offsets.length; at += 1) offsets[at] = (at % regrets.prices) * regrets.arms + arms[at]!;
  return offsets;
}

/** The best arm of each group at each price, and how many rows it has. */
function bestCodes(regrets: Regrets, labels: Int32Array, count: number): { arms: Uint8Array; sizes: Int32Array } {
  const stride = regrets.prices * regrets.arms;
  const sums = new Float64Array(count * stride);
  const sizes = new Int32Array(count);
  for (let row = 0; row < regrets.n; row += 1) {
    const group = labels[row]!;
    sizes[group]! += 1;
    for (let at = 0; at < stride; at += 1) sums[group * stride + at]! += regrets.values[row * stride + at]!;
  }
  const arms = new Uint8Array(count * regrets.prices);
  for (let at = 0; at < arms.length; at += 1) {
    let best = 0;
    for (let arm = 1; arm < regrets.arms; arm += 1)
      if (sums[at * regrets.arms + arm]! < sums[at * regrets.arms + best]!) best = arm;
    arms[at] = best;
  }
  return { arms, sizes };
}

/** An empty group takes the own best arms of a user who is served worst; returns how many could be restarted. */
function restartEmpty(regrets: Regrets, labels: Int32Array, codes: Uint8Array, sizes: Int32Array): number {
  const empty = [...sizes.keys()].filter((group) => sizes[group] === 0);
  if (empty.length === 0) return 0;
  const worst = worstServed(regrets, labels, codes, empty.length);
  empty.slice(0, worst.length).forEach((group, at) => {
    for (let price = 0; price < regrets.prices; price += 1) {
      const base = (worst[at]! * regrets.prices + price) * regrets.arms;
      let best = 0;
      for (let arm = 1; arm < regrets.arms; arm += 1)
        if (regrets.values[base + arm]! < regrets.values[base + best]!) best = arm;
      codes[group * regrets.prices + price] = best;
    }
  });
  return worst.length;
}

/** Rows with the largest regret, spread out: no two of them in the same hundredth of the rows by regret rank. */
function worstServed(regrets: Regrets, labels: Int32Array, codes: Uint8Array, wanted: number): number[] {
  const costs = new Float64Array(regrets.n);
  const stride = regrets.prices * regrets.arms;
  for (let row = 0; row < regrets.n; row += 1)
    for (let at = 0; at < regrets.prices; at += 1) {
      const arm = codes[labels[row]! * regrets.prices + at]!;
      costs[row]! += regrets.values[row * stride + at * regrets.arms + arm]!;
    }
  const order = Uint32Array.from(costs.keys()).sort((a, b) => costs[b]! - costs[a]! || a - b);
  const apart = Math.max(1, Math.floor(regrets.n / 1000));
  const rows: number[] = [];
  for (let at = 0; at < order.length && rows.length < wanted; at += apart) {
    const row = order[at]!;
    if (costs[row]! <= 0) break;
    rows.push(row);
  }
  return rows;
}

export interface RefineOptions {
  readonly rounds: number;
  /** Groups with fewer rows are given up at the end. */
  readonly minRows: number;
}

/** Refines a first partition; may end with fewer groups than it began with, never with an empty one. */
export function refine(
  regrets: Regrets,
  first: Int32Array,
  count: number,
  prices: Pick<Codes, "prices" | "scales">,
  options: RefineOptions,
): Codes {
  const labels = Int32Array.from(first);
  let codes = bestCodes(regrets, labels, count);
  for (let round = 0; round < options.rounds; round += 1) {
    const restarted = restartEmpty(regrets, labels, codes.arms, codes.sizes);
    const moved = assignByCode(regrets, codes.arms, count, labels);
    codes = bestCodes(regrets, labels, count);
    if (moved === 0 && restarted === 0) break;
  }
  const arms = withoutSmall(regrets, codes.arms, count, labels, options.minRows);
  return { ...prices, count: arms.length / regrets.prices, arms };
}

/** Drops the smaller half of the groups that are too small, until none is, and gives their rows to the others. */
function withoutSmall(regrets: Regrets, arms: Uint8Array, count: number, labels: Int32Array, min: number): Uint8Array {
  const { prices } = regrets;
  let kept = arms;
  for (let groups = count; groups > 1; groups = kept.length / prices) {
    assignByCode(regrets, kept, groups, labels);
    const small = smallGroups(labels, groups, Math.max(1, min));
    if (small.length === 0) break;
    const dropped = new Set(small.slice(0, Math.min(Math.ceil(small.length / 2), groups - 1)));
    kept = kept.filter((_, at) => !dropped.has(Math.floor(at / prices)));
  }
  return kept;
}

/** Groups with fewer than `min` rows, the smallest first. */
function smallGroups(labels: Int32Array, count: number, min: number): number[] {
  const sizes = new Int32Array(count);
  for (const label of labels) sizes[label]! += 1;
  const small = [...sizes.keys()].filter((group) => sizes[group]! < min);
  return small.sort((a, b) => sizes[a]! - sizes[b]! || a - b);
}
