// A record of a newer version is held at by an older one, which says which version it needs; nothing is lost or guessed.

import { beforeEach, describe, expect, test } from "vitest";
import { NewerFormat, type EventLog } from "../../../src/log/event-log.ts";
import { FORMATS, NEEDS_HEADER, withFormats, type Formats } from "../../../src/log/formats.ts";
import { loadSchemas } from "../../../src/log/codec/schemas.ts";
import { passedOver, readTopic } from "../../../src/log/codec/reading.ts";
import { codecFor } from "../../../src/log/codec/codec.ts";
import {
  createSimulatedCluster,
  type SimulatedCluster,
  type SimulatedLog,
} from "../../../src/log/simulated/cluster.ts";
import { TOPICS, topicSpecs } from "../../../src/log/topics.ts";
import { memoryStores } from "../../../src/task/store/memory-store.ts";
import { must } from "../../../src/domain/assert.ts";
import { unobserved } from "../../../src/task/observer.ts";
import { join, outputs, sendKeys, topics } from "../../task/counting.ts";
import { SAMPLES } from "../../../fixtures/samples.ts";

let cluster: SimulatedCluster;
let log: SimulatedLog;

beforeEach(async () => {
  cluster = createSimulatedCluster({ now: () => 0 });
  log = cluster.connect("one");
  await log.ensureTopics([...topics, ...topicSpecs({ users: 1, control: 1 })]);
});

const OURS: Formats = { first: 1, counts: 1 };
const speaks = <L extends EventLog>(on: L, changes: Formats): L =>
  withFormats(on, { formats: { ...OURS, ...changes }, version: "9.9.0" });

/** Partition 0 takes keys that begin with d, partition 1 those with a. */
const told = async (): Promise<readonly (readonly string[])[]> => await outputs(log);

describe("an input's record of a newer version", () => {
  test("holds its partition and says which version it needs; others go on; nothing is lost", async () => {
    const present = await join(speaks(log, {}));
    await sendKeys(log, "first", ["d1", "a1"]);
    await present.stepAll(1);
    await sendKeys(speaks(log, { first: 2 }), "first", ["d2"]);
    await sendKeys(log, "first", ["d3", "a2"]);
    await sendKeys(log, "second", ["d4"]);
    for (let step = 0; step < 3; step += 1) await present.stepAll(2);
    expect(await told()).toEqual([["first d1 1"], ["first a1 1", "first a2 1"]]);
    const [held, other] = present.tasks;
    expect(held?.state).toBe("held");
    expect(String(held?.trouble)).toBe(
      "NewerFormat: partition 0 of first holds: the record at offset 1 needs Stipend format 2, this one speaks 1: upgrade it " +
        "(Stipend 9.9.0 wrote the record)",
    );
    expect(other).toMatchObject({ state: "running", trouble: null });
    await present.stop();

    const upgraded = await join(speaks(log, { first: 2 }));
    await upgraded.runUntilIdle(3);
    expect((await told())[0]).toEqual(["first d1 1", "first d2 1", "first d3 1", "second d4 1"]);
    await upgraded.stop();
  });
});

