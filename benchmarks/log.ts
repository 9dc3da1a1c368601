// Log benchmark
// Commits of the embedded log, shaped as a serve task makes them (for each decision: a decision, a state record, and for
// some a settlement and a training row), against bare LMDB puts of the same bytes in the same run.
//
//   node benchmarks/log.ts [--quick] [--json]
//
// `peak` commits as fast as they come back, with 1 and with 4 tasks; `paced` at a rate of decisions a second. `bare` puts
// each record by itself, one transaction a commit, no heads, epochs or positions; `bareBatches` puts each commit's records
// as one value, which is the least that could be done. Not measured: deciding, other processes, a slow disk (state yours).

import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { open } from "lmdb";
import { must } from "../src/domain/assert.ts";
import { codecFor } from "../src/log/codec/codec.ts";
import { openEmbeddedLog, type EmbeddedLog } from "../src/log/embedded/log.ts";
import type { OutRecord, TaskLog } from "../src/log/event-log.ts";
import { serveKind, topicSpecs } from "../src/log/topics.ts";
import { SAMPLES } from "../test/log/samples.ts";

const KIND = serveKind("bench");
const STATE_BYTES = 350;
const USERS = 20_000;

export interface LogOptions {
  readonly commits: number;
  readonly decisionsPerCommit: number;
  readonly pacedSeconds: number;
  readonly pacedRates: readonly number[];
}

export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface LogFigures {
  readonly decisionsPerCommit: number;
  readonly recordsPerDecision: number;
  readonly bytesPerDecision: number;
  /** Decisions a second, and commit latency. */
  readonly peak: Readonly<Record<"oneTask" | "fourTasks" | "fsync" | "bare" | "bareBatches", Peak>>;
  readonly paced: readonly { readonly decisionsPerSecond: number; readonly commitMs: Latency }[];
  readonly restoreRecordsPerSecond: number;
  readonly passThroughPerSecond: number;
  /** Of the changelog: before and after compaction, megabytes of records, and how long it took. */
  readonly compaction: { readonly records: number; readonly kept: number; readonly seconds: number };
  readonly fileMegabytes: number;
}

interface Peak {
  readonly decisionsPerSecond: number;
  readonly commitMs: Latency;
}

const DECISION = codecFor("decisions").encode(SAMPLES.decisions);
const SETTLEMENT = codecFor("settlements").encode(SAMPLES.settlements);
const TRAINING = codecFor("training-log").encode(SAMPLES["training-log"]);
const STATE = Buffer.alloc(STATE_BYTES, 7);

/** What a cycle of `decisions` writes: all of one partition. */
function cycleRecords(partition: number, decisions: number, seed: number): OutRecord[] {
  const records: OutRecord[] = [];
  for (let i = 0; i < decisions; i += 1) {
    const key = Buffer.from(`u-${(seed * 7919 + i * 104_729) % USERS}`);
    records.push({ topic: "decisions", partition, key, value: DECISION });
    records.push({ topic: "state", partition, key, value: STATE });
    if (i % 2 === 0) records.push({ topic: "settlements", partition, key, value: SETTLEMENT });
    if (i % 2 === 1) records.push({ topic: "training-log", partition, key, value: TRAINING });
  }
  return records;
}

