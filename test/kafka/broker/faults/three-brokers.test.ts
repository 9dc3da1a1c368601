// A cluster of three, replication 3: what holds on one broker, and what only several can do to us. A broker is frozen,
// killed, moved or cut off from the others; leaders, coordinators and addresses change under tasks that go on.

import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../../../src/domain/assert.ts";
import type { EventLog, TaskLog } from "../../../../src/log/event-log.ts";
import { openKafkaLog } from "../../../../src/log/kafka/log.ts";
import { conformance } from "../../../log/conformance.ts";
import { SPECS } from "../../../log/fixture.ts";
import { KIND, out, text, RecordingMember } from "../../../log/recording-member.ts";
import { openKafkaFixture, type KafkaFixture } from "../../cluster-fixture.ts";
import { allAnswered, COUNT, numbers, PARTITIONS, TOPICS } from "../../workers/counting.ts";
import { freePorts } from "../../../../bin/servers/server.mjs";
import { threeProcesses } from "../../workers/processes.ts";
import { startBroker, type BrokerNode, type RunningBroker } from "../../../../fixtures/broker.ts";
import { WorkerProcess } from "../../workers/worker-process.ts";

const CLEAN = { missing: [], doubled: [], broken: [] };
const SESSION_MS = "4000";
/** A group that must not forget its member while the broker that coordinates it is dead or frozen. */
const PATIENT_SESSION_MS = 60_000;

let cluster: RunningBroker;
beforeAll(async () => {
  cluster = await startBroker({ brokers: 3, memory: "320m" });
}, 120_000);
afterAll(() => cluster.stop(), 60_000);

const node = (id: number): BrokerNode => must(cluster.nodes[id - 1], `node ${id}`);
const freeze = (id: number): boolean => process.kill(node(id).pid, "SIGSTOP");
const thaw = (id: number): boolean => process.kill(node(id).pid, "SIGCONT");

describe("the Kafka log on three brokers", () => {
  conformance({ name: "three brokers", marksApart: true, open: () => openKafkaFixture(cluster.brokers, KIND) });
});

describe("on three brokers", () => {
  threeProcesses(async () => cluster.brokers);
});

