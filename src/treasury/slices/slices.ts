// Slices
// How much of what may be out goes to which shard, and what is asked back. While there is plenty, each shard's free money is
// kept at its share, by demand, of the pool. As the pool shrinks, so do the slices: at the end no money is stranded in pieces
// too small to use.
//
// Invariant: Σ out + Σ grants ≤ limit, always (L2).

import { itemAt } from "../../domain/assert.ts";
import { maxMinor, minMinor, type Minor } from "../../domain/money/money.ts";
import { sumMinor } from "../state/state.ts";

export interface ShardNeed {
  /** Granted − returned. */
  readonly out: Minor;
  readonly pending: Minor;
  readonly posted: Minor;
  /** Asked back and not returned yet. */
  readonly asked: Minor;
  /** Minor units per second. */
  readonly demand: number;
}

export interface SliceInput {
  /** Of the account; what is out beyond it is asked back. */
  readonly budget: Minor;
  /** Whether what is held is asked back as well; not where it goes back unasked as soon as it is released. */
  readonly asksHeld: boolean;
  /** What may be out now; at most the budget. */
  readonly limit: Minor;
  /** The largest and smallest amount that one decision holds. */
  readonly largestHold: Minor;
  readonly smallestHold: Minor;
  readonly shards: readonly ShardNeed[];
  /** live: by need (`share`). paused: nothing is granted. ended: all that lies free comes back. */
  readonly mode: "live" | "paused" | "ended";
}

/** By shard; what is added to its granted and return target totals. */
export interface Slices {
  readonly grant: readonly Minor[];
  readonly ask: readonly Minor[];
}

/** Share of the pool that is given out; the rest stays for whoever turns out to need it. */
const GIVEN_OUT = 0.6;
/** Share of what is given out that goes by demand; the rest goes to all alike, so that no shard begins with nothing. */
const BY_DEMAND = 0.8;
/** A shard is refilled when its free money is below this share of its target. */
const LOW_WATER = 0.5;

export function slice(input: SliceInput): Slices {
  const none = input.shards.map(() => 0n);
  const excess = input.shards.reduce((sum, shard) => sum + shard.out - shard.asked, 0n) - input.budget;
  if (excess > 0n) return { grant: none, ask: reclaim(input.shards, excess, input.asksHeld) };
  if (input.mode === "ended") return { grant: none, ask: input.shards.map(freeOf) };
  if (input.mode === "paused" || input.largestHold <= 0n) return { grant: none, ask: none };
  return share(input);
}

export function freeOf(shard: ShardNeed): Minor {
  return maxMinor(0n, shard.out - shard.pending - shard.posted - shard.asked);
}

/** A budget was cut below what is out: first what lies free, then, as it comes back, what is held. */
function reclaim(shards: readonly ShardNeed[], excess: Minor, asksHeld: boolean): Minor[] {
  const fromFree = proportional(shards.map(freeOf), excess);
  if (!asksHeld) return fromFree;
  const rest = excess - sumMinor(fromFree, (amount) => amount);
  const returnable = shards.map((shard) => maxMinor(0n, shard.out - shard.posted - shard.asked - freeOf(shard)));
  const fromHeld = proportional(returnable, rest);
  return fromFree.map((amount, index) => amount + itemAt(fromHeld, index));
}

/**
 * The pool is what can still be granted and what lies free in shards. While it gives every shard a largest hold, slices are by
 * demand; after that those with the most demand get one, and what lies idle comes back.
 */
function share(input: SliceInput): Slices {
  const { shards } = input;
  const available = maxMinor(0n, input.limit - sumMinor(shards, (shard) => shard.out));
  const free = shards.map(freeOf);
  const pool = available + sumMinor(free, (amount) => amount);
  const nothing = shards.map(() => 0n);
  if (pool < input.smallestHold) return { grant: nothing, ask: nothing };
  const order = byDemand(shards);
  const plenty = (Number(pool) * GIVEN_OUT) / shards.length >= Number(input.largestHold);
  const target = plenty ? plentyTargets(shards, pool) : scarceTargets(order, pool, input);
  const deficit = target.map((wanted, index) => {
    const has = itemAt(free, index);
    const low = plenty ? Number(has) < LOW_WATER * Number(wanted) : has < wanted;
    return low ? wanted - has : 0n;
  });
  const wanted = sumMinor(deficit, (amount) => amount);
  const grant = plenty ? proportional(deficit, available) : inOrder(order, deficit, available);
  const coming = sumMinor(shards, (shard) => shard.asked);
  const missing = wanted - available - coming;
  const idle = free.map((has, index) => maxMinor(0n, has - itemAt(target, index)));
  return { grant, ask: missing > 0n ? proportional(idle, missing) : nothing };
}

function plentyTargets(shards: readonly ShardNeed[], pool: Minor): Minor[] {
  const demand = shards.reduce((sum, shard) => sum + shard.demand, 0);
  return shards.map((shard) => {
    const byDemandShare = demand > 0 ? shard.demand / demand : 1 / shards.length;
    const weight = BY_DEMAND * byDemandShare + (1 - BY_DEMAND) / shards.length;
    return BigInt(Math.floor(Number(pool) * GIVEN_OUT * weight));
  });
}

/** In the order of demand one hold each: while there is enough for it the largest, then a smallest, for a cheaper arm. */
function scarceTargets(order: readonly number[], pool: Minor, input: SliceInput): Minor[] {
  const target = input.shards.map(() => 0n);
  let left = pool;
  order.forEach((index, place) => {
    const othersNeed = input.smallestHold * BigInt(order.length - place - 1);
    const amount = minMinor(input.largestHold, maxMinor(input.smallestHold, left - othersNeed));
    if (amount > left) return;
    target[index] = amount;
    left -= amount;
  });
  const first = itemAt(order, 0);
  target[first] = itemAt(target, first) + left;
  return target;
}

function byDemand(shards: readonly ShardNeed[]): number[] {
  const demandOf = (index: number): number => itemAt(shards, index).demand;
  return shards.map((_, index) => index).sort((a, b) => demandOf(b) - demandOf(a) || a - b);
}

/** At most `total`, by the amounts' proportions, none more than its amount. */
function proportional(amounts: readonly Minor[], total: Minor): Minor[] {
  const sum = sumMinor(amounts, (amount) => amount);
  if (sum <= total) return [...amounts];
  const parts = amounts.map((amount) => (amount * total) / sum);
  let rest = total - sumMinor(parts, (part) => part);
  return parts.map((part, index) => {
    const more = minMinor(rest, itemAt(amounts, index) - part);
    rest -= more;
    return part + more;
  });
}

function inOrder(order: readonly number[], amounts: readonly Minor[], total: Minor): Minor[] {
  const parts = amounts.map(() => 0n);
  let left = total;
  for (const index of order) {
    const part = minMinor(left, itemAt(amounts, index));
    parts[index] = part;
    left -= part;
  }
  return parts;
}
