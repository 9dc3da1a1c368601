import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import * as port from "../../src/log/event-log.ts";
import type { EventLog, TaskLog } from "../../src/log/event-log.ts";
import { createSimulatedCluster } from "../../src/log/simulated/cluster.ts";
import { LIFECYCLE } from "../../src/task/lifecycle.ts";
import { StoreFailed } from "../../src/task/store/local-store.ts";
import { memoryStores } from "../../src/task/store/memory-store.ts";
import { ForeignRecord } from "../../src/task/restore/restore.ts";
import { GivenUp, VERDICTS, verdictOf } from "../../src/task/cycle/verdicts.ts";
import { counting, join, kind, outputs, sendKeys, topics } from "./counting.ts";

function shared() {
  const cluster = createSimulatedCluster({ now: () => 0, sharing: "many" });
  return { cluster, producer: cluster.connect("producer") };
}

test("a fenced owner stops, and what it still had in hand is done once, by the new owner", async () => {
  const { cluster, producer } = shared();
  await producer.ensureTopics(topics);
  const zombieLog = cluster.connect("zombie");
  const zombie = await join(zombieLog);
  await sendKeys(producer, "first", ["a", "b"]);
  await zombie.runUntilIdle(1);
  zombieLog.expire();
  const heir = await join(cluster.connect("heir"));
  await sendKeys(producer, "first", ["a", "b"]);
  await heir.stepAll(2);
  await zombie.stepAll(3);
  expect(zombie.tasks.map((task) => task.state)).toEqual(["closed", "closed"]);
  await sendKeys(producer, "first", ["a"]);
  await heir.runUntilIdle(4);
  expect(await outputs(producer)).toEqual([
    ["first b 1", "first b 2"],
    ["first a 1", "first a 2", "first a 3"],
  ]);
  await zombie.stop();
  await heir.stop();
});

test("a partition that is taken away in the middle of a cycle is given up after that cycle, and goes on elsewhere", async () => {
  const { cluster, producer } = shared();
  await producer.ensureTopics(topics);
  const gate = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  let waits = 0;
  const wait = (): Promise<void> => {
    waits += 1;
    if (waits === 2) entered.resolve();
    return gate.promise;
  };
  await sendKeys(producer, "first", ["a", "b"]);
  const first = await join(cluster.connect("first"), { processor: () => counting(wait), ...slowClock() });
  const running = first.run();
  await entered.promise;
  const joining = join(cluster.connect("second"));
  await tick();
  expect(first.tasks.map((task) => task.state).toSorted()).toEqual(["running", "stopping"]);
  gate.resolve();
  const second = await joining;
  expect(first.tasks).toHaveLength(1);
  await sendKeys(producer, "first", ["a", "b"]);
  await second.runUntilIdle(1);
  while ((await outputs(producer)).flat().length < 4) await tick();
  expect((await outputs(producer)).map((lines) => lines.length)).toEqual([2, 2]);
  await first.stop();
  await running;
  await second.stop();
});

test("a cycle that outlasts the drain does not commit any more; its records are done by the next owner", async () => {
  const { cluster, producer } = shared();
  await producer.ensureTopics(topics);
  const gate = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  const late = (): Promise<void> => {
    entered.resolve();
    return gate.promise;
  };
  await sendKeys(producer, "first", ["a", "b"]);
  const first = await join(cluster.connect("first"), { processor: () => counting(late), ...slowClock(0) });
  const running = first.run();
  await entered.promise;
  await tick();
  await first.stop();
  await running;
  gate.resolve();
  await tick();
  expect((await outputs(producer)).flat()).toEqual([]);
  const second = await join(cluster.connect("second"));
  await second.runUntilIdle(1);
  expect(await outputs(producer)).toEqual([["first b 1"], ["first a 1"]]);
  await second.stop();
});

test("a commit that is answered after its partition was given up leaves the local store to whoever has it then", async () => {
  const { cluster, producer } = shared();
  await producer.ensureTopics(topics);
  const stores = memoryStores();
  const gate = Promise.withResolvers<void>();
  const committed = Promise.withResolvers<void>();
  const log = answeringLate(cluster.connect("first"), committed.resolve, gate.promise);
  await sendKeys(producer, "first", ["a"]);
  const first = await join(log, { openStore: stores.open, ...slowClock(0) });
  const running = first.run();
  await committed.promise;
  const passing = await join(cluster.connect("passing"));
  await passing.stop();
  await sendKeys(producer, "first", ["a"]);
  while ((await outputs(producer)).flat().length < 2) await tick();
  gate.resolve();
  await tick();
  await sendKeys(producer, "first", ["a"]);
  while ((await outputs(producer)).flat().length < 3) await tick();
  expect((await outputs(producer))[1]).toEqual(["first a 1", "first a 2", "first a 3"]);
  await first.stop();
  await running;
});

