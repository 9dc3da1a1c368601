// Copy log
// Copies an embedded log to another log, Kafka above all: every record as it is, and for each task where it goes on. So
// budgets, holds, users, chance secrets and what was not read yet go with it. Nobody may work on either log meanwhile.
//
// Invariants:
//   1. Records keep their partition, their order and their time; offsets become others, so the tasks' positions are counted anew.
//   2. The control records, which say where each task goes on, come last and name a new history: a local store that was filled
//      from the log before is not taken for one of this.
//   3. Until the copy is whole, every command refuses the new log (partitioning.ts).

import { must } from "../../domain/assert.ts";
import { InvalidInput } from "../../domain/campaign/campaign.ts";
import { schemaCodec } from "../../log/codec/codec.ts";
import {
  AlreadyRunning,
  type EventLog,
  type LogRecord,
  type Membership,
  type OutRecord,
  type TaskKind,
} from "../../log/event-log.ts";
import { serveKind, topicSpecs, TOPICS, treasuryKind } from "../../log/topics.ts";
import { CONTROL_KEY, type ControlRecord } from "../../task/cycle/control-record.ts";
import { beginCopy, endCopy } from "../connect/partitioning.ts";

export interface CopyLog {
  readonly from: EventLog;
  readonly to: EventLog;
  readonly application: string;
  readonly newId: () => string;
  /** From 0 to 1. */
  readonly onProgress: (done: number) => void;
}

export interface CopyFigures {
  readonly records: number;
  /** What the new log was made with. */
  readonly users: number;
  readonly control: number;
}

const BATCH_RECORDS = 500;
const COPIED = Object.keys(TOPICS).filter((name) => name !== "partitioning");
const codec = schemaCodec<ControlRecord>("control-record");

export async function copyLog(options: CopyLog): Promise<CopyFigures> {
  const { from, application } = options;
  const kinds = [serveKind(application), treasuryKind(application)];
  const held: Membership[] = [];
  try {
    for (const kind of kinds) held.push(await hold(from, kind));
    return await new Copying(options, kinds).run();
  } finally {
    for (const membership of held) await membership.leave();
  }
}

/** As long as it is held, nobody runs it. */
async function hold(log: EventLog, kind: TaskKind): Promise<Membership> {
  try {
    return await log.join(kind, { assigned: () => undefined, revoked: () => Promise.resolve() });
  } catch (error) {
    if (error instanceof AlreadyRunning) throw new InvalidInput(`stop the allocator first: ${error.message}`);
    throw error;
  }
}

class Copying {
  readonly #options: CopyLog;
  readonly #kinds: readonly TaskKind[];
  /** Of each changelog, by partition. */
  readonly #controls = new Map<string, ControlRecord>();
  /** By input and partition: its records before the task's position. */
  readonly #passed = new Map<string, number>();
  #records = 0;

  constructor(options: CopyLog, kinds: readonly TaskKind[]) {
    this.#options = options;
    this.#kinds = kinds;
  }

  async run(): Promise<CopyFigures> {
    const { from, to, newId } = this.#options;
    const counts = {
      users: (await from.ranges("sessions")).length,
      control: (await from.ranges("budget-pacing")).length,
    };
    if (to.partitioner !== from.partitioner)
      throw new InvalidInput(
        `the log to copy places keys by ${from.partitioner}, the other by ${to.partitioner}: set STIPEND_PARTITIONER=${from.partitioner}`,
      );
    await to.ensureTopics(topicSpecs(counts));
    await this.#checkEmpty();
    const before = await rangesOf(from);
    const all = before.reduce((sum, { start, end }) => sum + end - start, 0);
    const copy = newId();
    await beginCopy(to, copy);
    const changelogs = this.#kinds.map(({ changelog }) => changelog);
    for (const topic of [...changelogs, ...COPIED.filter((name) => !changelogs.includes(name))])
      for (const { partition, start, end } of before.filter((range) => range.topic === topic))
        await this.#copy(topic, partition, { start, end, all });
    if (JSON.stringify(await rangesOf(from)) !== JSON.stringify(before))
      throw new InvalidInput(
        "somebody has written to the log while it was copied: stop producers and tools, and copy again",
      );
    await this.#goOn();
    await this.#checkWhole();
    await endCopy(to, copy);
    return { records: this.#records, ...counts };
  }

  async #checkEmpty(): Promise<void> {
    const found = (await rangesOf(this.#options.to)).find(({ end }) => end > 0);
    if (found !== undefined)
      throw new InvalidInput(
        `the log to copy to is not empty (${found.topic} has records): choose another KAFKA_TOPIC_PREFIX`,
      );
  }

  async #copy(
    topic: string,
    partition: number,
    of: { readonly start: number; readonly end: number; readonly all: number },
  ) {
    const { from, to, onProgress } = this.#options;
    const kind = this.#kinds.find(({ changelog }) => changelog === topic);
    const position = this.#position(topic, partition);
    let passed = 0;
    for await (const batch of from.read(topic, partition, of.start, { maxRecords: BATCH_RECORDS })) {
      const records = kind === undefined ? batch : batch.filter((record) => !this.#takeControl(kind, record));
      await to.send(records.map(asItIs));
      passed += batch.filter(({ offset }) => offset < position).length;
      this.#records += records.length;
      onProgress(Math.min(1, this.#records / of.all));
    }
    this.#passed.set(`${topic}/${partition}`, passed);
  }

  #takeControl({ changelog }: TaskKind, { key, value, partition }: LogRecord): boolean {
    if (key === null || value === null || Buffer.from(key).toString("utf8") !== CONTROL_KEY) return false;
    this.#controls.set(`${changelog}/${partition}`, codec.decode(value));
    return true;
  }

  /** Where the task goes on in an input; of any other topic nothing has been passed. */
  #position(topic: string, partition: number): number {
    const kind = this.#kinds.find(({ inputs }) => inputs.includes(topic));
    if (kind === undefined) return 0;
    return this.#controls.get(`${kind.changelog}/${partition}`)?.positions[topic] ?? 0;
  }

  async #goOn(): Promise<void> {
    const { to, newId } = this.#options;
    for (const { changelog, inputs } of this.#kinds)
      for (const { partition } of await to.ranges(changelog)) {
        const control = this.#controls.get(`${changelog}/${partition}`);
        if (control === undefined) continue;
        const positions = Object.fromEntries(
          inputs.map((topic) => [
            topic,
            must(this.#passed.get(`${topic}/${partition}`), `what of ${topic} was passed`),
          ]),
        );
        const value = codec.encode({ ...control, lineage: newId(), positions });
        await to.send([{ topic: changelog, partition, key: Buffer.from(CONTROL_KEY), value }]);
        this.#records += 1;
      }
  }

  /** The positions count on that nobody else's records came between. */
  async #checkWhole(): Promise<void> {
    const there = (await rangesOf(this.#options.to)).reduce((sum, { end }) => sum + end, 0);
    if (there !== this.#records)
      throw new InvalidInput(
        `${there} records are on the new log, and ${this.#records} were copied: somebody else writes to it. Stop that, and copy ` +
          "under another KAFKA_TOPIC_PREFIX",
      );
  }
}

function asItIs({ topic, partition, key, value, headers, timestampMs }: LogRecord): OutRecord {
  return { topic, partition, key, value, headers, timestampMs };
}

async function rangesOf(log: EventLog) {
  const ranges = await Promise.all(
    COPIED.map(async (topic) => (await log.ranges(topic)).map((range) => ({ topic, ...range }))),
  );
  return ranges.flat();
}
