// Tools for laws-off.ts: processors that see another state, read other records or write others than the real one does;
// methods and task logs that do something else.

import { codecFor, decodedOrNull, schemaCodec, type TopicValues } from "../../../src/log/codec/codec.ts";
import type { LogRecord, OutRecord, TaskLog } from "../../../src/log/event-log.ts";
import type { StateRecord } from "../../../src/serve/state/state.ts";
import type { LocalStore } from "../../../src/task/store/local-store.ts";
import type { Processor, StateView } from "../../../src/task/processor.ts";
import type { TreasuryState } from "../../../src/treasury/state/state.ts";
import type { Law } from "../audit/findings.ts";
import type { Seams } from "../machine/machine.ts";

/** A law that is switched off. */
export interface LawOff {
  readonly law: string;
  /** What the system does wrong. */
  readonly fault: string;
  /** Findings that name it. */
  readonly caughtAs: readonly Law[];
  readonly seams?: () => Seams;
  /** Answers how to put it back. */
  readonly patch?: () => () => void;
}

type Wrap = <Facts>(processor: Processor<Facts>) => Processor<Facts>;

type Entries = {
  [K in StateRecord["kind"]]: Extract<StateRecord, { readonly kind: K }>;
} & {
  [K in TreasuryState["entry"]["kind"]]: Extract<TreasuryState["entry"], { readonly kind: K }>;
};

const serveState = schemaCodec<StateRecord>("state");
const treasuryState = schemaCodec<TreasuryState>("treasury-state");

/** State records of a kind as `change` makes them, whenever they are read. */
export function withView<K extends keyof Entries>(kind: K, change: (entry: Entries[K]) => Entries[K]): Wrap {
  return (processor) => {
    const seen = (view: StateView): StateView => ({
      due: (upTo, limit) => view.due(upTo, limit),
      get(key) {
        const bytes = view.get(key);
        return bytes === undefined ? undefined : changed(bytes, kind, change);
      },
    });
    return {
      prepare: (view, batch, context) => processor.prepare(seen(view), batch, context),
      process: (view, batch, facts, context) => processor.process(seen(view), batch, facts, context),
      index: (key, value) => processor.index(key, value),
    };
  };
}

function changed<K extends keyof Entries>(
  bytes: Uint8Array,
  kind: K,
  change: (entry: Entries[K]) => Entries[K],
): Uint8Array {
  if (kind === "campaign_book") {
    const { entry } = treasuryState.decode(bytes);
    if (entry.kind !== kind) return bytes;
    return treasuryState.encode({ entry: change(entry as Entries[K]) as TreasuryState["entry"] });
  }
  const record = serveState.decode(bytes);
  return record.kind === kind ? serveState.encode(change(record as Entries[K]) as StateRecord) : bytes;
}

/** The batch as `change` makes it. */
export function withBatch(change: (batch: readonly LogRecord[]) => readonly LogRecord[]): Wrap {
  return (processor) => ({
    prepare: (view, batch, context) => processor.prepare(view, change(batch), context),
    process: (view, batch, facts, context) => processor.process(view, change(batch), facts, context),
    index: (key, value) => processor.index(key, value),
  });
}

/** The record with its value changed, when it is one of that topic and can be read. */
export function encoded<N extends keyof TopicValues>(
  topic: N,
  record: LogRecord,
  change: (value: TopicValues[N]) => TopicValues[N],
): LogRecord {
  if (record.topic !== topic || record.value === null) return record;
  try {
    return { ...record, value: codecFor(topic).encode(change(codecFor(topic).decode(record.value))) };
  } catch {
    return record;
  }
}

/** Of a control record; null where it cannot be read. */
export function campaignOf({ topic, value }: LogRecord): string | null {
  const isControl = topic === "budget-pacing" || topic === "releases" || topic === "shard-reports";
  return isControl && value !== null
    ? (decodedOrNull<{ campaign: string }>(codecFor(topic), value)?.campaign ?? null)
    : null;
}

/** Records of a topic as `change` makes them when they are written; null leaves one out. */
export function withEffects<N extends keyof TopicValues>(
  topic: N,
  change: (value: TopicValues[N]) => TopicValues[N] | null,
): Wrap {
  const rewritten = (record: OutRecord): OutRecord[] => {
    if (record.topic !== topic || record.value === null) return [record];
    const value = change(codecFor(topic).decode(record.value));
    return value === null ? [] : [{ ...record, value: codecFor(topic).encode(value) }];
  };
  return (processor) => ({
    ...processor,
    process(view, batch, facts, context) {
      const effects = processor.process(view, batch, facts, context);
      return { ...effects, records: effects.records.flatMap(rewritten) };
    },
  });
}

/** Nothing is ever due. */
export function blind<Facts>(processor: Processor<Facts>): Processor<Facts>["process"] {
  return (view, batch, facts, context) =>
    processor.process({ get: (key) => view.get(key), due: () => [] }, batch, facts, context);
}

export function writtenBefore<Facts>(processor: Processor<Facts>): Processor<Facts>["process"] {
  return (view, batch, facts, context) => {
    const effects = processor.process(view, batch, facts, context);
    // The view is the local store itself.
    const store = view as LocalStore;
    store.apply(effects.state, store.stamp() ?? { changelogEnd: 0, lineage: "", cycle: 0, atMs: 0 });
    return effects;
  };
}

export function withSwappedRows<Facts>(processor: Processor<Facts>): Processor<Facts> {
  return {
    ...processor,
    process(view, batch, facts, context) {
      const effects = processor.process(view, batch, facts, context);
      const rows = effects.records.filter(({ topic }) => topic === "settlements");
      const [first, second] = rows;
      if (first === undefined || second === undefined) return effects;
      const swap = new Map([
        [first, second],
        [second, first],
      ]);
      return { ...effects, records: effects.records.map((record) => swap.get(record) ?? record) };
    },
  };
}

export function withCommit(
  task: TaskLog,
  failed: (error: unknown, records: Parameters<TaskLog["commit"]>[0]) => Promise<never> | never,
): TaskLog {
  return {
    ...task,
    async commit(records, positions) {
      try {
        return await task.commit(records, positions);
      } catch (error) {
        return await failed(error, records);
      }
    },
  };
}

type Method = (...args: never[]) => unknown;

/** Replaces a method by what `make` makes of it, bound to each object that it is called on. */
export function patched<T extends object, K extends keyof T>(
  prototype: T,
  name: K,
  make: (original: T[K] & Method, self: T) => T[K] & Method,
): () => void {
  const original = prototype[name] as T[K] & Method;
  prototype[name] = function (this: T, ...args: never[]) {
    return make(original.bind(this) as T[K] & Method, this)(...args);
  } as T[K] & Method;
  return () => {
    prototype[name] = original;
  };
}