test("an error that the table does not know stops the run and is told", async () => {
  const { cluster, producer } = shared();
  await producer.ensureTopics(topics);
  const broken = { ...counting(), prepare: () => Promise.reject(new TypeError("a mistake of ours")) };
  const runner = await join(cluster.connect("worker"), { processor: () => broken });
  await expect(runner.run()).rejects.toThrow("a mistake of ours");
  expect(runner.tasks).toEqual([]);
});

test("a local store that keeps failing is no accident: the task fails after some recoveries", async () => {
  const { cluster, producer } = shared();
  await producer.ensureTopics(topics);
  await sendKeys(producer, "first", ["a"]);
  const openStore: ReturnType<typeof memoryStores>["open"] = (partition, index) => {
    const store = memoryStores().open(partition, index);
    store.apply = () => {
      throw new StoreFailed("disk full");
    };
    return store;
  };
  const runner = await join(cluster.connect("worker"), { openStore });
  await expect(runner.runUntilIdle(1)).rejects.toThrow("disk full");
  expect((await outputs(producer)).flat(), "the commit before the failure counts once").toEqual(["first a 1"]);
  await runner.stop();
});

test("every error of the log's port and of the store has a verdict, and all else is fatal", () => {
  const classes: (new (message: string) => Error)[] = [
    ...Object.values(port).filter((value) => typeof value === "function"),
    StoreFailed,
    GivenUp,
    ForeignRecord,
  ];
  for (const Class of classes) {
    const error = new Class("x");
    expect(Object.keys(VERDICTS)).toContain(error.name);
    expect(verdictOf(error)).toBe(Object.entries(VERDICTS).find(([name]) => name === error.name)?.[1]);
  }
  expect(classes.length).toBeGreaterThanOrEqual(8);
  expect(verdictOf(new Error("toString"))).toBe("fatal");
  expect(verdictOf("text")).toBe("fatal");
});

test("an ended task cannot be woken, and an illegal event is nowhere passed over", () => {
  for (const state of ["closed", "failed"] as const) {
    expect(Object.values(LIFECYCLE[state]).filter((next) => next !== "illegal" && next !== state)).toEqual([]);
  }
  expect(LIFECYCLE.assigned.opened).toBe("illegal");
  expect(kind.inputs).toEqual(["first", "second"]);
});

/** A log on which the first commit of all takes effect at once, and is answered when `gate` opens. */
function answeringLate(log: EventLog, done: () => void, gate: Promise<void>): EventLog {
  let first = true;
  const slow = (task: TaskLog): TaskLog => ({
    ...task,
    async commit(records, positions) {
      const answer = await task.commit(records, positions);
      if (first) {
        first = false;
        done();
        await gate;
      }
      return answer;
    },
  });
  return {
    ...log,
    join: (joined, member) =>
      log.join(joined, {
        assigned: (partition, claim) => member.assigned(partition, async () => slow(await claim())),
        revoked: (partition) => member.revoked(partition),
      }),
  };
}

function tick(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

function slowClock(drainMs = 1_000) {
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  return { clock: { nowMs: () => 0, sleep }, drainMs };
}

test("a task that fails while the run is being stopped makes the run fail: a signal a moment later hides nothing", async () => {
  const cluster = createSimulatedCluster({ now: () => 0 });
  const log = cluster.connect("one");
  await log.ensureTopics(topics);
  await sendKeys(log, "first", ["d1"]);
  const begun = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const runner = await join(log, {
    processor: () =>
      counting(async () => {
        begun.resolve();
        await gate.promise;
        throw new TypeError("a defect");
      }),
    clock: { nowMs: () => 0, sleep: async (ms) => await sleep(ms) },
  });
  const ended = runner.run().catch((error: unknown) => String(error));
  await begun.promise;
  const stopped = runner.stop();
  gate.resolve();
  await stopped;
  expect(await ended).toBe("TypeError: a defect");
});
