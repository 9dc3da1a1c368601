// Two producers that place keys differently, on a log on which a real allocator runs: what the wrong one sends is a dead
// letter, and never a second life of the user; sent again, it goes where it belongs. And a log all of whose clients use another
// partitioner.

import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { codecFor } from "../../../src/log/codec/codec.ts";
import { openEmbeddedLog } from "../../../src/log/embedded/log.ts";
import { partitionOf, type Partitioner } from "../../../src/log/partitioner.ts";
import { openShell, type Background, type Shell } from "../shell.ts";

const USERS = ["u1", "u2", "u3", "u4", "u5", "u6", "u7", "u8"];
const PARTITIONS = 4;
const NOW_MS = Date.now();
const placed = (userId: string, partitioner: Partitioner): number =>
  partitionOf(Buffer.from(userId), { partitioner, partitions: PARTITIONS });
/** Users whom the two place differently. */
const STRAYS = USERS.filter((userId) => placed(userId, "murmur2") !== placed(userId, "crc32"));

let shell: Shell;
let allocator: Background;
beforeAll(async () => {
  shell = openShell({ STIPEND_PARTITIONS: String(PARTITIONS) });
  allocator = shell.start("run --json");
  await allocator.said('"serve":[0,1,2,3]');
});
afterAll(async () => {
  await allocator.stop();
  shell.close();
});

const sessionOf = (sessionId: string, userId: string) => ({
  sessionId,
  userId,
  atMs: NOW_MS,
  surface: null,
  campaign: null,
  attributes: {},
});

test("of one session by two producers one is decided, and the other is a dead letter that names each client's setting", async () => {
  const lines = USERS.map((userId) => JSON.stringify(sessionOf(`s-${userId}`, userId))).join("\n");
  expect(await shell.ok("send sessions", lines)).toMatchObject({ sent: USERS.length });
  const other = await openEmbeddedLog({
    folder: String(shell.env["STIPEND_DIR"]),
    partitioner: "crc32",
    now: Date.now,
    newToken: randomUUID,
  });
  const codec = codecFor("sessions");
  for (const userId of USERS)
    for (const name of ["s", "t"])
      await other.send([
        { topic: "sessions", key: Buffer.from(userId), value: codec.encode(sessionOf(`${name}-${userId}`, userId)) },
      ]);
  await other.send([{ topic: "sessions", key: null, value: codec.encode(sessionOf("keyless", "u1")) }]);
  await other.close();
  const { json } = await shell.until(
    "dead-letters list --json",
    (ended) => ended.json.length === 2 * STRAYS.length + 1,
  );
  const keyless = json.filter(({ key }) => key === null);
  expect(keyless).toMatchObject([{ reason: "contract", detail: expect.stringMatching(/^key: missing/) as string }]);
  for (const letter of json.filter(({ key }) => key !== null))
    expect(letter).toMatchObject({
      reason: "wrong_partition",
      topic: "sessions",
      detail: expect.stringMatching(
        /librdkafka.*partitioner=murmur2_random.*Sarama.*franz-go.*kafka-python.*Java/,
      ) as string,
    });
  expect(STRAYS.length).toBeGreaterThan(3);
});

test("sent again, they go where they belong: what was decided stays, what was not is decided once", async () => {
  expect(await shell.ok("dead-letters redrive --reason wrong_partition")).toMatchObject({
    redriven: 2 * STRAYS.length,
  });
  const { json } = await shell.until("tail decisions --json", (ended) => ended.json.length === 2 * USERS.length);
  expect(json.map(({ value }) => (value as { sessionId: string }).sessionId).toSorted()).toEqual(
    USERS.flatMap((userId) => [`s-${userId}`, `t-${userId}`]).toSorted(),
  );
  for (const { value, partition } of json)
    expect(partition).toBe(placed((value as { userId: string }).userId, "murmur2"));
  expect((await shell.run("dead-letters list --json")).json).toHaveLength(2 * STRAYS.length + 1);
  expect(await shell.ok("verify")).toMatchObject({ ok: true });
});

test("with STIPEND_PARTITIONER everything follows: what is sent, what is decided, what is asked of a campaign", async () => {
  const shop = openShell({ STIPEND_PARTITIONS: "4", STIPEND_CONTROL_PARTITIONS: "3", STIPEND_PARTITIONER: "crc32" });
  const running = shop.start("run --json");
  await running.said('"serve":[0,1,2,3]');
  const lines = USERS.map((userId) => JSON.stringify(sessionOf(`s-${userId}`, userId))).join("\n");
  await shop.ok("send sessions", lines);
  const { json } = await shop.until("tail decisions --json", (ended) => ended.json.length === USERS.length);
  for (const { value, partition } of json)
    expect(partition).toBe(placed((value as { userId: string }).userId, "crc32"));
  expect((await shop.run("dead-letters list --json")).json).toEqual([]);
  for (const campaign of ["spring", "summer", "autumn"])
    expect((await shop.run(`pacing pause --campaign ${campaign} --json`)).json[0]).toMatchObject({
      outcome: "refused",
      refusal: "unknown_campaign",
    });
  await running.stop();
  shop.close();
});

test("the partitioner is written down when the topics are made, and another one is refused by name, by every command", async () => {
  const made = openShell({ STIPEND_PARTITIONER: "fnv1a" });
  await made.ok("topics create");
  expect((await made.run("tail partitioning --json")).json.map(({ value }) => value)).toMatchObject([
    { partitioner: "fnv1a", users: 2, control: 1 },
  ]);
  const other = openShell({ ...made.env, STIPEND_PARTITIONER: "murmur2" });
  for (const line of ["run", "topics create", "send sessions", "verify", "pacing status"]) {
    const { code, err } = await other.run(line, "");
    expect([line, code]).toEqual([line, expect.any(Number)]);
    expect(code).not.toBe(0);
    expect(err).toMatch(/has partitioner fnv1a, not murmur2: set STIPEND_PARTITIONER=fnv1a/);
  }
  const { code, json } = await other.run("topics check --json");
  expect(code).toBe(1);
  expect(json[0]?.["differences"]).toMatchObject([
    { topic: "partitioning", setting: "partitioner", needed: "murmur2", found: "fnv1a" },
  ]);
  // Of two who begin at once the first record counts, for both.
  const log = await openEmbeddedLog({ folder: String(made.env["STIPEND_DIR"]), now: Date.now, newToken: randomUUID });
  const late = codecFor("partitioning").encode({ partitioner: "murmur2", users: 2, control: 1, atMs: 1 });
  await log.send([late, Buffer.from("junk")].map((value) => ({ topic: "partitioning", key: null, value })));
  await log.close();
  await made.ok("topics create");
  expect((await other.run("topics create")).err).toMatch(/set STIPEND_PARTITIONER=fnv1a/);
  other.close();
  made.close();
});
