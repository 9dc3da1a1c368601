// Nothing that can be put on a topic ends a task; `npm run fuzz -- --minutes 10 --seed N` plays as long as you like.

import { expect, test } from "vitest";
import { seededRandom } from "../../src/domain/random.ts";
import { fuzz } from "./fuzz.ts";
import { embeddedGround, registryGround, simulatedGround } from "./grounds.ts";

const DAY_MS = 86_400_000;
const FOR_MS = 20_000;

test.each([
  ["the simulated log", simulatedGround],
  ["the simulated log with a schema registry", registryGround],
  ["the embedded log", embeddedGround],
])(
  "hostile records on every topic of %s: no task fails, and every good record is decided",
  async (_, open) => {
    const seed = process.env["FUZZ_SEED"] ?? `${Date.now()}`;
    let aheadMs = 0;
    const clock = (): number => Date.now() + aheadMs;
    const ground = await open(clock);
    try {
      const until = performance.now() + FOR_MS;
      const result = await fuzz({
        ground,
        random: seededRandom(seed),
        nowMs: clock,
        forward: () => void (aheadMs += DAY_MS),
        isOver: ({ rounds }) => performance.now() >= until && rounds >= 13,
      });
      expect(result, `FUZZ_SEED=${seed}`).toMatchObject({ findings: [], failedTasks: 0, undecided: 0, unanswered: 0 });
      expect(result.records).toBeGreaterThan(300);
      expect(result.restores).toBeGreaterThan(0);
      expect(Object.keys(result.deadLetters)).toEqual(expect.arrayContaining(["contract", "undecodable"]));
      expect(result.rssMiB).toBeLessThan(1_500);
    } finally {
      await ground.close();
    }
  },
  300_000,
);
