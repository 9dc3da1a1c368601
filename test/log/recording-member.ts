// Small words that the log's tests share; without the test runner, so that worker processes can have them too.

import { must } from "../../src/domain/assert.ts";
import type { Member, OutRecord, TaskKind, TaskLog } from "../../src/log/event-log.ts";

export const KIND: TaskKind = { application: "test", kind: "work", inputs: ["hints", "events"], changelog: "changes" };

export const bytes = (text: string): Buffer => Buffer.from(text, "utf8");
export const text = (value: Uint8Array | null): string => (value === null ? "∅" : Buffer.from(value).toString("utf8"));

export function out(topic: string, partition: number, key: string | null, value: string | null): OutRecord {
  return { topic, partition, key: key === null ? null : bytes(key), value: value === null ? null : bytes(value) };
}

/** A member that keeps what it was told, in order. */
export class RecordingMember implements Member {
  readonly log: string[] = [];
  readonly failures: unknown[] = [];
  readonly claims = new Map<number, () => Promise<TaskLog>>();
  assigned(partition: number, claim: () => Promise<TaskLog>): void {
    this.log.push(`+${partition}`);
    this.claims.set(partition, claim);
  }
  async revoked(partition: number): Promise<void> {
    this.log.push(`-${partition}`);
    this.claims.delete(partition);
  }
  failed(error: unknown): void {
    this.failures.push(error);
  }
  claim(partition: number): Promise<TaskLog> {
    return must(this.claims.get(partition), `the claim of partition ${partition}`)();
  }
}
