import { describe, expect, test } from "vitest";
import { must } from "../../src/domain/assert.ts";
import { IdSet } from "../../src/evaluate/verify/id-set.ts";
import { verify } from "../../src/evaluate/verify/verify.ts";
import { codecFor, type TopicValues } from "../../src/log/codec/codec.ts";
import type { EventLog } from "../../src/log/event-log.ts";
import { topicSpecs } from "../../src/log/topics.ts";
import { copyLog, emptyLog } from "./honest-log.ts";
import { after, changed, honest, named, only, statusesOf } from "./tampering.ts";

test("an honest log is proved, and all of it was looked at", async () => {
  const result = await verify(honest);
  expect(result.violations).toEqual([]);
  expect(result).toMatchObject({ ok: true, violationsInAll: 0, beginsAt: [] });
  expect(result.checked).toMatchObject({
    decisions: 180,
    partitions: 2,
    campaigns: 1,
    reports: 16,
    grants: 2,
    statuses: 1,
  });
  expect(result.checked.reservations).toBeGreaterThan(100);
  expect(result.checked.settlements).toBeGreaterThan(100);
  expect(named(await after((record) => [record.value]))).toEqual([]);
});

test("an empty log is proved as well", async () => {
  const log = emptyLog();
  await log.ensureTopics(topicSpecs({ users: 3, control: 2 }));
  expect(await verify(log)).toMatchObject({ ok: true, checked: { decisions: 0, partitions: 3 } });
});

describe("what is in two partitions is found and named", () => {
  /** The shard's rows, as its partition has them. */
  const rowsOf = async <N extends "decisions" | "settlements">(topic: N, partition: number) => {
    const rows: TopicValues[N][] = [];
    for await (const batch of honest.read(topic, partition, 0))
      for (const { value } of batch) rows.push(codecFor(topic).decode(must(value, "a row")));
    return rows;
  };
  /** The last row of the other partition, as one of partition 1, in the place of the one that is there. */
  const doubled = async <N extends "decisions" | "settlements">(topic: N, keep: (keyof TopicValues[N])[]) => {
    const other = must((await rowsOf(topic, 0)).at(-1), "a row");
    const index = (await rowsOf(topic, 1)).length - 1;
    const taken = Object.fromEntries(keep.map((field) => [field, other[field]])) as Partial<TopicValues[N]>;
    return await copyLog(
      honest,
      only(
        topic,
        index,
        changed(topic, (row) => ({ ...row, ...taken })),
      ),
    );
  };

  test.each([1e9, 60, 7])(
    "a decision, a session, a reservation, a settlement, with %d ids at a time",
    async (mostIds) => {
      const found = async (log: EventLog) =>
        (await verify(log, { mostIds })).violations
          .filter(({ detail }) => detail.startsWith("doubled"))
          .map(({ law, topic, partition, detail }) => `${law} ${topic}/${partition} ${detail}`);
      const id = "0-30-2";
      expect(await found(await doubled("decisions", ["decisionId"]))).toEqual([
        `one_decision decisions/1 doubled: decision d-${id} is in partition 0 too`,
      ]);
      expect(await found(await doubled("decisions", ["sessionId"]))).toEqual([
        `one_decision decisions/1 doubled: a decision of session ${id} is in partition 0 too`,
      ]);
      const [last] = (await rowsOf("decisions", 0)).toReversed().filter(({ reservationId }) => reservationId !== null);
      const theirs = must(last, "a hold").reservationId;
      const holds = (await rowsOf("decisions", 1)).findLastIndex(({ reservationId }) => reservationId !== null);
      const held = await copyLog(
        honest,
        only(
          "decisions",
          holds,
          changed("decisions", (row) => ({ ...row, reservationId: theirs })),
        ),
      );
      expect(await found(held)).toEqual([`L5 decisions/1 doubled: reservation ${theirs} is in partition 0 too`]);
      expect(await found(await doubled("settlements", ["settlementId"]))).toEqual([
        expect.stringMatching(/^L5 settlements\/1 doubled: settlement s-d-0-28-\d is in partition 0 too$/),
      ]);
    },
  );

  test("with few ids at a time the honest log is proved all the same, and its rows count once", async () => {
    expect(await verify(honest, { mostIds: 50 })).toEqual(await verify(honest));
  });

  test("a user's row outside of the partition of the user's key", async () => {
    const moved = only(
      "decisions",
      21,
      changed("decisions", (row) => ({ ...row, userId: "u0" })),
    );
    const { violations } = await after(moved);
    expect(violations).toContainEqual({
      law: "partition",
      ...{ topic: "decisions", partition: 1, offset: 21 },
      detail: "user u0 belongs in partition 0, by murmur2",
    });
  });

  test("a campaign's second book", async () => {
    const log = emptyLog();
    await log.ensureTopics(topicSpecs({ users: 1, control: 2 }));
    const status = must((await statusesOf(honest))[0], "a status");
    for (const partition of [0, 1])
      await log.send([
        { topic: "budget-status", partition, key: null, value: codecFor("budget-status").encode(status) },
      ]);
    expect((await verify(log)).violations.filter(({ law }) => law === "partition")).toMatchObject([
      { topic: "budget-status", detail: expect.stringMatching(/^a second book of campaign summer/) as string },
    ]);
  });
});

