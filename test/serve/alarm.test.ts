// What a shard sees by itself of grants that no treasurer made.

import { afterEach, beforeEach, expect, test } from "vitest";
import { campaign, openHouse, type House } from "./house.ts";

let house: House;
beforeEach(async () => {
  house = await openHouse();
  await house.grant({ campaign: campaign({ budgetMinor: 2_000n }), grantedMinor: { plan: 1_500n, exploration: 0n } });
  await house.run();
  await house.run();
});
afterEach(() => house.stop());

const reasonOf = async (id: string): Promise<string> => {
  await house.session(id, `user-${id}`);
  await house.run();
  return (await house.decision(id)).reason;
};

test("more than the whole budget in one shard is a dead letter, and the grant before it stays in force", async () => {
  await house.grant({ grantedMinor: { plan: 96_576n, exploration: 0n } });
  await house.run();
  const [letter] = await house.letters();
  expect(letter).toMatchObject({ topic: "grants", reason: "contract" });
  expect(letter?.detail).toContain("grantedMinor.plan: 96576 would be out in this shard alone, of a budget of 2000");
  expect(await reasonOf("s1")).toBe("planned");
  expect((await house.reports()).at(-1)?.totals.plan.granted).toBe(1_500n);
});

test("after a cut nothing comes anew, and its grant is none to refuse", async () => {
  const cut = campaign({ budgetMinor: 10n });
  await house.grant({ campaign: cut, grantedMinor: { plan: 1_500n, exploration: 0n } });
  await house.run();
  expect(await house.letters()).toEqual([]);
  await house.grant({ campaign: campaign({ budgetMinor: 2_000n }), grantedMinor: { plan: 2_000n, exploration: 0n } });
  await house.grant({ campaign: cut, grantedMinor: { plan: 2_000n, exploration: 0n } });
  await house.run();
  expect(await house.letters()).toEqual([]);
});

test("a forged grant within the budget pauses the shard when the treasurer's own comes, until that knows of it", async () => {
  await house.grant({ grantedMinor: { plan: 2_000n, exploration: 0n } });
  await house.run();
  expect(await reasonOf("s1")).toBe("planned");
  await house.grant({ grantedMinor: { plan: 1_600n, exploration: 0n } });
  await house.run();
  expect(await reasonOf("s2")).toBe("campaign_paused");
  await house.grant({ grantedMinor: { plan: 2_000n, exploration: 0n } });
  await house.run();
  expect(await reasonOf("s3")).toBe("planned");
});
