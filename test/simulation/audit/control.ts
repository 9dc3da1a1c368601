// Control records: what a task's cycle says of itself on its changelog (laws C1, C4), held against the cycle before it.

import { schemaCodec } from "../../../src/log/codec/codec.ts";
import type { LogRecord } from "../../../src/log/event-log.ts";
import type { ControlRecord } from "../../../src/task/cycle/control-record.ts";
import type { Findings } from "./findings.ts";
import type { Inputs } from "./inputs.ts";

const codec = schemaCodec<ControlRecord>("control-record");
const CONTROL = Buffer.from("\0cycle");

export function controlOf(changelog: readonly LogRecord[]): ControlRecord | null {
  const last = changelog.at(-1);
  if (last?.key === null || last?.key === undefined || last.value === null) return null;
  return CONTROL.equals(Buffer.from(last.key)) ? codec.decode(last.value) : null;
}

/** The cycles of one task, one after the other. */
export class CycleOrder {
  readonly #name: string;
  readonly #partition: number;
  readonly #topics: readonly string[];
  readonly #inputs: Inputs;
  readonly #findings: Findings;
  #last: ControlRecord | null = null;

  constructor(
    task: { readonly name: string; readonly partition: number; readonly inputs: readonly string[] },
    inputs: Inputs,
    findings: Findings,
  ) {
    this.#name = task.name;
    this.#partition = task.partition;
    this.#topics = task.inputs;
    this.#inputs = inputs;
    this.#findings = findings;
  }

  get last(): ControlRecord | null {
    return this.#last;
  }

  /** The batch that this cycle has worked on, input after input; null when it is none that could have been. */
  take(control: ControlRecord | null): readonly LogRecord[] | null {
    const place = `${this.#name} cycle ${control?.cycle ?? (this.#last?.cycle ?? 0) + 1}`;
    if (control === null) {
      this.#findings.add("C1", place, "the changelog's last record is no control record");
      return null;
    }
    const before = this.#last;
    this.#last = control;
    if (before === null) this.#findings.demand(control.cycle === 1, "C1", place, () => "the first cycle is not 1");
    else {
      const findings = this.#findings;
      findings.demand(control.cycle === before.cycle + 1, "C1", place, () => `comes after cycle ${before.cycle}`);
      findings.demand(control.lineage === before.lineage, "C1", place, () => `is of another changelog`);
      findings.demand(control.atMs >= before.atMs, "C4", place, () => `at ${control.atMs}, before ${before.atMs}`);
    }
    return this.#topics.flatMap((topic) => {
      const from = before?.positions[topic] ?? 0;
      const to = control.positions[topic] ?? from;
      const sane = to >= from && to <= this.#inputs.end(topic, this.#partition);
      this.#findings.demand(sane, "C1", place, () => `${topic} from ${from} to ${to}, which cannot be`);
      return this.#inputs.between(topic, this.#partition, from, to);
    });
  }

  /** Records that were never read. */
  unread(): number {
    return this.#topics.reduce((sum, topic) => {
      const from = this.#last?.positions[topic] ?? 0;
      return sum + this.#inputs.between(topic, this.#partition, from, Infinity).length;
    }, 0);
  }
}
