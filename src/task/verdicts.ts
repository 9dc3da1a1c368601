// Verdicts
// What an error means for the task that met it (law C5). Few, and total: what the table does not know is fatal.
// A record that cannot be used is not an error here: the processor dead-letters it (law C6).
//
//   retry      nothing happened: hold what there is, seek back, try again later
//   corrupted  nobody knows what happened, or the local store does not have it: drop all in memory, claim and restore
//   migrated   the partition is another's: stop the task, commit nothing
//   fatal      going on could make money wrong: stop the process and say why

export type Verdict = "retry" | "corrupted" | "migrated" | "fatal";

/** The partition was given up while a cycle was under way. */
export class GivenUp extends Error {
  override name = "GivenUp";
}

/** Every error that a task's parts are known to throw, by name; a test holds this against the log's and store's classes. */
export type ErrorName =
  | "Fenced"
  | "OutcomeUnknown"
  | "AlreadyRunning"
  | "TopicMismatch"
  | "UnknownTopic"
  | "RecordTooLarge"
  | "LogUnavailable"
  | "LogError"
  | "StoreFailed"
  | "GivenUp"
  | "Undecodable"
  | "Unencodable"
  | "AssertionFailed";

export const VERDICTS: Readonly<Record<ErrorName, Verdict>> = {
  Fenced: "migrated",
  GivenUp: "migrated",
  OutcomeUnknown: "corrupted",
  StoreFailed: "corrupted",
  AlreadyRunning: "retry",
  LogUnavailable: "retry",
  TopicMismatch: "fatal",
  UnknownTopic: "fatal",
  RecordTooLarge: "fatal",
  LogError: "fatal",
  Undecodable: "fatal",
  Unencodable: "fatal",
  AssertionFailed: "fatal",
};

export function verdictOf(error: unknown): Verdict {
  if (!(error instanceof Error)) return "fatal";
  return isKnown(error.name) ? VERDICTS[error.name] : "fatal";
}

function isKnown(name: string): name is ErrorName {
  return Object.hasOwn(VERDICTS, name);
}
