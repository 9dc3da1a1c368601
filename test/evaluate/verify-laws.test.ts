import { describe, expect, test } from "vitest";
import { must } from "../../src/domain/assert.ts";
import type { BudgetStatus } from "../../src/domain/campaign/control.ts";
import { verify, type VerifyResult } from "../../src/evaluate/verify/verify.ts";
import { codecFor } from "../../src/log/codec/codec.ts";
import type { EventLog } from "../../src/log/event-log.ts";
import { topicSpecs } from "../../src/log/topics.ts";
import { copyLog, emptyLog, grantRecord, summer, UNREMARKABLE, type Tamper } from "./honest-log.ts";
import { after, changed, honest, named, only, statusesOf } from "./tampering.ts";

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
