// Other people's clients beside ours, on a real broker: the examples in Python (librdkafka) and Java send the same sessions, as
// a service does that retries what another one has sent, and the decisions come out once. One that places keys in its own way
// gets dead letters. Where each client puts keys is what src/log/partitioner.ts says.

import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXAMPLES, kafkaJars } from "../../../../bin/servers/jars.mjs";
import { codecFor } from "../../../../src/log/codec/codec.ts";
import { partitionOf, type Partitioner } from "../../../../src/log/partitioner.ts";
import { Program } from "../../../cli/programs/program-process.ts";
import { openShell, type Shell } from "../../../cli/shell.ts";
import { writeCampaign, writeRelease } from "../../../cli/small-campaign.ts";
import { clientsPython } from "../../clients/python.ts";
import { deleteTopics } from "../../delete-topics.ts";
import { theBroker } from "../../the-broker.ts";

const ROOT = path.resolve(import.meta.dirname, "..", "..", "..", "..");
const PARTITIONS = 4;
const NOW_MS = Date.now();
const USERS = Array.from({ length: 40 }, (_, index) => `user-${index}`);

let shell: Shell;
let kafka: Kafka;
let allocator: Program;
let python: string;
let java: readonly string[];
/** Users who have an incentive. */
let given: string[] = [];
const prefix = `clients${process.pid}.`;

beforeAll(async () => {
  const { brokers } = await theBroker();
  kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING });
  python = await clientsPython();
  java = ["java", "-Xmx128m", "-cp", path.join(await kafkaJars(ROOT, () => undefined, EXAMPLES), "*")];
  shell = openShell({ KAFKA_BROKERS: brokers, KAFKA_TOPIC_PREFIX: prefix, STIPEND_PARTITIONS: String(PARTITIONS) });
  allocator = new Program(shell, "run --json");
  await allocator.said('"event":"tasks"');
}, 300_000);

afterAll(async () => {
  await allocator.kill();
  await deleteTopics(prefix);
  shell.close();
});

/** A program of the examples, in the checkout, with the lines on its stdin; answers what it printed. */
async function ran(words: readonly string[], lines: readonly string[]): Promise<string> {
  const [command = "", ...args] = words;
  return await new Promise((resolve, reject) => {
    const child = execFile(command, args, { cwd: ROOT, env: { ...process.env, ...shell.env } }, (error, out, err) =>
      error === null ? resolve(out) : reject(new Error(err, { cause: error })),
    );
    child.stdin?.end(lines.map((line) => `${line}\n`).join(""));
  });
}

/** One that follows: until it has said so many lines. */
async function followed(words: readonly string[], count: number): Promise<Record<string, unknown>[]> {
  const [command = "", ...args] = words;
  const child: ChildProcess = spawn(command, args, { cwd: ROOT, env: { ...process.env, ...shell.env } });
  let out = "";
  let err = "";
  child.stdout?.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const lines = () => out.split("\n").slice(0, -1);
  try {
    await expect.poll(() => lines().length, { timeout: 60_000, message: err }).toBeGreaterThanOrEqual(count);
    // Nothing comes after them.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    return lines().map((line) => JSON.parse(line) as Record<string, unknown>);
  } finally {
    child.kill("SIGKILL");
    await once(child, "close");
  }
}

const sessions = USERS.map((userId, index) =>
  JSON.stringify({
    ...{ sessionId: `s-${userId}`, userId, atMs: NOW_MS, surface: index % 2 === 0 ? "app" : null },
    ...{ campaign: "spring", attributes: { visits: index, vip: index % 3 === 0, city: "Köln", age: null } },
  }),
);

