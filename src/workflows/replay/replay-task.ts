// Replay task
// Decides a partition's recorded cycles again and compares the result with what was written then, byte for byte. The same
// inputs on the same state must give the same bytes; otherwise something was read that is not on the log.
//
// Invariants:
//   1. A cycle is decided again when its control record follows the one before it. Where compaction has taken control
//      records out, the state is taken from the changelog as it is, and deciding begins again behind the gap.
//   2. Compared are the state's changes and the rows of the output topics, in their order.
//   3. It ends at the first difference: what would follow is decided on another state.

import { codecFor, schemaCodec } from "../../log/codec/codec.ts";
import type { EventLog, LogRecord, TaskKind } from "../../log/event-log.ts";
import { CONTROL_KEY, type ControlRecord } from "../../task/cycle/control-record.ts";
import type { StateChange } from "../../task/store/local-store.ts";
import { memoryStores } from "../../task/store/memory-store.ts";
import type { CycleContext, CycleOutput, Processor } from "../../task/processor.ts";
import { RecordCursor } from "./record-cursor.ts";

export interface ReplayOptions<Facts> {
  readonly log: EventLog;
  readonly kind: TaskKind;
  readonly partition: number;
  readonly processor: Processor<Facts>;
  /** Topics whose partition of this number only this task writes, with rows that say their cycle. */
  readonly outputs: readonly ("decisions" | "settlements")[];
  /** Cycles before this time are taken as they were. */
  readonly fromMs: number;
  readonly onCycle?: (control: ControlRecord) => void;
}

export interface ReplayDifference {
  readonly cycle: number;
  readonly topic: string;
  readonly detail: string;
}

export interface ReplayedTask {
  readonly kind: string;
  readonly partition: number;
  /** Null when no cycle could be decided again. */
  readonly firstCycle: number | null;
  readonly cycles: number;
  readonly inputs: number;
  /** Compared, and the same. */
  readonly rows: number;
  readonly stateRecords: number;
  readonly difference: ReplayDifference | null;
}

const controls = schemaCodec<ControlRecord>("control-record");

export async function replayTask<Facts>(options: ReplayOptions<Facts>): Promise<ReplayedTask> {
  return await new Replay(options).run();
}

class Replay<Facts> {
  readonly #options: ReplayOptions<Facts>;
  readonly #store;
  /** Of the run of cycles that is being decided again; null before it, and after a gap. */
  #inputs: ReadonlyMap<string, RecordCursor> | null = null;
  #outputs: ReadonlyMap<string, RecordCursor> | null = null;
  readonly #done = { firstCycle: null as number | null, cycles: 0, inputs: 0, rows: 0, stateRecords: 0 };

  constructor(options: ReplayOptions<Facts>) {
    this.#options = options;
    this.#store = memoryStores().open(options.partition, (key, value) => options.processor.index(key, value));
  }