export async function benchmarkLog(options: LogOptions): Promise<LogFigures> {
  const folder = mkdtempSync(join(tmpdir(), "stipend-bench-"));
  try {
    const bytes = cycleRecords(0, 100, 0).reduce((sum, record) => sum + (record.value?.length ?? 0), 0);
    const durable = await withLog(join(folder, "fsync"), true, (tasks) => peak([must(tasks[0], "task")], options));
    const [four, rest] = await withLog(join(folder, "log"), false, async (tasks, log) => {
      const one = await peak([must(tasks[0], "task")], options);
      return [await peak(tasks, options), { one, ...(await measureRest(tasks, log, options)) }] as const;
    });
    const file = statSync(join(folder, "log", "data.mdb")).size / 1e6;
    const bare = await bareLmdb(join(folder, "bare"), options, false);
    const bareBatches = await bareLmdb(join(folder, "bare-batches"), options, true);
    const { one, ...others } = rest;
    return {
      decisionsPerCommit: options.decisionsPerCommit,
      recordsPerDecision: 3,
      bytesPerDecision: Math.round(bytes / 100),
      peak: { oneTask: one, fourTasks: four, fsync: durable, bare, bareBatches },
      ...others,
      fileMegabytes: Math.round(file),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function withLog<T>(
  folder: string,
  fsync: boolean,
  work: (tasks: readonly TaskLog[], log: EmbeddedLog) => Promise<T>,
): Promise<T> {
  const log = await openEmbeddedLog({ folder, fsync, now: () => Date.now(), newToken: randomUUID });
  try {
    await log.ensureTopics(topicSpecs({ users: 4, control: 1 }));
    const claims: (() => Promise<TaskLog>)[] = [];
    await log.join(KIND, { assigned: (_, claim) => void claims.push(claim), revoked: async () => undefined });
    const tasks: TaskLog[] = [];
    for (const claim of claims) tasks.push(await claim());
    return await work(tasks, log);
  } finally {
    await log.close();
  }
}

async function peak(tasks: readonly TaskLog[], options: LogOptions): Promise<Peak> {
  const latencies: number[] = [];
  const each = Math.ceil(options.commits / tasks.length);
  const start = performance.now();
  await Promise.all(
    tasks.map(async (task) => {
      for (let i = 0; i < each; i += 1) {
        const records = cycleRecords(task.partition, options.decisionsPerCommit, i);
        const before = performance.now();
        await task.commit(records, { sessions: i });
        latencies.push(performance.now() - before);
      }
    }),
  );
  const seconds = (performance.now() - start) / 1_000;
  return {
    decisionsPerSecond: Math.round((each * tasks.length * options.decisionsPerCommit) / seconds),
    commitMs: latency(latencies),
  };
}

async function measureRest(tasks: readonly TaskLog[], log: EmbeddedLog, options: LogOptions) {
  const paced: LogFigures["paced"][number][] = [];
  for (const rate of options.pacedRates)
    paced.push({ decisionsPerSecond: rate, commitMs: await pace(tasks, rate, options.pacedSeconds) });
  const first = must(tasks[0], "task");
  const passThroughPerSecond = await passThrough(first, log, options);
  const before = await restoreRate(first);
  const start = performance.now();
  await log.maintain(Date.now());
  const seconds = (performance.now() - start) / 1_000;
  const after = await restoreRate(first);
  return {
    paced,
    restoreRecordsPerSecond: before.rate,
    passThroughPerSecond,
    compaction: { records: before.records, kept: after.records, seconds: Math.round(seconds * 100) / 100 },
  };
}

/** Four tasks commit every 10 ms what has come since; latency counts from when the commit was due. */
async function pace(tasks: readonly TaskLog[], rate: number, seconds: number): Promise<Latency> {
  const latencies: number[] = [];
  const everyMs = 10;
  const decisions = Math.round((rate * everyMs) / 1_000 / tasks.length);
  const start = performance.now();
  await Promise.all(
    tasks.map(async (task, index) => {
      for (let i = 0; i * everyMs < seconds * 1_000; i += 1) {
        const due = start + i * everyMs + (index * everyMs) / tasks.length;
        const waitMs = due - performance.now();
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
        const woken = Math.max(due, performance.now() - 1.5);
        await task.commit(cycleRecords(task.partition, decisions, i), { sessions: i });
        latencies.push(performance.now() - Math.min(woken, due + everyMs));
      }
    }),
  );
  return latency(latencies);
}

async function passThrough(task: TaskLog, log: EmbeddedLog, options: LogOptions): Promise<number> {
  const session = codecFor("sessions").encode(SAMPLES.sessions);
  const count = options.commits * options.decisionsPerCommit;
  const one = { topic: "sessions", partition: task.partition, key: Buffer.from("u"), value: session };
  for (let sent = 0; sent < count; sent += 1_000) await log.send(Array.from({ length: 1_000 }, () => one));
  await task.seek({});
  const start = performance.now();
  let done = 0;
  for (;;) {
    const batch = await task.poll({ maxRecords: options.decisionsPerCommit, maxWaitMs: 0 });
    const last = batch.at(-1);
    if (!last) break;
    await task.commit(cycleRecords(task.partition, batch.length, done), { sessions: last.offset + 1 });
    done += batch.length;
  }
  return Math.round((done / (performance.now() - start)) * 1_000);
}

async function restoreRate(task: TaskLog): Promise<{ readonly records: number; readonly rate: number }> {
  const start = performance.now();
  let records = 0;
  for await (const batch of task.restore(0)) records += batch.length;
  return { records, rate: Math.round((records / (performance.now() - start)) * 1_000) };
}

async function bareLmdb(path: string, options: LogOptions, batches: boolean): Promise<Peak> {
  const db = open<Buffer, Buffer>({ path, encoding: "binary", keyEncoding: "binary", mapSize: 1024 ** 3 });
  const latencies: number[] = [];
  const start = performance.now();
  let next = 0;
  for (let i = 0; i < options.commits; i += 1) {
    const records = cycleRecords(0, options.decisionsPerCommit, i);
    const values = batches
      ? [Buffer.concat(records.map((r) => r.value ?? Buffer.alloc(0)))]
      : records.map((r) => r.value);
    const before = performance.now();
    await db.transaction(() => {
      for (const value of values) {
        const key = Buffer.alloc(8);
        key.writeUInt32BE(next, 4);
        next += 1;
        void db.put(key, Buffer.from(value ?? []));
      }
    });
    latencies.push(performance.now() - before);
  }
  const seconds = (performance.now() - start) / 1_000;
  await db.close();
  return {
    decisionsPerSecond: Math.round((options.commits * options.decisionsPerCommit) / seconds),
    commitMs: latency(latencies),
  };
}

function latency(samples: readonly number[]): Latency {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 100) / 100;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

function print(figures: LogFigures): void {
  const { decisionsPerCommit, recordsPerDecision, bytesPerDecision } = figures;
  console.log(
    `${decisionsPerCommit} decisions a commit, ${recordsPerDecision} records and ${bytesPerDecision} bytes each`,
  );
  const line = (name: string, rate: number, ms: Latency): void =>
    console.log(
      `${name.padEnd(34)}${String(rate).padStart(9)} decisions/s   commit p50 ${ms.p50} ms, p99 ${ms.p99} ms, max ${ms.max} ms`,
    );
  for (const [name, row] of Object.entries(figures.peak)) line(`peak, ${name}`, row.decisionsPerSecond, row.commitMs);
  for (const row of figures.paced) line("paced, four tasks", row.decisionsPerSecond, row.commitMs);
  const ratio = figures.peak.oneTask.decisionsPerSecond / figures.peak.bare.decisionsPerSecond;
  console.log(`one task against bare puts: ${ratio.toFixed(2)}`);
  console.log(`poll → commit: ${figures.passThroughPerSecond} sessions/s`);
  console.log(`restore: ${figures.restoreRecordsPerSecond} records/s`);
  const { records, kept, seconds } = figures.compaction;
  console.log(`compaction: all topics in ${seconds} s; one changelog partition from ${records} records to ${kept}`);
}

export const QUICK: LogOptions = { commits: 60, decisionsPerCommit: 50, pacedSeconds: 0.3, pacedRates: [2_000] };
const FULL: LogOptions = { commits: 1_500, decisionsPerCommit: 200, pacedSeconds: 5, pacedRates: [10_000, 20_000] };

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const figures = await benchmarkLog(process.argv.includes("--quick") ? QUICK : FULL);
  if (process.argv.includes("--json")) console.log(JSON.stringify({ node: process.version, ...figures }));
  else print(figures);
}
