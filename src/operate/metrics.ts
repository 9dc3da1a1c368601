// Metrics
// What Prometheus is told of a running allocator: its tasks (cycles, commits, restores, verdicts, states), how far they
// are behind, and each campaign's money as the treasurer last told it. The names are METRICS, which deploy/'s alert rules
// and board are held against.
//
// Invariants:
//   1. Watching changes nothing: what cannot be read is counted and left out of that scrape.
//   2. Labels are bounded: kinds, partitions, topics, verdicts, states, campaigns, accounts; never users or sessions.

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { BudgetStatus } from "../domain/control.ts";
import type { Account } from "../domain/decision.ts";
import { codecFor } from "../log/codec/codec.ts";
import type { EventLog, PartitionRange, Positions } from "../log/event-log.ts";
import type { CycleReport, TaskObserver } from "../task/observer.ts";

/** How far a task's committed cycles have come in each of its inputs. */
export interface TaskReached {
  readonly kind: string;
  readonly partition: number;
  readonly inputs: readonly string[];
  /** An input that has none has all of it to come. */
  readonly positions: Positions;
}

export interface MetricsOptions {
  readonly log: EventLog;
  /** A stopwatch, ms. */
  readonly elapsedMs: () => number;
  /** Asked at each scrape. */
  readonly reached: () => Promise<readonly TaskReached[]>;
  /** How long a scrape waits for the log. */
  readonly patienceMs?: number;
}

export interface Metrics {
  /** To be given to the tasks. */
  readonly observer: TaskObserver;
  /** The text that Prometheus reads, and its content type. */
  scrape(): Promise<{ readonly text: string; readonly contentType: string }>;
}

/** Every name of ours with its meaning; those of the process itself (`process_…`, `nodejs_…`) are prom-client's. */
export const METRICS = {
  stipend_cycles_total: "Committed cycles",
  stipend_input_records_total: "Records taken by committed cycles",
  stipend_output_records_total: "Records written by committed cycles, state and control records left out",
  stipend_cycle_seconds: "Time of a committed cycle by step: prepare, process, commit, apply",
  stipend_task_state: "1 for the state a task is in",
  stipend_task_seconds_total: "Time of a task's committed cycles by step; over stipend_cycles_total: that of a cycle",
  stipend_task_moves_total: "Times a partition came to this instance or went from it: starts, ends and rebalances",
  stipend_task_openings_total: "Times a task was claimed and restored: assignments, rebalances and recoveries",
  stipend_task_restore_seconds: "Time from claim to restored",
  stipend_restored_records_total: "Changelog records read into local stores, by tasks and by copies that stand by",
  stipend_restore_left_records: "Offsets of the changelog that a store still lacks which is being restored",
  stipend_restore_records_per_second: "Speed of the restore that is under way, or of the last one",
  stipend_task_verdicts_total: "Errors by verdict: retry, corrupted, migrated, fatal",
  stipend_lag_records: "Records of an input that its task has not committed yet",
  stipend_budget_minor: "Budget of a campaign's account, minor units",
  stipend_granted_minor: "Granted to the shards and not returned, minor units",
  stipend_pending_minor: "Held for open incentives, minor units",
  stipend_posted_minor: "Spent, minor units",
  stipend_curve_target_minor: "What the pacing curve allows the plan account by now, minor units",
  stipend_plan_row: "Position on the frontier that is in force",
  stipend_shadow_price: "Marginal reward of one minor unit at that position",
  stipend_overbooked_minor:
    "Out beyond the budget because it is expected back (reservation policy expected), minor units",
  stipend_period_budget_minor:
    "Budget of the day or week that is being spent, where each has one; else the plan's, minor units",
  stipend_spend_at_end_minor: "Forecast of what is spent of that budget at its end, minor units",
  stipend_mix_drift_minor:
    "Expected over- or underspend to come because other clusters come than in training, minor units",
  stipend_campaign_revision: "Revision of the campaign's control",
  stipend_shards_behind: "Shards that have not applied the campaign's current revision",
  stipend_scrape_failures_total: "Scrapes in which lag or budgets could not be read",
} as const;

type Name = keyof typeof METRICS;

/** Less than Prometheus waits for: a log that is away must not make the instance look as if it were. */
const LOG_PATIENCE_MS = 2_000;

const STEP_SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];
const RESTORE_SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300];
const ACCOUNTS = ["plan", "exploration"] as const satisfies readonly Account[];

