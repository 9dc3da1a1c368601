// Fingerprints stand for ids and bodies: the same for what says the same, another for whatever differs.

import fc from "fast-check";
import { expect, test } from "vitest";
import { idPrint, outcomePrint, sessionPrint } from "../../../src/serve/state/user/fingerprint.ts";
import type { Session } from "../../../src/domain/session/session.ts";
import { sessionOf, START_MS } from "../harness.ts";

const print = (attributes: Session["attributes"]): number =>
  sessionPrint(sessionOf("s", "u", START_MS, { attributes }));

test("many ids have as many fingerprints, each a whole number that a double holds", () => {
  const seen = new Set<number>();
  for (let n = 0; n < 100_000; n += 1) {
    seen.add(idPrint(`s-${n}`));
    seen.add(idPrint(`d-${n.toString(36)}-${n % 7}`));
  }
  expect(seen.size).toBe(200_000);
  for (const each of [...seen].slice(0, 1_000)) expect(Number.isSafeInteger(each) && each >= 0).toBe(true);
});

test("neighbouring numbers, other types and other names have other fingerprints", () => {
  const values = [0, 1, -1, 2, 0.1, 0.2, 0.30000000000000004, 0.3, 1e300, -1e300, 5e-324, Infinity, -Infinity, NaN];
  const all = [...values, ...values.map(String), true, false, null, "true", "null", ""];
  const prints = new Set(all.flatMap((value) => [print({ a: value }), print({ b: value })]));
  expect(prints.size).toBe(2 * all.length);
  const many = new Set<number>();
  for (let n = 0; n < 50_000; n += 1) many.add(print({ visits: n }));
  expect(many.size).toBe(50_000);
});

test("the order of names does not show, nor does the sign of zero or the kind of NaN", () => {
  const value = fc.oneof(fc.double(), fc.string(), fc.boolean(), fc.constant(null));
  fc.assert(
    fc.property(fc.dictionary(fc.string(), value, { maxKeys: 8 }), (attributes) => {
      const turned = Object.fromEntries(Object.entries(attributes).toReversed());
      expect(print(turned)).toBe(print(attributes));
    }),
  );
  expect(print({ a: -0 })).toBe(print({ a: 0 }));
  expect(print({ a: -NaN })).toBe(print({ a: NaN }));
});

test("every field of an outcome's body shows", () => {
  const base = {
    outcomeId: "o",
    decisionId: "d",
    userId: "u",
    atMs: 1,
    kind: "redeemed",
    amountMinor: null,
    rewards: { a: 1 },
  } as const;
  const others = [
    { ...base, decisionId: "e" },
    { ...base, atMs: 2 },
    { ...base, kind: "declined" as const },
    { ...base, amountMinor: 0n },
    { ...base, rewards: { a: 2 } },
    { ...base, rewards: { b: 1 } },
    { ...base, rewards: {} },
  ];
  expect(new Set([base, ...others].map(outcomePrint)).size).toBe(others.length + 1);
});
