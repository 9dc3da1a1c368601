// The processor of three lines that the task's machinery is tried with: counts each key's records, says so on `out`,
// and forgets a key a second after its last record.

import { firstControl, type ControlCodec, type ControlRecord } from "../../src/task/cycle/control-record.ts";
import { schemaCodec } from "../../src/log/codec/codec.ts";
import type { EventLog, LogRecord, TaskKind, TopicSpec } from "../../src/log/event-log.ts";
import type { LocalStore, OpenStore, Stamp, StateChange } from "../../src/task/store/local-store.ts";
import { memoryStores } from "../../src/task/store/memory-store.ts";
import type { Processor } from "../../src/task/processor.ts";
import { joinRunner, type Runner, type RunnerOptions } from "../../src/task/runner.ts";

export const PARTITIONS = 2;
export const kind: TaskKind = { application: "test", kind: "count", inputs: ["first", "second"], changelog: "counts" };
const topic = (name: string, cleanup: "delete" | "compact" = "delete"): TopicSpec => ({
  name,
  partitions: PARTITIONS,
  cleanup,
  retentionMs: null,
  maxRecordBytes: 1000,
});
export const topics = [topic("first"), topic("second"), topic("counts", "compact"), topic("out")];
export const controlCodec: ControlCodec = schemaCodec<ControlRecord>("control-record");

export const text = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString();

export function counting(wait: () => Promise<void> = () => Promise.resolve()): Processor<null> {
  const index = (_key: string, value: Uint8Array): number => Number(text(value).split("@")[1]) + 1_000;
  return {
    index,
    async prepare() {
      await wait();
      return null;
    },
    process(view, batch, _facts, { nowMs, partition }) {
      const state = new Map<string, Uint8Array | null>();
      const records = batch.map((record) => {
        const key = text(record.key);
        const before = state.get(key) ?? view.get(key);
        const count = Number((text(before) || "0@0").split("@")[0]) + 1;
        state.set(key, Buffer.from(`${count}@${nowMs}`));
        return out(partition, `${record.topic} ${key} ${count}`);
      });
      for (const key of view.due(nowMs, 100)) {
        if (state.has(key)) continue;
        state.set(key, null);
        records.push(out(partition, `forgotten ${key}`));
      }
      return { state, records };
    },
  };
}

function out(partition: number, value: string): { topic: string; partition: number; key: null; value: Buffer } {
  return { topic: "out", partition, key: null, value: Buffer.from(value) };
}

export async function readAll(log: EventLog, name: string, partition: number): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  for await (const batch of log.read(name, partition, 0)) all.push(...batch);
  return all;
}

export async function outputs(log: EventLog): Promise<string[][]> {
  const lists: string[][] = [];
  for (let partition = 0; partition < PARTITIONS; partition += 1)
    lists.push((await readAll(log, "out", partition)).map((record) => text(record.value)));
  return lists;
}

export async function lastControl(log: EventLog, partition: number): Promise<ControlRecord> {
  const records = (await readAll(log, "counts", partition)).filter((record) => text(record.key) === "\0cycle");
  const last = records.at(-1);
  return last?.value ? controlCodec.decode(last.value) : firstControl("none");
}

export function sendKeys(log: EventLog, name: string, keys: readonly string[]): Promise<void> {
  return log.send(
    keys.map((key) => ({
      topic: name,
      partition: key.charCodeAt(0) % PARTITIONS,
      key: Buffer.from(key),
      value: Buffer.from("1"),
    })),
  );
}

let lineages = 0;
export function join(log: EventLog, options: Partial<RunnerOptions<null>> = {}): Promise<Runner<null>> {
  return joinRunner({
    log,
    kind,
    processor: () => counting(),
    openStore: memoryStores().open,
    codec: controlCodec,
    clock: { nowMs: () => 0, sleep: () => Promise.resolve() },
    newLineage: () => `log-${(lineages += 1)}`,
    maxRecords: 3,
    idleMs: 5,
    drainMs: 1_000,
    ...options,
  });
}

/** Stores that are one write behind whenever they are opened, as after a power cut. */
export function laggingStores(): OpenStore {
  const written = new Map<number, [StateChange[], Stamp][]>();
  return (partition, index) => {
    const history = written.get(partition) ?? [];
    written.set(partition, history);
    history.pop();
    const store = memoryStores().open(partition, index);
    for (const [changes, stamp] of history) store.apply(changes, stamp);
    const lagging: LocalStore = {
      get: (key) => store.get(key),
      due: (upTo, limit) => store.due(upTo, limit),
      stamp: () => store.stamp(),
      apply(changes, stamp) {
        const list = [...changes];
        store.apply(list, stamp);
        history.push([list, stamp]);
      },
      wipe() {
        store.wipe();
        history.length = 0;
      },
      close: () => store.close(),
    };
    return lagging;
  };
}
