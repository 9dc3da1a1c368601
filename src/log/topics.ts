// Topics
// The table of every topic: its key, cleanup, retention, size limit and whether its partitions are those of users or
// of control (docs/ARCHITECTURE.md has it for people; a test holds the two together).

import type { Cleanup, TaskKind, TopicSpec } from "./event-log.ts";

const DAY_MS = 86_400_000;
const MiB = 1024 * 1024;

interface TopicRow {
  readonly key: "user" | "campaign" | "as it came" | "user or control" | "none";
  readonly partitions: "users" | "control" | "one";
  readonly cleanup: Cleanup;
  readonly retentionMs: number | null;
  readonly maxRecordBytes: number;
  readonly clockBound?: true;
  /**
   * Of the topics that only programs of ours may write: the format of what this version writes there (formats.ts). To be raised
   * to one more than the highest of the table with whatever the version before would misread, as a change of the schema always is.
   */
  readonly format?: number;
}

export const TOPICS = {
  sessions: { key: "user", partitions: "users", cleanup: "delete", retentionMs: 7 * DAY_MS, maxRecordBytes: MiB },
  outcomes: { key: "user", partitions: "users", cleanup: "delete", retentionMs: 7 * DAY_MS, maxRecordBytes: MiB },
  profiles: { key: "user", partitions: "users", cleanup: "compact", retentionMs: null, maxRecordBytes: MiB },
  // For ever: how long rows of users are kept is the shop's to set, and a list that ended before them would bring them back.
  erasures: {
    key: "user",
    partitions: "users",
    cleanup: "compact",
    retentionMs: null,
    maxRecordBytes: MiB,
    format: 1,
  },
  decisions: { key: "user", partitions: "users", cleanup: "delete", retentionMs: 90 * DAY_MS, maxRecordBytes: MiB },
  settlements: { key: "user", partitions: "users", cleanup: "delete", retentionMs: 90 * DAY_MS, maxRecordBytes: MiB },
  "training-log": {
    key: "user",
    partitions: "users",
    cleanup: "delete",
    retentionMs: 90 * DAY_MS,
    maxRecordBytes: MiB,
  },
  state: {
    key: "user or control",
    partitions: "users",
    cleanup: "compact",
    retentionMs: null,
    maxRecordBytes: 4 * MiB,
    format: 1,
    clockBound: true,
  },
  // A dead letter wraps the whole record that it is about.
  "dead-letters": {
    key: "as it came",
    partitions: "users",
    cleanup: "delete",
    retentionMs: 30 * DAY_MS,
    maxRecordBytes: 8 * MiB,
  },
  "budget-pacing": {
    key: "campaign",
    partitions: "control",
    cleanup: "delete",
    retentionMs: 90 * DAY_MS,
    maxRecordBytes: MiB,
    format: 1,
  },
  "budget-status": {
    key: "campaign",
    partitions: "control",
    cleanup: "compact",
    retentionMs: null,
    maxRecordBytes: MiB,
    format: 1,
  },
  grants: {
    key: "campaign",
    partitions: "users",
    cleanup: "compact",
    retentionMs: null,
    maxRecordBytes: MiB,
    format: 1,
  },
  "shard-reports": {
    key: "campaign",
    partitions: "control",
    cleanup: "delete",
    retentionMs: 90 * DAY_MS,
    maxRecordBytes: MiB,
    format: 1,
  },
  releases: {
    key: "campaign",
    partitions: "control",
    cleanup: "compact",
    retentionMs: null,
    maxRecordBytes: 8 * MiB,
    format: 1,
  },
  "treasury-state": {
    key: "campaign",
    partitions: "control",
    cleanup: "compact",
    retentionMs: null,
    maxRecordBytes: 4 * MiB,
    format: 1,
    clockBound: true,
  },
  // One record, for ever: how keys are placed.
  partitioning: { key: "none", partitions: "one", cleanup: "delete", retentionMs: null, maxRecordBytes: MiB },
} as const satisfies Record<string, TopicRow>;

/** The topics as an adapter creates them. */
export function topicSpecs(partitions: { readonly users: number; readonly control: number }): TopicSpec[] {
  return Object.entries(TOPICS).map(([name, row]) => ({
    name,
    partitions: row.partitions === "one" ? 1 : partitions[row.partitions],
    cleanup: row.cleanup,
    retentionMs: row.retentionMs,
    maxRecordBytes: row.maxRecordBytes,
    ...("clockBound" in row ? { clockBound: row.clockBound } : {}),
  }));
}

/** The order of the inputs is the order in which a cycle sees them: control before users, causes before sessions. */
export function serveKind(application: string): TaskKind {
  return {
    application,
    kind: "serve",
    inputs: ["grants", "erasures", "profiles", "outcomes", "sessions"],
    changelog: "state",
  };
}

export function treasuryKind(application: string): TaskKind {
  return {
    application,
    kind: "treasury",
    inputs: ["budget-pacing", "releases", "shard-reports"],
    changelog: "treasury-state",
  };
}
