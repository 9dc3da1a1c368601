// The gateway before a real allocator on the embedded log: what each request is answered.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWorld, type Door, type World } from "./world.ts";

let world: World;
let door: Door;
beforeAll(async () => {
  world = await openWorld();
  door = await world.gateway();
});
afterAll(() => world.close());

describe("POST /v1/decisions", () => {
  it("answers with the decision that is on the topic", async () => {
    const answer = await door.decide("first");
    expect(answer).toMatchObject({
      status: 200,
      body: {
        status: "decided",
        decisionId: "d-first",
        campaign: "spring",
        incentive: { arm: "small", faceMinor: 100, currency: "EUR", validUntil: expect.stringMatching(/^2.*Z$/) },
        reason: "planned",
        holdout: false,
        degraded: false,
      },
    });
    const [row] = (await world.shell.run("tail decisions --json")).json;
    expect(row).toMatchObject({ value: { decisionId: "d-first", release: answer.body["release"] } });
  });
});
