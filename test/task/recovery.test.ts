import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createSimulatedCluster, type SimulatedCluster } from "../../src/log/simulated/cluster.ts";
import { Crashed, faultAt, noFaults, type SimulatedFault, type SimulatedStep } from "../../src/log/simulated/faults.ts";
import { lmdbStores } from "../../src/task/store/lmdb-stores.ts";
import type { OpenStore } from "../../src/task/store/local-store.ts";
import { memoryStores } from "../../src/task/store/memory-store.ts";
import { join, laggingStores, lastControl, outputs, PARTITIONS, readAll, sendKeys, text, topics } from "./counting.ts";

const folder = mkdtempSync(joinPath(tmpdir(), "stipend-recovery-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let folders = 0;

/** What a restarted process finds of its local store. */
const disks: Record<string, () => () => OpenStore> = {
  kept: () => {
    const stores = memoryStores();
    return () => stores.open;
  },
  "kept on disk": () => {
    const stores = lmdbStores(joinPath(folder, String((folders += 1))));
    return () => stores;
  },
  lost: () => () => memoryStores().open,
  "one write behind": () => {
    const stores = laggingStores();
    return () => stores;
  },
};

interface Day {
  readonly outputs: string[][];
  readonly steps: number;
  readonly crashes: number;
  readonly troubles: number;
}

/** A day of records in three lots, with one fault; a process that crashes is started again at once. */
async function day(fault: SimulatedFault, at: number, step: SimulatedStep, disk: () => OpenStore): Promise<Day> {
  let now = 1_000;
  let steps = 0;
  let crashes = 0;
  let troubles = 0;
  const cluster = createSimulatedCluster({ now: () => now });
  const producer = cluster.connect("producer");
  await producer.ensureTopics(topics);
  const one = faultAt(at, fault, (point) => point.step === step && point.task !== null);
  cluster.setFaults((point) => {
    if (point.step === step && point.task !== null) steps += 1;
    return one(point);
  });
  const observer = {
    elapsedMs: () => 0,
    cycle: () => undefined,
    restore: () => undefined,
    lifecycle: () => undefined,
    trouble: () => {
      troubles += 1;
    },
  };
  let starts = 0;
  const start = () => join(cluster.connect(`worker-${(starts += 1)}`), { openStore: disk(), observer });
  let runner = await start();
  for (const lot of [["a", "b", "c", "a", "d", "a", "b"], ["b", "a", "e"], [], ["a", "f"]]) {
    await sendKeys(producer, "first", lot);
    await sendKeys(producer, "second", lot.slice(0, 2));
    for (let idle = false; !idle;) {
      try {
        await runner.runUntilIdle(now);
        idle = true;
      } catch (error) {
        expect(error).toBeInstanceOf(Crashed);
        crashes += 1;
        runner = await start();
      }
    }
    now += 700;
  }
  const found = await outputs(producer);
  await runner.stop();
  return { outputs: found, steps, crashes, troubles };
}

describe.each(Object.entries(disks))("with a local store that is %s", (_name, disk) => {
  const steps: SimulatedStep[] = ["claim", "restore", "seek", "poll", "commit"];
  test.each(steps)("a crash before or after any %s changes nothing of what comes out", async (step) => {
    const calm = await day("none", 0, step, disk());
    expect(calm.outputs.flat().filter((line) => line.startsWith("forgotten")).length).toBeGreaterThan(3);
    for (const fault of ["crash_before", "crash_after"] as const) {
      for (let at = 0; at < calm.steps; at += 1) {
        const crashed = await day(fault, at, step, disk());
        expect(crashed.crashes).toBe(1);
        expect(crashed.outputs, `${fault} ${step} ${at}`).toEqual(calm.outputs);
      }
    }
  });

  test("a commit of unknown outcome, before or after it took effect, changes nothing of what comes out", async () => {
    const calm = await day("none", 0, "commit", disk());
    for (const fault of ["unknown_before", "unknown_after", "unavailable"] as const) {
      for (let at = 0; at < calm.steps; at += 1) {
        const unknown = await day(fault, at, "commit", disk());
        expect(unknown.troubles).toBe(1);
        expect(unknown.outputs, `${fault} ${at}`).toEqual(calm.outputs);
      }
    }
  });

  test("a log that is away at any other step changes nothing of what comes out", async () => {
    for (const step of steps) {
      const calm = await day("none", 0, step, disk());
      for (let at = 0; at < calm.steps; at += 3) {
        const away = await day("unavailable", at, step, disk());
        expect(away.outputs, `${step} ${at}`).toEqual(calm.outputs);
      }
    }
  });
});

async function started(): Promise<{ cluster: SimulatedCluster; producer: ReturnType<SimulatedCluster["connect"]> }> {
  const cluster = createSimulatedCluster({ now: () => 0, faults: noFaults });
  const producer = cluster.connect("producer");
  await producer.ensureTopics(topics);
  return { cluster, producer };
}

describe("a local store that is not this changelog's", () => {
  test.each([
    ["ahead of it", 9],
    ["of another log that is shorter", 1],
    ["of another log as long", 3],
  ])("is wiped and filled again when it is %s", async (_what, cycles) => {
    const stores = memoryStores();
    const other = await started();
    const stranger = await join(other.cluster.connect("stranger"), { openStore: stores.open });
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      await sendKeys(other.producer, "first", ["x", "b"]);
      await stranger.runUntilIdle(5_000);
    }
    await stranger.stop();

    const own = await started();
    const first = await join(own.cluster.connect("first"));
    for (let cycle = 0; cycle < 3; cycle += 1) {
      await sendKeys(own.producer, "first", ["a", "b"]);
      await first.runUntilIdle(5_000);
    }
    await first.stop();
    const second = await join(own.cluster.connect("second"), { openStore: stores.open });
    await sendKeys(own.producer, "first", ["a", "b", "x"]);
    await second.runUntilIdle(5_000);
    expect((await outputs(own.producer)).map((lines) => lines.at(-1))).toEqual(["first x 1", "first a 4"]);
    await second.stop();
  });

  test("is kept when the changelog was compacted under it", async () => {
    const { cluster, producer } = await started();
    const stores = memoryStores();
    const first = await join(cluster.connect("first"), { openStore: stores.open });
    await sendKeys(producer, "first", ["a", "c"]);
    await first.runUntilIdle(1);
    await first.stop();
    const second = await join(cluster.connect("second"));
    for (let round = 0; round < 30; round += 1) {
      await sendKeys(producer, "first", ["a"]);
      await second.runUntilIdle(2);
    }
    await second.stop();
    cluster.maintain(3);
    const third = await join(cluster.connect("third"), { openStore: stores.open });
    await sendKeys(producer, "first", ["a", "c"]);
    await third.runUntilIdle(3);
    expect((await outputs(producer))[1]?.slice(-2)).toEqual(["first a 32", "first c 2"]);
    await third.stop();
  });
});

test("a local store that was away while a deleted key's tombstone vanished does not keep the key", async () => {
  const day = 86_400_000;
  const { cluster, producer } = await started();
  const stores = memoryStores();
  const first = await join(cluster.connect("first"), { openStore: stores.open });
  await sendKeys(producer, "first", ["a"]);
  await first.runUntilIdle(1);
  await first.stop();
  const second = await join(cluster.connect("second"));
  await second.runUntilIdle(1_001);
  expect((await outputs(producer))[1]?.at(-1)).toBe("forgotten a");
  await sendKeys(producer, "first", ["c"]);
  await second.runUntilIdle(day);
  await second.stop();
  cluster.maintain(day + 1);
  const third = await join(cluster.connect("third"), { openStore: stores.open });
  await sendKeys(producer, "first", ["a"]);
  await third.runUntilIdle(day + 1);
  expect((await outputs(producer))[1]?.at(-1)).toBe("first a 1");
  await third.stop();
});

test("a control record carries cycle, time and positions, and stands last in its cycle's changes", async () => {
  const { cluster, producer } = await started();
  const runner = await join(cluster.connect("worker"));
  await sendKeys(producer, "first", ["a", "c", "e", "a"]);
  await sendKeys(producer, "second", ["a"]);
  await runner.runUntilIdle(77);
  const records = await readAll(producer, "counts", 1);
  expect(text(records.at(-1)?.key)).toBe("\0cycle");
  const control = await lastControl(producer, 1);
  expect(control).toMatchObject({ cycle: 2, atMs: 77, positions: { first: 4, second: 1 } });
  await runner.runUntilIdle(78);
  expect((await readAll(producer, "counts", 1)).length, "an idle cycle writes nothing").toBe(records.length);
  await runner.stop();
});

test("the time that a processor sees never runs backward, not over a restart either", async () => {
  const { cluster, producer } = await started();
  const first = await join(cluster.connect("first"));
  await sendKeys(producer, "first", ["a"]);
  await first.runUntilIdle(9_000);
  await sendKeys(producer, "first", ["a"]);
  await first.runUntilIdle(8_000);
  expect(await lastControl(producer, 1)).toMatchObject({ cycle: 2, atMs: 9_000 });
  await first.stop();
  const second = await join(cluster.connect("second"));
  await sendKeys(producer, "first", ["a"]);
  await second.runUntilIdle(7_000);
  expect(await lastControl(producer, 1)).toMatchObject({ cycle: 3, atMs: 9_000 });
  await second.stop();
});

test("what is due is done on a quiet partition", async () => {
  const { cluster, producer } = await started();
  const runner = await join(cluster.connect("worker"));
  await sendKeys(producer, "first", ["a"]);
  await runner.runUntilIdle(0);
  await runner.runUntilIdle(999);
  expect((await outputs(producer))[1]).toEqual(["first a 1"]);
  await runner.runUntilIdle(1_000);
  expect((await outputs(producer))[1]).toEqual(["first a 1", "forgotten a"]);
  await runner.stop();
  expect(PARTITIONS).toBe(2);
});

test("somebody else's record in the place of a control record stops the restore, which names it", async () => {
  const cluster = createSimulatedCluster({ now: () => 0 });
  const log = cluster.connect("one");
  await log.ensureTopics(topics);
  await log.send([{ topic: "counts", partition: 0, key: Buffer.from("\0cycle"), value: Buffer.from("junk") }]);
  const runner = await join(log);
  await expect(runner.runUntilIdle(1)).rejects.toThrow(
    /^counts 0@0 is in the place of a control record and is none of ours \(.*docs\/OPERATIONS\.md, A foreign record/,
  );
  await runner.stop();
});
