// Person
// One user of the synthetic world: twenty attributes that a shop could know, and behind them what they would do. Some
// attributes tell who buys anyway, some how far a coupon moves them, some nothing; none tells all.

import type { Attributes } from "../../domain/session/features.ts";
import type { Random } from "../../domain/random.ts";

export interface Person {
  readonly attributes: Attributes;
  /** Log-odds of an order without an incentive. */
  readonly logit: number;
  /** Most that any coupon adds to the log-odds. */
  readonly strength: number;
  /** Coupon at which half of that is reached. */
  readonly halfPointMinor: number;
  /** Log-odds of redeeming a coupon of 3.00, given an order. */
  readonly redemption: number;
  /** Median basket of an order. */
  readonly basketMinor: number;
}

/** By kind, in the order of the columns; the mapping of the synthetic log is made from this. */
export const PERSON_FEATURES = {
  age: "numeric",
  tenure_months: "numeric",
  recency_days: "numeric",
  orders_90d: "numeric",
  spend_90d: "numeric",
  visits_30d: "numeric",
  coupons_used_90d: "numeric",
  coupons_seen_90d: "numeric",
  cart_items: "numeric",
  price_rank: "numeric",
  minutes_in_app: "numeric",
  distance_km: "numeric",
  rating_given: "numeric",
  battery: "numeric",
  subscriber: "boolean",
  push_enabled: "boolean",
  weekend_shopper: "boolean",
  returned_goods: "boolean",
  region: "categorical",
  channel: "categorical",
} as const;

export const REGIONS = ["north", "south", "east", "west", "islands", "abroad"] as const;
export const CHANNELS = ["search", "social", "direct", "partner"] as const;

const REGION_LIFT: Readonly<Record<(typeof REGIONS)[number], number>> = {
  north: 0.1,
  south: -0.3,
  east: 0,
  west: 0.25,
  islands: 0.5,
  abroad: -0.6,
};
const CHANNEL_BASE: Readonly<Record<(typeof CHANNELS)[number], number>> = {
  search: 0.15,
  social: -0.25,
  direct: 0.3,
  partner: -0.1,
};

/** What lies behind the attributes: standard normals, the last two correlated with the first. */
interface Latent {
  readonly loyalty: number;
  readonly thrift: number;
  readonly wealth: number;
  readonly haste: number;
}

export function drawPerson(random: Random): Person {
  const latent = drawLatent(random);
  const attributes = drawAttributes(random, latent);
  const { region, channel, subscriber, orders_90d, recency_days, coupons_used_90d, price_rank, cart_items } =
    attributes;
  const logit =
    -2.94 +
    0.45 * latent.loyalty +
    0.3 * Math.log1p(orders_90d) -
    0.25 * Math.log1p(recency_days / 10) +
    (subscriber ? 0.2 : 0) +
    CHANNEL_BASE[channel] +
    0.12 * Math.min(cart_items, 5);
  const keen = 0.9 * latent.thrift + 0.5 * Math.log1p(coupons_used_90d) - 0.35 * latent.loyalty + REGION_LIFT[region];
  return {
    attributes,
    logit,
    strength: 1.0 * softplus(keen - (subscriber ? 0.8 : 0) - 0.55),
    halfPointMinor: 420 * Math.exp(0.55 * latent.wealth - 0.3 * price_rank),
    redemption: 0.6 + 0.5 * latent.thrift + 0.3 * Math.log1p(coupons_used_90d) - 0.4 * latent.haste,
    basketMinor: Math.round(2800 * Math.exp(0.35 * latent.wealth + 0.1 * latent.loyalty)),
  };
}

function drawLatent(random: Random): Latent {
  const loyalty = random.normal();
  const wealth = random.normal();
  return {
    loyalty,
    wealth,
    thrift: 0.8 * random.normal() - 0.5 * wealth + 0.33 * random.normal(),
    haste: 0.9 * random.normal() + 0.43 * loyalty,
  };
}

function drawAttributes(random: Random, latent: Latent) {
  const { loyalty, thrift, wealth, haste } = latent;
  const noise = (): number => random.normal();
  const chance = (logit: number): boolean => random.unit() < 1 / (1 + Math.exp(-logit));
  const orders = poisson(random, Math.exp(0.2 + 0.6 * loyalty));
  const seen = poisson(random, 3);
  return {
    age: Math.round(clamp(41 + 9 * wealth + 8 * noise(), 18, 90)),
    tenure_months: round(Math.exp(2.5 + 0.5 * loyalty + 0.6 * noise()), 1),
    recency_days: Math.round(Math.exp(2.4 - 0.6 * loyalty + 0.7 * noise())),
    orders_90d: orders,
    spend_90d: round(orders * 28 * Math.exp(0.35 * wealth + 0.3 * noise()), 2),
    visits_30d: poisson(random, Math.exp(1.4 + 0.4 * loyalty + 0.2 * haste)),
    coupons_used_90d: poisson(random, Math.exp(-0.4 + 0.8 * thrift)),
    coupons_seen_90d: seen,
    cart_items: poisson(random, Math.exp(0.4 + 0.2 * loyalty)),
    price_rank: round(0.6 * thrift - 0.5 * wealth + 0.5 * noise(), 3),
    minutes_in_app: round(Math.exp(1.8 - 0.5 * haste + 0.5 * noise()), 1),
    distance_km: round(Math.exp(1.5 + 0.8 * noise()), 1),
    rating_given: round(clamp(4 + 0.3 * loyalty + 0.7 * noise(), 1, 5), 1),
    battery: random.below(101),
    subscriber: chance(-1.4 + 0.9 * loyalty),
    push_enabled: chance(0.2 + 0.4 * thrift),
    weekend_shopper: chance(-0.3 - 0.5 * haste),
    returned_goods: chance(-1.8 + 0.2 * wealth),
    region: pick(random, REGIONS, [0.24, 0.2, 0.18, 0.2, 0.08, 0.1]),
    channel: pick(random, CHANNELS, [0.4, 0.25, 0.25, 0.1]),
  };
}

/** Knuth's method; means here are small. */
function poisson(random: Random, mean: number): number {
  const limit = Math.exp(-Math.min(mean, 30));
  let product = random.unit();
  let count = 0;
  while (product > limit) {
    count += 1;
    product *= random.unit();
  }
  return count;
}

function pick<T>(random: Random, items: readonly [T, ...T[]], weights: readonly number[]): T {
  let left = random.unit();
  for (const [index, item] of items.entries()) {
    left -= weights[index]!;
    if (left < 0) return item;
  }
  return items[0];
}

function softplus(x: number): number {
  return Math.log1p(Math.exp(x));
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

function round(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}
