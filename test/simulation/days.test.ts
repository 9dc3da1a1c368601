// Seeded days of the whole, with everything that goes wrong: what docs/SIMULATION.md promises of each of them, on as many
// as a minute has room for. `npm run simulate` plays thousands.

import { expect, test } from "vitest";
import { runDay, type RunResult } from "./run.ts";
import { FAULTS } from "./tally.ts";

const DAYS = 200;
const FIRST_SEED = 1;

test("in 200 seeded days with crashes between any two steps, duplicates and late outcomes: never a unit over the budget, every law held, verify clean, decisions once each", async () => {
  const came = new Map(FAULTS.map((kind) => [kind, 0]));
  let sessions = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + DAYS; seed += 1) {
    const result = await runDay(seed);
    expect(result.findings, `npm run simulate -- --runs 1 --seed ${seed}`).toEqual([]);
    expect(result.overspendMinor).toBe(0);
    sessions += result.sessions;
    for (const kind of FAULTS) came.set(kind, (came.get(kind) ?? 0) + result.faults[kind]);
  }
  expect(sessions).toBeGreaterThan(20_000);
  expect([...came].filter(([, times]) => times === 0)).toEqual([]);
}, 600_000);

test("the same seed is the same day, fault by fault and commit by commit", async () => {
  const [seed, other] = [17, 18];
  const first: RunResult = await runDay(seed);
  expect(await runDay(seed)).toEqual(first);
  expect((await runDay(other)).faults).not.toEqual(first.faults);
});
