// Restores on a real broker: what is said of a long one and that the group does not miss its member meanwhile; and a process
// that stands by for the partitions of another.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { EventLog, TaskLog } from "../../../../src/log/event-log.ts";
import { memoryStores } from "../../../../src/task/store/memory-store.ts";
import { unobserved, type RestoreReport } from "../../../../src/task/observer.ts";
import { joinRunner, type Runner } from "../../../../src/task/runner.ts";
import { systemClock, systemElapsedMs } from "../../../../src/task/system-clock.ts";
import { openKafkaFixture, SESSION_MS, type KafkaFixture } from "../../cluster-fixture.ts";
import { allAnswered, controlCodec, COUNT, counting, numbers, PARTITIONS, TOPICS } from "../../workers/counting.ts";
import { theBroker } from "../../the-broker.ts";
import { WorkerProcess } from "../../workers/worker-process.ts";

const CLEAN = { missing: [], doubled: [], broken: [] };
let brokers: string;
let fixture: KafkaFixture;
let log: EventLog;
let folder: string;
let workers: WorkerProcess[];

beforeEach(async () => {
  workers = [];
  brokers = (await theBroker()).brokers;
  fixture = await openKafkaFixture(brokers, COUNT);
  log = await fixture.connect();
  await log.ensureTopics(TOPICS);
  folder = mkdtempSync(path.join(tmpdir(), "stipend-restore-"));
});
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.end("SIGKILL")));
  await fixture.close();
  rmSync(folder, { recursive: true, force: true });
});

it("a member that restores for longer than the session time-out is not missed: nothing moves, and it tells how far it is", async () => {
  const SENT = 3_000;
  // Long enough for heartbeats on a busy machine: what is asked is whether a restore keeps them from being sent.
  const sessionTimeoutMs = 3 * SESSION_MS;
  const first = await member(await fixture.connect());
  await log.send(numbers(0, SENT));
  expect(await allAnswered(log, SENT)).toEqual({ ...CLEAN, answers: SENT });
  await first.runner.stop();

  const slow = await member(restoringFor(await fixture.connect({ sessionTimeoutMs }), 3 * sessionTimeoutMs));
  const startedMs = performance.now();
  const other = await member(await fixture.connect({ sessionTimeoutMs }));
  // The other's coming moves half of the partitions; nothing else is to move.
  await expect.poll(() => other.running(), { timeout: 30_000 }).toHaveLength(PARTITIONS / 2);
  await expect.poll(() => slow.running(), { timeout: 60_000 }).toHaveLength(PARTITIONS / 2);
  expect(performance.now() - startedMs).toBeGreaterThan(2 * sessionTimeoutMs);
  expect(other.states.filter((state) => state.startsWith("opening"))).toHaveLength(PARTITIONS / 2);
  // What it has kept all the time, it has restored once.
  for (const partition of slow.running()) {
    expect(slow.states.filter((state) => state === `opening ${partition}`)).toHaveLength(1);
    expect(slow.troubles).not.toContain(partition);
  }
  expect(fixture.troubles).toEqual([]);

  const [partition = -1] = slow.running();
  const told = slow.reports.filter((report) => report.partition === partition);
  expect(told.length).toBeGreaterThan(2);
  expect(told.at(-1)).toMatchObject({ over: true, left: 0, share: 1 });
  const shares = told.map(({ share }) => share ?? -1);
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  expect(told.reduce((sum, { newRecords }) => sum + newRecords, 0)).toBe(told.at(-1)?.records);
  await slow.runner.stop();
  await other.runner.stop();
}, 120_000);

it("a process that has stood by takes over with what it has, and only reads what came since; nothing is lost or doubled", async () => {
  const SENT = 3_000;
  const start = (name: string): WorkerProcess =>
    new WorkerProcess(brokers, fixture.prefix, path.join(folder, name), "4000", "500");
  workers = [start("one"), start("two")];
  const [victim, survivor] = workers;
  await expect
    .poll(() => workers.map(({ partitions }) => partitions.length), { timeout: 30_000 })
    .toEqual([PARTITIONS / 2, PARTITIONS / 2]);
  for (let sent = 0; sent < SENT; sent += 20) {
    await log.send(numbers(sent, 20));
    await sleep(20);
  }
  expect(await allAnswered(log, SENT)).toEqual({ ...CLEAN, answers: SENT });
  // Each copy was level once more after the last of it.
  await sleep(2_000);
  const taken = victim?.partitions ?? [];
  const before = survivor?.lines.length ?? 0;
  await victim?.end("SIGKILL");
  for (const partition of taken) await survivor?.said(`running ${partition}`, before);
  const ranges = await log.ranges(COUNT.changelog);
  let [read, all] = [0, 0];
  for (const partition of taken) {
    const line = await survivor?.said(`restored ${partition} task`, before);
    read += Number(line?.text.split(" ").at(-1));
    all += ranges[partition]?.end ?? 0;
  }
  expect(all).toBeGreaterThan(500);
  expect(read).toBeLessThan(all / 5);
  await log.send(numbers(SENT, 500));
  expect(await allAnswered(log, SENT + 500)).toEqual({ ...CLEAN, answers: SENT + 500 });
}, 120_000);

interface RunningMember {
  readonly runner: Runner<null>;
  readonly states: readonly string[];
  readonly reports: readonly RestoreReport[];
  /** Partitions. */
  readonly troubles: readonly number[];
  running(): number[];
}

async function member(on: EventLog): Promise<RunningMember> {
  const states: string[] = [];
  const reports: RestoreReport[] = [];
  const troubles: number[] = [];
  const runner = await joinRunner({
    log: on,
    kind: COUNT,
    processor: counting,
    openStore: memoryStores().open,
    codec: controlCodec,
    clock: systemClock,
    newLineage: () => "restore",
    maxRecords: 50,
    idleMs: 50,
    drainMs: 2_000,
    observer: {
      ...unobserved,
      elapsedMs: systemElapsedMs,
      restore: (report) => reports.push(report),
      lifecycle: (_kind, partition, state) => states.push(`${state} ${partition}`),
      trouble: (_kind, partition) => troubles.push(partition),
    },
  });
  void runner.run();
  return {
    runner,
    states,
    reports,
    troubles,
    running: () => runner.tasks.filter(({ state }) => state === "running").map(({ partition }) => partition),
  };
}

/** Its restores take so long, in lots of a few records. */
function restoringFor(on: EventLog, ms: number): EventLog {
  const LOTS = 12;
  const slow = (task: TaskLog): TaskLog => ({
    partition: task.partition,
    async *restore(from) {
      for await (const batch of task.restore(from)) {
        const lot = Math.ceil(batch.length / LOTS);
        for (let at = 0; at < batch.length; at += lot) {
          await sleep(ms / LOTS);
          yield batch.slice(at, at + lot);
        }
      }
    },
    seek: (positions) => task.seek(positions),
    poll: (limits) => task.poll(limits),
    commit: (records, positions) => task.commit(records, positions),
    release: () => task.release(),
  });
  return {
    ...on,
    join: (kind, joined) =>
      on.join(kind, {
        assigned: (partition, claim) => joined.assigned(partition, async () => slow(await claim())),
        revoked: (partition) => joined.revoked(partition),
      }),
  };
}
