// Copies that stand by for other processes' partitions: what a takeover gains by them, and that no death at any moment,
// of whoever, makes one of them wrong.

import { describe, expect, test } from "vitest";
import { must } from "../../../src/domain/assert.ts";
import { LogUnavailable, type EventLog } from "../../../src/log/event-log.ts";
import {
  createSimulatedCluster,
  type SimulatedCluster,
  type SimulatedLog,
} from "../../../src/log/simulated/cluster.ts";
import { StoreFailed, type OpenStore } from "../../../src/task/store/local-store.ts";
import { memoryStores } from "../../../src/task/store/memory-store.ts";
import { unobserved, type RestoreReport, type TaskObserver } from "../../../src/task/observer.ts";
import { join, outputs, readAll, sendKeys, text, topics } from "../counting.ts";
import { bound } from "./standby-day.ts";

const STANDBY = { standbyMs: 0 };

function shared(): { readonly cluster: SimulatedCluster; readonly producer: EventLog } {
  const cluster = createSimulatedCluster({ now: () => 0, sharing: "many" });
  return { cluster, producer: cluster.connect("producer") };
}

function heard(): { readonly reports: RestoreReport[]; readonly troubles: string[]; readonly observer: TaskObserver } {
  const reports: RestoreReport[] = [];
  const troubles: string[] = [];
  const observer: TaskObserver = {
    ...unobserved,
    restore: (report) => reports.push(report),
    trouble: (...[, partition, verdict]) => troubles.push(`${verdict} ${partition}`),
  };
  return { reports, troubles, observer };
}

test("a takeover reads only what came since the copy was last brought up to date; without a copy, everything", async () => {
  for (const stands of [true, false]) {
    const { cluster, producer } = shared();
    await producer.ensureTopics(topics);
    const one = cluster.connect("one");
    const first = await join(one, { openStore: memoryStores().open });
    const { reports, observer } = heard();
    const second = await join(cluster.connect("two"), { observer, ...(stands ? STANDBY : {}) });
    for (let round = 0; round < 50; round += 1) {
      await sendKeys(producer, "first", ["a", "b", "c", "d"]);
      await first.runUntilIdle(1);
      await second.runUntilIdle(1);
    }
    const taken = must(first.tasks[0], "a task").partition;
    await second.standby?.round();
    reports.length = 0;
    one.crash();
    await tick();
    await second.runUntilIdle(2);
    expect(second.tasks.map(({ state }) => state)).toEqual(["running", "running"]);
    const restored = must(
      reports.find(({ partition, by }) => partition === taken && by === "task"),
      "a restore",
    );
    const all = (await readAll(producer, "counts", taken)).length;
    if (stands) expect(restored.records).toBeLessThan(20);
    else expect(restored.records).toBe(all);
    expect(all).toBeGreaterThan(100);
    await second.stop();
  }
});

test("a copy of what nobody has written yet is nothing, and a partition that comes back is copied again", async () => {
  const { cluster, producer } = shared();
  await producer.ensureTopics(topics);
  const { reports, observer } = heard();
  const first = await join(cluster.connect("one"), { observer, ...STANDBY });
  await first.standby?.round();
  expect(reports).toEqual([]);
  const second = await join(cluster.connect("two"));
  await first.standby?.round();
  expect(reports.map(({ by, records }) => [by, records])).toEqual([["standby", 0]]);
  await sendKeys(producer, "first", ["a", "b"]);
  await second.runUntilIdle(1);
  await first.standby?.round();
  await first.standby?.round();
  expect(
    reports.map(({ records }) => records),
    "where nothing is new, nothing is read",
  ).toEqual([0, 2]);
  await second.stop();
  await first.stop();
});

