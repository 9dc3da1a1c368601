// Metric names
// Every name of ours with its meaning, and how one is made; those of the process itself (`process_…`, `nodejs_…`) are
// prom-client's. deploy/'s alert rules and board are held against this table.

import { Counter, Gauge, Histogram, type Registry } from "prom-client";

export const METRICS = {
  stipend_cycles_total: "Committed cycles",
  stipend_input_records_total: "Records taken by committed cycles",
  stipend_output_records_total: "Records written by committed cycles, state and control records left out",
  stipend_cycle_seconds: "Time of a committed cycle by step: prepare, process, commit, apply",
  stipend_decisions_total:
    "Decisions by campaign and reason (docs/REASONS.md); campaigns beyond the first 200 are one, other",
  stipend_decisions_degraded_total: "Decisions that were taken with defaults because features were missing",
  stipend_dead_letters_total: "Records that could not be used, by reason (docs/REASONS.md)",
  stipend_outcomes_unweighed_total:
    "Outcomes that counted but had rewards under names that their campaign does not weigh: worth nothing",
  stipend_erasures_total: "Users erased, and sessions left out that are from before their user was erased",
  stipend_alarms_total:
    "Alarms on the money: impossible_report (of a shard, to the treasurer), overgranted (a shard has more than its grant says)",
  stipend_campaign_live: "1 while a campaign is live and in its period",
  stipend_campaign_warned: "1 while somebody should look at the campaign: no_release, ends_early, off_curve",
  stipend_campaign_alarmed: "1 while a campaign is paused by an alarm on its money",
  stipend_commands_total: "Commands that the treasurer answered, by outcome: accepted, refused, previewed",
  stipend_task_state: "1 for the state a task is in",
  stipend_task_seconds_total: "Time of a task's committed cycles by step; over stipend_cycles_total: that of a cycle",
  stipend_task_moves_total: "Times a partition came to this instance or went from it: starts, ends and rebalances",
  stipend_task_openings_total: "Times a task was claimed and restored: assignments, rebalances and recoveries",
  stipend_task_restore_seconds: "Time from claim to restored",
  stipend_restored_records_total: "Changelog records read into local stores, by tasks and by copies that stand by",
  stipend_restore_left_records: "Offsets of the changelog that a store still lacks which is being restored",
  stipend_restore_records_per_second: "Speed of the restore that is under way, or of the last one",
  stipend_task_verdicts_total: "Errors by verdict: retry, corrupted, migrated, fatal",
  stipend_task_needs_format:
    "Format of a newer version's record at which a task holds until this instance is upgraded; 0: none",
  stipend_clock_behind_seconds:
    "How far the clock is behind the last cycle's time: a task's time stands until it has caught up",
  stipend_lag_records: "Records of an input that its task has not committed yet",
  stipend_feature_requests_total:
    "Requests to the feature service by outcome: answered, failed, and not sent because the breaker was open",
  stipend_feature_breaker_open: "1 while the breaker keeps requests from the feature service, which fails",
  stipend_disk_free_bytes: "Room left on the disk of a folder: of the local stores (state), of the embedded log (log)",
  stipend_disk_size_bytes: "Size of that disk",
  stipend_log_maintenance_failed: "1 while retention and compaction of the embedded log fail: its file grows",
  stipend_last_exit_failed: "1 when the run before this one ended by an error, or was killed",
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
  stipend_campaigns_not_shown: "Campaigns that have no series because others have changed later",
  stipend_undecodable_records_total: "Records of a control topic that could not be read and were passed over",
  stipend_scrape_failures_total: "Scrapes in which lag or budgets could not be read",
} as const;

type Name = keyof typeof METRICS;

export function counter<L extends string>(registry: Registry, name: Name, labelNames: readonly L[]): Counter<L> {
  return new Counter({ name, help: METRICS[name], labelNames, registers: [registry] });
}

export function gauge<L extends string>(registry: Registry, name: Name, labelNames: readonly L[]): Gauge<L> {
  return new Gauge({ name, help: METRICS[name], labelNames, registers: [registry] });
}

export function histogram<L extends string>(
  registry: Registry,
  name: Name,
  labelNames: readonly L[],
  buckets: number[],
): Histogram<L> {
  return new Histogram({ name, help: METRICS[name], labelNames, buckets, registers: [registry] });
}
