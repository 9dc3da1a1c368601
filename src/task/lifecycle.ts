// Lifecycle of a task, as a table: total, so that a new state does not compile until each of its events is decided.
//
//   assigned  the partition is ours; nothing has been claimed, or all was dropped
//   opening   claim → restore
//   held      restored; the inputs are not where they should be yet
//   running   cycles
//   stopping  asked to stop; the step in flight is being awaited
//   closed    given back, or taken by another owner
//   failed    stopped by an error that must not be passed over

export type TaskState = "assigned" | "opening" | "held" | "running" | "stopping" | "closed" | "failed";
export type TaskEvent =
  "open" | "opened" | "sought" | "retry" | "corrupted" | "migrated" | "fatal" | "stop" | "drained";

type Row = Readonly<Record<TaskEvent, TaskState | "illegal">>;
const no = "illegal";

// prettier-ignore
export const LIFECYCLE: Readonly<Record<TaskState, Row>> = {
  assigned: { open: "opening", opened: no, sought: no, retry: no, corrupted: no, migrated: no, fatal: no, stop: "stopping", drained: no },
  opening: { open: no, opened: "held", sought: no, retry: "assigned", corrupted: "assigned", migrated: "closed", fatal: "failed", stop: "stopping", drained: no },
  held: { open: no, opened: no, sought: "running", retry: "held", corrupted: "assigned", migrated: "closed", fatal: "failed", stop: "stopping", drained: no },
  running: { open: no, opened: no, sought: no, retry: "held", corrupted: "assigned", migrated: "closed", fatal: "failed", stop: "stopping", drained: no },
  stopping: { open: no, opened: "stopping", sought: "stopping", retry: "stopping", corrupted: "stopping", migrated: "stopping", fatal: "failed", stop: "stopping", drained: "closed" },
  closed: { open: no, opened: no, sought: no, retry: no, corrupted: no, migrated: no, fatal: no, stop: "closed", drained: "closed" },
  failed: { open: no, opened: no, sought: no, retry: no, corrupted: no, migrated: no, fatal: no, stop: "failed", drained: "failed" },
};

export function isOver(state: TaskState): boolean {
  return state === "closed" || state === "failed";
}
