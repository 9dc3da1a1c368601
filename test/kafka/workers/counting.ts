// The job that processes on Kafka are tried with: numbers each key's records, and answers each with its number. An
// input that is done twice, or not at all, is seen in the answers.

import { must } from "../../../src/domain/assert.ts";
import { schemaCodec } from "../../../src/log/codec/codec.ts";
import type { EventLog, OutRecord, TaskKind, TopicSpec } from "../../../src/log/event-log.ts";
import type { ControlRecord } from "../../../src/task/cycle/control-record.ts";
import type { Processor } from "../../../src/task/processor.ts";
import { readAll } from "../../log/reading.ts";
import { bytes, out, text } from "../../log/recording-member.ts";

export const PARTITIONS = 6;
export const KEYS = 50;
export const COUNT: TaskKind = { application: "test", kind: "count", inputs: ["numbers"], changelog: "counts" };
export const controlCodec = schemaCodec<ControlRecord>("control-record");

const topic = (name: string, cleanup: TopicSpec["cleanup"] = "delete"): TopicSpec => ({
  name,
  partitions: PARTITIONS,
  cleanup,
  retentionMs: null,
  maxRecordBytes: 10_000,
});
export const TOPICS = [topic("numbers"), topic("counts", "compact"), topic("answers")];

export function counting(): Processor<null> {
  return {
    index: () => null,
    prepare: async () => null,
    process(view, batch, _facts, { partition }) {
      const state = new Map<string, Uint8Array>();
      const records: OutRecord[] = [];
      for (const record of batch) {
        const key = text(record.key);
        const before = state.get(key) ?? view.get(key);
        const count = before === undefined ? 1 : Number(text(before)) + 1;
        state.set(key, bytes(`${count}`));
        records.push(out("answers", partition, key, `${text(record.value)} ${count}`));
      }
      return { state, records };
    },
  };
}

/** `count` numbers from `from` on: number n goes to key n modulo KEYS. */
export function numbers(from: number, count: number): OutRecord[] {
  return Array.from({ length: count }, (_, i) => {
    const n = from + i;
    return { topic: "numbers", key: bytes(`key-${n % KEYS}`), value: bytes(`${n}`) };
  });
}

export interface Audit {
  readonly answers: number;
  readonly missing: readonly number[];
  readonly doubled: readonly number[];
  /** Keys whose numbers or counts do not follow one another. */
  readonly broken: readonly string[];
}

/** What of the numbers 0 … sent−1 was answered; shares nothing with the job but its arithmetic. */
export async function audit(log: EventLog, sent: number): Promise<Audit> {
  const seen = new Map<number, number>();
  const broken = new Set<string>();
  const counts = new Map<string, number>();
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    for (const record of await readAll(log, "answers", partition)) {
      const key = text(record.key);
      const [n = -1, count = -1] = text(record.value).split(" ").map(Number);
      seen.set(n, (seen.get(n) ?? 0) + 1);
      const before = counts.get(key) ?? 0;
      if (count !== before + 1 || n !== Number(key.slice(4)) + KEYS * before) broken.add(key);
      counts.set(key, count);
    }
  }
  const missing = Array.from({ length: sent }, (_, n) => n).filter((n) => !seen.has(n));
  const doubled = [...seen].filter(([, times]) => times > 1).map(([n]) => n);
  return { answers: seen.size, missing, doubled, broken: [...broken] };
}

/** Until all are answered, or nothing has been for `retryDeadlineMs`. */
export async function allAnswered(log: EventLog, sent: number, retryDeadlineMs = 20_000): Promise<Audit> {
  let last = { answers: -1, atMs: performance.now() };
  for (;;) {
    const ends = must(await log.ranges("answers"), "ranges").reduce((sum, { end }) => sum + end, 0);
    const found = ends < sent ? null : await audit(log, sent);
    if (found && found.missing.length === 0) return found;
    const answers = found?.answers ?? ends;
    if (answers !== last.answers) last = { answers, atMs: performance.now() };
    else if (performance.now() - last.atMs > retryDeadlineMs) return await audit(log, sent);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
