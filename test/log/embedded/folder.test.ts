// The embedded log's folder: who made it, in what state it is, and what is said of one that cannot be used.

import { randomUUID } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { reasonAgainst } from "../../../bin/setup/node.mjs";
import { seededRandom } from "../../../src/domain/random.ts";
import { checkVersion } from "../../../src/log/embedded/sqlite/format.ts";
import { openEmbeddedLog, type EmbeddedLog, type EmbeddedOptions } from "../../../src/log/embedded/log.ts";
import { LogError, LogUnavailable } from "../../../src/log/event-log.ts";
import { readAll, values } from "../reading.ts";
import { SPECS } from "../fixture.ts";
import { out } from "../recording-member.ts";
import { WORKER, WorkerProcess } from "./worker-process.ts";

let parent: string;
let folder: string;
let file: string;
const opened: EmbeddedLog[] = [];
const workers: WorkerProcess[] = [];

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "stipend-log-"));
  folder = join(parent, "log");
  file = join(folder, "log.sqlite");
});
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.kill();
  for (const log of opened.splice(0)) await log.close();
  rmSync(parent, { recursive: true });
});

async function openLog(options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedLog> {
  const log = await openEmbeddedLog({ folder, now: () => Date.now(), newToken: randomUUID, ...options });
  opened.push(log);
  return log;
}

async function madeWith(count: number): Promise<void> {
  const log = await openLog();
  await log.ensureTopics(SPECS);
  for (let i = 0; i < count; i += 1) await log.send([out("events", 0, "k", `${i} ${"x".repeat(5_000)}`)]);
  await log.close();
}

async function locked(): Promise<WorkerProcess> {
  const worker = WorkerProcess.of("locks", folder);
  workers.push(worker);
  await worker.said("locked");
  worker.child.kill("SIGSTOP");
  return worker;
}

describe("the folder of an embedded log", () => {
  it("is its owner's alone, with all that is in it", async () => {
    const log = await openLog();
    await log.ensureTopics(SPECS);
    const modes = Object.fromEntries(
      readdirSync(folder).map((name) => [name, statSync(join(folder, name)).mode & 0o777]),
    );
    expect(modes).toEqual({ "log.sqlite": 0o600, "log.sqlite-shm": 0o600, "log.sqlite-wal": 0o600 });
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it("does not promise more than it was made for, and keeps to it whoever opens it", async () => {
    const quick = await openLog({ durability: "process" });
    await quick.ensureTopics(SPECS);
    await quick.send([out("events", 0, "k", "v")]);
    await expect(openLog({ durability: "disk" })).rejects.toThrow(/durability process.*empty folder/);
    await quick.close();
    const again = await openLog({ durability: "process" });
    expect(await values(again, "events", 0)).toEqual(["v"]);
    // A tool that reads promises nothing, and takes the folder as it is.
    expect(await values(await openLog(), "events", 0)).toEqual(["v"]);
  });

  it.each(["data.mdb", "format.json"])("of an earlier version, with %s, is refused and left as it is", async (name) => {
    mkdirSync(folder);
    writeFileSync(join(folder, name), "old");
    await expect(openLog()).rejects.toThrow(/earlier version.*begin an empty folder \(STIPEND_DIR/);
    expect(readdirSync(folder)).toEqual([name]);
  });

  it("of a later version, or of another program, is refused", async () => {
    await madeWith(1);
    const db = new DatabaseSync(file);
    db.exec("PRAGMA user_version = 3");
    await expect(openLog()).rejects.toThrow(/log\.sqlite: written by another version \(format 3, this one reads 2\)/);
    db.exec("PRAGMA application_id = 7");
    await expect(openLog()).rejects.toThrow(/another program, no log: begin an empty folder/);
    db.close();
  });

  it("is made by whoever comes after a process that was killed while it made it", async () => {
    mkdirSync(folder);
    writeFileSync(file, "");
    await madeWith(1);
    expect(await values(await openLog(), "events", 0)).toHaveLength(1);
  });

  it("is made once when many make it at the same time", async () => {
    const logs = await Promise.all(Array.from({ length: 8 }, () => openLog()));
    await Promise.all(logs.map((log) => log.ensureTopics(SPECS)));
    await Promise.all(logs.map((log, i) => log.send([out("events", 0, "k", `${i}`)])));
    expect((await values(await openLog(), "events", 0)).toSorted()).toEqual(["0", "1", "2", "3", "4", "5", "6", "7"]);
  });

  it("that holds something else than a log is refused, with what to do", async () => {
    mkdirSync(folder);
    writeFileSync(file, "not a database, whatever its name is. ".repeat(40));
    await expect(openLog()).rejects.toThrow(LogError);
    await expect(openLog()).rejects.toThrow(/log\.sqlite: file is not a database: the file is damaged.*log restore/);
  });

  it("with damaged pages says so where it is read, and reads what is whole", async () => {
    await madeWith(400);
    const bytes = readFileSync(file);
    bytes.fill(0xa5, 40 * 4096, 60 * 4096);
    writeFileSync(file, bytes);
    const log = await openLog();
    await expect(readAll(log, "events", 0)).rejects.toThrow(/log\.sqlite: .*damaged.*keep the folder/);
    await expect(readAll(log, "events", 0)).rejects.toThrow(LogError);
  });

  it("with a batch that is none says in which topic, partition and offset", async () => {
    await madeWith(3);
    const db = new DatabaseSync(file);
    db.exec("UPDATE batch SET bytes = zeroblob(200) WHERE offset = 1");
    await expect(readAll(await openLog(), "events", 0)).rejects.toThrow(/events-0 at offset 1: .*no batch.*damaged/);
    db.exec("UPDATE batch SET bytes = substr((SELECT bytes FROM batch WHERE offset = 0), 1, 100) WHERE offset = 1");
    await expect(readAll(await openLog(), "events", 0)).rejects.toThrow(/events-0 at offset 1: .*no batch.*damaged/);
    db.close();
  });

  it("is whole, or is made by who comes next, when processes are killed while they make it", async () => {
    const random = seededRandom("makers");
    for (let round = 0; round < 6; round += 1) {
      folder = join(parent, `log-${round}`);
      const makers = [0, 1].map(() => WorkerProcess.of("makes", folder));
      workers.push(...makers);
      await sleep(60 + random.below(150));
      for (const maker of makers) await maker.kill();
      expect(makers.flatMap(({ lines }) => lines.filter((line) => line !== "made"))).toEqual([]);
      await madeWith(1);
      expect(await values(await openLog(), "events", 0)).toHaveLength(1);
    }
  });

  it("that has no room to be made says so, and is made once there is", async () => {
    const script = `trap '' XFSZ; ulimit -f 4; exec "$0" "$@"`;
    const worker = new WorkerProcess("bash", ["-c", script, process.execPath, WORKER, "makes", folder]);
    workers.push(worker);
    expect(await worker.said("")).toMatch(/^LogUnavailable: .*nothing was changed.*log\.sqlite/);
    await madeWith(1);
    expect(await values(await openLog(), "events", 0)).toHaveLength(1);
  });

  it("that may not be written is refused, with what to look at", async () => {
    await madeWith(1);
    if (process.getuid?.() === 0) {
      // Nothing is forbidden to root by a mode: a folder in the file's place stands for what it may not open.
      rmSync(file);
      mkdirSync(file);
    } else chmodSync(file, 0o400);
    await expect(openLog()).rejects.toThrow(/log\.sqlite.*look at the owner and the mode/);
  });

  it("is refused on a Node whose SQLite may damage it, which the bootstrap does not take either", () => {
    for (const sqlite of ["3.49.2", "3.50.6", "3.51.0", "3.51.2"]) {
      expect(() => checkVersion(sqlite), sqlite).toThrow(/3\.51\.3 or newer/);
      expect(reasonAgainst({ node: "24.0.0", sqlite })).toBe(`has SQLite ${sqlite}, older than 3.51.3`);
    }
    for (const sqlite of ["3.50.7", "3.51.3", "3.53.4", "4.0.0"]) {
      expect(() => checkVersion(sqlite)).not.toThrow();
      expect(reasonAgainst({ node: "22.18.0", sqlite })).toBeNull();
    }
    expect(reasonAgainst({ node: "20.19.0" })).toBe("cannot run TypeScript");
    expect(reasonAgainst({ node: "22.17.1", sqlite: "3.53.4" })).toBe("cannot run TypeScript");
  });
});

describe("another process's lock on the embedded log", () => {
  it("is waited for without holding up the process, and named when the patience is over", async () => {
    await madeWith(1);
    const log = await openLog({ retryDeadlineMs: 500 });
    const worker = await locked();
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    const sent = log.send([out("events", 0, "k", "late")]);
    await expect(sent).rejects.toThrow(LogUnavailable);
    clearInterval(timer);
    // Five at least: a pause counts a tenth of a second at most. Had the process stood still, it would be one.
    expect(turns).toBeGreaterThan(3);
    const { pid } = worker.child;
    await expect(sent).rejects.toThrow(
      process.platform === "linux"
        ? new RegExp(`locked for .* by process ${pid}, which is stopped.*kill -CONT ${pid}.*nothing was changed`)
        : /locked for .* nothing was changed/,
    );
    expect(await values(log, "events", 0)).toHaveLength(1);
    await worker.kill();
    await log.send([out("events", 0, "k", "again")]);
    expect(await values(log, "events", 0)).toHaveLength(2);
  });

  it("of a stopped process keeps nobody from opening and reading, and is over when that one is killed", async () => {
    await madeWith(1);
    const told: string[] = [];
    const worker = await locked();
    const log = await openLog({ onTrouble: (text) => told.push(text) });
    expect(await readAll(log, "events", 0)).toHaveLength(1);
    const order = [1, 2, 3].map((n) => log.send([out("hints", 0, "k", `${n}`)]));
    for (const until = Date.now() + 20_000; told.length === 0 && Date.now() < until;) await sleep(50);
    expect(told).toEqual([expect.stringMatching(/waiting for /)]);
    await worker.kill();
    await Promise.all(order);
    expect(await values(log, "hints", 0)).toEqual(["1", "2", "3"]);
  });
});

describe("the write-ahead log of an embedded log", () => {
  it("stays short while somebody reads slowly and another one follows", async () => {
    const log = await openLog({ durability: "process" });
    await log.ensureTopics([
      { name: "large", partitions: 1, cleanup: "delete", retentionMs: null, maxRecordBytes: 2 ** 20 },
    ]);
    const value = Buffer.alloc(2 ** 20, 7);
    const send = (): Promise<void> => log.send([{ topic: "large", key: null, value }]);
    await send();
    await send();
    const slow = log.read("large", 0, 0, { maxRecords: 1 })[Symbol.asyncIterator]();
    await slow.next();
    const stop = new AbortController();
    const follower = (async () => {
      let seen = 0;
      for await (const batch of log.read("large", 0, 0, { follow: true, signal: stop.signal })) seen += batch.length;
      return seen;
    })();
    let longest = 0;
    for (let i = 0; i < 200; i += 1) {
      await send();
      longest = Math.max(longest, statSync(`${file}-wal`).size);
    }
    expect(longest).toBeLessThan(100 * 2 ** 20);
    expect((await slow.next()).value).toHaveLength(1);
    await sleep(100);
    stop.abort();
    expect(await follower).toBeGreaterThan(100);
  });

  it("is copied back by a process that sends much and ends, and ends only then", async () => {
    await madeWith(1);
    const worker = WorkerProcess.of("sendMuch", folder);
    workers.push(worker);
    await worker.ended();
    expect([worker.child.exitCode, worker.lines]).toEqual([0, []]);
    expect(readdirSync(folder)).toEqual(["log.sqlite"]);
    expect(await values(await openLog(), "events", 0)).toHaveLength(6_001);
  });
});
