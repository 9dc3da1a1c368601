// The embedded log with real processes: killed within commits, refused, stopped and continued, many at once.

import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../../src/domain/assert.ts";
import { seededRandom } from "../../../src/domain/random.ts";
import { processLiveness } from "../../../src/log/embedded/liveness.ts";
import { openEmbeddedLog, type EmbeddedLog } from "../../../src/log/embedded/log.ts";
import { AlreadyRunning } from "../../../src/log/event-log.ts";
import { readAll, values } from "../reading.ts";
import { SPECS } from "../fixture.ts";
import { KIND, out, text, RecordingMember } from "../recording-member.ts";
import { WORKER, WorkerProcess } from "./worker-process.ts";

describe("the embedded log among processes", () => {
  let folder: string;
  let log: EmbeddedLog;
  const workers: WorkerProcess[] = [];

  const work = (mode: string, argument = ""): WorkerProcess => {
    const worker = WorkerProcess.of(mode, folder, argument);
    workers.push(worker);
    return worker;
  };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "stipend-log-"));
    log = await openEmbeddedLog({ folder, now: () => Date.now(), newToken: randomUUID });
    await log.ensureTopics(SPECS);
  });
  afterEach(async () => {
    for (const worker of workers.splice(0)) await worker.kill();
    await log.close();
    rmSync(folder, { recursive: true });
  });

  it("a process killed within its commits leaves each whole or none of it, and loses none it was told of", async () => {
    const random = seededRandom("kills");
    let acknowledged = 0;
    for (let round = 0; round < 6; round += 1) {
      const worker = work("commits");
      const from = Number((await worker.said("from")).slice(5));
      expect(from).toBeGreaterThanOrEqual(acknowledged);
      await worker.said(`done ${from + 1 + random.below(40)}`);
      await worker.kill();
      acknowledged = Math.max(from, ...worker.lines.map((line) => Number(/^done (\d+)/.exec(line)?.[1] ?? 0)));
    }
    const counts = new Map<string, number>();
    for (const partition of [0, 1])
      for (const value of await values(log, "answers", partition)) counts.set(value, (counts.get(value) ?? 0) + 1);
    expect(counts.size).toBeGreaterThanOrEqual(acknowledged);
    expect([...counts.values()].filter((count) => count !== 30)).toEqual([]);
    expect((await values(log, "changes", 0)).map(Number)).toEqual(Array.from({ length: counts.size }, (_, i) => i + 1));
    expect(await log.committed(KIND)).toEqual([{ partition: 0, positions: { events: counts.size } }]);
  });

  it("a second process is refused while the first lives, and takes over as soon as it is killed", async () => {
    const first = work("hold");
    await first.said("holding");
    const refused = log.join(KIND, new RecordingMember());
    await expect(refused).rejects.toThrow(AlreadyRunning);
    await expect(refused).rejects.toThrow(`process ${first.child.pid} `);
    const second = work("hold");
    expect(await second.said("AlreadyRunning")).toContain(`kill ${first.child.pid}`);
    await second.ended();
    await first.kill();
    const told = new RecordingMember();
    await log.join(KIND, told);
    const task = await told.claim(0);
    await task.commit([out("answers", 0, "k", "ours")], {});
    expect(await values(log, "answers", 0)).toEqual(["ours"]);
  });

  it("a process that was stopped, taken for dead and continued can commit nothing", async () => {
    const zombie = work("hold");
    await zombie.said("holding");
    zombie.child.kill("SIGSTOP");
    const { self } = processLiveness();
    const liveness = { self, isAlive: () => false };
    const other = await openEmbeddedLog({ folder, now: () => Date.now(), newToken: randomUUID, liveness });
    const told = new RecordingMember();
    await other.join(KIND, told);
    const task = await told.claim(0);
    zombie.child.kill("SIGCONT");
    zombie.child.stdin.write("go\n");
    expect(await zombie.said("")).toBe("holding");
    await zombie.ended();
    expect(zombie.lines).toEqual(["holding", "Fenced"]);
    await task.commit([out("answers", 0, "k", "ours")], {});
    expect(await values(log, "answers", 0)).toEqual(["ours"]);
    await other.close();
  });

  it("a process id that was given again is not taken for the owner", () => {
    const liveness = processLiveness();
    const { self } = liveness;
    expect(liveness.isAlive(self)).toBe(true);
    expect(liveness.isAlive({ ...self, started: "1" })).toBe(false);
    expect(liveness.isAlive({ ...self, boot: "another" })).toBe(false);
    expect(liveness.isAlive({ ...self, pid: 2 ** 22 + 1 })).toBe(false);
  });

  it("two processes send in parallel while a third answers: each once, in each sender's order", async () => {
    const task = work("answer");
    await task.said("ready");
    const senders = [work("send", "a"), work("send", "b")];
    await Promise.all(senders.map((worker) => worker.ended()));
    task.child.stdin.write("end\n");
    await task.ended();
    const answers = await readAll(log, "answers", 0);
    const expected = Array.from({ length: 400 }, (_, i) => `${i}`);
    for (const sender of ["a", "b"]) {
      const own = answers.filter((record) => text(record.key) === sender);
      expect(own.map((record) => text(record.value))).toEqual(expected);
    }
  });

  it("a full disk is said so, keeps what was acknowledged, and is over when there is room again", async () => {
    const script = `trap '' XFSZ; ulimit -f 2048; exec "$0" "$@"`;
    const worker = new WorkerProcess("bash", ["-c", script, process.execPath, WORKER, "fill", folder]);
    workers.push(worker);
    await worker.ended();
    const sent = Number(must(worker.lines[0], "first line").slice(5));
    expect(sent).toBeGreaterThan(0);
    expect(worker.lines[1]).toMatch(/^LogUnavailable: .*nothing was changed/);
    expect(worker.lines.slice(2)).toEqual([`read ${sent}`]);
    expect(worker.child.exitCode).toBe(0);
    await log.send([out("events", 0, "k", "room")]);
    expect(await readAll(log, "events", 0)).toHaveLength(sent + 1);
  });
});
