// Outcomes and profiles over HTTP.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { given, openWorld, type Door, type World } from "./world.ts";

let world: World;
let door: Door;
beforeAll(async () => {
  world = await openWorld();
  door = await world.gateway();
});
afterAll(() => world.close());

describe("outcomes and profiles", () => {
  let outcome: Record<string, unknown>;
  let userId: string;
  beforeAll(async () => {
    const { decisionId, sessionId } = await given(door, "spent");
    userId = `user of ${String(sessionId)}`;
    outcome = { outcomeId: "o-1", decisionId, userId, kind: "redeemed", amountMinor: 60 };
  });

  it("are written and have their effect; the history tells of them", async () => {
    expect(await door.ask("POST", "/v1/outcomes", { outcomes: [outcome] })).toMatchObject({
      status: 202,
      body: { accepted: 1 },
    });
    await world.shell.until("tail settlements --json", ({ json }) => json.length > 0);
    expect((await door.ask("GET", `/v1/users/${encodeURIComponent(userId)}/history`)).body).toMatchObject({
      decisions: [{ decisionId: outcome["decisionId"], decidedAt: expect.stringMatching(/Z$/) }],
      outcomes: [{ outcomeId: "o-1", kind: "redeemed", amountMinor: 60 }],
      settlements: [{ decisionId: outcome["decisionId"], status: "posted", amountMinor: 60, releasedMinor: 40 }],
      complete: true,
    });
  });

  it("of which one is wrong are refused together, with the field", async () => {
    for (const [change, field] of [
      [{ kind: "bought" }, "outcomes.1.kind"],
      [{ amountMinor: -1 }, "outcomes.1.amountMinor"],
      [{ amountMinor: 1.5 }, "outcomes.1.amountMinor"],
      [{ kind: "converted" }, "outcomes.1.amountMinor"],
      [{ kind: "refunded" }, "outcomes.1.amountMinor"],
      [{ rewards: { converted: 1e13 } }, "outcomes.1.rewards.converted"],
      [{ userId: "" }, "outcomes.1.userId"],
    ] as const) {
      const outcomes = [
        { ...outcome, outcomeId: "o-good" },
        { ...outcome, outcomeId: "o-bad", ...change },
      ];
      expect(await door.ask("POST", "/v1/outcomes", { outcomes })).toMatchObject({ status: 400, body: { field } });
    }
    expect(JSON.stringify(await world.rowsOf("outcomes", userId))).not.toContain("o-good");
    for (const outcomes of [[], Array.from({ length: 101 }, () => outcome)])
      expect((await door.ask("POST", "/v1/outcomes", { outcomes })).status).toBe(400);
  });

  it("with a reward that the campaign does not weigh are refused, with the names that it does", async () => {
    const outcomes = [{ ...outcome, outcomeId: "o-reward", rewards: { convertd: 1 } }];
    expect(await door.ask("POST", "/v1/outcomes", { outcomes })).toMatchObject({
      status: 400,
      body: {
        error: "unknown_reward",
        field: "outcomes.0.rewards.convertd",
        message: '"convertd" is no reward that spring weighs: expected one of converted',
      },
    });
    const later = [{ ...outcomes[0], decisionId: "d-of no session" }];
    expect((await door.ask("POST", "/v1/outcomes", { outcomes: later })).body["message"]).toMatch(
      /^"convertd" is no reward that any campaign weighs: expected one of converted$/,
    );
    expect(
      (await door.ask("POST", "/v1/outcomes", { outcomes: [{ ...outcome, rewards: { converted: 1 } }] })).status,
    ).toBe(202);
  });

  it("a profile is set, and deleted with null", async () => {
    expect(await door.ask("PUT", "/v1/profiles/p%2F1", { attributes: { vip: true } })).toMatchObject({ status: 202 });
    expect(await door.ask("PUT", "/v1/profiles/p%2F1", { attributes: null })).toMatchObject({ status: 202 });
    expect(await world.rowsOf("profiles", "p/1")).toMatchObject([
      { value: { attributes: { vip: true } } },
      { value: null },
    ]);
    expect(await door.ask("PUT", "/v1/profiles/p", { attributes: { vip: [] } })).toMatchObject({
      status: 400,
      body: { field: "attributes.vip" },
    });
    expect(await door.ask("PUT", `/v1/profiles/${"p".repeat(300)}`, { attributes: null })).toMatchObject({
      status: 400,
      body: { field: "userId" },
    });
    expect(await door.ask("PUT", "/v1/profiles/p", {})).toMatchObject({ status: 400, body: { field: "attributes" } });
  });

  it("of a user who was erased are in no history, and neither is what was decided", async () => {
    const path = `/v1/users/${encodeURIComponent(userId)}/history`;
    expect((await door.ask("GET", path)).body["decisions"]).toHaveLength(1);
    expect((await world.shell.run(["users", "erase", userId])).code).toBe(0);
    expect((await door.ask("GET", path)).body).toMatchObject({ decisions: [], outcomes: [], settlements: [] });
    await door.decide("later", { userId });
    expect((await door.ask("GET", path)).body["decisions"]).toMatchObject([{ sessionId: "later" }]);
  });
});