  async run(): Promise<ReplayedTask> {
    const { log, kind, partition, fromMs } = this.#options;
    const changelog = new RecordCursor(log, kind.changelog, partition, 0);
    let last: ControlRecord | null = null;
    let changes: StateChange[] = [];
    let difference: ReplayDifference | null = null;
    for (let record = await changelog.take(); record !== null && difference === null; record = await changelog.take()) {
      const key = Buffer.from(record.key ?? []).toString("utf8");
      if (key !== CONTROL_KEY || record.value === null) {
        changes.push([key, record.value]);
        continue;
      }
      const control = controls.decode(record.value);
      if (follows(last, control) && control.atMs >= fromMs && (await this.#canRead(last)))
        difference = await this.#again(last, control, changes);
      else this.#take(control, changes);
      last = control;
      changes = [];
    }
    return { kind: kind.kind, partition, ...this.#done, difference };
  }

  /** As it was recorded. */
  #take(control: ControlRecord, changes: readonly StateChange[]): void {
    this.#inputs = null;
    this.#outputs = null;
    this.#apply(control, changes);
  }

  #apply({ cycle, atMs, lineage }: ControlRecord, changes: Iterable<StateChange>): void {
    this.#store.apply(changes, { changelogEnd: cycle, lineage, cycle, atMs });
  }

  /** False when retention has taken inputs that the next cycle read. */
  async #canRead(last: ControlRecord | null): Promise<boolean> {
    if (this.#inputs !== null) return true;
    const { log, kind, partition } = this.#options;
    for (const topic of kind.inputs) {
      const range = (await log.ranges(topic)).find((each) => each.partition === partition);
      if (range !== undefined && range.start > (last?.positions[topic] ?? 0) && range.start > 0) return false;
    }
    return true;
  }

  /** A cycle is its control record (number, time, positions) with the inputs up to those positions. */
  async #again(
    last: ControlRecord | null,
    control: ControlRecord,
    recorded: readonly StateChange[],
  ): Promise<ReplayDifference | null> {
    const { processor, partition, onCycle } = this.#options;
    const inputs = (this.#inputs ??= this.#inputsFrom(last));
    this.#outputs ??= await this.#outputsFrom(control.cycle);
    const batch: LogRecord[] = [];
    for (const [topic, cursor] of inputs) batch.push(...(await upTo(cursor, control.positions[topic] ?? 0)));
    const context: CycleContext = { partition, cycle: control.cycle, nowMs: control.atMs };
    const facts = await processor.prepare(this.#store, batch, context);
    const effects = processor.process(this.#store, batch, facts, context);
    const difference =
      (await this.#rowDifference(effects, control)) ?? this.#stateDifference(effects, control, recorded);
    if (difference !== null) return difference;
    this.#apply(control, effects.state);
    this.#done.firstCycle ??= control.cycle;
    this.#done.cycles += 1;
    this.#done.inputs += batch.length;
    onCycle?.(control);
    return null;
  }

  #inputsFrom(last: ControlRecord | null): ReadonlyMap<string, RecordCursor> {
    const { log, kind, partition } = this.#options;
    return new Map(
      kind.inputs.map((topic) => [topic, new RecordCursor(log, topic, partition, last?.positions[topic] ?? 0)]),
    );
  }

  async #outputsFrom(cycle: number): Promise<ReadonlyMap<string, RecordCursor>> {
    const { log, partition, outputs } = this.#options;
    const cursors = new Map<string, RecordCursor>();
    for (const topic of outputs) {
      const cursor = new RecordCursor(log, topic, partition, 0);
      const codec = codecFor(topic);
      for (let row = await cursor.peek(); row !== null; row = await cursor.peek()) {
        if (row.value !== null && codec.decode(row.value).cycle >= cycle) break;
        await cursor.take();
      }
      cursors.set(topic, cursor);
    }
    return cursors;
  }

  async #rowDifference(effects: CycleOutput, { cycle }: ControlRecord): Promise<ReplayDifference | null> {
    for (const { topic, value } of effects.records) {
      const cursor = this.#outputs?.get(topic);
      if (cursor === undefined) continue;
      const recorded = await cursor.take();
      if (!isSame(recorded?.value ?? null, value)) {
        const where = recorded === null ? "there is no such row" : `the row at ${recorded.offset} is another`;
        return { cycle, topic, detail: `${where}${namesOf(topic, value)}` };
      }
      this.#done.rows += 1;
    }
    return null;
  }

  #stateDifference(
    effects: CycleOutput,
    { cycle }: ControlRecord,
    recorded: readonly StateChange[],
  ): ReplayDifference | null {
    const topic = this.#options.kind.changelog;
    const changes = [...effects.state];
    for (const [index, [key, value]] of changes.entries()) {
      const was = recorded[index];
      if (was === undefined || was[0] !== key || !isSame(was[1], value))
        return { cycle, topic, detail: `${JSON.stringify(key)} becomes another than was recorded` };
    }
    if (recorded.length > changes.length)
      return { cycle, topic, detail: `${JSON.stringify(recorded[changes.length]?.[0])} does not change` };
    this.#done.stateRecords += changes.length;
    return null;
  }
}

function follows(last: ControlRecord | null, control: ControlRecord): boolean {
  if (last === null) return control.cycle === 1;
  return control.cycle === last.cycle + 1 && control.lineage === last.lineage;
}

async function upTo(cursor: RecordCursor, position: number): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for (let next = await cursor.peek(); next !== null && next.offset < position; next = await cursor.peek()) {
    records.push(next);
    await cursor.take();
  }
  return records;
}

function isSame(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : Buffer.compare(a, b) === 0;
}

function namesOf(topic: string, value: Uint8Array | null): string {
  if (value === null || (topic !== "decisions" && topic !== "settlements")) return "";
  const { decisionId } = codecFor(topic).decode(value);
  return ` than ${decisionId} decided again`;
}
