// Every reason of refusal is reached, and SPEC.md lists the same ones.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { PacingAction } from "../../../src/domain/campaign/control.ts";
import { releaseHash } from "../../../src/domain/release/release.ts";
import { REFUSALS } from "../../../src/treasury/inbox/commands.ts";
import { points, priced, started } from "../steered.ts";
import { campaign, manifest } from "../world.ts";

describe("refusals", () => {
  const other = { ...manifest(), arms: ["none", "large", "small"] };
  const yen = priced("yen", "JPY", (_, arm) => ({ faceMinor: arm, sendMinor: 0 }));
  const cases: [
    string,
    PacingAction,
    { expectedRevision?: number; campaign?: string; ended?: true; pinned?: true; alarmed?: true },
  ][] = [
    ["unknown_campaign", { kind: "pause" }, { campaign: "nowhere" }],
    ["already_exists", { kind: "create", campaign: campaign() }, {}],
    ["invalid_campaign: id is spring", { kind: "create", campaign: campaign() }, { campaign: "autumn" }],
    [
      "invalid_campaign: campaign: endMs: must be after startMs",
      { kind: "create", campaign: campaign({ id: "autumn", startMs: 5, endMs: 5 }) },
      { campaign: "autumn" },
    ],
    ["ended", { kind: "resume" }, { ended: true }],
    ["stale_revision: the current one is 1", { kind: "pause" }, { expectedRevision: 7 }],
    ["negative", { kind: "set_budget", budgetMinor: -1n, currency: "EUR" }, {}],
    ["currency_differs: the campaign's is EUR", { kind: "set_budget", budgetMinor: 1n, currency: "USD" }, {}],
    ["unknown_release: gone", { kind: "promote_release", release: "gone" }, {}],
    ["arms_differ", { kind: "promote_release", release: releaseHash(other) }, {}],
    [
      "money_differs: the release is in JPY, the campaign in EUR; small: face value 1 JPY",
      { kind: "promote_release", release: releaseHash(yen), force: true },
      {},
    ],
    ["money_differs: the release is in JPY", { kind: "pin_release", release: releaseHash(yen) }, {}],
    ["no_earlier_release", { kind: "rollback_release" }, {}],
    ["negative", { kind: "set_exploration", share: 0.1, budgetMinor: -1n }, {}],
    [
      "above_ceiling: the campaign's is 20,000.00 EUR",
      { kind: "set_budget", budgetMinor: 2_000_001n, currency: "EUR" },
      {},
    ],
    [
      "no_periods: its budget is one for the whole",
      { kind: "set_budget", budgetMinor: 1n, currency: "EUR", periodBudgetMinor: 1n },
      {},
    ],
    ["negative", { kind: "set_budget", budgetMinor: 1n, currency: "EUR", periodBudgetMinor: -1n }, {}],
    [
      "curve_not_rising: point 2: must be later than the one before and not lower",
      { kind: "set_curve", mode: "points", points: points([0, 0.5], [10, 0.4], [20, 1]) },
      {},
    ],
    [
      "curve_not_rising: the last share must be 1",
      { kind: "set_curve", mode: "points", points: points([0, 0.5], [10, 0.9]) },
      {},
    ],
    [
      "curve_not_rising: point 1: must be in the period, from 1970-01-01T00:00:00.000Z to 1970-01-02T00:00:00.000Z, got 1970-01-02",
      { kind: "set_curve", mode: "points", points: points([86_400_001, 1]) },
      {},
    ],
    ["invalid_campaign: campaign: explorationShare: ", { kind: "set_exploration", share: 1, budgetMinor: 1n }, {}],
    ["invalid_campaign: campaign: caps.0.max: ", { kind: "set_caps", caps: [{ max: 0, windowMs: 5 }] }, {}],
    ["pinned: to", { kind: "promote_release", release: "another" }, { pinned: true }],
    ["pinned: to", { kind: "rollback_release" }, { pinned: true }],
    ["unknown_release: gone", { kind: "pin_release", release: "gone" }, {}],
    ["alarmed: shard 0: revision is 99", { kind: "resume" }, { alarmed: true }],
    ["no_alarm", { kind: "clear_alarm" }, {}],
  ];

  test.each(cases)("%s", (reason, action, { ended, pinned, alarmed, ...changes }) => {
    const world = started();
    world.release("other", other);
    world.release("yen", yen);
    if (pinned) world.command({ kind: "pin_release", release: world.release("a") });
    if (ended) world.command({ kind: "end" });
    if (alarmed) world.sendReport({ ...world.shards[0]!.report("spring", 1_050), revision: 99 });
    world.cycle(1_100);
    const before = world.status;
    const id = world.command(action, changes);
    const dry = world.command(action, { ...changes, dryRun: true });
    world.cycle(1_200);
    expect(world.answer(id)).toMatch(new RegExp(`^refused ${changes.campaign ? 0 : before.revision} ${reason}`));
    expect(world.answer(dry)).toBe(world.answer(id));
    if (changes.campaign === undefined) expect(world.status.revision).toBe(before.revision);
  });

  test("each reason is reached above, and SPEC.md lists the same ones", () => {
    const reached = new Set(cases.map(([reason]) => reason.split(":")[0]));
    expect(reached).toEqual(new Set(REFUSALS));
    const spec = readFileSync(new URL("../../../src/treasury/SPEC.md", import.meta.url), "utf8");
    const table = spec.slice(spec.indexOf("## Commands"), spec.indexOf("## Pacing"));
    expect(new Set([...table.matchAll(/^\| `(\w+)` +\|/gm)].map((match) => match[1]))).toEqual(new Set(REFUSALS));
  });
});
