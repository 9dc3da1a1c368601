// Trigger
// When to learn again: on a command, after so many new training rows, or after so long. Pure: the watcher counts and asks.

export interface RetrainPolicy {
  /** New training rows since the last training that start another; null: rows alone never do. */
  readonly newRows: number | null;
  /** Time since the last training that starts another, if there is anything new; null: time alone never does. */
  readonly everyMs: number | null;
  /** With fewer rows than this in all nothing is learned, whoever asks. */
  readonly minRows: number;
}

export interface RetrainState {
  /** Usable training rows of the campaign. */
  readonly rows: number;
  /** Of these, how many the last training had; 0 before the first. */
  readonly rowsLearned: number;
  /** When the last training began, or when the watch began before the first. */
  readonly sinceMs: number;
  /** Somebody asked. */
  readonly commanded: boolean;
}

export type RetrainVerdict =
  | { readonly due: true; readonly reason: "command" | "new_rows" | "period" }
  | { readonly due: false; readonly reason: "too_few_rows" | "nothing_new" | "not_yet" };

export const RETRAIN_DEFAULTS: RetrainPolicy = { newRows: 50_000, everyMs: null, minRows: 2_000 };

export function judgeRetrain(policy: RetrainPolicy, state: RetrainState, nowMs: number): RetrainVerdict {
  const fresh = state.rows - state.rowsLearned;
  if (state.rows < policy.minRows) return { due: false, reason: "too_few_rows" };
  if (state.commanded) return { due: true, reason: "command" };
  if (fresh <= 0) return { due: false, reason: "nothing_new" };
  if (policy.newRows !== null && fresh >= policy.newRows) return { due: true, reason: "new_rows" };
  if (policy.everyMs !== null && nowMs - state.sinceMs >= policy.everyMs) return { due: true, reason: "period" };
  return { due: false, reason: "not_yet" };
}
