// Serve benchmark
// One process that serves sessions on the embedded log, as `stipend run` does: decisions a second when it is saturated,
// and the latency of a decision at half of that.
//
//   npm run bench:serve -- [--quick] [--json] [--profile FILE]
//
// Sessions, profiles and outcomes are sent, and decisions followed, by a second process (serve-load.ts), which takes the
// latencies on its own clock: from when a session was due until its decision could be read. The half load comes by the
// clock, whatever becomes of it (open loop). `bare` is SQLite itself in the same run: transactions that insert the same
// records' bytes, as many a transaction, one after the other; no reading, no deciding, no positions.
// Where the time goes is a CPU profile of a saturated round of its own (serve-stages.ts).
// Not measured: the treasury (a cycle a second), a feature service, Kafka, a network, a power cut (the folder's
// durability is `machine`: committed is in the kernel's hands). Cycles have no limit of time here, as `run` gives them one.

import { fork, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { runScript, USUAL } from "../../fixtures/script.ts";
import { option } from "../../src/cli/options.ts";
import { asText } from "../../src/settings/parse.ts";
import { canonicalJson } from "../../src/domain/canonical.ts";
import { codecFor } from "../../src/log/codec/codec.ts";
import { openEmbeddedLog } from "../../src/log/embedded/log.ts";
import type { EventLog } from "../../src/log/event-log.ts";
import { topicSpecs } from "../../src/log/topics.ts";
import type { Answer, Order } from "./serve-load.ts";
import { Meter, type Cycles } from "./serve-meter.ts";
import { startServing } from "./serve-tasks.ts";
import { stagesOf, STAGES, type Shares } from "./serve-stages.ts";
import { quantiles, spreadOf, type Spread } from "../lib/quantile.ts";
import { benchGrant, benchRelease, CAMPAIGN } from "./serve-world.ts";

export interface ServeOptions {
  readonly partitions: number;
  readonly users: number;
  readonly rounds: number;
  readonly sessionsPerRound: number;
  /** Most sessions that are sent and not decided. */
  readonly ahead: number;
  readonly pacedSeconds: number;
  /** Where the CPU profile goes. */
  readonly profile?: string;
}

export interface ServeFigures {
  /** At saturation. */
  readonly decisionsPerSecond: Spread;
  readonly paced: {
    readonly decisions: number;
    readonly decisionsPerSecond: number;
    readonly p50Ms: number;
    readonly p99Ms: number;
    readonly maxMs: number;
  };
  /** SQLite with the same bytes, and how much of it is left when deciding comes on top. */
  readonly bare: { readonly decisionsPerSecond: Spread; readonly ratio: number };
  /** Of all threads of the serving process, in the saturated rounds. */
  readonly cpuUsPerDecision: number;
  readonly cycles: Cycles;
  /** Of the thread's time, in a saturated round. */
  readonly stages: Shares;
}

export async function benchmarkServe(options: ServeOptions): Promise<ServeFigures> {
  const folder = mkdtempSync(join(tmpdir(), "stipend-bench-serve-"));
  try {
    return await measured(folder, options);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measured(folder: string, options: ServeOptions): Promise<ServeFigures> {
  const path = join(folder, "log");
  const log = await openEmbeddedLog({ folder: path, now: () => Date.now(), newToken: randomUUID });
  await log.ensureTopics(topicSpecs({ users: options.partitions, control: 1 }));
  await sendControl(log, options.partitions);
  const meter = new Meter();
  const serving = await startServing(log, {
    around: meter.around(log),
    stores: join(folder, "store"),
    observer: meter.observer,
  });
  const load = await startLoad(path);
  try {
    const { sessionsPerRound: sessions, ahead } = options;
    const saturate = { kind: "saturate" as const, sessions, warmUp: Math.ceil(sessions / 10), ahead } satisfies Order;
    await load.obey({ kind: "fill", users: options.users });
    await load.obey(saturate);
    meter.reset();
    const rates: number[] = [];
    const bareRates: number[] = [];
    let cpuUs = 0;
    for (let round = 0; round < options.rounds; round += 1) {
      const before = process.cpuUsage();
      rates.push((await load.obey(saturate)).perSecond);
      const { user, system } = process.cpuUsage(before);
      cpuUs += user + system;
      bareRates.push(bareRate(join(folder, `bare-${round}`), meter, sessions));
    }
    const cycles = meter.cycles();
    const decisionsPerSecond = spreadOf(rates);
    const rate = decisionsPerSecond.median / 2;
    const paced = await load.obey({ kind: "pace", rate, seconds: options.pacedSeconds });
    const stages = await stagesOf(async () => await load.obey(saturate), options.profile ?? null);
    const bare = spreadOf(bareRates);
    const ratio = Math.round((decisionsPerSecond.median / bare.median) * 100) / 100;
    return {
      decisionsPerSecond,
      paced: latency(paced),
      bare: { decisionsPerSecond: bare, ratio },
      cpuUsPerDecision: Math.round(cpuUs / (options.rounds * (sessions + saturate.warmUp))),
      cycles,
      stages,
    };
  } finally {
    await load.leave();
    await serving.stop();
    await log.close();
  }
}

/** The release, and the money in the treasurer's place. */
async function sendControl(log: EventLog, partitions: number): Promise<void> {
  const release = benchRelease();
  const { hash, manifest, classifier } = release;
  const record = { campaign: CAMPAIGN, hash, publishedAtMs: 0, manifest: canonicalJson(manifest), classifier };
  const value = codecFor("releases").encode({ ...record, evidence: "{}" });
  await log.send([{ topic: "releases", key: Buffer.from(`${CAMPAIGN}/${hash}`), value }]);
  const nowMs = Date.now();
  for (let partition = 0; partition < partitions; partition += 1) {
    const grant = codecFor("grants").encode(benchGrant(hash, partition, nowMs));
    await log.send([{ topic: "grants", partition, key: Buffer.from(CAMPAIGN), value: grant }]);
  }
}

/** As many decisions as a round has, in transactions of as many records and bytes as a cycle commits. */
function bareRate(path: string, meter: Meter, decisions: number): number {
  const { inputs, records, bytes } = meter.cycles();
  const db = new DatabaseSync(path);
  db.exec(
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE bare (id INTEGER PRIMARY KEY, value BLOB)",
  );
  const insert = db.prepare("INSERT INTO bare (value) VALUES (?)");
  const value = Buffer.alloc(Math.round(bytes / records), 7);
  const commits = Math.max(1, Math.round(decisions / inputs));
  const startMs = performance.now();
  for (let n = 0; n < commits; n += 1) {
    db.exec("BEGIN IMMEDIATE");
    for (let record = 0; record < records; record += 1) insert.run(value);
    db.exec("COMMIT");
  }
  const seconds = (performance.now() - startMs) / 1_000;
  db.close();
  return (commits * inputs) / seconds;
}

interface Loader {
  obey(order: Order): Promise<Answer>;
  leave(): Promise<void>;
}

async function startLoad(folder: string): Promise<Loader> {
  const child = fork(fileURLToPath(new URL("serve-load.ts", import.meta.url)), [folder], { stdio: "inherit" });
  const ended = once(child, "exit");
  await told(child);
  return {
    async obey(order) {
      child.send(order);
      return await told<Answer>(child);
    },
    async leave() {
      if (child.connected) child.send("leave");
      await ended;
    },
  };
}

/** The child's next word; throws when it ends instead. */
async function told<T>(child: ChildProcess): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const onExit = (code: number | null): void => reject(new Error(`the load's process ended with ${code}`));
  child.once("exit", onExit);
  child.once("message", (message) => resolve(message as T));
  try {
    return await promise;
  } finally {
    child.off("exit", onExit);
  }
}

function latency({ decisions, perSecond, latenciesMs }: Answer): ServeFigures["paced"] {
  const of = quantiles(latenciesMs);
  const at = (share: number): number => Math.round(of(share) * 100) / 100;
  return { decisions, decisionsPerSecond: Math.round(perSecond), p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

function print({ decisionsPerSecond, paced, bare, cpuUsPerDecision, cycles, stages }: ServeFigures): void {
  const line = (name: string, { median, low, high }: Spread, more = ""): void =>
    console.log(`${name.padEnd(12)}${String(median).padStart(9)} decisions/s (${low}–${high})${more}`);
  line("saturated", decisionsPerSecond);
  line("bare SQLite", bare.decisionsPerSecond, `   ours/bare ${bare.ratio}`);
  console.log(`at half     ${String(paced.decisionsPerSecond).padStart(9)} decisions/s, ${paced.decisions} in all`);
  console.log(`  latency   p50 ${paced.p50Ms} ms, p99 ${paced.p99Ms} ms, max ${paced.maxMs} ms`);
  console.log(`processor   ${cpuUsPerDecision} µs a decision, all threads`);
  const { inputs, records, bytes, ...times } = cycles;
  const said = Object.entries(times).map(([name, ms]) => `${name.replace("Ms", "")} ${ms} ms`);
  console.log(`a cycle     ${inputs} inputs, ${records} records, ${bytes} bytes; by the clock ${said.join(", ")}`);
  const shares = STAGES.map((stage) => `${stage} ${(stages[stage] * 100).toFixed(1)} %`);
  console.log(`the thread  ${shares.join(", ")}`);
}

export const QUICK: ServeOptions = {
  partitions: 4,
  users: 20_000,
  rounds: 2,
  sessionsPerRound: 20_000,
  ahead: 8_000,
  pacedSeconds: 2,
};
const FULL: ServeOptions = {
  partitions: 4,
  users: 200_000,
  rounds: 5,
  sessionsPerRound: 100_000,
  ahead: 8_000,
  pacedSeconds: 20,
};

await runScript(
  import.meta.url,
  {
    name: "bench:serve",
    summary: "one process that serves sessions on the embedded log, against bare SQLite",
    options: { ...USUAL, profile: option("file", "where the CPU profile goes", asText) },
  },
  async ({ quick, json, profile }) => {
    const figures = await benchmarkServe({ ...(quick ? QUICK : FULL), ...(profile === undefined ? {} : { profile }) });
    if (json) console.log(JSON.stringify({ node: process.version, ...figures }));
    else print(figures);
  },
);