describe("an altered record is found and named", () => {
  test.each(["decisions", "settlements"] as const)("in %s, though nothing in it looks wrong", async (topic) => {
    const result = await after(
      only(
        topic,
        21,
        changed(topic, (row) => ({ ...row, userId: "mallory" })),
      ),
    );
    expect(named(result)).toEqual([`chain ${topic}/1@21`]);
    expect(result.violations[0]?.detail).toContain("altered");
  });

  test("in decisions, when it was the last row of its partition", async () => {
    const last = 89;
    const result = await after(
      only(
        "decisions",
        last,
        changed("decisions", (row) => ({ ...row, userId: "mallory" })),
      ),
    );
    expect(named(result)).toEqual([`chain decisions/1@${last}`]);
  });

  test("by its money: a smaller hold, a larger post", async () => {
    const hold = await after(
      only(
        "decisions",
        21,
        changed("decisions", (row) => ({ ...row, reservedMinor: row.reservedMinor - 1n })),
      ),
    );
    expect(named(hold)).toContain("L1 decisions/1@21");
    expect(named(hold)).toContain("chain decisions/1@21");
    const post = await after(
      only(
        "settlements",
        21,
        changed("settlements", (row) => ({ ...row, amountMinor: row.amountMinor + 1n })),
      ),
    );
    expect(named(post)).toContain("settlement settlements/1@21");
    expect(named(post).some((name) => name.startsWith("totals shard-reports/0"))).toBe(true);
  });

  test("when its bytes are no record any more", async () => {
    const result = await after(only("decisions", 21, (record) => [must(record.value, "value").slice(0, 40)]));
    expect(named(result)).toContain("undecodable decisions/1@21");
    expect(named(result)).toContain("chain decisions/1@21");
  });
});

describe("a removed record is found and named", () => {
  test.each(["decisions", "settlements"] as const)(
    "from %s: by the row that came after it, with how many are gone",
    async (topic) => {
      const result = await after((record) =>
        record.topic === topic && record.partition === 1 && (record.offset === 25 || record.offset === 26)
          ? []
          : [record.value],
      );
      expect(named(result)).toContain(`chain ${topic}/1@25`);
      const chain = result.violations.filter(({ law }) => law === "chain");
      expect(chain).toHaveLength(1);
      expect(chain[0]?.detail).toMatch(new RegExp(`^2 ${topic} removed before this one, after ${topic}/1 offset 24`));
    },
  );

  test("from the beginning and from the end", async () => {
    const first = await after(only("decisions", 0, () => []));
    expect(named(first)).toContain("chain decisions/1@0");
    const last = await after(only("decisions", 89, () => []));
    expect(last.violations[0]).toMatchObject({ law: "chain", topic: "decisions", partition: 1, offset: 88 });
    expect(last.violations[0]?.detail).toContain("1 decisions removed after this one");
  });

  test("with its settlement left: the settlement has no decision", async () => {
    const result = await after(only("decisions", 21, () => []));
    expect(named(result).some((name) => name.startsWith("settlement settlements/1"))).toBe(true);
  });
});

describe("a doubled record is found and named", () => {
  test.each(["decisions", "settlements"] as const)("in %s", async (topic) => {
    const result = await after(only(topic, 21, (record) => [record.value, record.value]));
    expect(named(result)).toEqual([`${topic === "decisions" ? "one_decision" : "L5"} ${topic}/1@22`]);
    expect(result.violations[0]?.detail).toContain("doubled");
  });

  test("when it comes again much later", async () => {
    let kept: Uint8Array | null = null;
    const result = await after((record) => {
      if (record.topic !== "decisions" || record.partition !== 1) return [record.value];
      if (record.offset === 10) kept = record.value;
      return record.offset === 60 ? [record.value, kept] : [record.value];
    });
    expect(named(result)).toEqual(["one_decision decisions/1@61"]);
  });
});

test("an id set knows what was added, over its growth", () => {
  const ids = new IdSet();
  for (let index = 0; index < 50_000; index += 1) expect(ids.add(`id-${index}`)).toBe(true);
  expect(ids.size).toBe(50_000);
  expect(ids.add("id-49999")).toBe(false);
  expect(ids.has("id-7")).toBe(true);
  expect(ids.has("id-50000")).toBe(false);
});
