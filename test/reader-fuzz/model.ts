// A small log as a fuzz of the reader knows it: the text of each cell, what the text means, and so what must come of reading it.

import type { Random } from "../../src/domain/random.ts";
import { numberOf, truthOf, valueKey } from "../../src/domain/reading/values.ts";

export const COLUMNS = ["age", "member", "city", "offer", "ordered", "basket", "redeemed"] as const;
export type Column = (typeof COLUMNS)[number];
export type Row = Readonly<Record<Column, string>>;

export const ARMS = ["none", "small", "7"] as const;

export const MAPPING = `currency: EUR
amounts: minor
features: { age: numeric, member: boolean, city: categorical }
arm: { column: offer, arms: [{ id: none }, { id: small, face: 100 }, { id: seven, value: 7, face: 200 }] }
propensity: uniform
rewards: { ordered: { kind: binary }, basket: { kind: amount } }
redeemed: { column: redeemed }
`;

export function drawRows(random: Random, count: number): Row[] {
  return Array.from({ length: count }, () => {
    const arm = random.below(3);
    const ordered = random.unit() < 0.4;
    return {
      age: String(18 + random.below(60)),
      member: String(random.below(2)),
      city: ["Rome", "Lyon", "Graz"][random.below(3)] ?? "",
      offer: ARMS[arm] ?? "",
      ordered: ordered ? "1" : "0",
      basket: ordered ? (random.below(5000) / 100).toFixed(2) : "0",
      redeemed: ordered && arm > 0 && random.unit() < 0.5 ? "1" : "0",
    };
  });
}

/** What a reading comes to: sums by arm, and categories. */
export interface Figures {
  readonly byArm: Readonly<Record<string, readonly number[]>>;
  readonly cities: Readonly<Record<string, number>>;
}

export interface Meaning {
  /** Null where a row cannot be used. */
  readonly figures: Figures | null;
  /** Of the first rows that cannot be used, by column: their indices. */
  readonly faults: ReadonlyMap<Column, readonly number[]>;
}

/** By the definition of values, cell by cell. */
export function meaningOf(rows: readonly Row[]): Meaning {
  const byArm: Record<string, number[]> = {};
  const cities: Record<string, number> = {};
  const faults = new Map<Column, number[]>();
  rows.forEach((row, index) => {
    const arm = ARMS.findIndex((value) => valueKey(value) === valueKey(row.offer));
    const ordered = truthOf(row.ordered);
    const basket = numberOf(row.basket);
    const redeemed = truthOf(row.redeemed);
    const fault = ((): Column | null => {
      if (arm < 0) return "offer";
      if (ordered === null) return "ordered";
      if (basket === null || basket < 0) return "basket";
      return redeemed === null && (arm > 0 || valueKey(row.redeemed) !== null) ? "redeemed" : null;
    })();
    if (fault !== null) return void faults.set(fault, [...(faults.get(fault) ?? []), index]);
    const age = numberOf(row.age);
    const member = truthOf(row.member);
    const values = [1, Number(ordered), Math.fround(basket ?? 0), Number(redeemed ?? 0)];
    values.push(Math.fround(age ?? 0), Number(age !== null), Number(member ?? 0), Number(member !== null));
    const sums = (byArm[arm] ??= values.map(() => 0));
    values.forEach((value, at) => (sums[at]! += value));
    const city = valueKey(row.city) ?? "(missing)";
    cities[city] = (cities[city] ?? 0) + 1;
  });
  return { figures: faults.size > 0 ? null : { byArm, cities }, faults };
}

export function sameFigures(a: Figures, b: Figures): boolean {
  const near = (x: number, y: number): boolean => Math.abs(x - y) <= 1e-3 * Math.max(1, Math.abs(x));
  const arms = new Set([...Object.keys(a.byArm), ...Object.keys(b.byArm)]);
  const cities = new Set([...Object.keys(a.cities), ...Object.keys(b.cities)]);
  return (
    [...arms].every((arm) => a.byArm[arm]?.every((sum, at) => near(sum, b.byArm[arm]?.[at] ?? NaN)) ?? false) &&
    [...cities].every((city) => a.cities[city] === b.cities[city])
  );
}
