// Conformance
// The EventLog's contract (E1–E5 of src/log/event-log.ts), for every adapter.

import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../src/domain/assert.ts";
import {
  AlreadyRunning,
  Fenced,
  RecordTooLarge,
  TopicMismatch,
  UnknownTopic,
  type EventLog,
  type LogRecord,
  type Membership,
  type TaskLog,
} from "../../src/log/event-log.ts";
import { MAX_HEADER_BYTES, MAX_HEADERS, MAX_KEY_BYTES } from "../../src/log/bounds.ts";
import { partitionOf } from "../../src/log/partitioner.ts";
import { bytes, KIND, out, text, RecordingMember } from "./recording-member.ts";
import { SPECS, type Adapter, type LogFixture } from "./fixture.ts";

export async function readAll(log: EventLog, topic: string, partition: number, from = 0): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  for await (const batch of log.read(topic, partition, from)) all.push(...batch);
  return all;
}

export async function values(log: EventLog, topic: string, partition: number, from = 0): Promise<string[]> {
  return (await readAll(log, topic, partition, from)).map((record) => text(record.value));
}

async function restored(task: TaskLog, from = 0): Promise<string[]> {
  const found: string[] = [];
  for await (const batch of task.restore(from)) found.push(...batch.map((record) => text(record.value)));
  return found;
}

const NOTHING = { maxRecords: 100, maxWaitMs: 0 };

