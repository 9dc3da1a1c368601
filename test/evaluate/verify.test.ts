import { beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/domain/assert.ts";
import type { BudgetStatus } from "../../src/domain/control.ts";
import { IdSet } from "../../src/evaluate/verify/id-set.ts";
import { verify, type VerifyResult } from "../../src/evaluate/verify/verify.ts";
import { codecFor, type TopicValues } from "../../src/log/codec/codec.ts";
import type { EventLog, LogRecord } from "../../src/log/event-log.ts";
import { topicSpecs } from "../../src/log/topics.ts";
import { copyLog, emptyLog, grantRecord, honestLog, summer, UNREMARKABLE, type Tamper } from "./honest-log.ts";

let honest: EventLog;
beforeAll(async () => {
  honest = await honestLog();
});

const only =
  (topic: string, index: number, act: (record: LogRecord) => readonly (Uint8Array | null)[]): Tamper =>
  (record) =>
    record.topic === topic && record.partition === 1 && record.offset === index ? act(record) : [record.value];

function changed<N extends keyof TopicValues>(topic: N, change: (value: TopicValues[N]) => TopicValues[N]) {
  return (record: LogRecord): [Uint8Array] => [
    codecFor(topic).encode(change(codecFor(topic).decode(must(record.value, "value")))),
  ];
}

async function after(tamper: Tamper): Promise<VerifyResult> {
  return verify(await copyLog(honest, tamper));
}

async function statusesOf(log: EventLog): Promise<BudgetStatus[]> {
  const found: BudgetStatus[] = [];
  for await (const batch of log.read("budget-status", 0, 0))
    for (const { value } of batch) if (value !== null) found.push(codecFor("budget-status").decode(value));
  return found;
}

const named = (result: VerifyResult): string[] =>
  result.violations.map(({ law, topic, partition, offset }) => `${law} ${topic}/${partition}@${offset}`);

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

describe("laws", () => {
  test("a second decision for a session is found though it has an id of its own", async () => {
    const result = await after(
      only(
        "decisions",
        89,
        changed("decisions", (row) => ({ ...row, sessionId: "1-3-0", decisionId: "other" })),
      ),
    );
    expect(named(result)).toContain("one_decision decisions/1@89");
  });

  test("late is never money (L5)", async () => {
    const tamper: Tamper = (record) => {
      if (record.topic !== "settlements") return [record.value];
      const row = codecFor("settlements").decode(must(record.value, "value"));
      return [codecFor("settlements").encode(row.status === "late" ? { ...row, amountMinor: 5n } : row)];
    };
    expect(named(await after(tamper)).filter((name) => name.startsWith("L5"))).toHaveLength(2);
  });

  test("a shard that uses more than it was granted is found (L1)", async () => {
    const result = await after((record) =>
      record.topic === "shard-reports"
        ? changed("shard-reports", (report) => ({
            ...report,
            totals: { ...report.totals, plan: { ...report.totals.plan, granted: 9_000n } },
          }))(record)
        : [record.value],
    );
    const details = result.violations.filter(({ law }) => law === "L1").map(({ detail }) => detail);
    expect(details.length).toBeGreaterThan(0);
    // Amounts are said in the campaign's currency, as everywhere.
    for (const detail of details)
      expect(detail).toMatch(/[\d.,]+ EUR .*in use of 90\.00 EUR granted, [\d.]+ EUR returned$/);
  });

  test("totals that fall, or that the grants do not know of, are found (L4)", async () => {
    const fell = await after((record) =>
      record.topic === "shard-reports"
        ? changed("shard-reports", (report) => ({
            ...report,
            totals: {
              ...report.totals,
              plan: { ...report.totals.plan, granted: report.cycle === 8 ? 50_000n : report.totals.plan.granted },
            },
          }))(record)
        : [record.value],
    );
    expect(fell.violations.filter(({ law }) => law === "L4")).toHaveLength(2);
    const unknown = await after((record) =>
      record.topic === "grants" && record.partition === 1 ? [grantRecord(1, 39_999n).value] : [record.value],
    );
    expect(named(unknown).some((name) => name.startsWith("L4 shard-reports/0"))).toBe(true);
  });

  test("under expected held money counts in neither L2 nor L3, what is spent and what lies free does, to a unit", async () => {
    const [status] = await statusesOf(honest);
    const { granted, returned, reserved, settled, released, sent } = must(status, "status").totals.plan;
    const spentAndFree = granted - returned - (reserved - settled - released);
    const budgeted = (policy: "strict" | "expected", budgetMinor: bigint): Promise<VerifyResult> =>
      after((record) => {
        if (record.topic === "budget-status") return changed("budget-status", (is) => ({ ...is, budgetMinor }))(record);
        if (record.topic !== "grants") return [record.value];
        return changed("grants", (is) => {
          const reservation = { ...is.campaign.reservation, policy };
          return { ...is, campaign: { ...is.campaign, budgetMinor, reservation } };
        })(record);
      });
    expect(named(await budgeted("strict", spentAndFree))).toContain("L2 budget-status/0@0");
    expect(named(await budgeted("expected", spentAndFree))).toEqual([]);
    expect(named(await budgeted("expected", spentAndFree - 1n))).toEqual(["L2 budget-status/0@0"]);
    const small = await budgeted("expected", settled + sent - 1n);
    expect(new Set(small.violations.map(({ law }) => law))).toEqual(new Set(["L2", "L3"]));
  });

  test("grants beyond the budget are found (L2), and use beyond it (L3)", async () => {
    const more = await after((record) =>
      record.topic === "grants" && record.partition === 1 ? [grantRecord(1, 70_000n).value] : [record.value],
    );
    expect(named(more)).toEqual(["L2 budget-status/0@0"]);
    const small = await after((record) => {
      if (record.topic === "grants") return [grantRecord(record.partition, 40_000n, { budgetMinor: 5_000n }).value];
      return record.topic === "budget-status"
        ? changed("budget-status", (status) => ({ ...status, budgetMinor: 5_000n }))(record)
        : [record.value];
    });
    expect(new Set(small.violations.map(({ law }) => law))).toEqual(new Set(["L2", "L3"]));
  });

  test("after a cut nothing may be granted while more is out; what was granted until the cut was taken is no wrong", async () => {
    const day = async (...steps: readonly { revision: number; budgetMinor: bigint; granted: bigint }[]) => {
      const log = emptyLog();
      await log.ensureTopics(topicSpecs({ users: 1, control: 1 }));
      const none = { granted: 0n, returned: 0n, reserved: 0n, settled: 0n, released: 0n, sent: 0n };
      const status = (step: (typeof steps)[number]): BudgetStatus => ({
        ...{ campaign: summer.id, atMs: 99, state: "live", currency: "EUR", release: null, previousRelease: null },
        ...{ planRow: 0, shadowPrice: 0, targetMinor: 0n, applied: [], answers: [], explorationBudgetMinor: 10_000n },
        ...{ ...UNREMARKABLE, revision: step.revision, budgetMinor: step.budgetMinor },
        totals: { plan: { ...none, granted: step.granted }, exploration: none },
      });
      const key = Buffer.from(summer.id);
      const records = steps.map((step) => ({ key, value: codecFor("budget-status").encode(status(step)) }));
      await log.send([grantRecord(0, 60_000n), ...records.map((record) => ({ topic: "budget-status", ...record }))]);
      return named(await verify(log));
    };
    const before = { revision: 1, budgetMinor: 100_000n, granted: 40_000n };
    const cut = { revision: 2, budgetMinor: 30_000n, granted: 60_000n };
    expect(await day(before, cut, cut)).toEqual([]);
    expect(await day(before, cut, { ...cut, granted: 60_001n })).toEqual(["L2 budget-status/0@2"]);
  });

  test("a budget that was raised and cut again is known though compaction took what said so; a refused one never was", async () => {
    const totals = (granted: bigint) => ({ granted, returned: 0n, reserved: 0n, settled: 0n, released: 0n, sent: 0n });
    const raised = async (refused: boolean): Promise<string[]> => {
      const log = emptyLog();
      await log.ensureTopics(topicSpecs({ users: 1, control: 1 }));
      const command = { commandId: "raise", campaign: summer.id, atMs: 0, expectedRevision: null, dryRun: false };
      const action = { kind: "set_budget", budgetMinor: 300_000n, currency: "EUR" } as const;
      const status: BudgetStatus = {
        ...{ campaign: summer.id, atMs: 99, revision: 3, state: "live", currency: "EUR", release: null },
        ...{ previousRelease: null, planRow: 0, shadowPrice: 0, targetMinor: 0n, applied: [], ...UNREMARKABLE },
        budgetMinor: summer.budgetMinor,
        explorationBudgetMinor: summer.explorationBudgetMinor,
        totals: { plan: totals(200_000n), exploration: totals(0n) },
        answers: refused
          ? [{ commandId: "raise", atMs: 0, outcome: "refused", revision: 1, refusal: "stale", preview: null }]
          : [],
      };
      const key = Buffer.from(summer.id);
      await log.send([
        grantRecord(0, 200_000n),
        { topic: "budget-pacing", key, value: codecFor("budget-pacing").encode({ ...command, action }) },
        { topic: "budget-status", key, value: codecFor("budget-status").encode(status) },
      ]);
      return (await verify(log)).violations.map(({ law }) => law);
    };
    expect(await raised(false)).toEqual([]);
    expect(await raised(true)).toEqual(["L2", "L2"]);
  });

  test("money in use of a campaign that was never granted anything is found", async () => {
    const result = await after((record) =>
      record.topic === "grants" || record.topic === "budget-status" ? [] : [record.value],
    );
    expect(result.violations[0]).toMatchObject({ law: "L2", topic: "grants" });
    expect(result.violations[0]?.detail).toContain(summer.id);
  });
});

describe("when retention has removed earlier rows", () => {
  /** As the honest log, with offsets from where retention has come to. */
  const retained = (log: EventLog, decisions: number, settlements: number): EventLog => ({
    ...log,
    ranges: async (topic) =>
      (await log.ranges(topic)).map((range) => {
        const start = topic === "decisions" ? decisions : topic === "settlements" ? settlements : range.start;
        return { ...range, start: Math.min(start, range.end) };
      }),
  });

  test("the proof begins at the oldest report that all kept rows come after, and says so", async () => {
    const result = await verify(retained(honest, 40, 10));
    expect(result.violations).toEqual([]);
    expect(result.beginsAt).toEqual([
      { partition: 0, cycle: 16 },
      { partition: 1, cycle: 16 },
    ]);
    expect(result.checked.decisions).toBe(2 * 3 * 14);
  });

  test("what was altered after that is still found", async () => {
    const log = await copyLog(
      honest,
      only(
        "decisions",
        70,
        changed("decisions", (row) => ({ ...row, userId: "mallory" })),
      ),
    );
    expect(named(await verify(retained(log, 40, 10)))).toEqual(["chain decisions/1@70"]);
  });

  test("a settlement for a decision that could not have been is still found", async () => {
    const log = await copyLog(
      honest,
      only(
        "settlements",
        60,
        changed("settlements", (row) => ({ ...row, decisionId: "never", reservationId: "never" })),
      ),
    );
    expect(named(await verify(retained(log, 40, 10)))).toContain("settlement settlements/1@60");
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
