// Topics, records and reading (E1, E4, E5).

import { beforeEach, describe, expect, it } from "vitest";
import { must } from "../../../src/domain/assert.ts";
import { RecordTooLarge, TopicMismatch, UnknownTopic } from "../../../src/log/event-log.ts";
import { MAX_HEADER_BYTES, MAX_HEADERS, MAX_KEY_BYTES } from "../../../src/log/bounds.ts";
import { partitionOf } from "../../../src/log/partitioner.ts";
import { bytes, KIND, out, text, RecordingMember } from "../recording-member.ts";
import { SPECS } from "../fixture.ts";

import { readAll, restored, values } from "../reading.ts";
import type { Open } from "./open.ts";

export function recordsConform(on: Open): void {
  describe("topics", () => {
    it("are created once, and again without harm", async () => {
      await on.log.ensureTopics(SPECS);
      const names = (await on.log.topics()).map((spec) => spec.name);
      expect(names.toSorted()).toEqual(SPECS.map((spec) => spec.name).toSorted());
    });

    it("refuse another partition count by name, and create nothing then", async () => {
      const specs = [
        { ...must(SPECS[0], "spec"), name: "fresh" },
        { ...must(SPECS[0], "spec"), partitions: 3 },
      ];
      await expect(on.log.ensureTopics(specs)).rejects.toThrow(TopicMismatch);
      await expect(on.log.ensureTopics(specs)).rejects.toThrow(/events.*2.*3/);
      expect((await on.log.topics()).map((spec) => spec.name)).not.toContain("fresh");
    });

    it("are seen by another process", async () => {
      const other = await on.fixture.connect();
      expect((await other.topics()).length).toBe(SPECS.length);
    });

    it("that are unknown are refused by name everywhere", async () => {
      await expect(on.log.send([out("nowhere", 0, "k", "v")])).rejects.toThrow(UnknownTopic);
      await expect(on.log.send([out("events", 7, "k", "v")])).rejects.toThrow(UnknownTopic);
      await expect(on.log.ranges("nowhere")).rejects.toThrow(/nowhere/);
      await expect(readAll(on.log, "nowhere", 0)).rejects.toThrow(UnknownTopic);
      await expect(readAll(on.log, "events", 7)).rejects.toThrow(UnknownTopic);
      await expect(on.log.join({ ...KIND, inputs: ["nowhere"] }, new RecordingMember())).rejects.toThrow(UnknownTopic);
    });

    it("of one kind must have one partition count", async () => {
      await expect(on.log.join({ ...KIND, inputs: ["events", "solo"] }, new RecordingMember())).rejects.toThrow(
        TopicMismatch,
      );
    });
  });

  describe("records", () => {
    it("keep their order in a partition, and offsets rise", async () => {
      for (let i = 0; i < 50; i += 1) await on.log.send([out("events", 0, `k${i % 3}`, `${i}`)]);
      await on.log.send(Array.from({ length: 50 }, (_, i) => out("events", 0, "k", `${50 + i}`)));
      const records = await readAll(on.log, "events", 0);
      expect(records.map((record) => text(record.value))).toEqual(Array.from({ length: 100 }, (_, i) => `${i}`));
      for (let i = 1; i < records.length; i += 1)
        expect(must(records[i], "r").offset).toBeGreaterThan(must(records[i - 1], "r").offset);
    });

    it("come back whole: null keys, empty and null values, headers, time stamps, bytes of any kind", async () => {
      const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
      await on.log.send([
        { topic: "events", partition: 1, key: null, value: all, timestampMs: 1_700_000_000_123 },
        { topic: "events", partition: 1, key: bytes(""), value: bytes(""), headers: { trace: all, empty: bytes("") } },
        { topic: "events", partition: 1, key: all, value: null },
      ]);
      const [first, second, third] = await readAll(on.log, "events", 1);
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
      await on.log.send(keys.map((key) => ({ topic: "events", key: bytes(key), value: bytes(key) })));
      for (const partition of [0, 1])
        expect(await values(on.log, "events", partition)).toEqual(
          keys.filter(
            (key) => partitionOf(bytes(key), { partitioner: on.log.partitioner, partitions: 2 }) === partition,
          ),
        );
    });

    it("are not changed by a caller that uses its buffer again", async () => {
      const buffer = bytes("first");
      await on.log.send([{ topic: "events", partition: 0, key: buffer, value: buffer }]);
      buffer.write("other");
      const [record] = await readAll(on.log, "events", 0);
      expect(text(must(record, "record").value)).toBe("first");
    });

    it("too large for their topic are refused with its name, and nothing of the call is kept", async () => {
      const large = out("events", 0, "k", "x".repeat(10_001));
      await expect(on.log.send([out("events", 0, "k", "ok"), large])).rejects.toThrow(RecordTooLarge);
      await expect(on.log.send([large])).rejects.toThrow(/events/);
      const { task } = await on.start();
      await expect(task.commit([out("answers", 0, "k", "ok"), large], {})).rejects.toThrow(RecordTooLarge);
      expect(await values(on.log, "events", 0)).toEqual([]);
      expect(await values(on.log, "answers", 0)).toEqual([]);
      await task.commit([out("answers", 0, "k", "x".repeat(10_000))], {});
      expect(await readAll(on.log, "answers", 0)).toHaveLength(1);
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
        await expect(on.log.send([out("events", 0, "k", "ok"), record])).rejects.toThrow(RecordTooLarge);
      const { task } = await on.start();
      for (const record of odd) await expect(task.commit([record], {})).rejects.toThrow(/^events: /);
      expect(await values(on.log, "events", 0)).toEqual([]);
      const most = {
        ...out("events", 0, "k", "v"),
        key: Buffer.alloc(MAX_KEY_BYTES),
        headers: headers(MAX_HEADERS, 200),
      };
      await on.log.send([most]);
      expect(await readAll(on.log, "events", 0)).toMatchObject([{ key: most.key, headers: most.headers }]);
    });

    it("an empty call does nothing", async () => {
      await on.log.send([]);
      expect(await values(on.log, "events", 0)).toEqual([]);
    });
  });

  describe("reading", () => {
    beforeEach(() => on.log.send(Array.from({ length: 20 }, (_, i) => out("events", 0, "k", `${i}`))));

    it("begins at an offset, goes to the end as it was, in batches of at most maxRecords", async () => {
      const fifth = must((await readAll(on.log, "events", 0))[5], "record").offset;
      const seen: number[] = [];
      for await (const batch of on.log.read("events", 0, fifth, { maxRecords: 4 })) {
        expect(batch.length).toBeLessThanOrEqual(4);
        seen.push(...batch.map((record) => Number(text(record.value))));
        if (seen.length === 4) await on.log.send([out("events", 0, "k", "late")]);
      }
      expect(seen).toEqual(Array.from({ length: 15 }, (_, i) => i + 5));
    });

    it("can stop early", async () => {
      for await (const batch of on.log.read("events", 0, 0, { maxRecords: 1 })) {
        expect(batch).toHaveLength(1);
        break;
      }
      expect(await values(on.log, "events", 0)).toHaveLength(20);
    });

    it("past the end finds nothing", async () => {
      expect(await readAll(on.log, "events", 0, 10_000)).toEqual([]);
    });

    it("follows what another process sends, until it is told to stop", async () => {
      const other = await on.fixture.connect();
      const stop = new AbortController();
      const seen: string[] = [];
      const following = (async () => {
        for await (const batch of on.log.read("events", 1, 0, { follow: true, signal: stop.signal })) {
          seen.push(...batch.map((record) => text(record.value)));
          if (seen.length >= 3) stop.abort();
        }
      })();
      for (const value of ["a", "b", "c"]) await other.send([out("events", 1, "k", value)]);
      await following;
      expect(seen).toEqual(["a", "b", "c"]);
    });

    it("follows several partitions at a time, each from its place and in its order, until it is told to stop", async () => {
      const other = await on.fixture.connect();
      const stop = new AbortController();
      const seen: Record<string, string[]> = {};
      const [first] = await on.log.ranges("events");
      const end = must(first, "a range").end;
      const places = [
        { topic: "events", partition: 0, from: end },
        { topic: "events", partition: 1, from: 0 },
        { topic: "hints", partition: 1, from: 0 },
      ];
      const following = (async () => {
        for await (const batch of on.log.follow(places, stop.signal)) {
          for (const { topic, partition, value } of batch)
            seen[`${topic} ${partition}`] = [...(seen[`${topic} ${partition}`] ?? []), text(value)];
          if (Object.values(seen).flat().length >= 6) stop.abort();
        }
      })();
      for (const value of ["a", "b"]) {
        await other.send([out("events", 1, "k", value), out("hints", 1, "k", value)]);
        await other.send([out("hints", 0, "k", value), out("events", 0, "k", value)]);
      }
      await following;
      expect(seen).toEqual({ "events 0": ["a", "b"], "events 1": ["a", "b"], "hints 1": ["a", "b"] });
    });

    it("ranges say where a partition begins and ends", async () => {
      const records = await readAll(on.log, "events", 0);
      const [first, second] = await on.log.ranges("events");
      expect(first).toMatchObject({ partition: 0, start: must(records[0], "first").offset });
      expect(must(first, "range").end).toBeGreaterThan(must(records.at(-1), "last").offset);
      expect(second).toEqual({ partition: 1, start: 0, end: 0 });
    });
  });

  describe("maintenance", () => {
    it("keeps the last record of each key on a compacted topic, at its offset", async () => {
      const { task } = await on.start();
      for (let i = 0; i < 30; i += 1)
        await task.commit([out("changes", 0, `k${i % 3}`, `${i}`), out("changes", 0, "gone", i < 29 ? "x" : null)], {});
      const before = await readAll(on.log, "changes", 0);
      await on.fixture.maintain(Date.now());
      const after = await readAll(on.log, "changes", 0);
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
      await on.log.send(Array.from({ length: 50 }, (_, i) => out("events", 0, "k", `${i}`)));
      await on.fixture.maintain(Date.now() + 1e9);
      expect(await values(on.log, "events", 0)).toHaveLength(50);
    });

    it("keeps what is younger than the retention", async () => {
      const now = Date.now();
      await on.log.send([{ ...out("short", 0, "k", "old"), timestampMs: now - 120_000 }]);
      await on.log.send([{ ...out("short", 0, "k", "young"), timestampMs: now - 1_000 }]);
      await on.fixture.maintain(now);
      expect(await values(on.log, "short", 0)).toContain("young");
      const [range] = await on.log.ranges("short");
      await on.log.send([out("short", 0, "k", "next")]);
      expect((await readAll(on.log, "short", 0, must(range, "range").end)).map((r) => text(r.value))).toEqual(["next"]);
    });
  });
}
