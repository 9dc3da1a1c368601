// Copies that stand by for other processes' partitions: what a takeover gains by them, and that no death at any moment,
// of whoever, makes one of them wrong.

import { describe, expect, test } from "vitest";
import { must } from "../../src/domain/assert.ts";
import { seededRandom, type Random } from "../../src/domain/random.ts";
import { LogUnavailable, type EventLog } from "../../src/log/event-log.ts";
import { createSimulatedCluster, type SimulatedCluster, type SimulatedLog } from "../../src/log/simulated/cluster.ts";
import { Crashed } from "../../src/log/simulated/faults.ts";
import { StoreFailed, type LocalStore, type OpenStore } from "../../src/task/store/local-store.ts";
import { memoryStores, type MemoryStores } from "../../src/task/store/memory-store.ts";
import { unobserved, type RestoreReport, type TaskObserver } from "../../src/task/observer.ts";
import type { Runner } from "../../src/task/runner.ts";
import { counting, join, outputs, PARTITIONS, readAll, sendKeys, text, topics } from "./counting.ts";

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

const SLOTS = 3;
const SEEDS = 40;
const KEYS = ["a", "b", "c", "d", "e", "f", "g", "h"];

/** A machine: its disk stays when its process dies. */
interface Slot {
  readonly name: string;
  stores: MemoryStores;
  log: SimulatedLog | null;
  runner: Runner<null> | null;
  rounds: Promise<void>;
}

test("in seeded days of processes that die, freeze, lose disks and come back amid copying, each record counts once", async () => {
  let copied = 0;
  let shortRestores = 0;
  for (let seed = 0; seed < SEEDS; seed += 1) {
    const day = new Day(seed);
    await day.play();
    copied += day.reports.filter(({ by, records }) => by === "standby" && records > 0).length;
    shortRestores += day.reports.filter(({ by, records }) => by === "task" && records > 0 && records < 20).length;
  }
  expect(copied).toBeGreaterThan(SEEDS);
  expect(shortRestores).toBeGreaterThan(SEEDS);
}, 120_000);

class Day {
  readonly reports: RestoreReport[] = [];
  readonly #random: Random;
  readonly #cluster = createSimulatedCluster({ now: () => 0, sharing: "many" });
  readonly #producer = this.#cluster.connect("producer");
  readonly #slots: readonly Slot[];
  readonly #sent = new Map<string, number>();
  #starts = 0;