describe("examples in Python and Java", () => {
  test("send the same sessions, with what a schema allows, and each is decided once, for either to read", async () => {
    await shell.ok(`campaign create ${writeCampaign(shell.folder)} --wait`);
    const { folder, release } = writeRelease(shell.folder, "first");
    await shell.ok(`releases publish ${folder} --campaign spring`);
    await shell.ok(`releases promote ${release.hash} --campaign spring --wait`);
    await Promise.all([
      ran([python, "examples/python/send.py", "sessions"], sessions),
      ran([...java, "examples/java/Send.java", "sessions"], sessions),
    ]);
    const [byPython, byJava] = await Promise.all([
      followed([python, "examples/python/read_decisions.py"], USERS.length),
      followed([...java, "examples/java/ReadDecisions.java"], USERS.length),
    ]);
    const decided = USERS.map((userId) => `d-s-${userId}`).toSorted();
    for (const rows of [byPython, byJava]) {
      expect(rows.map(({ decisionId }) => String(decisionId)).toSorted()).toEqual(decided);
      for (const row of rows)
        expect(row).toMatchObject({ campaign: "spring", reason: expect.stringMatching(/^planned/) as string });
    }
    given = byPython.filter(({ arm }) => arm !== 0).map(({ userId }) => String(userId));
    expect(given.length).toBeGreaterThan(0);
    expect((await shell.run("dead-letters list --json")).json).toEqual([]);
  }, 240_000);

  test("tell what became of them, and it is counted once", async () => {
    const outcomes = given.map((userId) =>
      JSON.stringify({
        ...{ outcomeId: `o-${userId}`, decisionId: `d-s-${userId}`, userId, atMs: NOW_MS },
        ...{ kind: "redeemed", amountMinor: null, rewards: { ordered: 1 } },
      }),
    );
    await Promise.all([
      ran([python, "examples/python/send.py", "outcomes"], outcomes),
      ran([...java, "examples/java/Send.java", "outcomes"], outcomes),
    ]);
    await shell.until("tail settlements --json", ({ json }) => json.length === given.length);
    expect((await shell.run("dead-letters list --json")).json).toEqual([]);
    expect(await shell.ok("verify")).toMatchObject({
      ok: true,
      checked: { decisions: USERS.length, settlements: given.length },
    });
  }, 120_000);
});

describe("a client that places keys in its own way", () => {
  const strays = USERS.filter((userId) => {
    const placed = (partitioner: Partitioner) =>
      partitionOf(Buffer.from(userId), { partitioner, partitions: PARTITIONS });
    return placed("murmur2") !== placed("crc32");
  });

  test("gets a dead letter for each record that is elsewhere, which says what to set; nothing is decided twice", async () => {
    const producer = [
      "import os, sys, confluent_kafka",
      "producer = confluent_kafka.Producer({'bootstrap.servers': os.environ['KAFKA_BROKERS']})",
      "for line in sys.stdin:",
      "    key, value = line.split()",
      `    producer.produce('${prefix}sessions', key=bytes.fromhex(key), value=bytes.fromhex(value))`,
      "producer.flush()",
    ].join("\n");
    const codec = codecFor("sessions");
    const lines = sessions.map((line) => {
      const { userId, ...rest } = JSON.parse(line) as Parameters<typeof codec.encode>[0];
      return `${Buffer.from(userId).toString("hex")} ${codec.encode({ userId, ...rest }).toString("hex")}`;
    });
    await ran([python, "-c", producer], lines);
    const { json } = await shell.until("dead-letters list --json", (ended) => ended.json.length === strays.length);
    expect(strays.length).toBeGreaterThan(20);
    expect(json.map(({ key }) => String(key)).toSorted()).toEqual(strays.toSorted());
    for (const letter of json)
      expect(letter).toMatchObject({
        reason: "wrong_partition",
        detail: expect.stringContaining("partitioner=murmur2_random") as string,
      });
    expect((await shell.run("tail decisions --json")).json).toHaveLength(USERS.length);
  }, 60_000);
});

test("librdkafka and kafka-python put keys where the partitioner of that name does, whatever bytes they are", async () => {
  const partitions = 13;
  const topic = `${prefix}keys`;
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions }] });
  await admin.disconnect();
  const keys = [
    ...Array.from({ length: 400 }, (_, index) => Buffer.from(`user-${index * 7919}`)),
    ...Array.from({ length: 100 }, (_, index) => Buffer.alloc(1 + (index % 40), (index * 97) % 256)),
    Buffer.from("日本 ümläut"),
  ];
  const script = path.join(ROOT, "test/kafka/clients/partitions.py");
  const placed = JSON.parse(
    await ran(
      [python, script, String(shell.env["KAFKA_BROKERS"]), topic],
      keys.map((key) => key.toString("hex")),
    ),
  ) as Record<string, number[]>;
  const ours = (partitioner: Partitioner) => keys.map((key) => partitionOf(key, { partitioner, partitions }));
  expect(placed).toEqual({
    murmur2_random: ours("murmur2"),
    consistent_random: ours("crc32"),
    "as it is": ours("crc32"),
    fnv1a_random: ours("fnv1a"),
    "kafka-python": ours("murmur2"),
  });
}, 120_000);

test("partitions that are added afterwards are refused by name, by whoever starts then", async () => {
  await allocator.kill();
  const admin = kafka.admin();
  await admin.connect();
  await admin.createPartitions({ topicPartitions: [{ topic: `${prefix}sessions`, count: PARTITIONS + 2 }] });
  await admin.disconnect();
  for (const line of ["run", "verify"]) {
    const { code, err } = await shell.run(line);
    expect(code).not.toBe(0);
    expect(err).toMatch(/sessions has 6 partitions on Kafka .*, and was made with 4: partitions were added after/);
  }
}, 60_000);
