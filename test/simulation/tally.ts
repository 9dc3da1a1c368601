// Tally: how often each kind of fault came, counted when it takes effect. The list is closed, so that a kind that never
// came shows as 0.

export const FAULTS = [
  "crash_at_claim",
  "crash_at_restore",
  "crash_at_seek",
  "crash_at_poll",
  "crash_before_commit",
  "crash_after_commit",
  "treasurer_crash",
  "commit_unknown_lost",
  "commit_unknown_done",
  "log_unavailable",
  "call_hung",
  "zombie",
  "machine_left",
  "machine_joined",
  "stalled_on_stale_grants",
  "store_kept",
  "store_lost",
  "store_behind",
  "store_failed",
  "copy_made",
  "copy_taken_over",
  "clock_skewed",
  "clock_jump",
  "compaction",
  "session_delayed",
  "session_duplicated",
  "session_conflict",
  "batch_reordered",
  "send_repeated",
  "event_elsewhere",
  "command_elsewhere",
  "bytes_undecodable",
  "contract_broken",
  "from_future",
  "outcome_late",
  "outcome_twice",
  "outcome_conflict",
  "outcome_unknown",
  "outcome_over_face",
  "command_repeated",
  "command_refusable",
  "dry_run",
  "turned",
  "budget_cut",
  "budget_raised",
  "period_budget_cut",
  "period_budget_raised",
  "paused",
  "resumed",
  "ended_early",
  "release_swapped",
  "release_rolled_back",
] as const;
export type FaultKind = (typeof FAULTS)[number];

export type FaultCounts = Readonly<Record<FaultKind, number>>;

export class Tally {
  readonly #counts: Record<FaultKind, number> = noFaultCounts();

  count(kind: FaultKind, times = 1): void {
    this.#counts[kind] += times;
  }

  get counts(): FaultCounts {
    return this.#counts;
  }
}

export function noFaultCounts(): Record<FaultKind, number> {
  return Object.fromEntries(FAULTS.map((kind) => [kind, 0])) as Record<FaultKind, number>;
}
