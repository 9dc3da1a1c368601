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
  | "NewerFormat"
  | "LogError"
  | "StoreFailed"
  | "GivenUp"
  | "ClockJumped"
  | "PoisonRecord"
  | "ForeignRecord"
  | "Undecodable"
  | "Unencodable"
  | "AssertionFailed";

export const VERDICTS: Readonly<Record<ErrorName, Verdict>> = {
  /** Another owner has claimed it: what we still hold is worth nothing. */
  Fenced: "migrated",
  /** Taken away while a cycle was under way; the next owner does that cycle's inputs. */
  GivenUp: "migrated",
  /** Committed or not: only the changelog knows. */
  OutcomeUnknown: "corrupted",
  /** What was committed is not in the store: the changelog has it. */
  StoreFailed: "corrupted",
  /** The owner before has not let go yet. */
  AlreadyRunning: "retry",
  /** Nothing happened, and the log will be back. */
  LogUnavailable: "retry",
  /** Written by a newer version, and read when this one has been upgraded: held until then. */
  NewerFormat: "retry",
  /** Users would land in other partitions than their state. */
  TopicMismatch: "fatal",
  /** An input or the changelog is gone: going on would begin with nothing, money too. */
  UnknownTopic: "fatal",
  /** The same inputs would make the same record again. */
  RecordTooLarge: "fatal",
  /** The log refuses for good: a right, a setting, a position of another topic. */
  LogError: "fatal",
  /** Its time would end campaigns, and time never runs back. */
  ClockJumped: "fatal",
  /** The changelog's last word on where a task stands is somebody else's. */
  ForeignRecord: "fatal",
  /** A value of the state is none of ours. Others' records are dead letters. */
  Undecodable: "fatal",
  /** A record that the processor neither takes nor refuses: a defect of ours; it can be passed over by hand. */
  PoisonRecord: "fatal",
  /** A defect of ours. */
  Unencodable: "fatal",
  /** A defect of ours, seen before it could cost anything. */
  AssertionFailed: "fatal",
};

export function verdictOf(error: unknown): Verdict {
  if (!(error instanceof Error)) return "fatal";
  return isKnown(error.name) ? VERDICTS[error.name] : "fatal";
}

function isKnown(name: string): name is ErrorName {
  return Object.hasOwn(VERDICTS, name);
}
