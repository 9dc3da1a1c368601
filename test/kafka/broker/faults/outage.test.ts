// The broker itself is killed, stays away, and comes back: tasks wait, and go on where they were.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../../../src/domain/assert.ts";
import { LogError, LogUnavailable, OutcomeUnknown, type EventLog } from "../../../../src/log/event-log.ts";
import { openKafkaLog } from "../../../../src/log/kafka/log.ts";
import { out, text } from "../../../log/recording-member.ts";
import { openKafkaFixture, type KafkaFixture } from "../../cluster-fixture.ts";
import { allAnswered, COUNT, numbers, PARTITIONS, TOPICS } from "../../workers/counting.ts";
import { startBroker, type BrokerOptions, type RunningBroker } from "../../../../fixtures/broker.ts";
import { WorkerProcess } from "../../workers/worker-process.ts";

const SESSION_MS = 2_000;
const PATIENCE_MS = 4_000;

describe("a broker that is killed", () => {
  let broker: RunningBroker;
  let fixture: KafkaFixture;
  let folder: string;
  let workers: WorkerProcess[] = [];

  beforeEach(async () => {
    broker = await startBroker();
    fixture = await openKafkaFixture(broker.brokers, COUNT);
    folder = mkdtempSync(path.join(tmpdir(), "stipend-workers-"));
  });
  afterEach(async () => {
    for (const worker of workers.splice(0)) await worker.end("SIGKILL");
    await fixture.close();
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const restart = async (more: BrokerOptions = {}): Promise<void> => {
    broker = await startBroker({ dir: broker.dir, port: Number(broker.brokers.split(":")[1]), ...more });
  };
  const startWorkers = async (...names: readonly string[]): Promise<void> => {
    const args = [String(SESSION_MS), "", String(PATIENCE_MS)];
    workers = names.map((name) => new WorkerProcess(broker.brokers, fixture.prefix, path.join(folder, name), ...args));
    await Promise.all(workers.map((worker) => worker.said("running")));
  };
  const said = (): string[] => workers.flatMap(({ lines }) => lines.map(({ text: line }) => line));
  /** All is answered once, and nobody has failed. */
  const finish = async (log: EventLog, sent: number): Promise<void> => {
    const found = await allAnswered(log, sent, 40_000);
    expect(found, said().slice(-80).join("\n")).toEqual({ answers: sent, missing: [], doubled: [], broken: [] });
    for (const worker of workers) await worker.end("SIGTERM");
    for (const worker of workers) expect(worker.lines.at(-1)?.text).toBe("ended");
    expect(said().filter((line) => line.startsWith("failed"))).toEqual([]);
  };

  it("again and again under load costs no record and doubles none", async () => {
    const log = await fixture.connect({ retryDeadlineMs: 60_000 });
    await log.ensureTopics(TOPICS);
    workers = ["a", "b"].map(
      (name) => new WorkerProcess(broker.brokers, fixture.prefix, path.join(folder, name), String(SESSION_MS)),
    );
    await Promise.all(workers.map((worker) => worker.said("running")));
    let sent = 0;
    const load = (async () => {
      for (; sent < 8_000; sent += 40) {
        await log.send(numbers(sent, 40));
        await new Promise((resolve) => setTimeout(resolve, 40));
      }
    })();
    for (let kill = 0; kill < 2; kill += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      process.kill(broker.pid, "SIGKILL");
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      await restart();
    }
    await load;
    await finish(log, sent);
  }, 120_000);

  it("and stays away for longer than tasks try and sessions live is waited for: all are held, and go on by themselves", async () => {
    const log = await fixture.connect({ retryDeadlineMs: 60_000 });
    await log.ensureTopics(TOPICS);
    await startWorkers("a", "b");
    await log.send(numbers(0, 400));
    process.kill(broker.pid, "SIGKILL");
    const awayAt = performance.now();
    const tried = (): Set<string | undefined> =>
      new Set(said().flatMap((line) => (line.startsWith("trouble retry") ? [line.split(" ")[2]] : [])));
    await expect.poll(() => tried().size, { timeout: 60_000 }).toBe(PARTITIONS);
    await new Promise((resolve) => setTimeout(resolve, awayAt + 4 * SESSION_MS - performance.now()));
    await restart();
    await log.send(numbers(400, 400));
    await finish(log, 800);
  }, 300_000);

  it("by a full disk has kept what it acknowledged, and tasks go on where they were when there is room", async () => {
    const log = await fixture.connect({ retryDeadlineMs: PATIENCE_MS });
    const filler = { ...must(TOPICS[0], "a topic"), name: "filler", partitions: 1 };
    await log.ensureTopics([...TOPICS, filler]);
    await broker.stop({ keep: true });
    await restart({ fileBytesMost: 16 * 1024 * 1024 });
    await startWorkers("a");
    await expect.poll(() => log.send(numbers(0, 400)).then(() => "sent", String), { timeout: 30_000 }).toBe("sent");
    let kept = 0;
    const fill = async (): Promise<void> => {
      for (; kept < 40_000; kept += 100)
        await log.send(Array.from({ length: 100 }, () => out("filler", 0, "k", "x".repeat(9_000))));
    };
    await expect(fill()).rejects.toThrow(LogError);
    expect(kept).toBeGreaterThan(1_000);
    await expect.poll(() => said().some((line) => line.startsWith("trouble retry")), { timeout: 60_000 }).toBe(true);
    await restart();
    await expect.poll(() => log.send(numbers(400, 400)).then(() => "sent", String), { timeout: 30_000 }).toBe("sent");
    await finish(log, 800);
    const [range] = await log.ranges("filler");
    expect(range?.end).toBeGreaterThanOrEqual(kept);
  }, 300_000);

  it("is said by every call in the port's words, within its patience, and calls work when it is back", async () => {
    const producer = await fixture.connect({ retryDeadlineMs: 5_000 });
    await producer.ensureTopics(TOPICS);
    await producer.send([out("numbers", 0, "k", "before")]);
    const log = await fixture.connect({ retryDeadlineMs: 1_000 });
    await log.ranges("numbers");
    process.kill(broker.pid, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 300));
    // One who has sent before may have been heard; one who has not even a producer id has not.
    await expect(producer.send([out("numbers", 0, "k", "lost?")])).rejects.toThrow(OutcomeUnknown);
    await expect(log.send([out("numbers", 0, "k", "never")])).rejects.toThrow(LogUnavailable);
    await expect(log.ranges("numbers")).rejects.toThrow(LogUnavailable);
    await expect(log.read("numbers", 0, 0)[Symbol.asyncIterator]().next()).rejects.toThrow(LogUnavailable);
    const opening = openKafkaLog({ brokers: [broker.brokers], clientId: "late", retryDeadlineMs: 500 }, () =>
      Date.now(),
    );
    await expect(opening).rejects.toThrow(/127\.0\.0\.1:\d+.*ECONNREFUSED/);
    await restart();
    await expect
      .poll(() => log.send([out("numbers", 0, "k", "after")]).then(() => "sent", String), { timeout: 30_000 })
      .toBe("sent");
    const values: string[] = [];
    for await (const batch of log.read("numbers", 0, 0)) values.push(...batch.map((record) => text(record.value)));
    expect([values[0], values.at(-1)]).toEqual(["before", "after"]);
  }, 120_000);
});
