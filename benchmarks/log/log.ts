// Log benchmark
// Commits of the embedded log, shaped as a serve task makes them (for each decision: a decision, a state record, and for
// some a settlement and a training row), against bare SQLite inserts of the same bytes in the same run.
//
//   npm run bench:log -- [--quick] [--json]
//
// `peak` commits as fast as they come back, with 1 and with 4 tasks; `paced` at a rate of decisions a second. `bare` inserts
// each record by itself, one transaction a commit, no heads, epochs or positions; `bareBatches` puts each commit's records
// as one value, which is the least that could be done. They take turns, round by round, so that what else the machine
// does falls on all alike; figures are medians of the rounds, with the lowest and the highest. Compaction runs beside.
// Not measured: deciding, other processes. At its peak the log is as fast as the disk takes 870 bytes a decision.

import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runScript, USUAL } from "../../fixtures/script.ts";
import { must } from "../../src/domain/assert.ts";
import { codecFor } from "../../src/log/codec/codec.ts";
import type { Durability } from "../../src/log/embedded/sqlite/format.ts";
import { openEmbeddedLog, type EmbeddedLog } from "../../src/log/embedded/log.ts";
import type { OutRecord, TaskLog } from "../../src/log/event-log.ts";
import { serveKind, topicSpecs } from "../../src/log/topics.ts";
import {
  CONTENDERS,
  latency,
  print,
  type Contender,
  type Latency,
  type LogFigures,
  type Paced,
  type Peak,
} from "./log-figures.ts";
import { openBare, type Committer } from "./bare-sqlite.ts";
import { spreadOf } from "../lib/quantile.ts";
import { SAMPLES } from "../../fixtures/samples.ts";

const KIND = serveKind("bench");
const STATE_BYTES = 350;
const USERS = 20_000;

export interface LogOptions {
  readonly rounds: number;
  readonly commitsPerRound: number;
  readonly decisionsPerCommit: number;
  readonly pacedSeconds: number;
  readonly pacedRates: readonly number[];
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
  const bytes = cycleRecords(0, 100, 0).reduce((sum, record) => sum + (record.value?.length ?? 0), 0);
  const ours = await openTasks(join(folder, "log"), "machine");
  const durable = await openTasks(join(folder, "disk"), "disk");
  const quick = await openTasks(join(folder, "process"), "process");
  const bare = openBare(join(folder, "bare"));
  const bareBatches = openBare(join(folder, "bare-batches"));
  const contenders: Record<Contender, readonly Committer[]> = {
    oneTask: [commitWith(must(ours.tasks[0], "task"))],
    fourTasks: ours.tasks.map(commitWith),
    disk: [commitWith(must(durable.tasks[0], "task"))],
    process: [commitWith(must(quick.tasks[0], "task"))],
    bare: [bare.each],
    bareBatches: [bareBatches.together],
  };
  try {
    const peak = await peaks(contenders, options);
    const paced = [
      ...(await measurePaced(ours.tasks, "machine", options)),
      ...(await measurePaced(quick.tasks, "process", options)),
    ];
    const rest = await measureRest(ours.tasks, ours.log, options);
    return {
      decisionsPerCommit: options.decisionsPerCommit,
      recordsPerDecision: 3,
      bytesPerDecision: Math.round(bytes / 100),
      peak,
      paced,
      ...rest,
    };
  } finally {
    for (const open of [ours.log, durable.log, quick.log, bare, bareBatches]) await open.close();
    rmSync(folder, { recursive: true });
  }
}

async function openTasks(folder: string, durability: Durability) {
  const log = await openEmbeddedLog({ folder, durability, now: () => Date.now(), newToken: randomUUID });
  await log.ensureTopics(topicSpecs({ users: 4, control: 1 }));
  const claims: (() => Promise<TaskLog>)[] = [];
  await log.join(KIND, { assigned: (_, claim) => void claims.push(claim), revoked: async () => undefined });
  const tasks: TaskLog[] = [];
  for (const claim of claims) tasks.push(await claim());
  return { log, tasks };
}

function commitWith(task: TaskLog): Committer {
  return (records, n) =>
    task.commit(
      records.map((record) => ({ ...record, partition: task.partition })),
      { sessions: n },
    );
}

