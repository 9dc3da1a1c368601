// A record that a processor neither takes nor refuses stops its task, which names it; it can be passed over by hand.

import { beforeEach, describe, expect, test } from "vitest";
import { createSimulatedCluster, type SimulatedCluster, type SimulatedLog } from "../../src/log/simulated/cluster.ts";
import { findPoisonRecord } from "../../src/task/cycle/poison-record.ts";
import { NotNext, skipNextRecord } from "../../src/task/cycle/skip-record.ts";
import type { Processor } from "../../src/task/processor.ts";
import { controlCodec, counting, join, kind, lastControl, outputs, sendKeys, text, topics } from "./counting.ts";

let cluster: SimulatedCluster;
let log: SimulatedLog;

beforeEach(async () => {
  cluster = createSimulatedCluster({ now: () => 0 });
  log = cluster.connect("one");
  await log.ensureTopics(topics);
});

/** Keys that begin with so are too much for it. */
function squeamish(fails: (key: string) => void): Processor<null> {
  const inner = counting();
  return {
    ...inner,
    process(view, batch, facts, context) {
      for (const record of batch) fails(text(record.key));
      return inner.process(view, batch, facts, context);
    },
  };
}

const throwing = squeamish((key) => {
  if (key.startsWith("bomb")) throw new TypeError("cannot read properties of undefined");
});
/** What comes of it is larger than its topic takes. */
const inflating: Processor<null> = {
  ...counting(),
  process(view, batch, facts, context) {
    const effects = counting().process(view, batch, facts, context);
    const large = batch.filter((record) => text(record.key).startsWith("bomb"));
    const records = large.map(() => ({
      topic: "out",
      partition: context.partition,
      key: null,
      value: Buffer.alloc(2_000),
    }));
    return { ...effects, records: [...effects.records, ...records] };
  },
};

const skip = (topic: string, partition: number, offset: number) =>
  skipNextRecord({
    ...{
      log,
      kind,
      topic,
      partition,
      offset,
      codec: controlCodec,
      nowMs: 5,
      newLineage: () => "new",
      waitMs: 1_000,
    },
    letter: (record) => ({ topic: "out", partition, key: null, value: Buffer.from(`kept ${text(record.key)}`) }),
  });

describe.each([
  ["throws", throwing, /TypeError: cannot read properties/],
  ["makes what is too large", inflating, /RecordTooLarge: out: a value of 2000 bytes/],
] as const)("a record that %s", (_, processor, why) => {
  test("is named after those before it were taken, again at each start, and passed over by hand", async () => {
    await sendKeys(log, "first", ["d1", "d2"]);
    await sendKeys(log, "second", ["d3", "d4", "bomb", "d5", "bomb2", "d6"]);
    for (let start = 0; start < 2; start += 1) {
      const runner = await join(log, { processor: () => processor, maxRecords: 100 });
      await expect(runner.runUntilIdle(1)).rejects.toThrow(/^count cannot get past second 0@2: /);
      expect(runner.tasks[0]).toMatchObject({ state: "failed", error: { name: "PoisonRecord" } });
      expect(String(runner.tasks[0]?.error)).toMatch(why);
      expect(String(runner.tasks[0]?.error)).toContain("stipend dead-letters skip --topic second --at 0@2");
      await runner.stop();
    }
    expect((await outputs(log))[0]).toEqual(["first d1 1", "first d2 1", "second d3 1", "second d4 1"]);

    await expect(skip("second", 0, 4)).rejects.toThrow(NotNext);
    await expect(skip("first", 0, 0)).rejects.toThrow(/not what count comes to next/);
    const before = await lastControl(log, 0);
    await skip("second", 0, 2);
    const after = await lastControl(log, 0);
    expect(after).toEqual({
      ...before,
      cycle: before.cycle + 1,
      atMs: 5,
      positions: { ...before.positions, second: 3 },
    });

    const runner = await join(log, { processor: () => processor, maxRecords: 100 });
    await expect(runner.runUntilIdle(6)).rejects.toThrow(/^count cannot get past second 0@4: /);
    await runner.stop();
    await skip("second", 0, 4);
    const last = await join(log, { processor: () => processor, maxRecords: 100 });
    await last.runUntilIdle(7);
    expect(last.tasks.map(({ state }) => state)).toEqual(["running", "running"]);
    await last.stop();
    const rows = (await outputs(log))[0];
    expect(rows?.slice(4)).toEqual(["kept bomb", "second d5 1", "kept bomb2", "second d6 1"]);
  });
});

test("a task that runs is not taken over", async () => {
  const runner = await join(log);
  await runner.runUntilIdle(1);
  await expect(skip("first", 0, 0)).rejects.toThrow(/runs this kind of task: stop it first/);
  await runner.stop();
});

test("what fails without any record is no record's fault, and what fails later is the later one's", async () => {
  const record = (offset: number) => ({
    topic: "t",
    partition: 0,
    offset,
    timestampMs: 0,
    key: null,
    value: null,
    headers: {},
  });
  const batch = Array.from({ length: 500 }, (_, offset) => record(offset));
  expect(await findPoisonRecord(batch, () => Promise.reject(new Error("always")))).toBe(-1);
  expect(await findPoisonRecord(batch, () => Promise.resolve())).toBe(-1);
  for (const bad of [0, 1, 250, 499]) {
    let asked = 0;
    const found = await findPoisonRecord(batch, (records) => {
      asked += 1;
      return records.some(({ offset }) => offset === bad) ? Promise.reject(new Error("bad")) : Promise.resolve();
    });
    expect(found).toBe(bad);
    expect(asked).toBeLessThan(14);
  }
});
