// Task metrics
// What tasks tell their observer, counted.

import type { Registry } from "prom-client";
import { NewerFormat } from "../log/event-log.ts";
import { DEAD_LETTER_REASONS } from "../domain/session/dead-letter.ts";
import { REFUSED_FOR_MONEY } from "../domain/decision/decision.ts";
import type { CountKey, CycleReport, TaskObserver } from "../task/observer.ts";
import { MOST_CAMPAIGNS } from "./budget-metrics.ts";
import { counter, gauge, histogram } from "./metric-names.ts";

const ALARM_CAUSES = ["impossible_report", "overgranted"] as const;
const OUTCOMES = ["accepted", "refused", "previewed"] as const;
const STEP_SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];
const RESTORE_SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300];

export function taskMetrics(registry: Registry, elapsedMs: () => number): TaskObserver {
  const task = ["kind", "partition"] as const;
  const cycles = counter(registry, "stipend_cycles_total", task);
  const inputs = counter(registry, "stipend_input_records_total", task);
  const outputs = counter(registry, "stipend_output_records_total", task);
  const decisions = counter(registry, "stipend_decisions_total", ["campaign", "reason"]);
  const degraded = counter(registry, "stipend_decisions_degraded_total", ["partition"]);
  const shown = new Set<string>();
  /** Labels are bounded, whatever campaigns come and go while a process runs. */
  const shownCampaign = (campaign: string): string => {
    if (shown.has(campaign)) return campaign;
    if (shown.size >= MOST_CAMPAIGNS) return "other";
    shown.add(campaign);
    // A counter that is first seen at 1 has, to Prometheus, not risen.
    for (const reason of REFUSED_FOR_MONEY) decisions.inc({ campaign, reason }, 0);
    return campaign;
  };
  const letters = counter(registry, "stipend_dead_letters_total", [...task, "reason"]);
  const commands = counter(registry, "stipend_commands_total", ["partition", "outcome"]);
  const unweighed = counter(registry, "stipend_outcomes_unweighed_total", ["partition"]);
  const erasures = counter(registry, "stipend_erasures_total", ["partition", "what"]);
  const alarms = counter(registry, "stipend_alarms_total", [...task, "cause"]);
  const busy = counter(registry, "stipend_task_seconds_total", [...task, "step"]);
  const moves = counter(registry, "stipend_task_moves_total", [...task, "way"]);
  const openings = counter(registry, "stipend_task_openings_total", task);
  const verdicts = counter(registry, "stipend_task_verdicts_total", [...task, "verdict"]);
  const needs = gauge(registry, "stipend_task_needs_format", task);
  const restored = counter(registry, "stipend_restored_records_total", [...task, "by"]);
  const left = gauge(registry, "stipend_restore_left_records", [...task, "by"]);
  const speed = gauge(registry, "stipend_restore_records_per_second", [...task, "by"]);
  const states = gauge(registry, "stipend_task_state", [...task, "state"]);
  const seconds = histogram(registry, "stipend_cycle_seconds", ["kind", "step"], STEP_SECONDS);
  const restores = histogram(registry, "stipend_task_restore_seconds", ["kind"], RESTORE_SECONDS);
  const openedAt = new Map<string, number>();
  const state = new Map<string, string>();
  const countOf = (key: CountKey, of: { kind: string; partition: number }, count: number): void => {
    const [what, which = "", reason = ""] = key.split("/");
    if (what === "reasons") decisions.inc({ campaign: shownCampaign(which), reason }, count);
    else if (what === "decisions") degraded.inc({ partition: of.partition }, which === "degraded" ? count : 0);
    else if (what === "dead_letters") letters.inc({ ...of, reason: which }, count);
    else if (what === "outcomes") unweighed.inc({ partition: of.partition }, count);
    else if (what === "erasures") erasures.inc({ partition: of.partition, what: which }, count);
    else if (what === "alarms") alarms.inc({ ...of, cause: which }, count);
    else commands.inc({ partition: of.partition, outcome: which }, count);
  };
  // A counter that is first seen at 1 has, to Prometheus, not risen.
  const beginAtZero = (of: { kind: string; partition: number }): void => {
    for (const reason of DEAD_LETTER_REASONS) letters.inc({ ...of, reason }, 0);
    alarms.inc({ ...of, cause: of.kind === "treasury" ? "impossible_report" : "overgranted" }, 0);
    for (const cause of ALARM_CAUSES) alarms.inc({ ...of, cause }, 0);
    const { partition } = of;
    for (const outcome of of.kind === "treasury" ? OUTCOMES : []) commands.inc({ partition, outcome }, 0);
    if (of.kind === "serve") degraded.inc({ partition }, 0);
    if (of.kind === "serve") unweighed.inc({ partition }, 0);
  };
  return {
    elapsedMs,
    cycle(report) {
      const of = { kind: report.kind, partition: report.partition };
      cycles.inc(of);
      needs.set(of, 0);
      inputs.inc(of, report.inputs);
      outputs.inc(of, report.outputs);
      for (const [key, count] of report.counts) countOf(key, of, count);
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
      if (next === "opening") beginAtZero({ kind, partition });
      if (next === "opening" && before !== "assigned") moves.inc({ kind, partition, way: "came" });
      if (next === "closed") needs.set({ kind, partition }, 0);
      if (next === "closed") moves.inc({ kind, partition, way: "went" });
      if (next === "opening") {
        openings.inc({ kind, partition });
        openedAt.set(key, elapsedMs());
      }
      if (next === "held" && before === "opening")
        restores.observe({ kind }, (elapsedMs() - (openedAt.get(key) ?? elapsedMs())) / 1000);
    },
    trouble(kind, partition, verdict, error) {
      if (error instanceof NewerFormat) needs.set({ kind, partition }, error.needs);
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
