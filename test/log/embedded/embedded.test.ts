import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../../src/domain/assert.ts";
import { LogUnavailable, type EventLog } from "../../../src/log/event-log.ts";
import { openEmbeddedLog, type EmbeddedLog, type EmbeddedOptions } from "../../../src/log/embedded/log.ts";
import type { Liveness } from "../../../src/log/embedded/liveness.ts";
import { conformance, singleRunner } from "../conformance.ts";
import { readAll, values } from "../reading.ts";
import { model } from "../model.ts";
import { KIND, out, text, RecordingMember } from "../recording-member.ts";
import { SPECS, type Adapter } from "../fixture.ts";

/** Processes that live and die as the test says, for a log that would otherwise ask the operating system. */
class Processes {
  readonly dead = new Set<number>();
  #next = 1;
  start(): Liveness & { readonly pid: number } {
    const pid = this.#next;
    this.#next += 1;
    return {
      pid,
      self: { pid, started: "now", boot: "this", thread: 0 },
      isAlive: (identity) => !this.dead.has(identity.pid),
    };
  }
}

const adapter: Adapter = {
  name: "embedded",
  async open() {
    const folder = mkdtempSync(join(tmpdir(), "stipend-log-"));
    const processes = new Processes();
    const logs = new Map<EventLog, { readonly log: EmbeddedLog; readonly pid: number }>();
    const pidOf = (log: EventLog): number => must(logs.get(log), "log").pid;
    return {
      async connect() {
        const liveness = processes.start();
        const log = await openEmbeddedLog({ folder, now: () => Date.now(), newToken: randomUUID, liveness });
        logs.set(log, { log, pid: liveness.pid });
        return log;
      },
      kill: async (log) => void processes.dead.add(pidOf(log)),
      loseSight: async (log) => void processes.dead.add(pidOf(log)),
      maintain: async (nowMs) => must([...logs.values()][0], "log").log.maintain(nowMs),
      async close() {
        for (const { log } of logs.values()) await log.close();
        rmSync(folder, { recursive: true });
      },
    };
  },
};

describe("the embedded log", () => {
  conformance(adapter);
  singleRunner(adapter);
  model(adapter, 60);
});

