// Kafka benchmark
// Serving on a real broker on this machine, one process each, all in one run on the same broker and the same sessions:
//
//   ours          serve tasks as `stipend run` has them: enrich, classify, decide, reserve, book, in exactly-once cycles
//   passThrough   a bare kafkajs pass-through that writes as many records of the same size in transactions
//   kafkaStreams  a Kafka Streams 4.3.1 job (exactly_once_v2): a RocksDB read and write and one record for each session
//
//   node benchmarks/kafka.ts [--quick] [--json]
//
// The sessions are on the topic before a system starts; its rate is from its first commit to its last. Rounds take turns,
// figures are medians. `latencyMs`: from when a session was due to be sent until its decision was read, for sessions that
// come by the clock (open loop), with sender and reader in this process and the server in its own.
// Not measured: replication and a network, for broker and clients share one machine; the treasury; profiles and outcomes.

import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { kafkaJars, STREAMS } from "../bin/setup/jars.mjs";
import { must } from "../src/domain/assert.ts";
import { seededRandom } from "../src/domain/random.ts";
import { codecFor } from "../src/log/codec/codec.ts";
import type { TopicSpec } from "../src/log/event-log.ts";
import { openKafkaLog, type KafkaLog } from "../src/log/kafka/log.ts";
import { startBroker, type RunningBroker } from "../test/kafka/start-broker.ts";
import type { OursSaid } from "./kafka-ours.ts";
import { fillTopics, sessionRecord, startNode } from "./kafka-world.ts";
import { benchSession } from "./serve-world.ts";

export interface KafkaOptions {
  readonly partitions: number;
  readonly users: number;
  readonly sessions: number;
  readonly rounds: number;
  readonly rates: readonly number[];
  readonly secondsARate: number;
}

export interface KafkaFigures {
  /** Inputs a second, medians of the rounds. */
  readonly ours: number;
  readonly passThrough: number;
  readonly kafkaStreams: number;
  readonly ratio: { readonly ofPassThrough: number; readonly ofKafkaStreams: number };
  readonly rounds: readonly Readonly<Record<"ours" | "passThrough" | "kafkaStreams", number>>[];
  /** What ours writes for a session. */
  readonly written: { readonly records: number; readonly bytes: number };
  readonly cycle: { readonly inputs: number; readonly meanMs: OursSaid["meanMs"] };
  readonly latencyMs: Readonly<
    Record<string, { readonly p50: number; readonly p99: number; readonly decisions: number }>
  >;
}

export const QUICK: KafkaOptions = {
  partitions: 6,
  users: 5_000,
  sessions: 30_000,
  rounds: 1,
  rates: [500],
  secondsARate: 5,
};
export const FULL: KafkaOptions = {
  partitions: 6,
  users: 5_000,
  // With 40,000 and more the bare pass-through's consumer comes to a stand, for a reason not found yet.
  sessions: 30_000,
  rounds: 1,
  rates: [500, 2_000, 5_000],
  secondsARate: 10,
};

const ROOT = path.join(import.meta.dirname, "..");
const LOT = 1_000;
const PACE_MS = 4;
const WARM_UP_MS = 2_000;
const SESSION_MS = "6000";
const CHILD_MS = 90_000;

