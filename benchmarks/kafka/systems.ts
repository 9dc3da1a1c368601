// The three systems of the Kafka benchmark as processes, on one broker: each takes the sessions of a topic that is full
// before it starts, and says how fast it went once it was warm.

import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { kafkaJars, STREAMS } from "../../bin/servers/jars.mjs";
import { must } from "../../src/domain/assert.ts";
import { seededRandom } from "../../src/domain/random.ts";
import type { TopicSpec } from "../../src/log/event-log.ts";
import { openKafkaLog, type KafkaLog } from "../../src/log/kafka/log.ts";
import type { OursSaid, Written } from "./ours.ts";
import { latencies, type LatencyFigures, type LatencyOptions } from "./latency.ts";
import type { Paced } from "./pace.ts";
import { fillTopics, sessionRecord, startNode } from "./world.ts";
import { benchSession } from "../serve/serve-world.ts";

export interface SystemsOptions {
  readonly partitions: number;
  readonly users: number;
  readonly sessions: number;
}

/** What ours writes for a session, on average. */
export interface WrittenEach {
  readonly records: number;
  readonly bytes: number;
}

const ROOT = path.join(import.meta.dirname, "..", "..");
/** Of the sessions: a system's rate is taken from behind them. */
const WARM_UP = 0.2;
const LOT = 1_000;
const SESSION_MS = "6000";
const START_MS = 60_000;
const SLOWEST_A_SECOND = 500;

export class Systems {
  readonly #options: SystemsOptions;
  readonly #folder: string;
  readonly #brokers: string;
  readonly #streams: string;

  /** `streams`: the class path of the Kafka Streams job. */
  constructor(options: SystemsOptions, folder: string, brokers: string, streams: string) {
    this.#options = options;
    this.#folder = folder;
    this.#brokers = brokers;
    this.#streams = streams;
  }

  /** Topics, release, money and so many sessions. */
  async fill(prefix: string, sessions = this.#options.sessions): Promise<void> {
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

  /** With `profile`, a CPU profile of what is counted goes to that file. */
  async ours(prefix: string, profile: string | null = null): Promise<OursSaid> {
    const numbers = [this.#options.sessions, this.#warmUp()];
    return await this.#answer<OursSaid>(this.#startOurs(prefix, numbers, profile));
  }

  async passThrough(prefix: string, written: Written): Promise<Paced> {
    const { records, bytes } = this.each(written);
    const topics = [`${prefix}sessions`, `${prefix}pass-through`];
    const numbers = [this.#options.sessions, this.#warmUp(), records, Math.round(bytes / records)];
    return await this.#answer(startNode("pass-through.ts", [this.#brokers, ...topics, ...numbers.map(String)]));
  }

  async kafkaStreams(prefix: string, written: Written): Promise<Paced> {
    const bytesOf = (topic: string): number => {
      const { bytes, records } = must(written[topic], topic);
      return Math.round(bytes / records);
    };
    const names = [`${prefix}peer`, `${prefix}sessions`, `${prefix}streams-out`];
    const numbers = [this.#options.sessions, this.#warmUp(), bytesOf("state"), bytesOf("decisions")].map(String);
    const folder = path.join(this.#folder, `streams-${prefix}`);
    const args = ["-Xmx768m", "-cp", this.#streams, "Peer", this.#brokers, ...names, ...numbers, folder];
    return await this.#answer(spawn("java", args, { stdio: ["ignore", "pipe", "inherit"] }));
  }

  /** Of ours, on topics of its own without sessions. */
  async latencies(prefix: string, options: LatencyOptions): Promise<LatencyFigures> {
    await this.fill(prefix, 0);
    const child = this.#startOurs(prefix, [0, 0], null);
    const log = await this.#open(prefix);
    try {
      await this.#said(child, (said) => "state" in said && said.state === "running");
      return await latencies(log, options);
    } finally {
      child.kill("SIGTERM");
      await once(child, "close");
      await log.close();
    }
  }

  each(written: Written): WrittenEach {
    const all = Object.values(written);
    const each = (of: (one: { records: number; bytes: number }) => number): number =>
      Math.round((all.reduce((sum, one) => sum + of(one), 0) / this.#options.sessions) * 100) / 100;
    return { records: each(({ records }) => records), bytes: each(({ bytes }) => bytes) };
  }

  #warmUp(): number {
    return Math.ceil(this.#options.sessions * WARM_UP);
  }

  async #open(topicPrefix: string): Promise<KafkaLog> {
    return await openKafkaLog({ brokers: this.#brokers.split(","), clientId: "bench", topicPrefix }, () => Date.now());
  }

  #startOurs(prefix: string, numbers: readonly number[], profile: string | null): ChildProcess {
    const stores = path.join(this.#folder, `stores-${prefix}`);
    const args = [this.#brokers, prefix, stores, SESSION_MS, ...numbers.map(String)];
    return startNode("ours.ts", profile === null ? args : [...args, profile]);
  }

  /** Its figures, when it has ended. */
  async #answer<T extends Paced>(child: ChildProcess): Promise<T> {
    const ended = once(child, "close");
    const said = await this.#said(child, (one) => "inputs" in one);
    await ended;
    return said as T;
  }

  /** The first line that is wanted, as JSON. Bounded in time. */
  async #said(child: ChildProcess, wanted: (said: object) => boolean): Promise<object> {
    const mostMs = START_MS + (this.#options.sessions / SLOWEST_A_SECOND) * 1_000;
    const late = setTimeout(() => child.kill("SIGKILL"), mostMs);
    try {
      for await (const line of createInterface({ input: must(child.stdout, "an output") })) {
        const said: unknown = line.startsWith("{") ? JSON.parse(line) : null;
        if (typeof said === "object" && said !== null && wanted(said)) return said;
      }
      throw new Error(`${child.spawnargs.slice(0, 4).join(" ")} … ended without a figure`);
    } finally {
      clearTimeout(late);
    }
  }
}

/** The class path of the Kafka Streams job. */
export async function compileStreams(folder: string): Promise<string> {
  const jars = path.join(await kafkaJars(ROOT, (line) => console.error(line), STREAMS), "*");
  const classes = path.join(folder, "classes");
  mkdirSync(classes);
  const source = path.join(import.meta.dirname, "streams", "Peer.java");
  await promisify(execFile)("javac", ["-cp", jars, "-d", classes, source]);
  return [classes, jars].join(path.delimiter);
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