  constructor(seed: number) {
    this.#random = seededRandom(`standby ${seed}`);
    this.#slots = Array.from({ length: SLOTS }, (_, i) => ({
      name: `slot-${i}`,
      stores: memoryStores(),
      log: null,
      runner: null,
      rounds: Promise.resolve(),
    }));
  }

  async play(): Promise<void> {
    await this.#producer.ensureTopics(topics);
    for (let turn = 0; turn < 100; turn += 1) {
      const slot = must(this.#slots[this.#random.below(SLOTS)], "a slot");
      await this.#one(slot);
      if (turn % 3 === 0) await this.#checkStores();
    }
    for (const slot of this.#slots) slot.log?.crash();
    for (const slot of this.#slots) await this.#start(slot);
    const wanted = this.#expected().length;
    for (let round = 0; round < 200 && (await outputs(this.#producer)).flat().length < wanted; round += 1)
      for (const slot of this.#slots) await this.#step(slot);
    for (const slot of this.#slots) await slot.rounds;
    expect((await outputs(this.#producer)).flat().toSorted()).toEqual(this.#expected());
    for (const slot of this.#slots) slot.log?.crash();
  }

  async #one(slot: Slot): Promise<void> {
    const fate = this.#random.unit();
    if (fate < 0.25) await this.#send();
    else if (fate < 0.55) await this.#step(slot);
    else if (fate < 0.8) this.#round(slot);
    else if (fate < 0.86) await this.#start(slot);
    else if (fate < 0.92) slot.log?.crash();
    else if (fate < 0.95) slot.log?.expire();
    else if (fate < 0.97) await this.#leave(slot);
    else this.#loseDisk(slot);
    for (let ticks = this.#random.below(3); ticks > 0; ticks -= 1) await tick();
  }

  async #send(): Promise<void> {
    const keys = Array.from({ length: 1 + this.#random.below(8) }, () => must(KEYS[this.#random.below(8)], "a key"));
    for (const key of keys) this.#sent.set(key, (this.#sent.get(key) ?? 0) + 1);
    await sendKeys(this.#producer, "first", keys);
  }

  /** Under way beside everything else. */
  #round(slot: Slot): void {
    const { runner } = slot;
    slot.rounds = slot.rounds.then(() => runner?.standby?.round());
  }

  async #step(slot: Slot): Promise<void> {
    if (slot.log?.crashed !== false) return;
    await slot.runner?.stepAll(0).catch((error: unknown) => expect(error).toBeInstanceOf(Crashed));
  }

  async #start(slot: Slot): Promise<void> {
    if (slot.log?.crashed === false && slot.runner?.tasks.length !== 0) return;
    slot.log?.crash();
    // Of the process before nothing is left but its disk.
    await slot.rounds;
    slot.log = this.#cluster.connect(`${slot.name}.${(this.#starts += 1)}`);
    slot.runner = await join(slowly(slot.log, this.#random), {
      openStore: this.#onePerPartition(slot),
      processor: () => counting(),
      observer: { ...unobserved, restore: (report) => this.reports.push(report) },
      ...STANDBY,
    }).catch(() => null);
  }

  async #leave(slot: Slot): Promise<void> {
    if (slot.log?.crashed !== false) return;
    await slot.runner?.stop();
    slot.log.crash();
  }

  #loseDisk(slot: Slot): void {
    if (slot.log?.crashed === true) slot.stores = memoryStores();
  }

  /** Of one process, a partition has one open store, and nothing is written to a closed one: law B1. */
  #onePerPartition({ stores }: Slot): OpenStore {
    const open = new Set<number>();
    return (partition, index) => {
      expect(open, `store ${partition} is open already`).not.toContain(partition);
      open.add(partition);
      const store = bound(stores.open(partition, index));
      let isOpen = true;
      return {
        ...store,
        apply(changes, stamp) {
          expect(isOpen, `store ${partition} is closed`).toBe(true);
          store.apply(changes, stamp);
        },
        async close() {
          isOpen = false;
          open.delete(partition);
          await store.close();
        },
      };
    };
  }

  /** Laws C1 and C3: a store is what the changelog says up to its stamp, and its stamp is not ahead of what is committed. */
  async #checkStores(): Promise<void> {
    const ends = await this.#producer.ranges("counts");
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      const changelog = await readAll(this.#producer, "counts", partition);
      for (const { stores } of this.#slots) {
        const store = stores.open(partition, () => null);
        const end = store.stamp()?.changelogEnd ?? 0;
        expect(end).toBeLessThanOrEqual(must(ends[partition], "a range").end);
        const last = new Map(
          changelog.filter(({ offset }) => offset < end).map(({ key, value }) => [text(key), value]),
        );
        for (const key of KEYS) expect(text(store.get(key))).toBe(text(last.get(key)));
      }
    }
  }

  #expected(): string[] {
    return [...this.#sent]
      .flatMap(([key, count]) => Array.from({ length: count }, (_, i) => `first ${key} ${i + 1}`))
      .toSorted();
  }
}

/** Reads a few records at a time and takes its time between them, so that much happens while a copy is under way. */
function slowly(log: SimulatedLog, random: Random): EventLog {
  return {
    ...log,
    async *read(topic, partition, from, options) {
      for await (const batch of log.read(topic, partition, from, { ...options, maxRecords: 7 })) {
        for (let ticks = random.below(3); ticks > 0; ticks -= 1) await tick();
        yield batch;
      }
    },
  };
}

function bound(store: LocalStore): LocalStore {
  return {
    get: (key) => store.get(key),
    due: (upTo, limit) => store.due(upTo, limit),
    stamp: () => store.stamp(),
    apply: (changes, stamp) => store.apply(changes, stamp),
    wipe: () => store.wipe(),
    close: () => store.close(),
  };
}

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
