// What the Kafka benchmarks share: topics with a release and money on them, sessions as records, a serving process.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { must } from "../../src/domain/assert.ts";
import { canonicalJson } from "../../src/domain/canonical.ts";
import type { Session } from "../../src/domain/session.ts";
import { codecFor } from "../../src/log/codec/codec.ts";
import type { OutRecord } from "../../src/log/event-log.ts";
import { openKafkaLog, type KafkaLog } from "../../src/log/kafka/log.ts";
import { topicSpecs } from "../../src/log/topics.ts";
import { startBroker, type RunningBroker } from "../../test/kafka/start-broker.ts";
import { benchGrant, benchRelease, CAMPAIGN } from "../serve/serve-world.ts";

const MAIN = path.join(import.meta.dirname, "..", "..", "src", "main.ts");

export interface OnBroker {
  readonly folder: string;
  readonly broker: RunningBroker;
  readonly log: KafkaLog;
}

/** Work on a broker of its own, in a folder of its own; both are gone when it is over. */
export async function onBroker<T>(
  of: { readonly name: string; readonly prefix: string; readonly memory?: string; readonly brokers?: number },
  work: (world: OnBroker) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), `stipend-bench-${of.name}-`));
  const memory = of.memory === undefined ? {} : { memory: of.memory };
  const broker = await startBroker({ dir: path.join(folder, "broker"), brokers: of.brokers ?? 1, ...memory });
  const settings = { brokers: broker.brokers.split(","), clientId: "bench", topicPrefix: of.prefix };
  const log = await openKafkaLog(settings, () => Date.now());
  try {
    return await work({ folder, broker, log });
  } finally {
    await log.close();
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether a benchmark was started with `--brokers 3`. */
export function onThreeBrokers(words: readonly string[]): boolean {
  const at = words.indexOf("--brokers");
  if (at < 0) return false;
  if (words[at + 1] !== "3") throw new Error("--brokers 3 compares a cluster of three with one broker");
  return true;
}

/** The topics, the release, and the money in the treasurer's place. */
export async function fillTopics(log: KafkaLog, partitions: number): Promise<void> {
  await log.ensureTopics(topicSpecs({ users: partitions, control: 1 }));
  const { hash, manifest, classifier } = benchRelease();
  const record = { campaign: CAMPAIGN, hash, publishedAtMs: 0, manifest: canonicalJson(manifest), classifier };
  const value = codecFor("releases").encode({ ...record, evidence: "{}" });
  await log.send([{ topic: "releases", key: Buffer.from(`${CAMPAIGN}/${hash}`), value }]);
  for (let partition = 0; partition < partitions; partition += 1) {
    const grant = codecFor("grants").encode(benchGrant(hash, partition, Date.now()));
    await log.send([{ topic: "grants", partition, key: Buffer.from(CAMPAIGN), value: grant }]);
  }
}

export function sessionRecord(session: Session): OutRecord {
  return { topic: "sessions", key: Buffer.from(session.userId), value: codecFor("sessions").encode(session) };
}

export function startNode(file: string, args: readonly string[]): ChildProcess {
  const flags = ["--disable-warning=ExperimentalWarning", "--disable-warning=TimeoutNegativeWarning"];
  const script = path.join(import.meta.dirname, file);
  return spawn(process.execPath, [...flags, script, ...args], { stdio: ["ignore", "pipe", "inherit"] });
}

/** What a task's restore says of itself at its end. */
export interface Restored {
  readonly partition: number;
  readonly records: number;
  readonly bytes: number;
  readonly ms: number;
}

export interface ServingOptions {
  readonly brokers: string;
  readonly prefix: string;
  readonly folder: string;
  readonly partitions: number;
  readonly sessionTimeoutMs: number;
  /** Whether it keeps copies of the partitions that others run. */
  readonly standby: boolean;
}

/** `stipend run`, until it is ended. */
export class ServingProcess {
  readonly folder: string;
  readonly standby: boolean;
  /** Partitions whose serve tasks run. */
  running: readonly number[] = [];
  /** By its serve tasks, so far. */
  readonly restored: Restored[] = [];
  readonly #child: ChildProcess;
  readonly #gone: Promise<unknown>;
  #address: string | null = null;

  constructor({ brokers, prefix, folder, partitions, sessionTimeoutMs, standby }: ServingOptions) {
    this.folder = folder;
    this.standby = standby;
    const flags = ["--disable-warning=ExperimentalWarning"];
    const line = ["run", "--json", "--without-retraining", ...(standby ? ["--standby"] : [])];
    this.#child = spawn(process.execPath, [...flags, MAIN, ...line], {
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        ...process.env,
        KAFKA_BROKERS: brokers,
        KAFKA_TOPIC_PREFIX: prefix,
        KAFKA_SESSION_TIMEOUT_MS: String(sessionTimeoutMs),
        STIPEND_STATE_DIR: folder,
        STIPEND_PARTITIONS: String(partitions),
        STIPEND_HTTP: "127.0.0.1:0",
      },
    });
    this.#gone = once(this.#child, "close");
    createInterface({ input: must(this.#child.stdout, "an output") }).on("line", (text) => {
      const said = JSON.parse(text) as {
        event: string;
        kind?: string;
        by?: string;
        serve?: number[];
        address?: string;
      };
      if (said.event === "tasks") this.running = said.serve ?? [];
      if (said.event === "http") this.#address = said.address ?? null;
      if (said.event === "restored" && said.kind === "serve" && said.by === "task")
        this.restored.push(said as unknown as Restored);
    });
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** How many of others' partitions it has a whole copy of. */
  async copies(): Promise<number> {
    if (this.#address === null) return 0;
    const metrics = await (await fetch(`${this.#address}/metrics`)).text();
    return [...metrics.matchAll(/^stipend_restore_left_records\{kind="serve",.*by="standby"\} 0$/gm)].length;
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.alive) this.#child.kill(signal);
    await this.#gone;
  }
}
