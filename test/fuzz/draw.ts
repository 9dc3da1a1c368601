// Draw: what hostile records are made of, by a seed: ids, numbers and bytes that nobody should believe.

import type { Campaign } from "../../src/domain/campaign/campaign.ts";
import type { Random } from "../../src/domain/random.ts";
import type { OutRecord } from "../../src/log/event-log.ts";

export interface Hostile {
  readonly kind: string;
  readonly record: OutRecord & { readonly partition: number };
}

/** What there is to be attacked. */
export interface Target {
  readonly users: number;
  readonly control: number;
  readonly campaign: Campaign;
  readonly release: string;
  readonly nowMs: number;
}

/** What tasks read; hostile-values.ts has something to say on each. */
export const INPUTS = [
  "sessions",
  "outcomes",
  "profiles",
  "erasures",
  "grants",
  "budget-pacing",
  "releases",
  "shard-reports",
] as const;
export const MOST = Number.MAX_SAFE_INTEGER - 1;
export const IDS = [
  "",
  "\0",
  "\0cycle",
  "__proto__",
  "constructor",
  "toString",
  "\u001b[2J",
  "a/b",
  "é✓",
  "\ud800",
  "x".repeat(256),
];
export const LONG_IDS = ["x".repeat(257), "é".repeat(129), "x".repeat(70_000), "x".repeat(600_000)];
export const NUMBERS = [NaN, Infinity, -Infinity, -0, 0, -1, 1e308, -1e308, 5e-324, 2 ** 53, 1e15, 0.5];
export const LONGS = [0, -1, 1, MOST, -MOST, 2 ** 31, -(2 ** 31)];

export class Draw {
  readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  one<T>(of: readonly T[]): T {
    return of[this.random.below(of.length)] as T;
  }

  id(): string {
    return this.random.below(4) === 0 ? this.one(LONG_IDS) : this.one(IDS);
  }

  noise(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.random.below(256)));
  }

  of(
    kind: string,
    topic: string,
    value: Uint8Array | null,
    key: Uint8Array | null,
    headers?: OutRecord["headers"],
  ): Hostile {
    return { kind, record: { topic, partition: 0, key, value, ...(headers === undefined ? {} : { headers }) } };
  }
}