export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const observer = taskMetrics(registry, options.elapsedMs);
  const lag = gauge(registry, "stipend_lag_records", ["kind", "partition", "topic"]);
  const failures = counter(registry, "stipend_scrape_failures_total", []);
  const budgets = budgetMetrics(registry, options.log);
  let reading: Promise<void> | null = null;
  const readLog = async (): Promise<void> => {
    await readLag(lag, options);
    await budgets.read();
  };
  return {
    observer,
    async scrape() {
      reading ??= readLog().finally(() => (reading = null));
      try {
        await within(reading, options.patienceMs ?? LOG_PATIENCE_MS);
      } catch {
        lag.reset();
        failures.inc();
      }
      return { text: await registry.metrics(), contentType: registry.contentType };
    },
  };
}

async function within(work: Promise<void>, ms: number): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${ms} ms`)), ms);
  try {
    await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function counter<L extends string>(registry: Registry, name: Name, labelNames: readonly L[]): Counter<L> {
  return new Counter({ name, help: METRICS[name], labelNames, registers: [registry] });
}

function gauge<L extends string>(registry: Registry, name: Name, labelNames: readonly L[]): Gauge<L> {
  return new Gauge({ name, help: METRICS[name], labelNames, registers: [registry] });
}

function histogram<L extends string>(
  registry: Registry,
  name: Name,
  labelNames: readonly L[],
  buckets: number[],
): Histogram<L> {
  return new Histogram({ name, help: METRICS[name], labelNames, buckets, registers: [registry] });
}

function taskMetrics(registry: Registry, elapsedMs: () => number): TaskObserver {
  const task = ["kind", "partition"] as const;
  const cycles = counter(registry, "stipend_cycles_total", task);
  const inputs = counter(registry, "stipend_input_records_total", task);
  const outputs = counter(registry, "stipend_output_records_total", task);
  const busy = counter(registry, "stipend_task_seconds_total", [...task, "step"]);
  const moves = counter(registry, "stipend_task_moves_total", [...task, "way"]);
  const openings = counter(registry, "stipend_task_openings_total", task);
  const verdicts = counter(registry, "stipend_task_verdicts_total", [...task, "verdict"]);
  const restored = counter(registry, "stipend_restored_records_total", [...task, "by"]);
  const left = gauge(registry, "stipend_restore_left_records", [...task, "by"]);
  const speed = gauge(registry, "stipend_restore_records_per_second", [...task, "by"]);
  const states = gauge(registry, "stipend_task_state", [...task, "state"]);
  const seconds = histogram(registry, "stipend_cycle_seconds", ["kind", "step"], STEP_SECONDS);
  const restores = histogram(registry, "stipend_task_restore_seconds", ["kind"], RESTORE_SECONDS);
  const openedAt = new Map<string, number>();
  const state = new Map<string, string>();
  return {
    elapsedMs,
    cycle(report) {
      const of = { kind: report.kind, partition: report.partition };
      cycles.inc(of);
      inputs.inc(of, report.inputs);
      outputs.inc(of, report.outputs);
      for (const [step, ms] of stepsOf(report)) {
        seconds.observe({ kind: report.kind, step }, ms / 1000);
        busy.inc({ ...of, step }, ms / 1000);
      }
    },
    restore({ kind, partition, by, newRecords, left: toCome, records, tookMs }) {
      restored.inc({ kind, partition, by }, newRecords);
      if (toCome !== null) left.set({ kind, partition, by }, toCome);
      if (tookMs > 0) speed.set({ kind, partition, by }, Math.round((records * 1_000) / tookMs));
    },
    lifecycle(kind, partition, next) {
      const key = `${kind}/${partition}`;
      const before = state.get(key);
      if (before !== undefined) states.set({ kind, partition, state: before }, 0);
      states.set({ kind, partition, state: next }, 1);
      state.set(key, next);
      // What a restore did not come to the end of is not to come any more.
      for (const by of ["task", "standby"] as const) left.remove({ kind, partition, by });
      // A task that opens again after a recovery was "assigned" before, one that is new was nothing or over.
      if (next === "opening" && before !== "assigned") moves.inc({ kind, partition, way: "came" });
      if (next === "closed") moves.inc({ kind, partition, way: "went" });
      if (next === "opening") {
        openings.inc({ kind, partition });
        openedAt.set(key, elapsedMs());
      }
      if (next === "held" && before === "opening")
        restores.observe({ kind }, (elapsedMs() - (openedAt.get(key) ?? elapsedMs())) / 1000);
    },
    trouble(kind, partition, verdict) {
      verdicts.inc({ kind, partition, verdict });
    },
  };
}

function stepsOf(report: CycleReport): readonly (readonly [string, number])[] {
  const { prepareMs, processMs, commitMs, applyMs } = report;
  return [
    ["prepare", prepareMs],
    ["process", processMs],
    ["commit", commitMs],
    ["apply", applyMs],
  ];
}

async function readLag(lag: Gauge<"kind" | "partition" | "topic">, options: MetricsOptions): Promise<void> {
  const reached = await options.reached();
  const ranges = new Map<string, PartitionRange>();
  for (const topic of new Set(reached.flatMap(({ inputs }) => inputs)))
    for (const range of await options.log.ranges(topic)) ranges.set(`${topic}/${range.partition}`, range);
  lag.reset();
  for (const { kind, partition, inputs, positions } of reached)
    for (const topic of inputs) {
      const { start, end } = ranges.get(`${topic}/${partition}`) ?? { start: 0, end: 0 };
      lag.set({ kind, partition, topic }, Math.max(0, end - (positions[topic] ?? start)));
    }
}

/** Follows `budget-status` from scrape to scrape; the last status of each campaign counts. */
function budgetMetrics(registry: Registry, log: EventLog): { read(): Promise<void> } {
  const codec = codecFor("budget-status");
  const next = new Map<number, number>();
  const account = ["campaign", "account"] as const;
  const gauges = {
    budget: gauge(registry, "stipend_budget_minor", account),
    granted: gauge(registry, "stipend_granted_minor", account),
    pending: gauge(registry, "stipend_pending_minor", account),
    posted: gauge(registry, "stipend_posted_minor", account),
    target: gauge(registry, "stipend_curve_target_minor", ["campaign"]),
    planRow: gauge(registry, "stipend_plan_row", ["campaign"]),
    shadowPrice: gauge(registry, "stipend_shadow_price", ["campaign"]),
    overbooked: gauge(registry, "stipend_overbooked_minor", account),
    periodBudget: gauge(registry, "stipend_period_budget_minor", ["campaign"]),
    spendAtEnd: gauge(registry, "stipend_spend_at_end_minor", ["campaign"]),
    mixDrift: gauge(registry, "stipend_mix_drift_minor", ["campaign"]),
    revision: gauge(registry, "stipend_campaign_revision", ["campaign"]),
    behind: gauge(registry, "stipend_shards_behind", ["campaign"]),
  };
  const show = (status: BudgetStatus, shards: number): void => {
    const { campaign } = status;
    for (const name of ACCOUNTS) {
      const totals = status.totals[name];
      const budget = name === "plan" ? status.budgetMinor : status.explorationBudgetMinor;
      gauges.budget.set({ campaign, account: name }, Number(budget));
      gauges.granted.set({ campaign, account: name }, Number(totals.granted - totals.returned));
      gauges.pending.set({ campaign, account: name }, Number(totals.reserved - totals.settled - totals.released));
      gauges.posted.set({ campaign, account: name }, Number(totals.settled + totals.sent));
      const overbooked = name === "plan" ? (status.overbookedMinor ?? 0n) : 0n;
      gauges.overbooked.set({ campaign, account: name }, Number(overbooked));
    }
    gauges.target.set({ campaign }, Number(status.targetMinor));
    gauges.planRow.set({ campaign }, status.planRow);
    gauges.shadowPrice.set({ campaign }, status.shadowPrice);
    gauges.periodBudget.set({ campaign }, Number(status.period?.budgetMinor ?? status.budgetMinor));
    gauges.spendAtEnd.set({ campaign }, Number(status.forecast?.spendAtEnd ?? 0n));
    gauges.mixDrift.set({ campaign }, Number(status.forecast?.mixDrift ?? 0n));
    gauges.revision.set({ campaign }, status.revision);
    const reached = status.applied.filter(({ revision }) => revision >= status.revision).length;
    gauges.behind.set({ campaign }, shards - reached);
  };
  return {
    async read() {
      const shards = (await log.ranges("grants")).length;
      for (const { partition, start } of await log.ranges("budget-status"))
        for await (const batch of log.read("budget-status", partition, Math.max(start, next.get(partition) ?? 0)))
          for (const { value, offset } of batch) {
            if (value !== null) show(codec.decode(value), shards);
            next.set(partition, offset + 1);
          }
    },
  };
}
