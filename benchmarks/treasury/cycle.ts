// Treasurer's cycle benchmark
// What a cycle of the treasurer costs when every shard of every campaign reports in it: reading the reports, pacing each
// campaign, writing grants, status and state.
//
//   npm run bench:treasury [-- --quick] [--json]
//
// The processor is the real one with the memory store; the shards are a few lines that hold, redeem and release. Half of the
// campaigns are strict; half lend (`expected`) and so need the risk bound. Not measured: the commit (bench:control has it).

import { hash } from "node:crypto";
import { runScript, USUAL } from "../../fixtures/script.ts";
import { must } from "../../src/domain/assert.ts";
import type { AccountTotals, Grant, ShardReport } from "../../src/domain/campaign/control.ts";
import type { Campaign } from "../../src/domain/campaign/campaign.ts";
import { seededRandom, type Random } from "../../src/domain/random.ts";
import { ACCOUNTS } from "../../src/domain/money/totals.ts";
import { codecFor } from "../../src/log/codec/codec.ts";
import type { LogRecord } from "../../src/log/event-log.ts";
import { memoryStores } from "../../src/task/store/memory-store.ts";
import { createTreasuryProcessor } from "../../src/treasury/processor.ts";
import { quantiles } from "../lib/quantile.ts";
import { makeDay, type Day } from "./pacing-world.ts";

export interface CycleOptions {
  readonly campaigns: number;
  readonly shards: number;
  readonly cycles: number;
}

export interface CycleFigures extends CycleOptions {
  readonly ms: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Processor time of a cycle, on the mean: a busy machine does not make it longer. */
  readonly cpuMs: number;
  readonly grants: number;
  /** Of every byte that was written: the same before and after a change that only makes it quicker. */
  readonly digest: string;
}

const CYCLE_MS = 1_000;
/** Campaign time passes faster than cycles do, so that holds end and their cohorts fill. */
const CYCLES_A_HOLD = 20;
const WARM_UP = 30;

const codecs = {
  grants: codecFor("grants"),
  reports: codecFor("shard-reports"),
  commands: codecFor("budget-pacing"),
  releases: codecFor("releases"),
};

export function benchmarkCycle({ campaigns, shards, cycles }: CycleOptions): CycleFigures {
  const random = seededRandom("treasury-cycle");
  const secret = Buffer.alloc(32);
  const processor = createTreasuryProcessor({
    shards,
    placement: { partitioner: "murmur2", partitions: 1 },
    newSecret: () => secret,
  });
  const store = memoryStores().open(0, (key, value) => processor.index(key, value));
  const days = Array.from({ length: campaigns }, (_, index) => dayOf(index));
  const secrets = new Map(days.map(({ campaign }) => [campaign.id, secret]));
  const worked = new Map(days.map(({ campaign }) => [campaign.id, shardsOf(campaign, shards, random)]));
  let inbox = days.flatMap(begin);
  const took: number[] = [];
  let [grants, cpuUs] = [0, 0];
  let digest = "";
  for (let cycle = 1; cycle <= WARM_UP + cycles; cycle += 1) {
    const nowMs = cycle * CYCLE_MS;
    const [startMs, startCpu] = [performance.now(), process.cpuUsage()];
    const effects = processor.process(store, inbox, secrets, { partition: 0, cycle, nowMs });
    if (cycle > WARM_UP) {
      took.push(performance.now() - startMs);
      const { user, system } = process.cpuUsage(startCpu);
      cpuUs += user + system;
    }
    store.apply(effects.state, { changelogEnd: cycle, lineage: "", cycle, atMs: nowMs });
    for (const { topic, partition, value } of effects.records) {
      digest = hash("sha256", Buffer.concat([Buffer.from(digest + topic), value ?? Buffer.alloc(0)]));
      if (topic === "dead-letters") throw new Error("the treasurer has refused a report");
      if (topic !== "grants") continue;
      grants += 1;
      const grant = codecs.grants.decode(must(value, "a grant"));
      worked.get(grant.campaign.id)?.[must(partition, "a shard")]?.hear(grant, cycle);
    }
    for (const value of effects.state.values())
      digest = hash("sha256", Buffer.concat([Buffer.from(digest), value ?? Buffer.alloc(0)]));
    inbox = [...worked.values()].flat().map((shard) => recordOf("shard-reports", shard.report(nowMs)));
  }
  const of = quantiles(took);
  const rounded = (ms: number): number => Math.round(100 * ms) / 100;
  const at = (share: number): number => rounded(of(share));
  const ms = { p50: at(0.5), p99: at(0.99), max: at(1) };
  return { campaigns, shards, cycles, ms, cpuMs: rounded(cpuUs / 1_000 / cycles), grants, digest };
}

function dayOf(index: number): Day {
  const day = makeDay(index, "flat", 1_000_000, CYCLES_A_HOLD * CYCLE_MS);
  const { campaign } = day;
  const budgetMinor = campaign.budgetMinor;
  return {
    ...day,
    campaign: {
      ...campaign,
      id: `campaign-${index}`,
      explorationBudgetMinor: budgetMinor / 20n,
      explorationShare: 0.05,
      reservation: { ...campaign.reservation, policy: index % 2 === 0 ? "strict" : "expected" },
      periods: index % 5 === 4 ? { every: "day", budgetMinor, rollover: "carry" } : null,
    },
  };
}

