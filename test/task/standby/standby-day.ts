// A day of processes that share partitions and stand by for each other, by a seed: they die, freeze, lose their disks and
// come back, amid copying too.

import { expect } from "vitest";
import { must } from "../../../src/domain/assert.ts";
import { seededRandom, type Random } from "../../../src/domain/random.ts";
import { type EventLog } from "../../../src/log/event-log.ts";
import { createSimulatedCluster, type SimulatedLog } from "../../../src/log/simulated/cluster.ts";
import { Crashed } from "../../../src/log/simulated/faults.ts";
import { type LocalStore, type OpenStore } from "../../../src/task/store/local-store.ts";
import { memoryStores, type MemoryStores } from "../../../src/task/store/memory-store.ts";
import { unobserved, type RestoreReport } from "../../../src/task/observer.ts";
import type { Runner } from "../../../src/task/runner.ts";
import { counting, join, outputs, PARTITIONS, readAll, sendKeys, text, topics } from "../counting.ts";

const STANDBY = { standbyMs: 0 };
const SLOTS = 3;
const KEYS = ["a", "b", "c", "d", "e", "f", "g", "h"];

/** A machine: its disk stays when its process dies. */
interface Slot {
  readonly name: string;
  stores: MemoryStores;
  log: SimulatedLog | null;
  runner: Runner<null> | null;
  rounds: Promise<void>;
}

export class StandbyDay {
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

export function bound(store: LocalStore): LocalStore {
  return {
    get: (key) => store.get(key),
    due: (upTo, limit) => store.due(upTo, limit),
    stamp: () => store.stamp(),
    apply: (changes, stamp) => store.apply(changes, stamp),
    wipe: () => store.wipe(),
    close: () => store.close(),
  };
}

function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
