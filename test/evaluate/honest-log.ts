// A log as an honest system would write it, made by hand: two shards, thirty cycles, decisions, settlements, reports, grants
// and statuses, chained and counted. And a way to copy it with something done to it.

import { createHash } from "node:crypto";
import type { Campaign } from "../../src/domain/campaign/campaign.ts";
import type { AccountTotals, ShardReport } from "../../src/domain/campaign/control.ts";
import type { Decision, Settlement } from "../../src/domain/decision/decision.ts";
import { seededRandom } from "../../src/domain/random.ts";
import { NO_TOTALS } from "../../src/domain/money/totals.ts";
import { codecFor } from "../../src/log/codec/codec.ts";
import type { EventLog, LogRecord, OutRecord } from "../../src/log/event-log.ts";
import { createSimulatedCluster } from "../../src/log/simulated/cluster.ts";
import { TOPICS, topicSpecs } from "../../src/log/topics.ts";

const GRANTED = 40_000n;
export const CYCLES = 30;
/** Users of the shards. */
const USERS = ["u0", "u"];

export const summer: Campaign = {
  id: "summer",
  currency: "EUR",
  budgetMinor: 100_000n,
  explorationBudgetMinor: 10_000n,
  startMs: 0,
  endMs: 1_000_000,
  arms: [
    { id: "none", faceMinor: 0n, sendMinor: 0n },
    { id: "ten", faceMinor: 1_000n, sendMinor: 7n },
  ],
  holdoutShare: 0,
  explorationShare: 0,
  caps: [],
  reservation: { policy: "strict", ttlMs: 1_000 },
  pacing: { mode: "asap", expectedSessions: 100 },
  priority: 0,
  surfaces: [],
  rewardWeights: { converted: 1 },
};

interface Chain {
  rows: number;
  head: Buffer;
}

const next = (chain: Chain, bytes: Buffer): void => {
  chain.rows += 1;
  chain.head = createHash("sha256").update(bytes).digest();
};

export function emptyLog(control = 1): EventLog {
  return createSimulatedCluster({ now: () => 0 }).connect(`process-${control}`);
}

export async function honestLog(): Promise<EventLog> {
  const log = emptyLog();
  await log.ensureTopics(topicSpecs({ users: 2, control: 1 }));
  await log.send([0, 1].map((shard) => grantRecord(shard, GRANTED)));
  const totals = [0, 1].map((shard) => shardRows(log, shard));
  let sum = NO_TOTALS;
  for (const each of totals) sum = add(sum, await each);
  await log.send([
    {
      topic: "budget-status",
      partition: 0,
      key: Buffer.from(summer.id),
      value: codecFor("budget-status").encode({
        campaign: summer.id,
        atMs: 99,
        revision: 1,
        state: "live",
        budgetMinor: summer.budgetMinor,
        explorationBudgetMinor: summer.explorationBudgetMinor,
        currency: "EUR",
        release: null,
        previousRelease: null,
        planRow: 0,
        shadowPrice: 0,
        targetMinor: 0n,
        totals: { plan: sum, exploration: NO_TOTALS },
        applied: [],
        answers: [],
        ...UNREMARKABLE,
      }),
    },
  ]);
  return log;
}

function add(a: AccountTotals, b: AccountTotals): AccountTotals {
  return {
    granted: a.granted + b.granted,
    returned: a.returned + b.returned,
    reserved: a.reserved + b.reserved,
    settled: a.settled + b.settled,
    released: a.released + b.released,
    sent: a.sent + b.sent,
  };
}

/** What a status says beside the money. */
export const UNREMARKABLE = {
  ...{ shards: 1, pinned: false, throttle: 1, forecast: null, period: null, alarm: null },
  ...{ overbookedMinor: 0n, riskReserveMinor: 0n },
};

export function grantRecord(shard: number, granted: bigint, changes: Partial<Campaign> = {}): OutRecord {
  const value = codecFor("grants").encode({
    campaign: { ...summer, ...changes },
    shard,
    secret: Buffer.alloc(32),
    atMs: 0,
    state: "live",
    revision: 1,
    release: null,
    planRow: 0,
    shadowPrice: 0,
    throttle: 1,
    grantedMinor: { plan: granted, exploration: 0n },
    returnTargetMinor: { plan: 1_000n, exploration: 0n },
    ungrantedMinor: { plan: 0n, exploration: 0n },
  });
  return { topic: "grants", partition: shard, key: Buffer.from(summer.id), value };
}

