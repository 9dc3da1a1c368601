// What the conformance suite needs to know of an adapter.

import type { EventLog, TopicSpec } from "../../src/log/event-log.ts";

/** A log of the adapter with its own, empty topics. */
export interface LogFixture {
  /** Another process's (or another connection's) view of the same log. */
  connect(): Promise<EventLog>;
  /** SIGKILL of the process that `log` belongs to, as far as the adapter can tell. */
  kill(log: EventLog): Promise<void>;
  /** The others take `log`'s process for dead while it goes on: a zombie. */
  loseSight(log: EventLog): Promise<void>;
  /** Compaction and retention, as far as the adapter can be made to do it now. */
  maintain(nowMs: number): Promise<void>;
  close(): Promise<void>;
}

export interface Adapter {
  readonly name: string;
  /** A commit is seen in each partition for itself: Kafka writes its markers one after the other. */
  readonly marksApart?: boolean;
  open(): Promise<LogFixture>;
}

export const SPECS: readonly TopicSpec[] = [
  { name: "events", partitions: 2, cleanup: "delete", retentionMs: null, maxRecordBytes: 10_000 },
  { name: "hints", partitions: 2, cleanup: "delete", retentionMs: null, maxRecordBytes: 10_000 },
  { name: "answers", partitions: 2, cleanup: "delete", retentionMs: null, maxRecordBytes: 10_000 },
  { name: "changes", partitions: 2, cleanup: "compact", retentionMs: null, maxRecordBytes: 10_000 },
  { name: "short", partitions: 1, cleanup: "delete", retentionMs: 60_000, maxRecordBytes: 10_000 },
  { name: "solo", partitions: 1, cleanup: "delete", retentionMs: null, maxRecordBytes: 10_000 },
];
