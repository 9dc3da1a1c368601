// Model
// Any sequence of sends, claims, commits by owners and zombies, reads, polls and maintenance, held against the simplest
// thing that could be meant: an array for each partition.

import fc from "fast-check";
import { expect, it } from "vitest";
import { must } from "../../src/domain/assert.ts";
import { Fenced, type EventLog, type OutRecord, type TaskLog } from "../../src/log/event-log.ts";
import { readAll } from "./reading.ts";
import { SPECS, type Adapter, type LogFixture } from "./fixture.ts";
import { KIND, out, text, RecordingMember } from "./recording-member.ts";

type Op =
  | { readonly op: "send"; readonly keys: readonly number[] }
  | { readonly op: "commit"; readonly keys: readonly number[]; readonly task: number }
  | { readonly op: "claim" }
  | { readonly op: "poll"; readonly most: number }
  | { readonly op: "seek"; readonly to: number }
  | { readonly op: "read"; readonly from: number; readonly most: number }
  | { readonly op: "restore"; readonly from: number }
  | { readonly op: "maintain" };

const keys = fc.array(fc.nat(4), { maxLength: 6 });
const ops: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ op: fc.constant("send" as const), keys }),
  fc.record({ op: fc.constant("commit" as const), keys, task: fc.nat(3) }),
  fc.record({ op: fc.constant("claim" as const) }),
  fc.record({ op: fc.constant("poll" as const), most: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ op: fc.constant("seek" as const), to: fc.nat(12) }),
  fc.record({ op: fc.constant("read" as const), from: fc.nat(12), most: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ op: fc.constant("restore" as const), from: fc.nat(12) }),
  fc.record({ op: fc.constant("maintain" as const) }),
);

interface Entry {
  readonly offset: number;
  readonly key: string;
  readonly value: string;
}

/** One run: the log, and what must be true of it. */
class Run {
  readonly #fixture: LogFixture;
  readonly #log: EventLog;
  readonly #told = new RecordingMember();
  readonly #tasks: TaskLog[] = [];
  readonly #events: Entry[] = [];
  readonly #changes: Entry[] = [];
  #polled = 0;
  #values = 0;

  constructor(fixture: LogFixture, log: EventLog) {
    this.#fixture = fixture;
    this.#log = log;
  }

  async start(): Promise<void> {
    await this.#log.ensureTopics(SPECS);
    await this.#log.join(KIND, this.#told);
    await this.#claim();
  }

  async do(op: Op): Promise<void> {
    switch (op.op) {
      case "send":
        await this.#log.send(this.#records("events", op.keys));
        return this.#note("events", this.#events);
      case "commit":
        return this.#commit(op.keys, this.#tasks.length - 1 - op.task);
      case "claim":
        return this.#claim();
      case "poll":
        return this.#poll(op.most);
      case "seek":
        // Beyond the end no position can have been reached: adapters may refuse it.
        this.#polled = Math.min(op.to, (this.#events.at(-1)?.offset ?? -1) + 1);
        return this.#owner().seek({ events: this.#polled });
      case "read":
        return this.#read(op.from, op.most);
      case "restore":
        return this.#restore(op.from);
      case "maintain":
        return this.#fixture.maintain(Date.now());
    }
  }

  #owner(): TaskLog {
    return must(this.#tasks.at(-1), "an owner");
  }

  #records(topic: string, of: readonly number[]): OutRecord[] {
    return of.map((key) => {
      this.#values += 1;
      return out(topic, 0, `k${key}`, `${this.#values}`);
    });
  }

  /** What was appended, as it is found at the end of the topic: in order, above all offsets before. */
  async #note(topic: string, into: Entry[]): Promise<void> {
    const last = into.at(-1)?.offset ?? -1;
    for (const record of await readAll(this.#log, topic, 0, last + 1)) {
      expect(record.offset).toBeGreaterThan(into.at(-1)?.offset ?? -1);
      into.push({ offset: record.offset, key: text(record.key), value: text(record.value) });
    }
    const expected = Array.from({ length: into.length }, (_, i) => must(into[i], "entry").value);
    expect(expected.map(Number)).toEqual(expected.map(Number).toSorted((a, b) => a - b));
  }

  async #claim(): Promise<void> {
    const task = await this.#told.claim(0);
    this.#tasks.push(task);
    this.#polled = 0;
    await task.seek({});
  }

  async #commit(of: readonly number[], index: number): Promise<void> {
    const task = this.#tasks[Math.max(index, 0)];
    const commit = must(task, "task").commit([...this.#records("events", of), ...this.#records("changes", of)], {});
    if (task === this.#owner()) await commit;
    else await expect(commit).rejects.toThrow(Fenced);
    const before = this.#changes.length;
    await this.#note("events", this.#events);
    await this.#note("changes", this.#changes);
    expect(this.#changes.length - before).toBe(task === this.#owner() ? of.length : 0);
  }

  async #poll(most: number): Promise<void> {
    const batch = await this.#owner().poll({ maxRecords: most, maxWaitMs: 0 });
    const due = this.#events.filter((entry) => entry.offset >= this.#polled).slice(0, most);
    expect(batch.map((record) => record.offset)).toEqual(due.map((entry) => entry.offset));
    this.#polled = (batch.at(-1)?.offset ?? this.#polled - 1) + 1;
  }

  async #read(from: number, most: number): Promise<void> {
    const found: Entry[] = [];
    for await (const batch of this.#log.read("events", 0, from, { maxRecords: most })) {
      expect(batch.length).toBeLessThanOrEqual(most);
      for (const record of batch)
        found.push({ offset: record.offset, key: text(record.key), value: text(record.value) });
    }
    expect(found).toEqual(this.#events.filter((entry) => entry.offset >= from));
  }

  /** Of the compacted topic: the last of each key, and of the others only such as were written. */
  async #restore(from: number): Promise<void> {
    const found: Entry[] = [];
    for await (const batch of this.#owner().restore(from))
      for (const record of batch)
        found.push({ offset: record.offset, key: text(record.key), value: text(record.value) });
    const after = this.#changes.filter((entry) => entry.offset >= from);
    const lasts = after.filter((entry) => this.#changes.findLast((other) => other.key === entry.key) === entry);
    expect(found.filter((entry) => lasts.some((last) => last.offset === entry.offset))).toEqual(lasts);
    for (const entry of found) expect(after).toContainEqual(entry);
  }
}

export function model(adapter: Adapter, runs: number): void {
  it("does what the model says, in any order of sends, claims, commits, reads and maintenance", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(ops, { minLength: 1, maxLength: 40 }), async (sequence) => {
        const fixture = await adapter.open();
        try {
          const run = new Run(fixture, await fixture.connect());
          await run.start();
          for (const op of sequence) await run.do(op);
        } finally {
          await fixture.close();
        }
      }),
      { numRuns: runs },
    );
  }, 60_000);
}
