import fc from "fast-check";
import { expect, test } from "vitest";
import { freeOf, slice, type ShardNeed, type SliceInput } from "../../../src/treasury/slices/slices.ts";

const need = (changes: Partial<ShardNeed>): ShardNeed => ({
  out: 0n,
  pending: 0n,
  posted: 0n,
  asked: 0n,
  demand: 0,
  ...changes,
});
const input = (shards: readonly ShardNeed[], changes: Partial<SliceInput> = {}): SliceInput => ({
  budget: 100_000n,
  limit: 100_000n,
  largestHold: 1_000n,
  smallestHold: 100n,
  asksHeld: true,
  shards,
  mode: "live",
  ...changes,
});
const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);

test("a new campaign's shards all get the same at once, and the treasurer keeps some back", () => {
  const { grant, ask } = slice(input([need({}), need({}), need({}), need({})]));
  expect(grant).toEqual([15_000n, 15_000n, 15_000n, 15_000n]);
  expect(sum(ask)).toBe(0n);
});

test("slices go by demand, and nobody is left with nothing", () => {
  const { grant } = slice(input([need({ demand: 90 }), need({ demand: 10 }), need({ demand: 0 })]));
  expect(grant.map(Number)).toEqual([47_200, 8_800, 3_999]);
});

test("a shard above its low water is left alone", () => {
  const { grant } = slice(input([need({ out: 20_000n }), need({ out: 20_000n })]));
  expect(grant).toEqual([0n, 0n]);
});

test("slices shrink as the pool does, down to single holds in the order of demand, then the smallest", () => {
  const shards = [need({ demand: 1 }), need({ demand: 3 }), need({ demand: 2 })];
  expect(slice(input(shards, { limit: 2_500n })).grant).toEqual([500n, 1_000n, 1_000n]);
  expect(slice(input(shards, { limit: 1_100n })).grant).toEqual([100n, 900n, 100n]);
  expect(slice(input(shards, { limit: 250n })).grant).toEqual([0n, 150n, 100n]);
  expect(slice(input(shards, { limit: 99n })).grant).toEqual([0n, 0n, 0n]);
});

test("when others are in need, what lies idle is asked back, and no more than is missing", () => {
  const idle = need({ out: 50_000n });
  const busy = need({ out: 50_000n, pending: 20_000n, posted: 30_000n, demand: 100 });
  const { grant, ask } = slice(input([idle, busy]));
  expect(sum(grant)).toBe(0n);
  expect(ask).toEqual([27_000n, 0n]);
  const again = slice(input([{ ...idle, asked: 27_000n }, busy]));
  expect(sum(again.ask)).toBe(0n);
});

test("a cut budget is asked back from what lies free first, then from what is held, never from what is spent", () => {
  const shards = [need({ out: 10_000n, pending: 2_000n, posted: 4_000n }), need({ out: 10_000n, posted: 9_000n })];
  expect(slice(input(shards, { budget: 17_000n, limit: 17_000n })).ask).toEqual([2_400n, 600n]);
  expect(slice(input(shards, { budget: 14_000n, limit: 14_000n })).ask).toEqual([5_000n, 1_000n]);
  expect(slice(input(shards, { budget: 0n, limit: 0n })).ask).toEqual([6_000n, 1_000n]);
});

test("what goes back unasked as soon as it is released is not asked for while it is held", () => {
  const shards = [need({ out: 10_000n, pending: 2_000n, posted: 4_000n }), need({ out: 10_000n, posted: 9_000n })];
  expect(slice(input(shards, { budget: 0n, limit: 0n, asksHeld: false })).ask).toEqual([4_000n, 1_000n]);
});

test("a paused campaign grants and asks for nothing; an ended one asks for all that lies free", () => {
  const shards = [need({ out: 500n, pending: 200n }), need({ demand: 9 })];
  expect(slice(input(shards, { mode: "paused" }))).toEqual({ grant: [0n, 0n], ask: [0n, 0n] });
  expect(slice(input(shards, { mode: "ended" }))).toEqual({ grant: [0n, 0n], ask: [300n, 0n] });
});

const anyNeed = fc
  .record({
    free: fc.bigInt(0n, 5_000n),
    pending: fc.bigInt(0n, 5_000n),
    posted: fc.bigInt(0n, 5_000n),
    asked: fc.bigInt(0n, 1_000n),
    demand: fc.integer({ min: 0, max: 50 }),
  })
  .map(({ free, pending, posted, asked, demand }) => ({
    out: free + pending + posted + asked,
    pending,
    posted,
    asked,
    demand,
  }));

test("whatever the shards: never more out than the limit, nothing asked that cannot come, one or the other for a shard", () => {
  fc.assert(
    fc.property(
      fc.array(anyNeed, { minLength: 1, maxLength: 9 }),
      fc.bigInt(0n, 60_000n),
      fc.bigInt(0n, 60_000n),
      fc.constantFrom("live", "paused", "ended"),
      (shards, budget, curve, mode) => {
        const limit = curve < budget ? curve : budget;
        const { grant, ask } = slice(input(shards, { budget, limit, mode }));
        const out = sum(shards.map((shard) => shard.out));
        expect(sum(grant) === 0n || out + sum(grant) <= limit).toBe(true);
        shards.forEach((shard, index) => {
          const asked = ask[index] ?? 0n;
          expect(asked).toBeGreaterThanOrEqual(0n);
          expect(asked).toBeLessThanOrEqual(shard.out - shard.posted - shard.asked);
          if (out - sum(shards.map((s) => s.asked)) <= budget) expect(asked).toBeLessThanOrEqual(freeOf(shard));
          expect(asked > 0n && (grant[index] ?? 0n) > 0n).toBe(false);
          expect(grant[index]).toBeGreaterThanOrEqual(0n);
        });
      },
    ),
    { numRuns: 2_000 },
  );
});