describe("a changelog of a newer version", () => {
  test.each([
    ["that is lost", () => memoryStores()],
    ["that is kept", () => null],
  ])("holds at the restore, with a local store %s, until the upgrade", async (_, lost) => {
    const stores = memoryStores();
    const start = (changes: Formats) => join(speaks(log, changes), { openStore: (lost() ?? stores).open });
    const before = await start({});
    await sendKeys(log, "first", ["d1"]);
    await before.runUntilIdle(1);
    await before.stop();
    const future = await start({ counts: 3 });
    await sendKeys(log, "first", ["d1"]);
    await future.runUntilIdle(2);
    await future.stop();

    const downgraded = await start({});
    await sendKeys(log, "first", ["d1", "a1"]);
    for (let step = 0; step < 3; step += 1) await downgraded.stepAll(3);
    expect(await told()).toEqual([["first d1 1", "first d1 2"], ["first a1 1"]]);
    expect(downgraded.tasks[0]?.trouble).toMatchObject({
      needs: 3,
      message: expect.stringMatching(
        /^partition 0 of counts holds: .* needs Stipend format 3, this one speaks 1/,
      ) as string,
    });
    await downgraded.stop();

    const upgraded = await start({ counts: 3 });
    await upgraded.runUntilIdle(4);
    expect((await told())[0]).toEqual(["first d1 1", "first d1 2", "first d1 3"]);
    await upgraded.stop();
  });

  test("is not copied by an instance that stands by, which would miss what it cannot read", async () => {
    const shared = createSimulatedCluster({ now: () => 0, sharing: "many" });
    await shared.connect("producer").ensureTopics(topics);
    const future = await join(speaks(shared.connect("future"), { counts: 2 }));
    const troubles: unknown[] = [];
    const present = await join(speaks(shared.connect("present"), {}), {
      standbyMs: 1,
      observer: { ...unobserved, trouble: (...trouble) => void troubles.push(trouble) },
    });
    await sendKeys(shared.connect("producer"), "first", ["d1", "a1"]);
    await future.runUntilIdle(1);
    await present.standby?.round();
    const { partition } = must(future.tasks[0], "a task");
    expect(troubles).toEqual([["count", partition, "retry", expect.any(NewerFormat)]]);
    expect(present.standby?.handOver(partition)).toBeNull();
    await present.stop();
    await future.stop();
  });
});

test("a header that says nothing of the kind, or on a topic that others may write, is none", async () => {
  const present = await join(speaks(log, {}));
  const value = Buffer.from("1");
  const put = (topic: string, header: string) =>
    log.send([{ topic, partition: 0, key: Buffer.from("d"), value, headers: { [NEEDS_HEADER]: Buffer.from(header) } }]);
  for (const header of ["", "2", "two 9.9.0", "-1 9.9.0", "1 9.9.0", `${"9".repeat(50)} 9.9.0`, "2 9\u001b[2J"])
    await put("first", header);
  await put("second", "2 9.9.0");
  await present.runUntilIdle(1);
  expect((await told())[0]).toHaveLength(8);
  await present.stop();
});

test("what was read under a newer format goes on under it, so that a record that is sent again still says so", async () => {
  const headers = { [NEEDS_HEADER]: Buffer.from("4 9.9.0"), other: Buffer.from("x") };
  await speaks(log, { first: 2 }).send([{ topic: "first", partition: 0, key: null, value: null, headers }]);
  for await (const [record] of log.read("first", 0, 0)) expect(record?.headers).toEqual(headers);
});

test("who looks from outside passes over it, and is told which version it needs", async () => {
  const status = codecFor("budget-status").encode(SAMPLES["budget-status"]);
  const key = Buffer.from("spring");
  const future = withFormats(log, { formats: { ...FORMATS, "budget-status": 2 }, version: "9.9.0" });
  await future.send([{ topic: "budget-status", key, value: status }]);
  await log.send([{ topic: "budget-status", key, value: status }]);
  const present = withFormats(log, { formats: FORMATS, version: "0.1.0" });
  const read = [];
  for await (const { unreadable } of readTopic(present, "budget-status")) read.push(unreadable);
  expect(read).toEqual([true, false]);
  expect(passedOver(present)).toEqual([
    {
      topic: "budget-status",
      count: 1,
      places: ["0@0"],
      reason: expect.stringContaining("needs Stipend format 2") as string,
    },
  ]);
});

/** What a producer may write, and nobody else reads as control. */
const OF_PRODUCERS = ["sessions", "outcomes", "profiles"];

describe("the table of formats", () => {
  test("has what tasks and tools of ours write for one another, and nothing that a producer may write", () => {
    expect(Object.keys(FORMATS).toSorted()).toEqual(
      [
        "budget-pacing",
        "budget-status",
        "erasures",
        "grants",
        "releases",
        "shard-reports",
        "state",
        "treasury-state",
      ].toSorted(),
    );
    for (const topic of OF_PRODUCERS) expect(FORMATS).not.toHaveProperty(topic);
  });

  test.each(Object.keys(FORMATS))("%s: each change of its schemas has raised it", (topic) => {
    const names = "clockBound" in TOPICS[topic as keyof typeof TOPICS] ? [topic, "control-record"] : [topic];
    const changes = names.map((name) => loadSchemas(name).earlier.length);
    expect(FORMATS[topic]).toBeGreaterThanOrEqual(1 + Math.max(...changes));
  });
});
