// Three processes share the partitions of one kind on real brokers, and are killed, stopped, continued and told to go
// while a load comes in. Whatever happens, each record is answered once.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EventLog } from "../../../src/log/event-log.ts";
import { openKafkaFixture, type KafkaFixture } from "../cluster-fixture.ts";
import { allAnswered, COUNT, numbers, PARTITIONS, TOPICS } from "./counting.ts";
import { WorkerProcess } from "./worker-process.ts";

const SESSION_MS = 4_000;
const ALL = Array.from({ length: PARTITIONS }, (_, partition) => partition);
const CLEAN = { missing: [], doubled: [], broken: [] };

export function threeProcesses(theBrokers: () => Promise<string>): void {
  describe("three processes", { timeout: 120_000 }, () => {
    let fixture: KafkaFixture;
    let log: EventLog;
    let folder: string;
    let brokers: string;
    let workers: WorkerProcess[];
    let sent: number;
    let load: NodeJS.Timeout;

    const start = (): WorkerProcess => {
      const own = path.join(folder, `worker-${workers.length}`);
      const worker = new WorkerProcess(brokers, fixture.prefix, own, String(SESSION_MS));
      workers.push(worker);
      return worker;
    };
    const running = (): WorkerProcess[] => workers.filter((worker) => worker.running);
    const settled = async (): Promise<void> => {
      await expect
        .poll(
          () =>
            running()
              .flatMap(({ partitions }) => partitions)
              .toSorted((a, b) => a - b),
          { timeout: 30_000 },
        )
        .toEqual(ALL);
    };

    beforeEach(async () => {
      brokers = await theBrokers();
      fixture = await openKafkaFixture(brokers, COUNT);
      log = await fixture.connect();
      await log.ensureTopics(TOPICS);
      folder = mkdtempSync(path.join(tmpdir(), "stipend-workers-"));
      workers = [];
      sent = 0;
      const sending: Promise<void>[] = [];
      load = setInterval(() => {
        sending.push(log.send(numbers(sent, 40)));
        sent += 40;
      }, 20);
      start();
      start();
      start();
      await Promise.all(workers.map((worker) => worker.said("joined")));
      // Who came first has had all of it for a moment.
      await expect
        .poll(() => workers.map(({ partitions }) => partitions.length), { timeout: 30_000 })
        .toEqual(workers.map(() => PARTITIONS / workers.length));
    });
    afterEach(async () => {
      clearInterval(load);
      await Promise.all(workers.map((worker) => worker.end("SIGKILL")));
      await fixture.close();
      rmSync(folder, { recursive: true, force: true });
    });

    const finish = async (): Promise<void> => {
      clearInterval(load);
      expect(await allAnswered(log, sent)).toEqual({ ...CLEAN, answers: sent });
    };

    it("share the partitions evenly", async () => {
      await expect
        .poll(() => workers.map(({ partitions }) => partitions.length), { timeout: 30_000 })
        .toEqual([2, 2, 2]);
      await finish();
    });

    it("go on when one is killed, after its session has timed out, and nothing is lost or doubled", async () => {
      const [first] = workers;
      await first?.end("SIGKILL");
      await settled();
      await finish();
    });

    it("do not let one that was taken for dead do anything any more, and have it back", async () => {
      const [zombie, ...others] = workers;
      const had = zombie?.partitions ?? [];
      zombie?.signal("SIGSTOP");
      await expect
        .poll(() => others.flatMap(({ partitions }) => partitions).length, { timeout: 30_000 })
        .toBe(PARTITIONS);
      const before = zombie?.lines.length ?? 0;
      zombie?.signal("SIGCONT");
      for (const partition of had) await zombie?.said(`closed ${partition}`, before);
      await expect.poll(() => zombie?.partitions.length, { timeout: 30_000 }).toBe(2);
      await finish();
    });

    it("move only what must move when one comes and one goes, and a clean leave is noticed at once", async () => {
      const counts = (): number[] =>
        workers.map(({ lines }) => lines.filter(({ text }) => text.startsWith("opening")).length);
      const before = counts();
      const fourth = start();
      await expect.poll(() => fourth.partitions.length, { timeout: 30_000 }).toBeGreaterThan(0);
      await settled();
      expect(counts()).toEqual([...before, Math.floor(PARTITIONS / workers.length)]);
      const [first, second, third] = workers;
      const had = first?.partitions ?? [];
      const leftAt = performance.now();
      await first?.end("SIGTERM");
      expect(first?.lines.at(-1)?.text).toBe("ended");
      await settled();
      const others = [second, third, fourth].flatMap((worker) => worker?.lines ?? []);
      const taken = others.filter(({ text, atMs }) => text.startsWith("opening") && atMs > leftAt);
      const moved = taken.map(({ text }) => Number(text.split(" ")[1]));
      expect(moved.toSorted((a, b) => a - b)).toEqual(had.toSorted((a, b) => a - b));
      expect(Math.max(...taken.map(({ atMs }) => atMs)) - leftAt).toBeLessThan(SESSION_MS / 2);
      for (const worker of [second, third, fourth])
        expect(worker?.lines.filter(({ text }) => text.startsWith("trouble"))).toEqual([]);
      await finish();
    });
  });
}
