// A target whose metrics are the product's own, told by hand: for what cannot be made to happen on one machine in a minute (a
// partition that runs nowhere, a full disk, a budget that was passed).

import { codecFor } from "../../src/log/codec/codec.ts";
import { createSimulatedCluster } from "../../src/log/simulated/cluster.ts";
import { topicSpecs } from "../../src/log/topics.ts";
import { GatewayMetrics } from "../../src/observe/gateway-metrics.ts";
import { serveHttp } from "../../src/observe/http.ts";
import { createMetrics } from "../../src/observe/metrics.ts";
import type { Surroundings } from "../../src/observe/surroundings.ts";
import type { CycleCounts } from "../../src/task/observer.ts";
import type { TaskState } from "../../src/task/lifecycle.ts";
import { SAMPLES } from "../../fixtures/samples.ts";

const WELL: Surroundings = { features: null, disks: [], clocks: [], badEnd: null, maintenance: null };
/** That no other instance under this Prometheus has: what runs somewhere is not down. */
const PARTITION = 7;
const DECIDE = "POST /v1/decisions";
const GiB = 1024 ** 3;
const HOUR_MS = 3_600_000;

/** Alerts of what no real allocator can be brought to in a minute. */
export const TOLD_BY_HAND = [
  ...["StipendTaskNotRunning", "StipendLag", "StipendRecoveries", "StipendSlowCycles", "StipendRebalances"],
  ...["StipendOverBudget", "StipendMixDrift", "StipendShardsBehind", "StipendRestoring", "StipendDiskNearlyFull"],
  ...["StipendOutcomesUnweighed", "StipendLogMaintenance"],
  ...["StipendGatewaySlow", "StipendGatewayUnavailable", "StipendGatewayPending"],
  ...["StipendOffCurve", "StipendEndsEarly", "StipendRefusals"],
];

export interface WatchedByHand {
  readonly targets: readonly string[];
  /** All that is told here goes wrong, or is well again. */
  wrong(): Promise<void>;
  well(): Promise<void>;
  close(): Promise<void>;
}

export async function watchByHand(): Promise<WatchedByHand> {
  const log = createSimulatedCluster({ now: Date.now }).connect("by-hand");
  await log.ensureTopics(topicSpecs({ users: 1, control: 1 }));
  let isWrong = false;
  let away = false;
  const elapsedMs = (): number => performance.now();
  const metrics = createMetrics({
    log: {
      ...log,
      ranges: async (topic) => (away ? await Promise.reject(new Error("away")) : await log.ranges(topic)),
    },
    elapsedMs,
    nowMs: Date.now,
    patienceMs: 300,
    freshMs: 0,
    reached: async () => [
      { kind: "serve", partition: 0, inputs: ["sessions"], positions: { sessions: isWrong ? 0 : 20_001 } },
    ],
    surroundings: () => ({
      ...WELL,
      maintenance: isWrong ? "the file is locked" : null,
      disks: [{ of: "state", folder: "/data", freeBytes: isWrong ? GiB / 4 : 50 * GiB, sizeBytes: 100 * GiB }],
    }),
  });
  const { observer } = metrics;
  const gateway = new GatewayMetrics({ waiting: () => 0, isTroubled: () => isWrong });
  const gatewayHttp = await serveHttp({ host: "127.0.0.1", port: 0, metrics: gateway, conditions: () => [] });
  const asking = setInterval(() => {
    const [status, ms] = isWrong ? [503, 900] : [200, 10];
    gateway.request(DECIDE, status, ms);
    gateway.request(DECIDE, isWrong ? 202 : status, ms);
  }, 100);
  const http = await serveHttp({ host: "127.0.0.1", port: 0, metrics, conditions: () => [] });
  const become = (...states: readonly TaskState[]): void => {
    for (const state of states) observer.lifecycle("serve", PARTITION, state);
  };
  const sample = { ...SAMPLES["budget-status"], campaign: "by-hand" };
  const tell = async (other: Partial<(typeof SAMPLES)["budget-status"]>): Promise<void> => {
    const value = codecFor("budget-status").encode({ ...sample, ...other });
    await log.send([{ topic: "budget-status", key: Buffer.from(sample.campaign), value }]);
  };
  const nowMs = Date.now();
  const campaign = {
    ...SAMPLES.grants.campaign,
    id: sample.campaign,
    startMs: nowMs - HOUR_MS,
    endMs: nowMs + 24 * HOUR_MS,
    pacing: { mode: "even" as const, expectedSessions: 1_000 },
    periods: null,
  };
  const grant = codecFor("grants").encode({ ...SAMPLES.grants, campaign });
  await log.send([{ topic: "grants", partition: 0, key: Buffer.from(campaign.id), value: grant }]);
  const applied = [{ shard: 0, revision: sample.revision, offset: 1, atMs: 1 }];
  const well = {
    state: "live" as const,
    budgetMinor: 10n ** 12n,
    explorationBudgetMinor: 10n ** 12n,
    applied,
    alarm: null,
  };
  let timer: NodeJS.Timeout | null = null;
  await log.send(
    Array.from({ length: 20_001 }, () => ({ topic: "sessions", partition: 0, key: null, value: Buffer.of(1) })),
  );
  become("assigned", "opening", "held", "running");
  await tell({ ...well, forecast: null, period: null });
  const cycle = (ms: number, counts: CycleCounts = new Map()): void =>
    observer.cycle({
      ...{ kind: "serve", partition: PARTITION, cycle: 1, nowMs: 1, inputs: 1, outputs: 1, stateChanges: 0 },
      ...{ counts, notes: [], prepareMs: ms, processMs: 0, commitMs: 0, applyMs: 0 },
    });
  /** It has its sessions, whatever else is wrong. */
  const decided = [`reasons/${sample.campaign}/planned`, 1] as const;
  return {
    targets: [http, gatewayHttp].map(({ address }) => new URL(address).host),
    async wrong() {
      isWrong = true;
      const forecast = { ...(sample.forecast ?? ({} as never)), mixDrift: 10n ** 9n, refusedShare: 0.9 };
      await tell({
        state: "live",
        alarm: null,
        budgetMinor: 1n,
        explorationBudgetMinor: 1n,
        applied: [],
        forecast,
        period: null,
      });
      observer.restore({
        ...{ kind: "serve", partition: PARTITION, by: "task", records: 1, bytes: 1, newRecords: 1, tookMs: 1_000 },
        ...{ left: 500_000, share: 0.1, over: false },
      });
      timer = setInterval(() => {
        cycle(3_000, new Map([["outcomes/unweighed", 1], ["reasons/refusing/budget_exhausted", 1], decided]));
        observer.trouble("serve", PARTITION, "corrupted", new Error("by hand"));
        become("closed", "opening");
        observer.restore({
          ...{ kind: "serve", partition: PARTITION, by: "task", records: 1, bytes: 1, newRecords: 1, tookMs: 1_000 },
          ...{ left: 500_000, share: 0.1, over: false },
        });
      }, 500);
    },
    async well() {
      isWrong = false;
      if (timer !== null) clearInterval(timer);
      become("held", "running");
      await tell({ ...well, forecast: null, period: null });
      // Readable for a while, and then not.
      away = true;
      setTimeout(() => (away = false), 6_000);
      timer = setInterval(() => cycle(1, new Map([["reasons/refusing/planned", 5], decided])), 500);
    },
    async close() {
      if (timer !== null) clearInterval(timer);
      clearInterval(asking);
      await gatewayHttp.close();
      await http.close();
      await log.close();
    },
  };
}
