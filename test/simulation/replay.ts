// Replay: each task's cycles once more, from nothing, without a crash: the same batches at the same times must give the same
// bytes. What a day with crashes has written is so shown to be what a day without any would have written. (The processors
// are the system's own: this holds recovery to account, not the rules; those are the auditor's.)

import type { Decision } from "../../src/domain/decision/decision.ts";
import { codecFor } from "../../src/log/codec/codec.ts";
import type { LogRecord, OutRecord } from "../../src/log/event-log.ts";
import { partitionOf, type Placement } from "../../src/log/partitioner.ts";
import { serveKind, treasuryKind } from "../../src/log/topics.ts";
import { createReleaseCache } from "../../src/serve/classify/release-cache.ts";
import { createServeProcessor } from "../../src/serve/processor.ts";
import type { LocalStore } from "../../src/task/store/local-store.ts";
import { memoryStores } from "../../src/task/store/memory-store.ts";
import type { Processor } from "../../src/task/processor.ts";
import { createTreasuryProcessor } from "../../src/treasury/processor.ts";
import { controlOf, CycleOrder } from "./audit/control.ts";
import { Findings } from "./audit/findings.ts";
import { Inputs } from "./audit/inputs.ts";
import type { PlayedDay } from "./played-day.ts";
import type { Transaction } from "./history.ts";
import { APPLICATION, type Seams } from "./machine/machine.ts";
import { placementsOf, secretOf } from "./setting.ts";
import { loadThresholds } from "./release.ts";

export async function replay(day: PlayedDay, seams: Seams, findings: Findings): Promise<void> {
  const { users, control } = day.setting.partitions;
  const placement = placementsOf(day.setting);
  const inputs = new Inputs();
  const releaseCache = createReleaseCache({ log: day.log, codec: codecFor("releases"), load: loadThresholds });
  const nowMs = (): number => 0;
  const serves = Array.from({ length: users }, (_, partition) => {
    const processor = createServeProcessor({ releaseCache, placement: placement.users, features: null });
    const seamed = seams.serve?.(processor, { partition, nowMs, placement: placement.users }) ?? processor;
    return new Task(serveKind(APPLICATION), partition, seamed, inputs, placement.control, findings);
  });
  const treasuries = Array.from({ length: control }, (_, partition) => {
    const processor = createTreasuryProcessor({ shards: users, placement: placement.control, newSecret: secretOf });
    const seamed = seams.treasury?.(processor, { partition, nowMs, placement: placement.control }) ?? processor;
    return new Task(treasuryKind(APPLICATION), partition, seamed, inputs, placement.control, findings);
  });
  await inputs.follow(day, async (transaction, own) => {
    const tasks = own.topic === "state" ? serves : treasuries;
    await tasks[own.partition]?.cycle(transaction);
  });
}

class Task<Facts> {
  readonly #kind: ReturnType<typeof serveKind>;
  readonly #partition: number;
  readonly #processor: Processor<Facts>;
  readonly #store: LocalStore;
  readonly #order: CycleOrder;
  readonly #control: Placement;
  readonly #findings: Findings;
  #lost = false;

  constructor(
    kind: ReturnType<typeof serveKind>,
    partition: number,
    processor: Processor<Facts>,
    inputs: Inputs,
    control: Placement,
    findings: Findings,
  ) {
    this.#kind = kind;
    this.#partition = partition;
    this.#processor = processor;
    this.#store = memoryStores().open(partition, (key, value) => processor.index(key, value));
    // What is wrong with the order is the auditor's to say.
    this.#order = new CycleOrder({ name: kind.kind, partition, inputs: kind.inputs }, inputs, new Findings());
    this.#control = control;
    this.#findings = findings;
  }

  async cycle({ records, number }: Transaction): Promise<void> {
    const changelog = records.filter(({ topic }) => topic === this.#kind.changelog);
    const control = controlOf(changelog);
    const batch = this.#order.take(control);
    if (control === null || batch === null || this.#lost) return;
    const context = { partition: this.#partition, cycle: control.cycle, nowMs: control.atMs };
    const facts = await this.#processor.prepare(this.#store, batch, context);
    const effects = this.#processor.process(this.#store, batch, facts, context);
    const states = [...effects.state].map(([key, value]) => ({
      topic: this.#kind.changelog,
      partition: this.#partition,
      key: Buffer.from(key),
      value,
    }));
    const written = records.filter((record) => record !== changelog.at(-1));
    const difference = this.#difference([...effects.records, ...states], written);
    if (difference !== null) {
      this.#lost = true;
      this.#findings.add("replay", `${this.#kind.kind} ${this.#partition} cycle ${control.cycle}`, difference);
    }
    const { lineage, cycle, atMs } = control;
    this.#store.apply(effects.state, { changelogEnd: number, lineage, cycle, atMs });
  }

  /** The first thing that came out differently. */
  #difference(again: readonly OutRecord[], written: readonly LogRecord[]): string | null {
    const wanted = byPlace(again, (record) => record.partition ?? partitionOf(keyOf(record), this.#control));
    const found = byPlace(written, (record) => record.partition);
    for (const place of new Set([...wanted.keys(), ...found.keys()])) {
      const [ours, theirs] = [wanted.get(place) ?? [], found.get(place) ?? []];
      if (ours.length !== theirs.length) return `${place}: ${theirs.length} records, ${ours.length} without a crash`;
      const at = ours.findIndex((record, index) => !isSame(record, theirs[index]));
      if (at >= 0) return `${place}: record ${at} differs${told(theirs[at])}`;
    }
    return null;
  }
}

function byPlace<R extends { readonly topic: string }>(
  records: readonly R[],
  partition: (record: R) => number,
): Map<string, R[]> {
  const places = new Map<string, R[]>();
  for (const record of records) {
    const place = `${record.topic}/${partition(record)}`;
    const list = places.get(place);
    if (list === undefined) places.set(place, [record]);
    else list.push(record);
  }
  return places;
}

function isSame(a: Pick<OutRecord, "key" | "value">, b: Pick<OutRecord, "key" | "value"> | undefined): boolean {
  return b !== undefined && isEqual(a.key, b.key) && isEqual(a.value, b.value);
}

function isEqual(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : Buffer.compare(a, b) === 0;
}

function keyOf(record: Pick<OutRecord, "key">): Buffer {
  return Buffer.from(record.key ?? []);
}

function told(record: Pick<LogRecord, "topic" | "value" | "key"> | undefined): string {
  if (record?.topic !== "decisions" || record.value === null)
    return ` (key ${JSON.stringify(keyOf(record ?? { key: null }).toString())})`;
  const decision: Decision = codecFor("decisions").decode(record.value);
  return `: ${decision.decisionId}, ${decision.reason}`;
}