function begin({ campaign, release }: Day): LogRecord[] {
  const command = { campaign: campaign.id, atMs: 0, expectedRevision: null, dryRun: false };
  const published = { campaign: campaign.id, publishedAtMs: 0, manifest: release.json, evidence: "{}" };
  const { hash: name } = release;
  return [
    recordOf(
      "releases",
      codecs.releases.encode({ ...published, hash: name, classifier: new Uint8Array(0) }),
      `${campaign.id}/${name}`,
    ),
    recordOf(
      "budget-pacing",
      codecs.commands.encode({ ...command, commandId: "create", action: { kind: "create", campaign } }),
    ),
    recordOf(
      "budget-pacing",
      codecs.commands.encode({ ...command, commandId: "promote", action: { kind: "promote_release", release: name } }),
    ),
  ];
}

function recordOf(topic: string, value: Uint8Array, key: string | null = null): LogRecord {
  const place = { partition: 0, offset: 0, timestampMs: 0, headers: {} };
  return { ...place, topic, key: key === null ? null : Buffer.from(key), value };
}

function shardsOf(campaign: Campaign, shards: number, random: Random): Shard[] {
  return Array.from(
    { length: shards },
    (_, index) => new Shard(campaign, index, random.fork(`${campaign.id}/${index}`)),
  );
}

type Totals = { -readonly [K in keyof AccountTotals]: bigint };
const none = (): Totals => ({ granted: 0n, returned: 0n, reserved: 0n, settled: 0n, released: 0n, sent: 0n });

class Shard {
  readonly #campaign: Campaign;
  readonly #index: number;
  readonly #random: Random;
  readonly #totals = { plan: none(), exploration: none() };
  /** What each of the last cycles has held. */
  readonly #held = { plan: [] as bigint[], exploration: [] as bigint[] };
  readonly #sessionsByCluster = Array.from({ length: 8 }, () => 0);
  #grant: Grant | null = null;
  #offset = -1;
  #cycle = 0;
  #sessions = 0;

  constructor(campaign: Campaign, index: number, random: Random) {
    this.#campaign = campaign;
    this.#index = index;
    this.#random = random;
  }

  hear(grant: Grant, offset: number): void {
    this.#grant = grant;
    this.#offset = offset;
    for (const account of ACCOUNTS) this.#totals[account].granted = grant.grantedMinor[account];
  }

  report(nowMs: number): Uint8Array {
    this.#cycle += 1;
    for (const account of ACCOUNTS) this.#work(account);
    const came = this.#random.below(12);
    this.#sessions += came;
    const cluster = this.#random.below(8);
    this.#sessionsByCluster[cluster] = must(this.#sessionsByCluster[cluster], "cluster") + came;
    const report: ShardReport = {
      campaign: this.#campaign.id,
      shard: this.#index,
      atMs: nowMs,
      cycle: this.#cycle,
      revision: this.#grant?.revision ?? 0,
      release: this.#grant?.release ?? null,
      grantOffset: this.#offset,
      totals: this.#totals,
      eligibleSessions: this.#sessions,
      holdoutSessions: 0,
      refusedMinor: 0n,
      sessionsByCluster: this.#sessionsByCluster,
      cells: { planned: [], given: [], reservedMinor: [], settledMinor: [] },
      decisionRows: 0,
      decisionHead: new Uint8Array(32),
      settlementRows: 0,
      settlementHead: new Uint8Array(32),
    };
    return codecs.reports.encode(report);
  }

  /** Holds a part of what is free; a third of what was held a life ago is redeemed, the rest released and given back. */
  #work(account: "plan" | "exploration"): void {
    const totals = this.#totals[account];
    const held = this.#held[account];
    const ended = held.length >= CYCLES_A_HOLD ? (held.shift() ?? 0n) : 0n;
    totals.settled += ended / 3n;
    totals.released += ended - ended / 3n;
    const lent = account === "plan" && this.#campaign.reservation.policy === "expected" ? totals.released : 0n;
    const back = (this.#grant?.returnTargetMinor[account] ?? 0n) + lent - totals.returned;
    const free = (): bigint => totals.granted - totals.returned - totals.reserved + totals.released;
    if (back > 0n && free() > 0n) totals.returned += back < free() ? back : free();
    const hold = (free() * BigInt(this.#random.below(30))) / 100n;
    totals.reserved += hold;
    held.push(hold);
  }
}

function print({ campaigns, shards, cycles, ms, cpuMs, grants, digest }: CycleFigures): void {
  console.log(`${campaigns} campaigns of ${shards} shards, ${cycles} cycles with a report of each; ${grants} grants`);
  console.log(`a cycle takes ${ms.p50} ms, p99 ${ms.p99} ms, at most ${ms.max} ms; ${cpuMs} ms of a processor`);
  console.log(`digest ${digest.slice(0, 16)}`);
}

await runScript(
  import.meta.url,
  { name: "bench:treasury", summary: "a cycle of the treasurer in which every shard reports", options: USUAL },
  async ({ quick, json }) => {
    const figures = benchmarkCycle({ campaigns: quick ? 10 : 50, shards: 24, cycles: quick ? 50 : 300 });
    if (json) console.log(JSON.stringify({ node: process.version, ...figures }));
    else print(figures);
  },
);