export function conformance(adapter: Adapter): void {
  let fixture: LogFixture;
  let log: EventLog;

  beforeEach(async () => {
    fixture = await adapter.open();
    log = await fixture.connect();
    await log.ensureTopics(SPECS);
  });
  afterEach(() => fixture.close());

  const start = async (on = log): Promise<{ told: RecordingMember; membership: Membership; task: TaskLog }> => {
    const told = new RecordingMember();
    const membership = await on.join(KIND, told);
    return { told, membership, task: await told.claim(0) };
  };

  describe("topics", () => {
    it("are created once, and again without harm", async () => {
      await log.ensureTopics(SPECS);
      const names = (await log.topics()).map((spec) => spec.name);
      expect(names.toSorted()).toEqual(SPECS.map((spec) => spec.name).toSorted());
    });

    it("refuse another partition count by name, and create nothing then", async () => {
      const specs = [
        { ...must(SPECS[0], "spec"), name: "fresh" },
        { ...must(SPECS[0], "spec"), partitions: 3 },
      ];
      await expect(log.ensureTopics(specs)).rejects.toThrow(TopicMismatch);
      await expect(log.ensureTopics(specs)).rejects.toThrow(/events.*2.*3/);
      expect((await log.topics()).map((spec) => spec.name)).not.toContain("fresh");
    });

    it("are seen by another process", async () => {
      const other = await fixture.connect();
      expect((await other.topics()).length).toBe(SPECS.length);
    });

    it("that are unknown are refused by name everywhere", async () => {
      await expect(log.send([out("nowhere", 0, "k", "v")])).rejects.toThrow(UnknownTopic);
      await expect(log.send([out("events", 7, "k", "v")])).rejects.toThrow(UnknownTopic);
      await expect(log.ranges("nowhere")).rejects.toThrow(/nowhere/);
      await expect(readAll(log, "nowhere", 0)).rejects.toThrow(UnknownTopic);
      await expect(readAll(log, "events", 7)).rejects.toThrow(UnknownTopic);
      await expect(log.join({ ...KIND, inputs: ["nowhere"] }, new RecordingMember())).rejects.toThrow(UnknownTopic);
    });

    it("of one kind must have one partition count", async () => {
      await expect(log.join({ ...KIND, inputs: ["events", "solo"] }, new RecordingMember())).rejects.toThrow(
        TopicMismatch,
      );
    });
  });

  describe("records", () => {
    it("keep their order in a partition, and offsets rise", async () => {
      for (let i = 0; i < 50; i += 1) await log.send([out("events", 0, `k${i % 3}`, `${i}`)]);
      await log.send(Array.from({ length: 50 }, (_, i) => out("events", 0, "k", `${50 + i}`)));
      const records = await readAll(log, "events", 0);
      expect(records.map((record) => text(record.value))).toEqual(Array.from({ length: 100 }, (_, i) => `${i}`));
      for (let i = 1; i < records.length; i += 1)
        expect(must(records[i], "r").offset).toBeGreaterThan(must(records[i - 1], "r").offset);
    });

    it("come back whole: null keys, empty and null values, headers, time stamps, bytes of any kind", async () => {
      const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
      await log.send([
        { topic: "events", partition: 1, key: null, value: all, timestampMs: 1_700_000_000_123 },
        { topic: "events", partition: 1, key: bytes(""), value: bytes(""), headers: { trace: all, empty: bytes("") } },
        { topic: "events", partition: 1, key: all, value: null },
      ]);
      const [first, second, third] = await readAll(log, "events", 1);
      expect(first).toMatchObject({ topic: "events", partition: 1, key: null, timestampMs: 1_700_000_000_123 });
      expect(text(must(first, "1").value)).toBe(text(all));
      expect(must(second, "2").key).toHaveLength(0);
      expect(must(second, "2").value).toHaveLength(0);
      expect(Object.keys(must(second, "2").headers).toSorted()).toEqual(["empty", "trace"]);
      expect(Buffer.from(must(must(second, "2").headers["trace"], "trace")).equals(all)).toBe(true);
      expect(must(third, "3").value).toBeNull();
      expect(Buffer.from(must(must(third, "3").key, "key")).equals(all)).toBe(true);
    });

    it("without a partition go where the log's partitioner puts their key", async () => {
      const keys = Array.from({ length: 40 }, (_, i) => `user-${i}`);
      await log.send(keys.map((key) => ({ topic: "events", key: bytes(key), value: bytes(key) })));
      for (const partition of [0, 1])
        expect(await values(log, "events", partition)).toEqual(
          keys.filter((key) => partitionOf(bytes(key), { partitioner: log.partitioner, partitions: 2 }) === partition),
        );
    });

    it("are not changed by a caller that uses its buffer again", async () => {
      const buffer = bytes("first");
      await log.send([{ topic: "events", partition: 0, key: buffer, value: buffer }]);
      buffer.write("other");
      const [record] = await readAll(log, "events", 0);
      expect(text(must(record, "record").value)).toBe("first");
    });

    it("too large for their topic are refused with its name, and nothing of the call is kept", async () => {
      const large = out("events", 0, "k", "x".repeat(10_001));
      await expect(log.send([out("events", 0, "k", "ok"), large])).rejects.toThrow(RecordTooLarge);
      await expect(log.send([large])).rejects.toThrow(/events/);
      const { task } = await start();
      await expect(task.commit([out("answers", 0, "k", "ok"), large], {})).rejects.toThrow(RecordTooLarge);
      expect(await values(log, "events", 0)).toEqual([]);
      expect(await values(log, "answers", 0)).toEqual([]);
      await task.commit([out("answers", 0, "k", "x".repeat(10_000))], {});
      expect(await readAll(log, "answers", 0)).toHaveLength(1);
    });

    it("with a key or headers beyond what any log takes are refused, and nothing of the call is kept", async () => {
      const headers = (names: number, bytes: number) =>
        Object.fromEntries(Array.from({ length: names }, (_, n) => [`h${n}`, Buffer.alloc(bytes)]));
      const odd = [
        { ...out("events", 0, "k", "v"), key: Buffer.alloc(MAX_KEY_BYTES + 1) },
        { ...out("events", 0, "k", "v"), headers: headers(MAX_HEADERS + 1, 0) },
        { ...out("events", 0, "k", "v"), headers: headers(1, MAX_HEADER_BYTES) },
      ];
      for (const record of odd)
        await expect(log.send([out("events", 0, "k", "ok"), record])).rejects.toThrow(RecordTooLarge);
      const { task } = await start();
      for (const record of odd) await expect(task.commit([record], {})).rejects.toThrow(/^events: /);
      expect(await values(log, "events", 0)).toEqual([]);
      const most = {
        ...out("events", 0, "k", "v"),
        key: Buffer.alloc(MAX_KEY_BYTES),
        headers: headers(MAX_HEADERS, 200),
      };
      await log.send([most]);
      expect(await readAll(log, "events", 0)).toMatchObject([{ key: most.key, headers: most.headers }]);
    });

    it("an empty call does nothing", async () => {
      await log.send([]);
      expect(await values(log, "events", 0)).toEqual([]);
    });
  });

  describe("reading", () => {
    beforeEach(() => log.send(Array.from({ length: 20 }, (_, i) => out("events", 0, "k", `${i}`))));

    it("begins at an offset, goes to the end as it was, in batches of at most maxRecords", async () => {
      const fifth = must((await readAll(log, "events", 0))[5], "record").offset;
      const seen: number[] = [];
      for await (const batch of log.read("events", 0, fifth, { maxRecords: 4 })) {
        expect(batch.length).toBeLessThanOrEqual(4);
        seen.push(...batch.map((record) => Number(text(record.value))));
        if (seen.length === 4) await log.send([out("events", 0, "k", "late")]);
      }
      expect(seen).toEqual(Array.from({ length: 15 }, (_, i) => i + 5));
    });

    it("can stop early", async () => {
      for await (const batch of log.read("events", 0, 0, { maxRecords: 1 })) {
        expect(batch).toHaveLength(1);
        break;
      }
      expect(await values(log, "events", 0)).toHaveLength(20);
    });

    it("past the end finds nothing", async () => {
      expect(await readAll(log, "events", 0, 10_000)).toEqual([]);
    });

    it("follows what another process sends, until it is told to stop", async () => {
      const other = await fixture.connect();
      const stop = new AbortController();
      const seen: string[] = [];
      const following = (async () => {
        for await (const batch of log.read("events", 1, 0, { follow: true, signal: stop.signal })) {
          seen.push(...batch.map((record) => text(record.value)));
          if (seen.length >= 3) stop.abort();
        }
      })();
      for (const value of ["a", "b", "c"]) await other.send([out("events", 1, "k", value)]);
      await following;
      expect(seen).toEqual(["a", "b", "c"]);
    });

    it("ranges say where a partition begins and ends", async () => {
      const records = await readAll(log, "events", 0);
      const [first, second] = await log.ranges("events");
      expect(first).toMatchObject({ partition: 0, start: must(records[0], "first").offset });
      expect(must(first, "range").end).toBeGreaterThan(must(records.at(-1), "last").offset);
      expect(second).toEqual({ partition: 1, start: 0, end: 0 });
    });
  });

  describe("a task", () => {
    it("is assigned each partition, and gives each back when it leaves", async () => {
      const { told, membership } = await start();
      expect(membership.partitions).toEqual([0, 1]);
      expect(told.log).toEqual(["+0", "+1"]);
      await membership.leave();
      expect(told.log.slice(2).toSorted()).toEqual(["-0", "-1"]);
      expect(membership.partitions).toEqual([]);
    });

    it("polls its inputs in their order, each in its own, and only its partition", async () => {
      await log.send([
        out("events", 0, "k", "e1"),
        out("hints", 0, "k", "h1"),
        out("events", 1, "k", "other"),
        out("events", 0, "k", "e2"),
        out("hints", 0, "k", "h2"),
      ]);
      const { task } = await start();
      await task.seek({});
      const batch = await task.poll(NOTHING);
      expect(batch.map((record) => text(record.value))).toEqual(["h1", "h2", "e1", "e2"]);
      expect(await task.poll(NOTHING)).toEqual([]);
    });

    it("polls at most maxRecords, and goes on where it was", async () => {
      await log.send(Array.from({ length: 10 }, (_, i) => out("events", 0, "k", `${i}`)));
      const { task } = await start();
      await task.seek({});
      const seen: string[] = [];
      for (let batch = await task.poll({ maxRecords: 3, maxWaitMs: 0 }); batch.length > 0;) {
        expect(batch.length).toBeLessThanOrEqual(3);
        seen.push(...batch.map((record) => text(record.value)));
        batch = await task.poll({ maxRecords: 3, maxWaitMs: 0 });
      }
      expect(seen).toEqual(Array.from({ length: 10 }, (_, i) => `${i}`));
    });

    it("poll waits for a record of another process, and not longer than told", async () => {
      const other = await fixture.connect();
      const { task } = await start();
      await task.seek({});
      const before = performance.now();
      expect(await task.poll({ maxRecords: 10, maxWaitMs: 60 })).toEqual([]);
      expect(performance.now() - before).toBeGreaterThan(40);
      const waiting = task.poll({ maxRecords: 10, maxWaitMs: 20_000 });
      await other.send([out("events", 0, "k", "woken")]);
      expect((await waiting).map((record) => text(record.value))).toEqual(["woken"]);
    });

    it("seeks each input to its own position; one not named starts at its beginning", async () => {
      await log.send(["a", "b", "c"].map((value) => out("events", 0, "k", value)));
      await log.send(["x", "y"].map((value) => out("hints", 0, "k", value)));
      const events = await readAll(log, "events", 0);
      const { task } = await start();
      await task.seek({ events: must(events[2], "third").offset });
      expect((await task.poll(NOTHING)).map((record) => text(record.value))).toEqual(["x", "y", "c"]);
      await task.seek({ hints: 1 });
      expect((await task.poll(NOTHING)).map((record) => text(record.value))).toEqual(["y", "a", "b", "c"]);
    });

    it("names what is not an input of it", async () => {
      const { task } = await start();
      await expect(task.seek({ answers: 0 })).rejects.toThrow(/answers/);
      await expect(task.commit([], { answers: 0 })).rejects.toThrow(/answers/);
    });
  });

  describe("a commit", () => {
    it("puts all its records down on all topics, in order, and its positions", async () => {
      const { task } = await start();
      await task.commit(
        [
          out("answers", 0, "k", "1"),
          out("changes", 0, "a", "A"),
          out("answers", 0, "k", "2"),
          out("answers", 1, "k", "3"),
          out("changes", 0, "b", "B"),
        ],
        { events: 5 },
      );
      expect(await values(log, "answers", 0)).toEqual(["1", "2"]);
      expect(await values(log, "answers", 1)).toEqual(["3"]);
      expect(await values(log, "changes", 0)).toEqual(["A", "B"]);
      expect(await log.committed(KIND)).toEqual([{ partition: 0, positions: { events: 5 } }]);
    });

    it("is seen whole or not at all by a reader beside it", async () => {
      const { task } = await start();
      const other = await fixture.connect();
      let done = false;
      const seen: number[][] = [];
      const watching = (async () => {
        while (!done) {
          const late = (await values(other, "changes", 0)).length;
          const early = (await values(other, "answers", 0)).length;
          seen.push([late, early / 2]);
          await setImmediate();
        }
      })();
      for (let i = 0; i < 40; i += 1)
        await task.commit(
          [out("answers", 0, "k", `${i}`), out("changes", 0, `k${i}`, `${i}`), out("answers", 0, "l", `${i}`)],
          {},
        );
      done = true;
      await watching;
      expect(seen.filter(([, early]) => !Number.isInteger(early))).toEqual([]);
      if (adapter.marksApart !== true)
        for (const [late, early] of seen) expect(early).toBeGreaterThanOrEqual(must(late, "count"));
    });

    it("without records still records positions", async () => {
      const { task } = await start();
      await task.commit([], { events: 3, hints: 1 });
      await task.commit([], { events: 4 });
      expect(await log.committed(KIND)).toEqual([{ partition: 0, positions: { events: 4, hints: 1 } }]);
    });

    it("of nothing at all passes from its owner, also as a claim's first, and is refused from any other", async () => {
      const { told, task } = await start();
      await task.commit([], {});
      await task.commit([out("answers", 0, "k", "1")], {});
      await task.commit([], {});
      const next = await told.claim(0);
      await expect(task.commit([], {})).rejects.toThrow(Fenced);
      await next.commit([], {});
      expect(await values(log, "answers", 0)).toEqual(["1"]);
    });

    it("says where the changelog ends: restoring from there gives only what came later", async () => {
      const { task } = await start();
      const first = await task.commit([out("changes", 0, "a", "1"), out("changes", 0, "b", "2")], {});
      expect(await restored(task, first.changelogEnd)).toEqual([]);
      const second = await task.commit([out("changes", 0, "c", "3")], {});
      expect(await restored(task, first.changelogEnd)).toEqual(["3"]);
      expect(await restored(task)).toEqual(["1", "2", "3"]);
      const third = await task.commit([out("answers", 0, "c", "3")], {});
      expect(third.changelogEnd).toBe(second.changelogEnd);
    });

    it("may write what the task itself reads", async () => {
      const { task } = await start();
      await task.seek({});
      await task.commit([out("events", 0, "k", "again")], {});
      expect((await task.poll(NOTHING)).map((record) => text(record.value))).toEqual(["again"]);
    });
  });

  describe("ownership", () => {
    it("a claim fences the claim before it, in all it does", async () => {
      const { told, task } = await start();
      await task.seek({});
      const next = await told.claim(0);
      await expect(task.commit([out("answers", 0, "k", "zombie")], { events: 9 })).rejects.toThrow(Fenced);
      await expect(task.poll(NOTHING)).rejects.toThrow(Fenced);
      await expect(task.seek({})).rejects.toThrow(Fenced);
      await expect(restored(task)).rejects.toThrow(Fenced);
      await next.commit([out("answers", 0, "k", "owner")], {});
      expect(await values(log, "answers", 0)).toEqual(["owner"]);
      expect(await log.committed(KIND)).toEqual([{ partition: 0, positions: {} }]);
    });

    it("of one partition does not touch another's", async () => {
      const { told, task } = await start();
      await told.claim(1);
      await task.commit([out("answers", 0, "k", "fine")], {});
      expect(await values(log, "answers", 0)).toEqual(["fine"]);
    });

    it("a zombie's commit is refused after a takeover, and its successor sees all it committed before", async () => {
      const { task } = await start();
      await task.commit([out("changes", 0, "k", "before")], { events: 1 });
      await fixture.loseSight(log);
      const other = await fixture.connect();
      const successor = await start(other);
      await expect(task.commit([out("changes", 0, "k", "zombie")], { events: 2 })).rejects.toThrow(Fenced);
      expect(await restored(successor.task)).toEqual(["before"]);
      await successor.task.commit([out("changes", 0, "k", "after")], { events: 2 });
      expect(await values(other, "changes", 0)).toEqual(["before", "after"]);
    });

    it("of a killed process goes to the next at once", async () => {
      const { task } = await start();
      await task.commit([out("changes", 0, "k", "committed")], { events: 1 });
      const other = await fixture.connect();
      await fixture.kill(log);
      const successor = await start(other);
      expect(await restored(successor.task)).toEqual(["committed"]);
      await successor.task.seek({ events: 1 });
      expect(await other.committed(KIND)).toEqual([{ partition: 0, positions: { events: 1 } }]);
    });

    it("given back by leaving or closing can be taken at once", async () => {
      const other = await fixture.connect();
      const first = await start();
      await first.membership.leave();
      await expect(first.task.commit([out("answers", 0, "k", "late")], {})).rejects.toThrow(Fenced);
      const second = await start(other);
      await second.task.commit([out("answers", 0, "k", "second")], {});
      await other.close();
      const third = await start();
      await third.task.commit([out("answers", 0, "k", "third")], {});
      expect(await values(log, "answers", 0)).toEqual(["second", "third"]);
    });

    it("a released task does nothing more, and can be claimed again", async () => {
      const { told, task } = await start();
      await task.release();
      await expect(task.commit([out("answers", 0, "k", "late")], {})).rejects.toThrow(Fenced);
      const next = await told.claim(0);
      await next.commit([out("answers", 0, "k", "next")], {});
      expect(await values(log, "answers", 0)).toEqual(["next"]);
    });

    it("of two kinds is apart", async () => {
      const { task } = await start();
      const told = new RecordingMember();
      await log.join({ ...KIND, kind: "other" }, told);
      const other = await told.claim(0);
      await task.commit([out("answers", 0, "k", "one")], {});
      await other.commit([out("answers", 0, "k", "two")], {});
      expect(await values(log, "answers", 0)).toEqual(["one", "two"]);
    });
  });

  describe("maintenance", () => {
    it("keeps the last record of each key on a compacted topic, at its offset", async () => {
      const { task } = await start();
      for (let i = 0; i < 30; i += 1)
        await task.commit([out("changes", 0, `k${i % 3}`, `${i}`), out("changes", 0, "gone", i < 29 ? "x" : null)], {});
      const before = await readAll(log, "changes", 0);
      await fixture.maintain(Date.now());
      const after = await readAll(log, "changes", 0);
      for (const value of ["27", "28", "29"]) {
        const kept = must(
          after.find((record) => text(record.value) === value),
          value,
        );
        expect(kept.offset).toBe(before.find((record) => text(record.value) === value)?.offset);
      }
      const gone = after.findLast((record) => text(record.key) === "gone");
      expect(gone === undefined || gone.value === null).toBe(true);
      const committed = await task.commit([out("changes", 0, "k0", "new")], {});
      expect(committed.changelogEnd).toBeGreaterThan(must(before.at(-1), "last").offset);
      expect((await restored(task)).at(-1)).toBe("new");
    });

    it("keeps every record of a topic without an end of retention", async () => {
      await log.send(Array.from({ length: 50 }, (_, i) => out("events", 0, "k", `${i}`)));
      await fixture.maintain(Date.now() + 1e9);
      expect(await values(log, "events", 0)).toHaveLength(50);
    });

    it("keeps what is younger than the retention", async () => {
      const now = Date.now();
      await log.send([{ ...out("short", 0, "k", "old"), timestampMs: now - 120_000 }]);
      await log.send([{ ...out("short", 0, "k", "young"), timestampMs: now - 1_000 }]);
      await fixture.maintain(now);
      expect(await values(log, "short", 0)).toContain("young");
      const [range] = await log.ranges("short");
      await log.send([out("short", 0, "k", "next")]);
      expect((await readAll(log, "short", 0, must(range, "range").end)).map((r) => text(r.value))).toEqual(["next"]);
    });
  });
}

/** For logs on which one process runs a kind. */
export function singleRunner(adapter: Adapter): void {
  it("refuses a second process that joins a running kind, and says who runs it", async () => {
    const fixture = await adapter.open();
    try {
      const log = await fixture.connect();
      await log.ensureTopics(SPECS);
      await log.join(KIND, new RecordingMember());
      const other = await fixture.connect();
      await expect(other.join(KIND, new RecordingMember())).rejects.toThrow(AlreadyRunning);
      await expect(other.join(KIND, new RecordingMember())).rejects.toThrow(/stop it/);
      await other.send([out("events", 0, "k", "still sends")]);
      expect(await values(other, "events", 0)).toEqual(["still sends"]);
    } finally {
      await fixture.close();
    }
  });
}