async function peaks(
  contenders: Record<Contender, readonly Committer[]>,
  options: LogOptions,
): Promise<Record<Contender, Peak>> {
  const rates = new Map<Contender, number[]>(CONTENDERS.map((name) => [name, []]));
  const latencies = new Map<Contender, number[]>(CONTENDERS.map((name) => [name, []]));
  for (let round = 0; round <= options.rounds; round += 1) {
    for (const name of CONTENDERS) {
      const found: number[] = [];
      const rate = await commitRound(contenders[name], options, round, found);
      if (round === 0) continue;
      rates.get(name)?.push(rate);
      latencies.get(name)?.push(...found);
    }
  }
  const peak = (name: Contender): Peak => {
    return { decisionsPerSecond: spreadOf(rates.get(name) ?? []), commitMs: latency(latencies.get(name) ?? []) };
  };
  return {
    oneTask: peak("oneTask"),
    fourTasks: peak("fourTasks"),
    disk: peak("disk"),
    process: peak("process"),
    bare: peak("bare"),
    bareBatches: peak("bareBatches"),
  };
}

/** One round of one contender; decisions a second. */
async function commitRound(
  committers: readonly Committer[],
  options: LogOptions,
  round: number,
  latencies: number[],
): Promise<number> {
  const each = Math.ceil(options.commitsPerRound / committers.length);
  const start = performance.now();
  await Promise.all(
    committers.map(async (commit) => {
      for (let i = 0; i < each; i += 1) {
        const n = round * each + i;
        const records = cycleRecords(0, options.decisionsPerCommit, n);
        const before = performance.now();
        await commit(records, n);
        latencies.push(performance.now() - before);
      }
    }),
  );
  const seconds = (performance.now() - start) / 1_000;
  return Math.round((each * committers.length * options.decisionsPerCommit) / seconds);
}

async function measurePaced(tasks: readonly TaskLog[], durability: Durability, options: LogOptions): Promise<Paced[]> {
  const paced: Paced[] = [];
  for (const rate of options.pacedRates)
    paced.push({ durability, decisionsPerSecond: rate, commitMs: await pace(tasks, rate, options.pacedSeconds) });
  return paced;
}

async function measureRest(tasks: readonly TaskLog[], log: EmbeddedLog, options: LogOptions) {
  const first = must(tasks[0], "task");
  const passThroughPerSecond = await passThrough(first, log, options);
  const before = await restoreRate(first);
  const start = performance.now();
  await log.maintain(Date.now());
  const seconds = (performance.now() - start) / 1_000;
  const after = await restoreRate(first);
  return {
    restoreRecordsPerSecond: before.rate,
    passThroughPerSecond,
    compaction: { records: before.records, kept: after.records, seconds: Math.round(seconds * 100) / 100 },
  };
}

/** Four tasks take turns to commit every 10 ms what has come since. */
async function pace(tasks: readonly TaskLog[], rate: number, seconds: number): Promise<Latency> {
  const latencies: number[] = [];
  const everyMs = 10;
  const decisions = Math.round((rate * everyMs) / 1_000 / tasks.length);
  const start = performance.now();
  await Promise.all(
    tasks.map(async (task, index) => {
      for (let i = 0; i * everyMs < seconds * 1_000; i += 1) {
        const waitMs = start + i * everyMs + (index * everyMs) / tasks.length - performance.now();
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
        const records = cycleRecords(task.partition, decisions, i);
        const before = performance.now();
        await task.commit(records, { sessions: i });
        latencies.push(performance.now() - before);
      }
    }),
  );
  return latency(latencies);
}

async function passThrough(task: TaskLog, log: EmbeddedLog, options: LogOptions): Promise<number> {
  const session = codecFor("sessions").encode(SAMPLES.sessions);
  const count = options.commitsPerRound * options.decisionsPerCommit;
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

export const QUICK: LogOptions = {
  rounds: 2,
  commitsPerRound: 40,
  decisionsPerCommit: 50,
  pacedSeconds: 0.3,
  pacedRates: [2_000],
};
const FULL: LogOptions = {
  rounds: 7,
  commitsPerRound: 100,
  decisionsPerCommit: 200,
  pacedSeconds: 5,
  pacedRates: [10_000, 20_000],
};

await runScript(
  import.meta.url,
  { name: "bench:log", summary: "commits of the embedded log, against bare SQLite", options: USUAL },
  async ({ quick, json }) => {
    const figures = await benchmarkLog(quick ? QUICK : FULL);
    if (json) console.log(JSON.stringify({ node: process.version, ...figures }));
    else print(figures);
  },
);