test("a task waits for the copy that is under way to end, which it does at its next batch, and goes on from there", async () => {
  const { cluster, producer } = shared();
  await producer.ensureTopics(topics);
  const one = cluster.connect("one");
  const first = await join(one);
  for (let round = 0; round < 20; round += 1) {
    await sendKeys(producer, "first", ["b", "d"]);
    await first.runUntilIdle(1);
  }
  const gate = Promise.withResolvers<void>();
  const log = cluster.connect("two");
  let batches = 0;
  const gated: EventLog = {
    ...log,
    async *read(topic, partition, from) {
      // Whatever is aborted meanwhile, a batch that is on its way arrives.
      for await (const batch of log.read(topic, partition, from, { maxRecords: 6 })) {
        batches += 1;
        if (batches === 3) await gate.promise;
        yield batch;
      }
    },
  };
  const { reports, observer } = heard();
  const stores = memoryStores();
  const second = await join(gated, { openStore: stores.open, observer, ...STANDBY });
  // It has got the other partition: this one's owner goes on, and is copied.
  const held = must(first.tasks[0], "a task").partition;
  expect(held).toBe(0);
  const round = second.standby?.round();
  while (batches < 3) await tick();
  one.crash();
  await tick();
  const stepping = second.stepAll(2);
  await tick();
  const task = must(
    second.tasks.find(({ partition }) => partition === held),
    "a task",
  );
  expect(task.state).toBe("opening");
  expect(stores.open(held, () => null).stamp()?.changelogEnd, "two batches are in the copy").toBeLessThan(20);
  gate.resolve();
  await stepping;
  await round;
  expect(task.state).toBe("running");
  expect(batches, "the copy ended where it was").toBe(3);
  await sendKeys(producer, "first", ["b"]);
  await second.runUntilIdle(3);
  expect((await outputs(producer))[held]?.at(-1)).toBe("first b 21");
  expect(text(stores.open(held, () => null).get("d"))).toBe("20@1");
  const restored = must(
    reports.find(({ by }) => by === "task"),
    "a restore",
  );
  expect(restored.records).toBeGreaterThan(0);
  await second.stop();
});

describe("a copy that meets trouble", () => {
  test.each([
    ["a log that is away", (log: SimulatedLog): EventLog => ({ ...log, ranges: away })],
    ["a changelog that cannot be read", (log: SimulatedLog): EventLog => ({ ...log, read: () => unreadable() })],
  ])("stops nothing, is told of once, and is there again later: %s", async (_what, broken) => {
    const { cluster, producer } = shared();
    await producer.ensureTopics(topics);
    const { troubles, observer } = heard();
    const log = cluster.connect("one");
    let isBroken = true;
    const whole: EventLog = {
      ...log,
      ranges: (topic) => (isBroken ? broken(log) : log).ranges(topic),
      read: (...given) => (isBroken ? broken(log) : log).read(...given),
    };
    const first = await join(whole, { observer, ...STANDBY });
    const second = await join(cluster.connect("two"));
    await sendKeys(producer, "first", ["a", "b"]);
    await first.runUntilIdle(1);
    await second.runUntilIdle(1);
    for (let round = 0; round < 3; round += 1) await first.standby?.round();
    expect(troubles).toHaveLength(1);
    isBroken = false;
    await first.standby?.round();
    await second.stop();
    await first.runUntilIdle(2);
    await sendKeys(producer, "first", ["a", "b"]);
    await first.runUntilIdle(2);
    expect(await outputs(producer)).toEqual([
      ["first b 1", "first b 2"],
      ["first a 1", "first a 2"],
    ]);
    await first.stop();
  });

  test("a disk that fails under it is given up, and the task that needs it later begins from the changelog", async () => {
    const { cluster, producer } = shared();
    await producer.ensureTopics(topics);
    const { troubles, observer } = heard();
    const stores = memoryStores();
    let fails = true;
    const openStore: OpenStore = (partition, index) => {
      const store = stores.open(partition, index);
      return { ...bound(store), apply: (...given) => (fails ? failing() : store.apply(...given)) };
    };
    const first = await join(cluster.connect("one"), { observer, openStore, ...STANDBY });
    const second = await join(cluster.connect("two"));
    await sendKeys(producer, "first", ["a", "b"]);
    await second.runUntilIdle(1);
    await first.standby?.round();
    expect(troubles).toHaveLength(1);
    fails = false;
    await second.stop();
    await sendKeys(producer, "first", ["a", "b"]);
    await first.runUntilIdle(2);
    expect((await outputs(producer)).flat().toSorted()).toEqual(["first a 1", "first a 2", "first b 1", "first b 2"]);
    await first.stop();
  });
});

async function away(): Promise<never> {
  throw new LogUnavailable("the log is away");
}

async function* unreadable(): AsyncGenerator<never> {
  yield* [];
  throw new LogUnavailable("cannot be read");
}

function failing(): never {
  throw new StoreFailed("the disk does not answer");
}

function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