/** One shard's day: three sessions a cycle, most get an incentive; holds end two cycles later, one way or the other. */
async function shardRows(log: EventLog, shard: number): Promise<AccountTotals> {
  const random = seededRandom(`honest/${shard}`);
  const decisions: Chain = { rows: 0, head: Buffer.alloc(32) };
  const settlements: Chain = { rows: 0, head: Buffer.alloc(32) };
  const totals = { ...NO_TOTALS, granted: GRANTED, returned: 1_000n };
  const open: Decision[] = [];
  for (let cycle = 1; cycle <= CYCLES; cycle += 1) {
    const records: OutRecord[] = [];
    const put = (topic: string, bytes: Buffer, chain: Chain | null): void => {
      records.push({
        topic,
        partition: topic === "shard-reports" ? 0 : shard,
        key: Buffer.from(USERS[shard] ?? ""),
        value: bytes,
      });
      if (chain) next(chain, bytes);
    };
    for (const decision of open.filter((each) => each.cycle === cycle - 2)) {
      const settlement = settlementOf(decision, cycle, random.below(4), settlements.head);
      put("settlements", codecFor("settlements").encode(settlement), settlements);
      totals.settled += settlement.amountMinor;
      totals.released += settlement.releasedMinor;
    }
    for (let session = 0; session < 3; session += 1) {
      const sessionId = `${shard}-${cycle}-${session}`;
      const decision = decisionOf(sessionId, USERS[shard] ?? "", cycle, random.below(5) > 0, decisions.head);
      put("decisions", codecFor("decisions").encode(decision), decisions);
      if (decision.reservationId === null) continue;
      open.push(decision);
      totals.reserved += decision.faceMinor;
      totals.sent += decision.sendMinor;
    }
    if (cycle === 7) put("settlements", lateRow(open[0], cycle, settlements.head), settlements);
    if (cycle % 4 === 0 || cycle === CYCLES)
      put("shard-reports", reportOf(shard, cycle, { ...totals }, decisions, settlements), null);
    await log.send(records);
  }
  return totals;
}

function decisionOf(
  sessionId: string,
  userId: string,
  cycle: number,
  incentive: boolean,
  previousHash: Buffer,
): Decision {
  const arm = incentive ? 1 : 0;
  return {
    decisionId: `d-${sessionId}`,
    sessionId,
    userId,
    campaign: summer.id,
    sessionAtMs: cycle,
    decidedAtMs: cycle,
    cycle,
    reason: incentive ? "planned" : "planned_control",
    arm,
    armId: incentive ? "ten" : "none",
    faceMinor: incentive ? 1_000n : 0n,
    sendMinor: incentive ? 7n : 0n,
    currency: "EUR",
    account: incentive ? "plan" : null,
    reservationId: incentive ? `r-${sessionId}` : null,
    reservedMinor: incentive ? 1_007n : 0n,
    validUntilMs: null,
    cluster: 0,
    clusterProbability: 1,
    release: null,
    planRow: 0,
    revision: 1,
    propensities: [0.5, 0.5],
    holdout: false,
    exploration: false,
    degraded: false,
    featuresHash: new Uint8Array(8),
    previousHash,
  };
}

function settlementOf(decision: Decision, cycle: number, way: number, previousHash: Buffer): Settlement {
  const ways = [
    { status: "posted", amountMinor: 1_000n, releasedMinor: 0n },
    { status: "posted", amountMinor: 400n, releasedMinor: 600n },
    { status: "voided", amountMinor: 0n, releasedMinor: 1_000n },
    { status: "expired", amountMinor: 0n, releasedMinor: 1_000n },
  ] as const;
  const chosen = ways[way];
  if (chosen === undefined) throw new Error(`no way ${way}`);
  return {
    settlementId: `s-${decision.decisionId}`,
    decisionId: decision.decisionId,
    reservationId: decision.reservationId ?? "",
    userId: decision.userId,
    campaign: summer.id,
    account: "plan",
    atMs: cycle,
    cycle,
    outcomeId: null,
    arm: decision.arm,
    cluster: 0,
    previousHash,
    ...chosen,
  };
}

function lateRow(decision: Decision | undefined, cycle: number, previousHash: Buffer): Buffer {
  if (decision === undefined) throw new Error("no decision to be late for");
  const settlement = settlementOf(decision, cycle, 0, previousHash);
  return codecFor("settlements").encode({
    ...settlement,
    settlementId: `late-${decision.decisionId}`,
    status: "late",
    amountMinor: 0n,
  });
}

function reportOf(shard: number, cycle: number, plan: AccountTotals, decisions: Chain, settlements: Chain): Buffer {
  const report: ShardReport = {
    campaign: summer.id,
    shard,
    atMs: cycle,
    cycle,
    revision: 1,
    release: null,
    grantOffset: 0,
    totals: { plan, exploration: NO_TOTALS },
    eligibleSessions: 0,
    holdoutSessions: 0,
    refusedMinor: 0n,
    sessionsByCluster: [],
    cells: { planned: [], given: [], reservedMinor: [], settledMinor: [] },
    decisionRows: decisions.rows,
    decisionHead: decisions.head,
    settlementRows: settlements.rows,
    settlementHead: settlements.head,
  };
  return codecFor("shard-reports").encode(report);
}

export type Tamper = (record: LogRecord) => readonly (Uint8Array | null)[];

/** The same log with each record replaced by what `tamper` answers: itself, another, several or none. */
export async function copyLog(from: EventLog, tamper: Tamper): Promise<EventLog> {
  const to = emptyLog(2);
  await to.ensureTopics(topicSpecs({ users: 2, control: 1 }));
  for (const topic of Object.keys(TOPICS)) {
    for (const { partition, start } of await from.ranges(topic)) {
      for await (const batch of from.read(topic, partition, start)) {
        const values = batch.flatMap((record) => tamper(record).map((value) => ({ key: record.key, value })));
        await to.send(values.map(({ key, value }) => ({ topic, partition, key, value })));
      }
    }
  }
  return to;
}
