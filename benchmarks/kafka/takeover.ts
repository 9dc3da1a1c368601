// Takeover benchmark
// Two processes (`stipend run`, each with a folder of its own) share the partitions under a steady load; one is killed
// (SIGKILL), again and again. A takeover is the time from the kill until every partition has decided a session that was
// sent after it.
//
//   npm run bench:takeover [-- --quick] [--json] [--users N] [--kills N]
//
//   warm     who takes over has had the partitions before: its stores lack what came since
//   cold     it has never had them, or has lost its disk: all their users' state is read from the changelog
//   standby  it has never had them, but keeps copies of what others run (`--standby`); the one that was killed has lost its
//            disk, and the next kill waits until whoever comes for it has its copies
//
// What governs a takeover is the session time-out (KAFKA_SESSION_TIMEOUT_MS; its default here): a process that is gone
// without a word is missed only then, up to a heartbeat earlier. Who leaves by SIGTERM is missed at once.
// Restores are what the tasks of the cold takeovers say of themselves: a process restores its partitions side by side.
// Not measured: a broker on another machine, and brokers that are busy with others.

import { rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { runScript, USUAL } from "../../fixtures/script.ts";
import { option } from "../../src/cli/options.ts";
import { asInteger } from "../../src/settings/parse.ts";
import { must } from "../../src/domain/assert.ts";
import { seededRandom } from "../../src/domain/random.ts";
import { codecFor } from "../../src/log/codec/codec.ts";
import type { KafkaLog } from "../../src/log/kafka/log.ts";
import type { RunningBroker } from "../../fixtures/broker.ts";
import { fillTopics, sessionRecord } from "./world.ts";
import { onLog } from "../lib/on-broker.ts";
import { ServingProcess, type Restored } from "../lib/stipend.ts";
import { benchSession } from "../serve/serve-world.ts";
import { distribution, restoreOf, textOf, together, type TakeoverFigures } from "./takeover-figures.ts";
import { median } from "../lib/quantile.ts";

export interface TakeoverOptions {
  readonly partitions: number;
  /** Each has a record in the state. */
  readonly users: number;
  readonly kills: number;
  readonly perSecond: number;
  readonly sessionTimeoutMs: number;
  readonly tell: (line: string) => void;
}

export const QUICK: Omit<TakeoverOptions, "tell"> = {
  partitions: 6,
  users: 10_000,
  kills: 2,
  perSecond: 100,
  sessionTimeoutMs: 6_000,
};
export const FULL: Omit<TakeoverOptions, "tell"> = {
  partitions: 6,
  users: 1_000_000,
  kills: 20,
  perSecond: 200,
  sessionTimeoutMs: 6_000,
};

const PREFIX = "takeover.";
const TICK_MS = 20;
const LONGEST_MS = 180_000;
const TELL_MS = 5_000;

export async function benchmarkTakeover(options: TakeoverOptions): Promise<TakeoverFigures> {
  return await onLog({ name: "takeover", prefix: PREFIX, memory: "1g" }, async ({ folder, broker, log }) => {
    const bench = new Bench(options, folder, broker, log);
    try {
      return await bench.all();
    } finally {
      await bench.end();
    }
  });
}

/** What becomes of the process that takes the place of the killed one. */
interface After {
  readonly losesDisk: boolean;
  readonly standby: boolean;
}

interface Takeover {
  readonly ms: number;
  readonly restored: readonly Restored[];
  /** From the start of the next process until all is as before the kill. */
  readonly readyMs: number;
}

class Bench {
  readonly #options: TakeoverOptions;
  readonly #folder: string;
  readonly #broker: RunningBroker;
  readonly #log: KafkaLog;
  readonly #random = seededRandom("takeover");
  readonly #stop = new AbortController();
  /** By partition: when the latest of the decided sessions was sent. */
  readonly #decidedOf: number[];
  readonly #ending: Promise<unknown>[] = [];
  #serving: ServingProcess[] = [];
  #folders = 0;
  #sent = 0;
  #decided = 0;

  constructor(options: TakeoverOptions, folder: string, broker: RunningBroker, log: KafkaLog) {
    this.#options = options;
    this.#folder = folder;
    this.#broker = broker;
    this.#log = log;
    this.#decidedOf = Array.from({ length: options.partitions }, () => 0);
  }

  async all(): Promise<TakeoverFigures> {
    const { users, partitions, sessionTimeoutMs, tell } = this.#options;
    await fillTopics(this.#log, partitions);
    for (let partition = 0; partition < partitions; partition += 1) this.#ending.push(this.#follow(partition));
    this.#serving = [this.#start(this.#newFolder()), this.#start(this.#newFolder())];
    await this.#balanced();
    await this.#everyUser(users);
    this.#ending.push(this.#load());
    tell(`${users} users have a state; killing now`);
    // Uncounted first: until each has had everything once; until the survivor is one that never had what it takes over.
    const warm = await this.#kills("warm", 2, { losesDisk: false, standby: false });
    const cold = await this.#kills("cold", 1, { losesDisk: true, standby: false });
    const standby = await this.#kills("standby", 1, { losesDisk: true, standby: true });
    return {
      sessionTimeoutMs,
      users,
      warmMs: distribution(warm.map(({ ms }) => ms)),
      coldMs: distribution(cold.map(({ ms }) => ms)),
      standbyMs: distribution(standby.map(({ ms }) => ms)),
      restore: restoreOf(cold.map(({ restored }) => restored)),
      copyMs: Math.round(median(standby.map(({ readyMs }) => readyMs))),
    };
  }

  async #kills(name: string, uncounted: number, after: After): Promise<Takeover[]> {
    for (let kill = 0; kill < uncounted; kill += 1) await this.#takeover(after);
    const all: Takeover[] = [];
    while (all.length < this.#options.kills) {
      const takeover = await this.#takeover(after);
      all.push(takeover);
      const { ms, restored, readyMs } = takeover;
      const { records, ms: restoreMs } = together(restored);
      this.#options.tell(
        `${name} ${all.length}: ${ms} ms, ${records} records restored in ${restoreMs} ms; the next was ready after ${readyMs} ms`,
      );
    }
    return all;
  }

  /** The older of the two is killed, and another is started in its place. */
  async #takeover({ losesDisk, standby }: After): Promise<Takeover> {
    const [victim, survivor] = [must(this.#serving[0], "a victim"), must(this.#serving[1], "a survivor")];
    const before = survivor.restored.length;
    const startedMs = performance.now();
    await victim.end("SIGKILL");
    const killedAt = Date.now();
    while (!this.#decidedOf.every((sentAt) => sentAt > killedAt)) {
      if (performance.now() - startedMs > LONGEST_MS) throw new Error(`no takeover within ${LONGEST_MS} ms`);
      await sleep(2);
    }
    const ms = Math.round(performance.now() - startedMs);
    const restored = survivor.restored.slice(before);
    if (losesDisk) rmSync(victim.folder, { recursive: true, force: true });
    const againMs = performance.now();
    this.#serving = [survivor, this.#start(losesDisk ? this.#newFolder() : victim.folder, standby)];
    await this.#balanced();
    await this.#copied();
    return { ms, restored, readyMs: Math.round(performance.now() - againMs) };
  }

  #newFolder(): string {
    this.#folders += 1;
    return path.join(this.#folder, `stores-${this.#folders}`);
  }

  #start(folder: string, standby = false): ServingProcess {
    const { partitions, sessionTimeoutMs } = this.#options;
    const { brokers } = this.#broker;
    return new ServingProcess({ brokers, prefix: PREFIX, folder, partitions, sessionTimeoutMs, standby });
  }

  /** Until each runs its share. */
  async #balanced(): Promise<void> {
    const share = this.#options.partitions / 2;
    await this.#until("the partitions are not shared out", () =>
      this.#serving.every(({ running }) => running.length === share),
    );
  }

  /** Until each that stands by has a copy of all that the other runs. */
  async #copied(): Promise<void> {
    const share = this.#options.partitions / 2;
    await this.#until("the copies are not there", async () => {
      const copies = await Promise.all(this.#serving.filter((one) => one.standby).map((one) => one.copies()));
      return copies.every((count) => count === share);
    });
  }

  async #until(otherwise: string, good: () => boolean | Promise<boolean>): Promise<void> {
    const startedMs = performance.now();
    while (!(await good())) {
      if (this.#serving.some(({ alive }) => !alive)) throw new Error("a serving process has ended by itself");
      if (performance.now() - startedMs > LONGEST_MS) throw new Error(`${otherwise}, after ${LONGEST_MS} ms`);
      await sleep(20);
    }
  }

  /** Through the serve tasks, as fast as they are. */
  async #everyUser(users: number): Promise<void> {
    const LOT = 2_000;
    const AHEAD = 20_000;
    let toldMs = performance.now();
    for (let user = 0; this.#decided < users;) {
      const count = Math.min(LOT, users - user);
      if (count > 0 && user - this.#decided < AHEAD) {
        await this.#send(Array.from({ length: count }, (_, i) => user + i));
        user += count;
      } else await sleep(5);
      if (performance.now() - toldMs < TELL_MS) continue;
      toldMs = performance.now();
      this.#options.tell(`${this.#decided} of ${users} users have a state`);
    }
  }

  async #send(users: readonly number[]): Promise<void> {
    const atMs = Date.now();
    await this.#log.send(users.map((user) => sessionRecord(benchSession(this.#random, this.#sent++, user, atMs))));
  }

  async #load(): Promise<void> {
    const { perSecond, users } = this.#options;
    const each = Math.max(1, Math.round((perSecond * TICK_MS) / 1_000));
    while (!this.#stop.signal.aborted) {
      await this.#send(Array.from({ length: each }, () => this.#random.below(users)));
      await sleep(TICK_MS);
    }
  }

  async #follow(partition: number): Promise<void> {
    const codec = codecFor("decisions");
    for await (const batch of this.#log.read("decisions", partition, 0, { follow: true, signal: this.#stop.signal }))
      for (const { value } of batch) {
        this.#decided += 1;
        const { sessionAtMs } = codec.decode(must(value, "a decision"));
        this.#decidedOf[partition] = Math.max(this.#decidedOf[partition] ?? 0, sessionAtMs);
      }
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#ending);
    await Promise.all(this.#serving.map((one) => one.end("SIGKILL")));
  }
}

await runScript(
  import.meta.url,
  {
    name: "bench:takeover",
    summary: "how long until all partitions decide again after a process is killed",
    options: {
      ...USUAL,
      users: option("number", "users whose state there is", asInteger({ min: 1 })),
      kills: option("number", "of each kind", asInteger({ min: 1 })),
    },
  },
  async ({ quick, json, users, kills }) => {
    const base = quick ? QUICK : FULL;
    const startedMs = performance.now();
    const tell = (line: string): void => {
      const seconds = ((performance.now() - startedMs) / 1_000).toFixed(0);
      process.stderr.write(`takeover: ${seconds.padStart(5)} s  ${line}\n`);
    };
    const asked = { users: users ?? base.users, kills: kills ?? base.kills };
    const figures = await benchmarkTakeover({ ...base, ...asked, tell });
    console.log(json ? JSON.stringify({ node: process.version, ...figures }) : textOf(figures));
  },
);