export async function benchmarkKafka(options: KafkaOptions): Promise<KafkaFigures> {
  const folder = mkdtempSync(path.join(tmpdir(), "stipend-bench-kafka-"));
  const streams = await compilePeer(folder);
  const broker = await startBroker({ dir: path.join(folder, "broker"), memory: "1g" });
  try {
    return await new Bench(options, folder, broker, streams).all();
  } finally {
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The class path of the Kafka Streams job. */
async function compilePeer(folder: string): Promise<string> {
  const jars = path.join(await kafkaJars(ROOT, (line) => console.error(line), STREAMS), "*");
  const classes = path.join(folder, "classes");
  mkdirSync(classes);
  const source = path.join(import.meta.dirname, "kafka-streams", "Peer.java");
  await promisify(execFile)("javac", ["-cp", jars, "-d", classes, source]);
  return [classes, jars].join(path.delimiter);
}

interface Said {
  readonly inputs: number;
  readonly seconds: number;
}

class Bench {
  readonly #options: KafkaOptions;
  readonly #folder: string;
  readonly #broker: RunningBroker;
  readonly #streams: string;

  constructor(options: KafkaOptions, folder: string, broker: RunningBroker, streams: string) {
    this.#options = options;
    this.#folder = folder;
    this.#broker = broker;
    this.#streams = streams;
  }

  async all(): Promise<KafkaFigures> {
    const rounds: KafkaFigures["rounds"][number][] = [];
    let last: OursSaid | null = null;
    for (let round = 0; round < this.#options.rounds; round += 1) {
      const prefix = `r${round}.`;
      await this.#fill(prefix);
      const said = await this.#ours(prefix, this.#options.sessions);
      const passThrough = await this.#passThrough(prefix, said);
      const kafkaStreams = await this.#kafkaStreams(prefix, said);
      rounds.push({ ours: rate(said), passThrough: rate(passThrough), kafkaStreams: rate(kafkaStreams) });
      last = said;
    }
    const said = must(last, "a round");
    const [ours, passThrough, kafkaStreams] = (["ours", "passThrough", "kafkaStreams"] as const).map((name) =>
      median(rounds.map((round) => round[name])),
    );
    const medians = { ours: ours ?? 0, passThrough: passThrough ?? 0, kafkaStreams: kafkaStreams ?? 0 };
    return {
      ...medians,
      ratio: {
        ofPassThrough: rounded(median(rounds.map((round) => round.ours / round.passThrough))),
        ofKafkaStreams: rounded(median(rounds.map((round) => round.ours / round.kafkaStreams))),
      },
      rounds,
      written: writtenEach(said, this.#options.sessions),
      cycle: { inputs: Math.round(said.inputs / said.cycles), meanMs: said.meanMs },
      latencyMs: await this.#latencies(),
    };
  }

  async #open(topicPrefix: string): Promise<KafkaLog> {
    return await openKafkaLog({ brokers: [this.#broker.brokers], clientId: "bench", topicPrefix }, () => Date.now());
  }

  /** Topics, release, money, and with `sessions` these. */
  async #fill(prefix: string, sessions = this.#options.sessions): Promise<void> {
    const { partitions, users } = this.#options;
    const log = await this.#open(prefix);
    await fillTopics(log, partitions);
    await log.ensureTopics(peers(partitions));
    const random = seededRandom(`bench ${prefix}`);
    for (let sent = 0; sent < sessions; sent += LOT) {
      const lot = Array.from({ length: Math.min(LOT, sessions - sent) }, (_, i) => {
        return sessionRecord(benchSession(random, sent + i, random.below(users), Date.now()));
      });
      await log.send(lot);
    }
    await log.close();
  }

  async #ours(prefix: string, count: number): Promise<OursSaid> {
    const child = this.#startOurs(prefix, count);
    return await answer<OursSaid>(child, (said) => "inputs" in said);
  }

  #startOurs(prefix: string, count: number): ChildProcess {
    const stores = path.join(this.#folder, `stores-${prefix}`);
    return startNode("kafka-ours.ts", [this.#broker.brokers, prefix, stores, String(count), SESSION_MS]);
  }

  async #passThrough(prefix: string, ours: OursSaid): Promise<Said> {
    const { records, bytes } = writtenEach(ours, this.#options.sessions);
    const topics = [`${prefix}sessions`, `${prefix}pass-through`];
    const sizes = [this.#options.sessions, records, Math.round(bytes / records)].map(String);
    const child = startNode("kafka-pass-through.ts", [this.#broker.brokers, ...topics, ...sizes]);
    return await answer<Said>(child, (said) => "inputs" in said);
  }

  async #kafkaStreams(prefix: string, { written }: OursSaid): Promise<Said> {
    const bytesOf = (topic: string): string => {
      const { bytes, records } = must(written[topic], topic);
      return String(Math.round(bytes / records));
    };
    const names = [`${prefix}peer`, `${prefix}sessions`, `${prefix}streams-out`];
    const sizes = [String(this.#options.sessions), bytesOf("state"), bytesOf("decisions")];
    const folder = path.join(this.#folder, `streams-${prefix}`);
    const args = ["-Xmx768m", "-cp", this.#streams, "Peer", this.#broker.brokers, ...names, ...sizes, folder];
    const child = spawn("java", args, { stdio: ["ignore", "pipe", "inherit"] });
    return await answer<Said>(child, (said) => "inputs" in said);
  }

  async #latencies(): Promise<KafkaFigures["latencyMs"]> {
    const prefix = "paced.";
    await this.#fill(prefix, 0);
    const child = this.#startOurs(prefix, 0);
    const log = await this.#open(prefix);
    try {
      await answer(child, (said) => "state" in said && said.state === "running", true);
      const figures: Record<string, KafkaFigures["latencyMs"][string]> = {};
      const paced = new Paced(log, this.#options);
      await paced.run(Math.min(...this.#options.rates), WARM_UP_MS / 1_000);
      for (const perSecond of this.#options.rates) {
        const sorted = (await paced.run(perSecond, this.#options.secondsARate)).toSorted((a, b) => a - b);
        const at = (share: number): number => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN);
        figures[perSecond] = { p50: at(0.5), p99: at(0.99), decisions: sorted.length };
      }
      await paced.end();
      return figures;
    } finally {
      child.kill("SIGTERM");
      await once(child, "close");
      await log.close();
    }
  }
}

/** Sends by the clock and follows the decisions. */
class Paced {
  readonly #log: KafkaLog;
  readonly #users: number;
  readonly #random = seededRandom("bench paced");
  readonly #dueMs = new Map<string, number>();
  readonly #stop = new AbortController();
  readonly #following: Promise<unknown>;
  #latenciesMs: number[] = [];
  #sent = 0;

  constructor(log: KafkaLog, { partitions, users }: KafkaOptions) {
    this.#log = log;
    this.#users = users;
    this.#following = Promise.all(Array.from({ length: partitions }, (_, partition) => this.#follow(partition)));
  }

  async #follow(partition: number): Promise<void> {
    const codec = codecFor("decisions");
    for await (const batch of this.#log.read("decisions", partition, 0, { follow: true, signal: this.#stop.signal })) {
      const nowMs = performance.now();
      for (const { value } of batch) {
        const { sessionId } = codec.decode(must(value, "a decision"));
        this.#latenciesMs.push(nowMs - must(this.#dueMs.get(sessionId), sessionId));
        this.#dueMs.delete(sessionId);
      }
    }
  }

  /** Open loop: what is late does not make the next wait. */
  async run(perSecond: number, seconds: number): Promise<number[]> {
    this.#latenciesMs = [];
    const startMs = performance.now();
    const sending: Promise<void>[] = [];
    for (let tick = 0; tick * PACE_MS < seconds * 1_000; tick += 1) {
      const dueMs = startMs + tick * PACE_MS;
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      const upTo = (ticks: number): number => Math.floor((perSecond * ticks * PACE_MS) / 1_000);
      sending.push(this.#send(upTo(tick + 1) - upTo(tick), dueMs));
    }
    await Promise.all(sending);
    while (this.#dueMs.size > 0) await sleep(5);
    return this.#latenciesMs;
  }

  async #send(count: number, dueMs: number): Promise<void> {
    const records = Array.from({ length: count }, () => {
      const session = benchSession(this.#random, this.#sent++, this.#random.below(this.#users), Date.now());
      this.#dueMs.set(session.sessionId, dueMs);
      return sessionRecord(session);
    });
    await this.#log.send(records);
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }
}

/** Topics that only the others write. */
function peers(partitions: number): TopicSpec[] {
  return ["pass-through", "streams-out"].map((name) => ({
    name,
    partitions,
    cleanup: "delete",
    retentionMs: null,
    maxRecordBytes: 1024 * 1024,
  }));
}

/** The first line that is wanted, as JSON; then its end, unless it shall `goOn`. Bounded in time. */
async function answer<T>(child: ChildProcess, wanted: (said: object) => boolean, goOn = false): Promise<T> {
  const ended = once(child, "close");
  const late = setTimeout(() => child.kill("SIGKILL"), CHILD_MS);
  try {
    for await (const line of createInterface({ input: must(child.stdout, "an output") })) {
      const said: unknown = line.startsWith("{") ? JSON.parse(line) : null;
      if (typeof said !== "object" || said === null || !wanted(said)) continue;
      if (!goOn) await ended;
      return said as T;
    }
    throw new Error(`${child.spawnargs.slice(0, 4).join(" ")} … ended without a figure`);
  } finally {
    clearTimeout(late);
  }
}

function writtenEach({ written }: OursSaid, sessions: number): KafkaFigures["written"] {
  const all = Object.values(written);
  const each = (of: (one: { records: number; bytes: number }) => number): number =>
    Math.round((all.reduce((sum, one) => sum + of(one), 0) / sessions) * 100) / 100;
  return { records: each(({ records }) => records), bytes: each(({ bytes }) => bytes) };
}

function rate({ inputs, seconds }: Said): number {
  return Math.round(inputs / seconds);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

function textOf(of: KafkaFigures): string {
  const { ours, passThrough, kafkaStreams, ratio, written, cycle, latencyMs } = of;
  const times = Object.entries(cycle.meanMs).map(([name, ms]) => `${name} ${ms} ms`);
  return [
    `ours           ${ours} sessions a second`,
    `pass-through   ${passThrough} a second; ours is ${ratio.ofPassThrough} of it`,
    `Kafka Streams  ${kafkaStreams} a second; ours is ${ratio.ofKafkaStreams} of it`,
    `written        ${written.records} records, ${written.bytes} bytes a session`,
    `a cycle        ${cycle.inputs} sessions; ${times.join(", ")}`,
    ...Object.entries(latencyMs).map(
      ([perSecond, { p50, p99, decisions }]) =>
        `at ${perSecond}/s p50 ${p50} ms, p99 ${p99} ms (${decisions} decisions)`,
    ),
  ].join("\n");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const figures = await benchmarkKafka(process.argv.includes("--quick") ? QUICK : FULL);
  console.log(process.argv.includes("--json") ? JSON.stringify(figures) : textOf(figures));
}
