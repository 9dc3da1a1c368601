// `stipend check`: before a training, whether a log can be learned from and is enough.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { must } from "../../../src/domain/assert.ts";
import type { LogCheck } from "../../../src/workflows/check/check-log.ts";
import { ARMS, offerCsv, OFFER_MAPPING, offerRows, ORDERS, SHARES, WEIGHT, type OfferRow } from "../offer-log.ts";
import { openShell, type Shell } from "../shell.ts";

const ROWS = 6_000;
let shell: Shell;
beforeAll(() => {
  shell = openShell();
  writeFileSync(join(shell.folder, "mapping.yaml"), OFFER_MAPPING);
});
afterAll(() => shell.close());

async function check(rows: readonly OfferRow[], more = "") {
  writeFileSync(join(shell.folder, "log.csv"), offerCsv(rows));
  const line = `check --data ${join(shell.folder, "log.csv")} --mapping ${join(shell.folder, "mapping.yaml")} ${more}`;
  const { code, err, json } = await shell.run(`${line} --json`);
  const { out } = await shell.run(line);
  return { code, err, found: must(json[0], err) as unknown as LogCheck, out };
}

test("a randomised log passes, with its arms counted and the gain that would show on its rows", async () => {
  const rows = offerRows(ROWS, 3);
  const { code, err, found, out } = await check(rows);
  expect(code, err).toBe(0);
  expect(found.notRandomised).toEqual([]);
  expect(found.rowsOfArm).toEqual(ARMS.map((_, arm) => rows.filter((row) => row.arm === arm).length));
  expect(found.power).toHaveLength(5);
  const dearest = must(found.power.at(-1), "the dearest");
  // Everybody the large offer: the truth is the mean of what it adds for the two clusters.
  const truth = (WEIGHT * (ORDERS[0][2] - ORDERS[0][0] + ORDERS[1][2] - ORDERS[1][0])) / 2;
  expect(dearest.mix).toEqual([0, 0, 1]);
  expect(dearest.gain.low).toBeLessThan(truth);
  expect(dearest.gain.high).toBeGreaterThan(truth);
  // By the formula: Var(EOM of the large offer − EOM of none) / n, from the known probabilities.
  const variance = varianceOf(2);
  expect(dearest.leastGain).toBeCloseTo(2.8 * Math.sqrt(variance / ROWS), 1);
  expect(dearest.rowsForTenth).toBeGreaterThan((0.5 * variance * 2.8 ** 2) / (0.1 * truth) ** 2);
  expect(dearest.rowsForTenth).toBeLessThan((2 * variance * 2.8 ** 2) / (0.1 * truth) ** 2);
  expect(out).toContain("Randomised: nothing speaks against it");
  expect(out).toMatch(/^Enough to tell offers from none: yes\. .* at 5 of 5 budgets\.$/m);
  expect(out).toMatch(
    /^Enough to tell one way of choosing users from another, by a tenth of that gain: no\. That takes [\d,]+ rows or more; there are 6,000\.$/m,
  );
});

test("a log whose arm went by what users had bought is told from one that chance gave, and no gain is stated", async () => {
  const rows = offerRows(ROWS, 4).filter(({ arm, visits }) => arm !== 2 || visits > 3);
  const { code, found, out } = await check(rows);
  expect(code).toBe(1);
  expect(found.notRandomised.length).toBeGreaterThan(0);
  expect(found.power).toEqual([]);
  expect(out).toContain("Randomised: no.");
  expect(out).not.toContain("Enough");
});

test("a log of few rows says that it is not enough, and that a tenth of the gain needs far more", async () => {
  const { found, out } = await check(offerRows(110, 5), "--budgets 2");
  expect(out).toMatch(/^Enough to tell offers from none: (no|hardly)\. /m);
  expect(found.power).toHaveLength(2);
  for (const { rowsForTenth } of found.power) expect(rowsForTenth).toBeGreaterThan(300);
});

/** Of one row's w·y under the arm for all, less that under none. */
function varianceOf(arm: 0 | 1 | 2): number {
  const second = (of: 0 | 1 | 2) => (WEIGHT ** 2 * ((ORDERS[0][of] + ORDERS[1][of]) / 2)) / must(SHARES[of], "a share");
  const mean = (of: 0 | 1 | 2) => (WEIGHT * (ORDERS[0][of] + ORDERS[1][of])) / 2;
  return second(arm) + second(0) - (mean(arm) - mean(0)) ** 2;
}
