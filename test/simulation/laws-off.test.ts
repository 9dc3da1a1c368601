// A simulation that cannot fail proves nothing: the system with any one law switched off must be caught, and by that law.

import { afterAll, describe, expect, test } from "vitest";
import { LAWS_OFF } from "./laws-off/laws.ts";
import type { LawOff } from "./laws-off/tools.ts";
import { runDay } from "./run.ts";

const MOST_SEEDS = 1_000;

async function firstCaught(off: LawOff): Promise<number | null> {
  const putBack = off.patch?.();
  try {
    for (let seed = 1; seed <= MOST_SEEDS; seed += 1) {
      const { laws } = await runDay(seed, off.seams?.() ?? {});
      if (off.caughtAs.some((law) => laws.includes(law))) return seed;
    }
    return null;
  } finally {
    putBack?.();
  }
}

const caught: string[] = [];
afterAll(() => console.info(`laws switched off, and the first seed that caught it:\n${caught.join("\n")}`));

describe("with one law switched off, within 1,000 seeds the simulation catches", () => {
  test.each(LAWS_OFF.map((off) => [`${off.law}: ${off.fault}`, off] as const))(
    "%s",
    async (name, off) => {
      const seed = await firstCaught(off);
      expect(seed, `${name} was not caught`).not.toBeNull();
      caught.push(`  seed ${String(seed).padStart(3)}  ${name}`);
    },
    300_000,
  );

  test("and every law of the SPECs is among them", () => {
    const laws = new Set(LAWS_OFF.map(({ law }) => law));
    const spec = [
      "L1",
      "L2",
      "L3",
      "L4",
      "L5",
      "S1",
      "S2",
      "S3",
      "S4",
      "S5",
      "S6",
      "S7",
      "T1",
      "T2",
      "T3",
      "T4",
      "T5",
      "T6",
      "T7",
    ];
    expect([...spec, "C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9"].filter((law) => !laws.has(law))).toEqual([]);
  });
});
