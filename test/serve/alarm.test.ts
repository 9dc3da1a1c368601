// What a shard sees by itself of grants that no treasurer made.

import { afterEach, beforeEach, expect, test } from "vitest";
import { campaign, openHarness, type Harness } from "./harness.ts";

let harness: Harness;
beforeEach(async () => {
  harness = await openHarness();
  await harness.grant({ campaign: campaign({ budgetMinor: 2_000n }), grantedMinor: { plan: 1_500n, exploration: 0n } });
  await harness.run();
  await harness.run();
});
afterEach(() => harness.stop());

const reasonOf = async (id: string): Promise<string> => {
  await harness.session(id, `user-${id}`);
  await harness.run();
  return (await harness.decision(id)).reason;
};

test("more than the whole budget in one shard is a dead letter, and the grant before it stays in force", async () => {
  await harness.grant({ grantedMinor: { plan: 96_576n, exploration: 0n } });
  await harness.run();
  const [letter] = await harness.letters();
  expect(letter).toMatchObject({ topic: "grants", reason: "contract" });
  expect(letter?.detail).toContain("grantedMinor.plan: 96576 would be out in this shard alone, of a budget of 2000");
  expect(await reasonOf("s1")).toBe("planned");
  expect((await harness.reports()).at(-1)?.totals.plan.granted).toBe(1_500n);
});

test("after a cut nothing comes anew, and its grant is none to refuse", async () => {
  const cut = campaign({ budgetMinor: 10n });
  await harness.grant({ campaign: cut, grantedMinor: { plan: 1_500n, exploration: 0n } });
  await harness.run();
  expect(await harness.letters()).toEqual([]);
  await harness.grant({ campaign: campaign({ budgetMinor: 2_000n }), grantedMinor: { plan: 2_000n, exploration: 0n } });
  await harness.grant({ campaign: cut, grantedMinor: { plan: 2_000n, exploration: 0n } });
  await harness.run();
  expect(await harness.letters()).toEqual([]);
});

test("a forged grant within the budget pauses the shard when the treasurer's own comes, until that knows of it", async () => {
  await harness.grant({ grantedMinor: { plan: 2_000n, exploration: 0n } });
  await harness.run();
  expect(await reasonOf("s1")).toBe("planned");
  await harness.grant({ grantedMinor: { plan: 1_600n, exploration: 0n } });
  await harness.run();
  expect(await reasonOf("s2")).toBe("campaign_paused");
  await harness.grant({ grantedMinor: { plan: 2_000n, exploration: 0n } });
  await harness.run();
  expect(await reasonOf("s3")).toBe("planned");
});
