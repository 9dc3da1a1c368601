// Cycle
// One round of a task: poll → prepare → process → commit → apply. This file keeps their order, and commits everything in one
// transaction. What the records mean is the processor's; what becomes of an error is the task's (verdicts.ts).
//
// Invariants: the laws of docs/ARCHITECTURE.md, enforced in test/task.
//   C1. The changelog is the truth. Each cycle writes its control record (cycle, time, positions) in its transaction.
//   C2. claim → restore → seek → cycles, in this order (task.ts).
//   C3. The local store is written after the commit, with the changelog's offset: behind is fine, ahead never.
//   C4. The time is read once, after the poll, and never runs backward; one commit in flight.
//   C5. Every error gets a verdict from one total table (verdicts.ts); nothing is caught here.
//   C6. A record that cannot be used is the processor's to dead-letter, in the same transaction as all else.
//   C7. What was done is done once: records, state and positions are one transaction.
//   C8. A task that has been given up neither commits nor writes the local store any more: it may be another's (`assertHeld`).

import { assert } from "../../domain/assert.ts";
import {
  RecordTooLarge,
  type LogRecord,
  type OutRecord,
  type Positions,
  type TaskKind,
  type TaskLog,
  type TopicSpec,
} from "../../log/event-log.ts";
import { CONTROL_KEY, CONTROL_PREFIX, type ControlCodec, type ControlRecord } from "./control-record.ts";
import { checkEffects, findPoisonRecord, PoisonRecord } from "./poison-record.ts";
import type { LocalStore } from "../store/local-store.ts";
import type { CycleObserver } from "../observer.ts";
import { verdictOf } from "./verdicts.ts";
import type { CycleCounts, CycleContext, CycleOutput, Processor } from "../processor.ts";

const NOTHING: CycleCounts = new Map();

export interface CycleParts<Facts> {
  readonly kind: TaskKind;
  readonly log: TaskLog;
  readonly store: LocalStore;
  readonly processor: Processor<Facts>;
  readonly codec: ControlCodec;
  readonly nowMs: () => number;
  /** Throws when the partition has been given up meanwhile. */
  readonly assertHeld: () => void;
  readonly observer: CycleObserver;
  /** Asked when a record was larger than its topic takes. */
  readonly topicSpecs: () => Promise<readonly TopicSpec[]>;
}

export interface CycleLimits {
  readonly maxRecords: number;
  /** How long a poll waits for a first record; so often a quiet task's timer cycle comes. */
  readonly maxWaitMs: number;
}

export interface CycleResult {
  /** The last control record on the changelog. */
  readonly control: ControlRecord;
  readonly inputs: number;
  /** False when there was nothing to do: then nothing was written, and the cycle's number is used again. */
  readonly committed: boolean;
  /** From after the poll to the end. */
  readonly tookMs: number;
  /** Of what was polled only those before a record that cannot be passed were taken: the rest is to be polled again. */
  readonly cut: boolean;
}

export async function runCycle<Facts>(
  parts: CycleParts<Facts>,
  last: ControlRecord,
  limits: CycleLimits,
): Promise<CycleResult> {
  const { log } = parts;
  const batch = await log.poll(limits);
  holdAtNewer(batch);
  const context: CycleContext = {
    partition: log.partition,
    cycle: last.cycle + 1,
    nowMs: Math.max(parts.nowMs(), last.atMs),
  };
  try {
    return await take(parts, last, batch, context);
  } catch (error) {
    if (verdictOf(error) !== "fatal") throw error;
    const at = await poisonIndex(parts, batch, context, error);
    const poison = batch[at];
    if (poison === undefined) throw error;
    if (at === 0) throw new PoisonRecord(parts.kind.kind, poison, error);
    return { ...(await take(parts, last, batch.slice(0, at), context)), cut: true };
  }
}

/** What a newer version wrote is nobody's to guess: neither it nor what came with it is taken. */
export function holdAtNewer(batch: readonly LogRecord[]): void {
  for (const { newer } of batch) if (newer !== undefined) throw newer;
}

async function poisonIndex<Facts>(
  { processor, store, kind, topicSpecs }: CycleParts<Facts>,
  batch: readonly LogRecord[],
  context: CycleContext,
  error: unknown,
): Promise<number> {
  const specs = error instanceof RecordTooLarge ? await topicSpecs() : null;
  return await findPoisonRecord(batch, async (records) => {
    const facts = await processor.prepare(store, records, context);
    const effects = processor.process(store, records, facts, context);
    if (specs !== null) checkEffects(effects, kind.changelog, specs);
  });
}

async function take<Facts>(
  parts: CycleParts<Facts>,
  last: ControlRecord,
  batch: readonly LogRecord[],
  context: CycleContext,
): Promise<CycleResult> {
  const { log, store, processor, observer } = parts;
  const startedAt = observer.elapsedMs();
  const facts = await processor.prepare(store, batch, context);
  const preparedAt = observer.elapsedMs();
  const effects = processor.process(store, batch, facts, context);
  const processedAt = observer.elapsedMs();
  if (batch.length === 0 && effects.state.size === 0 && effects.records.length === 0)
    return { control: last, inputs: 0, committed: false, tookMs: processedAt - startedAt, cut: false };

  const control: ControlRecord = {
    lineage: last.lineage,
    cycle: context.cycle,
    atMs: context.nowMs,
    positions: advanced(last.positions, batch),
  };
  const records = transaction(parts, effects, control);
  parts.assertHeld();
  const committed = await log.commit(records, control.positions);
  parts.assertHeld();
  const committedAt = observer.elapsedMs();
  store.apply(effects.state, { ...stampOf(control), changelogEnd: committed.changelogEnd });
  const appliedAt = observer.elapsedMs();
  observer.cycle({
    kind: parts.kind.kind,
    partition: context.partition,
    cycle: context.cycle,
    nowMs: context.nowMs,
    inputs: batch.length,
    outputs: effects.records.length,
    stateChanges: effects.state.size,
    counts: effects.counts ?? NOTHING,
    notes: effects.notes ?? [],
    prepareMs: preparedAt - startedAt,
    processMs: processedAt - preparedAt,
    commitMs: committedAt - processedAt,
    applyMs: appliedAt - committedAt,
  });
  return { control, inputs: batch.length, committed: true, tookMs: appliedAt - startedAt, cut: false };
}

/** What a local store keeps of a control record. */
export function stampOf(control: ControlRecord): { lineage: string; cycle: number; atMs: number } {
  return { lineage: control.lineage, cycle: control.cycle, atMs: control.atMs };
}

/** The processor's records, then its state, then the control record: a changelog's last record says how far it is. */
function transaction<Facts>(parts: CycleParts<Facts>, effects: CycleOutput, control: ControlRecord): OutRecord[] {
  const topic = parts.kind.changelog;
  const partition = parts.log.partition;
  const records: OutRecord[] = [...effects.records];
  for (const [key, value] of effects.state) {
    assert(!key.startsWith(CONTROL_PREFIX), `state key ${JSON.stringify(key)} begins with NUL, which is the cycle's`);
    records.push({ topic, partition, key: Buffer.from(key), value });
  }
  records.push({ topic, partition, key: Buffer.from(CONTROL_KEY), value: parts.codec.encode(control) });
  return records;
}

function advanced(positions: Positions, batch: readonly LogRecord[]): Positions {
  const next = new Map(Object.entries(positions));
  for (const { topic, offset } of batch) {
    const before = next.get(topic) ?? 0;
    assert(offset >= before, `${topic}: polled offset ${offset} again, ${before} is next`);
    next.set(topic, offset + 1);
  }
  return Object.fromEntries(next);
}
