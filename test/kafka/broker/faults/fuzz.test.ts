// The fuzz on a broker: batches packed in every way, bombs among them, in any partition.

import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { seededRandom } from "../../../../src/domain/random.ts";
import { fuzz } from "../../../fuzz/fuzz.ts";
import { kafkaGround } from "../../../fuzz/grounds.ts";
import { theBroker } from "../../the-broker.ts";

const FOR_MS = 20_000;

test("hostile records on every topic of a broker: no task fails, and every good record is decided", async () => {
  const { brokers } = await theBroker();
  const seed = process.env["FUZZ_SEED"] ?? randomUUID();
  const random = seededRandom(seed);
  const now = (): number => Date.now();
  const ground = await kafkaGround(brokers, `f${randomUUID().slice(0, 8)}.`, now, random.fork("packing"));
  try {
    const until = performance.now() + FOR_MS;
    const isOver = ({ rounds }: { readonly rounds: number }): boolean => performance.now() >= until && rounds >= 4;
    const result = await fuzz({ ground, random, nowMs: now, forward: () => undefined, isOver });
    expect(result, `FUZZ_SEED=${seed}`).toMatchObject({ findings: [], failedTasks: 0, undecided: 0, unanswered: 0 });
    expect(result.records).toBeGreaterThan(100);
    expect(result.rssMiB).toBeLessThan(1_500);
  } finally {
    await ground.close();
  }
}, 300_000);