describe("the embedded log's folder", () => {
  let folder: string;
  const opened: EmbeddedLog[] = [];
  const openLog = async (options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedLog> => {
    const log = await openEmbeddedLog({ folder, now: () => Date.now(), newToken: randomUUID, ...options });
    opened.push(log);
    return log;
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "stipend-log-"));
  });
  afterEach(async () => {
    for (const log of opened.splice(0)) await log.close();
    rmSync(folder, { recursive: true });
  });

  it("keeps everything over a close and an open", async () => {
    const first = await openLog();
    await first.ensureTopics(SPECS);
    const told = new RecordingMember();
    await first.join(KIND, told);
    const task = await told.claim(0);
    await task.commit([out("answers", 0, "k", "v"), out("changes", 0, "k", "c")], { events: 7 });
    await first.close();
    const second = await openLog();
    expect(await values(second, "answers", 0)).toEqual(["v"]);
    expect(await second.committed(KIND)).toEqual([{ partition: 0, positions: { events: 7 } }]);
  });

  it("takes large records and large commits, beyond what it has reserved at first", async () => {
    const log = await openLog({ durability: "disk" });
    await log.ensureTopics([
      { name: "large", partitions: 1, cleanup: "delete", retentionMs: null, maxRecordBytes: 8 * 1024 * 1024 },
    ]);
    const large = Buffer.alloc(8 * 1024 * 1024, 7);
    for (let i = 0; i < 4; i += 1) await log.send([{ topic: "large", key: null, value: large }]);
    await log.send(
      Array.from({ length: 5_000 }, (_, i) => ({ topic: "large", key: null, value: Buffer.alloc(300, i) })),
    );
    const records = await readAll(log, "large", 0);
    expect(records).toHaveLength(5_004);
    expect(records.map((record) => record.offset)).toEqual(Array.from({ length: 5_004 }, (_, i) => i));
    expect(must(records[3], "large").value).toHaveLength(large.length);
  });

  it("compaction drops what has a later record, puts small batches together, and readers find their way", async () => {
    const log = await openLog({ maintenance: { tombstoneMs: 1_000, pauseMs: 0 } });
    await log.ensureTopics(SPECS);
    for (let i = 0; i < 300; i += 1) await log.send([out("changes", 0, `k${i % 7}`, `${i}`)]);
    await log.send([out("changes", 0, "k3", null)]);
    await log.maintain(Date.now());
    const kept = await readAll(log, "changes", 0);
    expect(kept.map((record) => [record.offset, text(record.value)])).toEqual([
      [293, "293"],
      [294, "294"],
      [295, "295"],
      [296, "296"],
      [298, "298"],
      [299, "299"],
      [300, "∅"],
    ]);
    expect((await readAll(log, "changes", 0, 296)).map((record) => record.offset)).toEqual([296, 298, 299, 300]);
    expect((await readAll(log, "changes", 0, 10)).map((record) => record.offset)).toEqual(
      kept.map((record) => record.offset),
    );
    await log.maintain(Date.now() + 2_000);
    expect((await readAll(log, "changes", 0)).map((record) => record.offset)).toEqual([293, 294, 295, 296, 298, 299]);
    await log.send([out("changes", 0, "k3", "back")]);
    expect((await values(log, "changes", 0)).at(-1)).toBe("back");
  });

  it("compaction goes on by itself beside commits, and the state read back is always the last", async () => {
    const log = await openLog({ maintenance: { everyMs: 1, pauseMs: 0 } });
    await log.ensureTopics(SPECS);
    const told = new RecordingMember();
    await log.join(KIND, told);
    const task = await told.claim(0);
    const last = new Map<string, string>();
    const work = (async () => {
      for (let i = 0; i < 200; i += 1) {
        const records = Array.from({ length: 20 }, (_, j) => out("changes", 0, `k${(i * 7 + j) % 50}`, `${i}.${j}`));
        for (const record of records) last.set(text(record.key), text(record.value));
        await task.commit(records, {});
      }
    })();
    for (let i = 0; i < 20; i += 1) await log.maintain(Date.now());
    await work;
    await log.maintain(Date.now());
    const found = new Map((await readAll(log, "changes", 0)).map((record) => [text(record.key), text(record.value)]));
    expect(found).toEqual(last);
  });

  it("retention and compaction that fail are told of, and that they do again", async () => {
    const rounds: unknown[] = [];
    const log = await openLog({
      retryDeadlineMs: 50,
      maintenance: { everyMs: 1, pauseMs: 0, onRound: (error) => void rounds.push(error) },
    });
    await log.ensureTopics(SPECS);
    await log.join(KIND, new RecordingMember());
    const other = new DatabaseSync(join(folder, "log.sqlite"));
    other.exec("BEGIN IMMEDIATE");
    await expect.poll(() => rounds.find((error) => error !== null)).toBeInstanceOf(LogUnavailable);
    other.exec("ROLLBACK");
    other.close();
    await expect.poll(() => rounds.at(-1)).toBeNull();
  });

  it("retention removes whole batches from the front, and says where the partition begins", async () => {
    const log = await openLog();
    await log.ensureTopics(SPECS);
    for (const ageMs of [300_000, 200_000, 100_000, 50_000, 1_000])
      await log.send([{ ...out("short", 0, "k", `${ageMs}`), timestampMs: 1_000_000_000 - ageMs }]);
    await log.maintain(1_000_000_000);
    expect(await values(log, "short", 0)).toEqual(["50000", "1000"]);
    expect(await log.ranges("short")).toEqual([{ partition: 0, start: 3, end: 5 }]);
  });

  it("says who runs a kind, since when, and what to do", async () => {
    const log = await openLog();
    await log.ensureTopics(SPECS);
    await log.join(KIND, new RecordingMember());
    const other = await openLog();
    await expect(other.join(KIND, new RecordingMember())).rejects.toThrow(
      new RegExp(`work of test is run by process ${process.pid} since \\d{4}-.*kill ${process.pid}`),
    );
  });

  it("refuses work on a closed log", async () => {
    const log = await openLog();
    await log.ensureTopics(SPECS);
    await log.close();
    await expect(log.send([out("events", 0, "k", "v")])).rejects.toThrow(/closed/);
    await expect(readAll(log, "events", 0)).rejects.toThrow(/closed/);
  });
});
