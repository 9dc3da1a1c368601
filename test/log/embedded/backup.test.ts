// Backups of the embedded log: taken while processes write, and made a log again.

import { randomUUID } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { backUp, restoreBackup } from "../../../src/log/embedded/maintenance/backup.ts";
import { openEmbeddedLog, type EmbeddedLog } from "../../../src/log/embedded/log.ts";
import { LogError } from "../../../src/log/event-log.ts";
import { readAll, values } from "../reading.ts";
import { SPECS } from "../fixture.ts";
import { KIND, out, text, RecordingMember } from "../recording-member.ts";
import { WorkerProcess } from "./worker-process.ts";

let parent: string;
let folder: string;
let copy: string;
let log: EmbeddedLog;
const workers: WorkerProcess[] = [];
const opened: EmbeddedLog[] = [];

const openLog = async (at: string): Promise<EmbeddedLog> => {
  const found = await openEmbeddedLog({ folder: at, now: () => Date.now(), newToken: randomUUID });
  opened.push(found);
  return found;
};
const silent = (): void => undefined;

beforeEach(async () => {
  parent = mkdtempSync(join(tmpdir(), "stipend-backup-"));
  folder = join(parent, "log");
  copy = join(parent, "copy.sqlite");
  log = await openLog(folder);
  await log.ensureTopics(SPECS);
});
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.kill();
  for (const one of opened.splice(0)) await one.close();
  rmSync(parent, { recursive: true });
});

describe("a backup of the embedded log", () => {
  it("taken while processes write is one state: all that was acknowledged before, and each sender's records in order", async () => {
    // Of several steps, between which the others write.
    const large = Array.from({ length: 100 }, () => out("hints", 0, "k", "x".repeat(9_000)));
    for (let i = 0; i < 60; i += 1) await log.send(large);
    const senders = ["a", "b"].map((name) => WorkerProcess.of("sendOn", folder, name));
    workers.push(...senders, WorkerProcess.of("commits", folder));
    for (const worker of workers) await worker.said(worker === workers[2] ? "done 20" : "sent 2");
    const before = senders.map((worker) => worker.last("sent "));
    const steps: number[] = [];
    await backUp(folder, copy, (done) => steps.push(done));
    for (const worker of workers.splice(0)) await worker.kill();

    const restored = join(parent, "restored");
    restoreBackup(copy, restored);
    const again = await openLog(restored);
    const events = await readAll(again, "events", 0);
    for (const [i, name] of ["a", "b"].entries()) {
      const own = events.filter((record) => text(record.key) === name).map((record) => Number(text(record.value)));
      expect(own).toEqual(Array.from({ length: own.length }, (_, n) => n));
      expect(own.length).toBeGreaterThanOrEqual(before[i] ?? Infinity);
    }
    // A commit of the worker's is whole or not there.
    const [changes, answers] = [await values(again, "changes", 0), await values(again, "answers", 0)];
    expect(answers).toHaveLength(changes.length * 15);
    expect(await values(again, "hints", 0)).toHaveLength(6_000);
    expect(steps.length).toBeGreaterThan(1);
    expect(steps).toEqual(steps.toSorted((x, y) => x - y));
  });

  it("becomes a log that goes on, whoever runs the one that it was taken from", async () => {
    await log.join(KIND, new RecordingMember());
    await log.send([out("events", 0, "k", "1")]);
    await backUp(folder, copy, silent);
    await log.send([out("events", 0, "k", "2")]);
    const restored = join(parent, "restored");
    restoreBackup(copy, restored);
    const again = await openLog(restored);
    const told = new RecordingMember();
    await again.join(KIND, told);
    const task = await told.claim(0);
    await task.commit([out("answers", 0, "k", "a")], { events: 1 });
    expect([await values(again, "events", 0), await values(again, "answers", 0)]).toEqual([["1"], ["a"]]);
    expect(await values(log, "events", 0)).toEqual(["1", "2"]);
  });

  it("is its owner's alone, one file, and never written over", async () => {
    await backUp(folder, copy, silent);
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    expect(readdirSync(parent).toSorted()).toEqual(["copy.sqlite", "log"]);
    const before = readFileSync(copy);
    await expect(backUp(folder, copy, silent)).rejects.toThrow(/copy\.sqlite: it is there already/);
    expect(readFileSync(copy).equals(before)).toBe(true);
    chmodSync(copy, 0o644);
    const restored = join(parent, "restored");
    restoreBackup(copy, restored);
    expect(statSync(join(restored, "log.sqlite")).mode & 0o777).toBe(0o600);
  });

  it("of nothing is refused, and leaves nothing", async () => {
    await expect(backUp(join(parent, "none"), copy, silent)).rejects.toThrow(/none: there is no log in it/);
    await expect(backUp(folder, join(parent, "no", "copy"), silent)).rejects.toThrow(/no such file or directory/);
    expect(readdirSync(parent)).toEqual(["log"]);
  });

  it("is not put over a log, nor beside other files; what a killed restore left is no hindrance", async () => {
    await backUp(folder, copy, silent);
    expect(() => restoreBackup(copy, folder)).toThrow(/log: is not empty \(log\.sqlite/);
    const restored = join(parent, "restored");
    mkdirSync(restored);
    writeFileSync(join(restored, "log.sqlite.partial"), "half");
    restoreBackup(copy, restored);
    expect(readdirSync(restored)).toEqual(["log.sqlite"]);
  });

  it("that is none is refused by name: another program's, damaged, a log in use", async () => {
    for (let i = 0; i < 100; i += 1) await log.send([out("events", 0, "k", "x".repeat(9_000))]);
    await backUp(folder, copy, silent);
    const bytes = readFileSync(copy);
    const damaged = join(parent, "damaged");
    writeFileSync(damaged, bytes.fill(0xa5, 20 * 8192, 40 * 8192));
    const other = join(parent, "other");
    new DatabaseSync(other).exec("CREATE TABLE a (b)");
    const restored = join(parent, "restored");
    for (const [source, said] of [
      [damaged, /damaged/],
      [other, /other: is an SQLite file of another program, no log/],
      [join(folder, "log.sqlite"), /log\.sqlite: is a log in use.*stipend log backup/],
      [join(parent, "none"), /none: there is no such file/],
    ] as const) {
      expect(() => restoreBackup(source, restored), source).toThrow(said);
      expect(() => restoreBackup(source, restored), source).toThrow(LogError);
    }
    expect(existsSync(join(restored, "log.sqlite"))).toBe(false);
  });
});
