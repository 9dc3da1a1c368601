// Odd inputs that become no dead letters, in the words of docs/INPUTS.md, and what holds each row.

import { expect } from "vitest";
import type { OutRecord } from "../../../../src/log/event-log.ts";
import { HOUR_MS, START_MS, type Harness } from "../../harness.ts";
import { type Topic, session, outcome } from "./records.ts";

export const ACCEPTED: readonly [what: string, on: Topic, end: string, hold: (harness: Harness) => Promise<void>][] = [
  [
    "attributes that no release knows",
    "sessions",
    "decided; kept for learning",
    async (harness) => {
      const attributes = { visits: 1, vip: false, "möbel-✓": "ja", constructor: 7, ["__proto__"]: 1 };
      await decidedAs(harness, session({ userId: "u9", attributes }), { reason: "planned", degraded: false });
      await harness.run(HOUR_MS);
      const row = (await harness.training()).find(({ decisionId }) => decisionId === "d-bad");
      expect(row?.attributes).toMatchObject({ "möbel-✓": "ja", constructor: 7 });
    },
  ],
  [
    "a feature that is missing, null, or cannot be read",
    "sessions",
    "decided on the default, `degraded`",
    async (harness) => {
      const lacking = [
        {},
        { visits: 1 },
        { visits: null, vip: true },
        { visits: "seven", vip: true },
        { visits: 1, vip: "perhaps" },
      ];
      for (const [index, attributes] of lacking.entries()) {
        await harness.session(`lacking-${index}`, `l${index}`, { attributes });
        await harness.run();
        const decision = await harness.decision(`lacking-${index}`);
        expect(decision, JSON.stringify(attributes)).toMatchObject({ reason: "planned", cluster: 0, degraded: true });
      }
    },
  ],
  [
    "a number that is none, or infinite",
    "sessions",
    "counts as missing: the default, `degraded`",
    async (harness) => {
      for (const visits of [NaN, Infinity, -Infinity]) {
        await harness.session(`odd-${visits}`, `odd-${visits}`, { attributes: { visits, vip: false } });
        await harness.run();
        expect(await harness.decision(`odd-${visits}`)).toMatchObject({
          cluster: 0,
          degraded: true,
          reason: "planned",
        });
      }
    },
  ],
  [
    "a campaign that there is not",
    "sessions",
    "decision `invalid_campaign`",
    (harness) =>
      decidedAs(harness, session({ campaign: "autumn", userId: "u9" }), { reason: "invalid_campaign", arm: 0 }),
  ],
  [
    "the same session again",
    "sessions",
    "nothing: the decision that was made stands",
    async (harness) => {
      const before = await harness.records("decisions");
      const reordered = session({ sessionId: "before", attributes: { vip: false, visits: 1 } });
      for (const record of [session({ sessionId: "before" }), reordered]) await harness.raw(record);
      await harness.run();
      await harness.raw(reordered);
      await harness.run(HOUR_MS * 40);
      expect(await harness.records("decisions")).toEqual(before);
      expect(await harness.letters()).toEqual([]);
    },
  ],
  [
    "a session from before its user was erased",
    "sessions",
    "nothing: it is left out, and counted",
    async (harness) => {
      await harness.send("erasures", "u1", { userId: "u1", atMs: START_MS, actor: null, reason: null });
      await harness.raw(session());
      await harness.run();
      expect((await harness.decisions()).map(({ sessionId }) => sessionId)).not.toContain("bad");
      expect(harness.counts.get("erasures/sessions")).toBe(1);
      expect(await harness.letters()).toEqual([]);
    },
  ],
  [
    "the same outcome again",
    "outcomes",
    "nothing: it has counted",
    async (harness) => {
      const same = outcome({ outcomeId: "counted", kind: "converted", rewards: { converted: 1 } });
      await harness.raw(same);
      await harness.raw(same);
      await harness.run(HOUR_MS);
      expect(await harness.letters()).toEqual([]);
      expect((await harness.training()).map((row) => row.rewards)).toEqual([{ converted: 1 }]);
    },
  ],
  [
    "a reward that its campaign does not weigh",
    "outcomes",
    "counts for nothing; a line and a metric tell of it",
    async (harness) => {
      await harness.raw(outcome({ outcomeId: "o-odd", kind: "converted", rewards: { convertd: 5, converted: 1 } }));
      await harness.raw(outcome({ outcomeId: "o-even", kind: "converted", rewards: { converted: 1 } }));
      await harness.run();
      expect(harness.counts.get("outcomes/unweighed")).toBe(1);
      expect(harness.notes).toEqual([
        "outcome o-odd: spring does not weigh convertd, so that it is worth nothing; it weighs converted",
      ]);
      await harness.run(HOUR_MS);
      expect((await harness.training()).map((row) => row.rewards)).toEqual([{ convertd: 5, converted: 3 }]);
      expect(await harness.letters()).toEqual([]);
    },
  ],
  [
    "an outcome after the window",
    "outcomes",
    "settlement row `late`, never money",
    async (harness) => {
      await harness.run(HOUR_MS);
      await harness.raw(outcome());
      await harness.run();
      const rows = (await harness.settlements()).map((row) => `${row.status} ${row.amountMinor}`);
      expect(rows).toEqual(["expired 0", "late 0"]);
    },
  ],
  [
    "a profile older than the one that is known",
    "profiles",
    "nothing: the newest counts",
    async (harness) => {
      await harness.profile("u9", { visits: 9 });
      await harness.profile("u9", { visits: 0 }, START_MS - 1);
      await harness.session("s9", "u9", { attributes: { vip: false } });
      await harness.run();
      expect(await harness.decision("s9")).toMatchObject({ cluster: 1, degraded: false });
    },
  ],
  [
    "no value",
    "profiles",
    "the profile is forgotten",
    async (harness) => {
      await harness.profile("u9", { visits: 9 });
      await harness.run();
      await harness.raw({ topic: "profiles", key: Buffer.from("u9"), value: null });
      await harness.session("s9", "u9", { attributes: { vip: false } });
      await harness.run();
      expect(await harness.decision("s9")).toMatchObject({ cluster: 0, degraded: true });
      expect(await harness.letters()).toEqual([]);
    },
  ],
];

async function decidedAs(harness: Harness, record: OutRecord, expected: object): Promise<void> {
  await harness.raw(record);
  await harness.run();
  expect(await harness.decision("bad")).toMatchObject(expected);
  expect(await harness.letters()).toEqual([]);
}
