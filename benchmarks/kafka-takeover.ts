// Takeover benchmark
// Two processes share the partitions under a steady load; one is killed (SIGKILL), again and again. A takeover is the time
// from the kill until every partition has decided a session that was sent after it.
//
//   node benchmarks/kafka-takeover.ts [--quick] [--json]
//
//   warm   who takes over has had the partitions before: its stores lack what came since
//   cold   it has never had them, or has lost its disk: all users' state is read from the changelog
//
// What governs it is the session time-out (KAFKA_SESSION_TIMEOUT_MS; its default here): a process that is gone without a
// word is missed only then. Who leaves by SIGTERM is missed at once.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { must } from "../src/domain/assert.ts";
import { seededRandom } from "../src/domain/random.ts";
import { codecFor } from "../src/log/codec/codec.ts";
import { openKafkaLog, type KafkaLog } from "../src/log/kafka/log.ts";
import { startBroker, type RunningBroker } from "../test/kafka/start-broker.ts";
import { fillTopics, sessionRecord, ServingProcess } from "./kafka-world.ts";
import { benchSession } from "./serve-world.ts";

export interface TakeoverOptions {
  readonly partitions: number;
  /** Each has a record in the state. */
  readonly users: number;
  readonly kills: number;
  readonly perSecond: number;
  readonly sessionTimeoutMs: number;
}

export interface Distribution {
  readonly p50: number;
  readonly p90: number;
  readonly max: number;
  readonly all: readonly number[];
}

export interface TakeoverFigures {
  readonly sessionTimeoutMs: number;
  readonly users: number;
  readonly warmMs: Distribution;
  readonly coldMs: Distribution;
}

export const QUICK: TakeoverOptions = {
  partitions: 6,
  users: 10_000,
  kills: 2,
  perSecond: 100,
  sessionTimeoutMs: 6_000,
};
export const FULL: TakeoverOptions = {
  partitions: 6,
  users: 1_000_000,
  kills: 20,
  perSecond: 200,
  sessionTimeoutMs: 6_000,
};

const PREFIX = "takeover.";
const TICK_MS = 20;
const LONGEST_MS = 120_000;

export async function benchmarkTakeover(options: TakeoverOptions): Promise<TakeoverFigures> {
  const folder = mkdtempSync(path.join(tmpdir(), "stipend-bench-takeover-"));
  const broker = await startBroker({ dir: path.join(folder, "broker"), memory: "1g" });
  const settings = { brokers: [broker.brokers], clientId: "bench", topicPrefix: PREFIX };
  const log = await openKafkaLog(settings, () => Date.now());
  const bench = new Bench(options, folder, broker, log);
  try {
    return await bench.all();
  } finally {
    await bench.end();
    await log.close();
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
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
    const { users, kills, partitions, sessionTimeoutMs } = this.#options;
    await fillTopics(this.#log, partitions);
    for (let partition = 0; partition < partitions; partition += 1) this.#ending.push(this.#follow(partition));
    this.#serving = [this.#start(this.#newFolder()), this.#start(this.#newFolder())];
    await this.#balanced();
    await this.#everyUser(users);
    this.#ending.push(this.#load());
    // Each has had everything once.
    for (let kill = 0; kill < 2; kill += 1) await this.#takeover((victim) => victim.folder);
    const warm: number[] = [];
    for (let kill = 0; kill < kills; kill += 1) warm.push(await this.#takeover((victim) => victim.folder));
    await this.#takeover(() => this.#newFolder());
    const cold: number[] = [];
    for (let kill = 0; kill < kills; kill += 1) cold.push(await this.#takeover(() => this.#newFolder()));
    return { sessionTimeoutMs, users, warmMs: distribution(warm), coldMs: distribution(cold) };
  }

  /** The older of the two is killed, and another is started in its place. */
  async #takeover(folderOf: (victim: ServingProcess) => string): Promise<number> {
    const [victim, survivor] = this.#serving;
    await must(victim, "a victim").end("SIGKILL");
    const killedAt = Date.now();
    const startedMs = performance.now();
    while (!this.#decidedOf.every((sentAt) => sentAt > killedAt)) {
      if (performance.now() - startedMs > LONGEST_MS) throw new Error(`no takeover within ${LONGEST_MS} ms`);
      await sleep(2);
    }
    const takenMs = Math.round(performance.now() - startedMs);
    this.#serving = [must(survivor, "a survivor"), this.#start(folderOf(must(victim, "a victim")))];
    await this.#balanced();
    return takenMs;
  }

  #newFolder(): string {
    this.#folders += 1;
    return path.join(this.#folder, `stores-${this.#folders}`);
  }

  #start(folder: string): ServingProcess {
    return new ServingProcess(this.#broker.brokers, PREFIX, folder, this.#options.sessionTimeoutMs);
  }

  /** Until each runs its share. */
  async #balanced(): Promise<void> {
    const share = this.#options.partitions / 2;
    const startedMs = performance.now();
    while (!this.#serving.every(({ running }) => running.size === share)) {
      if (performance.now() - startedMs > LONGEST_MS) throw new Error("the partitions are not shared out");
      await sleep(20);
    }
  }

  async #everyUser(users: number): Promise<void> {
    const LOT = 2_000;
    for (let user = 0; user < users; user += LOT) {
      const count = Math.min(LOT, users - user);
      await this.#send(Array.from({ length: count }, (_, i) => user + i));
    }
    while (this.#decided < users) await sleep(50);
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

function distribution(values: readonly number[]): Distribution {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
  return { p50: at(0.5), p90: at(0.9), max: at(1), all: values };
}

function textOf({ sessionTimeoutMs, users, warmMs, coldMs }: TakeoverFigures): string {
  const line = (name: string, { p50, p90, max, all }: Distribution): string =>
    `${name}  p50 ${p50} ms, p90 ${p90} ms, max ${max} ms over ${all.length} kills`;
  return [`session time-out ${sessionTimeoutMs} ms, ${users} users`, line("warm", warmMs), line("cold", coldMs)].join(
    "\n",
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const figures = await benchmarkTakeover(process.argv.includes("--quick") ? QUICK : FULL);
  console.log(process.argv.includes("--json") ? JSON.stringify(figures) : textOf(figures));
}