describe("a log on three brokers", () => {
  let fixture: KafkaFixture;
  let log: EventLog;

  beforeEach(async () => {
    fixture = await openKafkaFixture(cluster.brokers, KIND);
    log = await fixture.connect({ retryDeadlineMs: 60_000, sessionTimeoutMs: PATIENT_SESSION_MS });
    await log.ensureTopics(SPECS);
  });
  afterEach(() => fixture.close());

  const leaderOf = async (topic: string, partition: number): Promise<number> => {
    const { topics } = await fixture.admin.fetchTopicMetadata({ topics: [fixture.prefix + topic] });
    return must(
      topics[0]?.partitions.find(({ partitionId }) => partitionId === partition),
      topic,
    ).leader;
  };
  /** By reassignment to one replica, and then to all again. */
  const lead = async (topic: string, partition: number, by: number): Promise<void> => {
    const assigned = (replicas: number[]): Promise<unknown> =>
      fixture.admin.alterPartitionReassignments({
        topics: [{ topic: fixture.prefix + topic, partitionAssignment: [{ partition, replicas }] }],
      });
    await assigned([by]);
    await expect.poll(() => leaderOf(topic, partition), { timeout: 30_000 }).toBe(by);
    await assigned([by, (by % 3) + 1, ((by + 1) % 3) + 1]);
  };
  const claimed = async (): Promise<TaskLog> => {
    const told = new RecordingMember();
    await log.join(KIND, told);
    return await told.claim(0);
  };

  it("gives a task at once what has come of one input while the leader of another is frozen", async () => {
    await lead("events", 0, 1);
    await lead("hints", 0, 2);
    const task = await claimed();
    await task.seek({});
    await log.send([out("events", 0, "k", "before")]);
    expect((await task.poll({ maxRecords: 10, maxWaitMs: 30_000 })).map(({ value }) => text(value))).toEqual([
      "before",
    ]);
    freeze(2);
    try {
      await log.send([out("events", 0, "k", "after")]);
      const [record] = await task.poll({ maxRecords: 10, maxWaitMs: 60_000 });
      expect(text(must(record, "a record").value)).toBe("after");
    } finally {
      thaw(2);
    }
  }, 120_000);

  it("goes on when leaders are moved by reassignment, and nothing is had twice or not at all", async () => {
    const task = await claimed();
    await task.seek({});
    const had: string[] = [];
    for (let n = 0; n < 6; n += 1) {
      await log.send([out("events", 0, "k", `${n}`)]);
      while (had.length <= n) {
        const records = await task.poll({ maxRecords: 10, maxWaitMs: 1_000 });
        had.push(...records.map(({ value }) => text(value)));
        const last = records.at(-1);
        if (last)
          await task.commit([out("changes", 0, "k", `${n}`), out("answers", 0, "k", `${n}`)], {
            events: last.offset + 1,
          });
      }
      const topic = ["events", "changes", "answers"][n % 3] ?? "events";
      await lead(topic, 0, ((await leaderOf(topic, 0)) % 3) + 1);
    }
    expect(had).toEqual(["0", "1", "2", "3", "4", "5"]);
    const answers: string[] = [];
    for await (const batch of log.read("answers", 0, 0)) answers.push(...batch.map(({ value }) => text(value)));
    expect(answers).toEqual(had);
  }, 180_000);

  it("begins with whichever broker answers: one is refused, one is silent, one is frozen, and the last is alive", async () => {
    const silent: Server = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    freeze(1);
    try {
      const brokers = ["127.0.0.1:1", `127.0.0.1:${port}`, node(1).broker, node(3).broker];
      const late = await openKafkaLog({ brokers, clientId: "late", topicPrefix: fixture.prefix }, Date.now);
      await late.send([out("events", 1, "k", "sent")]);
      await late.close();
    } finally {
      thaw(1);
      silent.close();
    }
  }, 120_000);

  it("waits where fewer replicas are in sync than a topic asks for, and goes on when they are back", async () => {
    const strict = await fixture.connect({ replication: 3, minInsyncReplicas: 3, retryDeadlineMs: 60_000 });
    await strict.ensureTopics([{ ...must(SPECS[0], "a topic"), name: "strict", partitions: 1 }]);
    await strict.send([out("strict", 0, "k", "1")]);
    process.kill(node(2).pid, "SIGKILL");
    let isSent = false;
    const sending = strict.send([out("strict", 0, "k", "2")]).then(() => (isSent = true));
    await sleep(8_000);
    expect(isSent).toBe(false);
    await cluster.startNode(2);
    await sending;
    const values: string[] = [];
    for await (const batch of strict.read("strict", 0, 0)) values.push(...batch.map(({ value }) => text(value)));
    expect(values).toEqual(["1", "2"]);
  }, 180_000);

  it("is not told that a broker is ready when it is another's process that answers on its port", async () => {
    process.kill(node(2).pid, "SIGKILL");
    const another: Server = createServer((socket) => socket.destroy());
    const port = Number(node(2).broker.split(":")[1]);
    await expect
      .poll(
        () => new Promise((resolve) => another.once("error", resolve).listen(port, "127.0.0.1", () => resolve(null))),
      )
      .toBeNull();
    await expect(cluster.startNode(2)).rejects.toThrow(/before it was ready/);
    await new Promise((resolve) => another.close(resolve));
    await cluster.startNode(2);
  }, 180_000);

  it("finds a broker that comes back at another address", async () => {
    const task = await claimed();
    process.kill(node(3).pid, "SIGKILL");
    const [port = 0] = await freePorts([0]);
    await cluster.startNode(3, { port });
    expect(node(3).broker).toBe(`127.0.0.1:${port}`);
    for (const topic of ["events", "changes"]) await lead(topic, 0, 3);
    await log.send([out("events", 0, "k", "there")]);
    await task.commit([out("changes", 0, "k", "there")], {});
  }, 180_000);
});

describe("processes on three brokers", () => {
  let fixture: KafkaFixture;
  let folder: string;
  let workers: WorkerProcess[] = [];

  beforeEach(async () => {
    fixture = await openKafkaFixture(cluster.brokers, COUNT);
    folder = mkdtempSync(path.join(tmpdir(), "stipend-workers-"));
  });
  afterEach(async () => {
    await Promise.all(workers.map((worker) => worker.end("SIGKILL")));
    await fixture.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("answer again on all partitions while a broker is still frozen, and each record once also when it has thawed", async () => {
    const log = await fixture.connect({ retryDeadlineMs: 60_000 });
    await log.ensureTopics(TOPICS);
    workers = ["a", "b"].map((name) => {
      return new WorkerProcess(cluster.brokers, fixture.prefix, path.join(folder, name), SESSION_MS);
    });
    await expect
      .poll(() => workers.flatMap(({ partitions }) => partitions).length, { timeout: 60_000 })
      .toBe(PARTITIONS);
    let sent = 0;
    const send = async (): Promise<void> => {
      await log.send(numbers(sent, 100));
      sent += 100;
    };
    for (const id of [1, 2]) {
      await send();
      freeze(id);
      try {
        await send();
        expect(await allAnswered(log, sent, 60_000)).toEqual({ ...CLEAN, answers: sent });
      } finally {
        thaw(id);
      }
      await send();
      expect(await allAnswered(log, sent, 60_000)).toEqual({ ...CLEAN, answers: sent });
    }
    for (const worker of workers)
      expect(worker.lines.filter(({ text: line }) => line.startsWith("failed"))).toEqual([]);
  }, 300_000);
});
