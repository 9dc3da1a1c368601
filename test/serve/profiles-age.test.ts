// Profiles of users who never come are forgotten like users; those of users who are known are kept.

import { afterEach, beforeEach, expect, test } from "vitest";
import { PROFILE_MS } from "../../src/serve/state/campaign/records.ts";
import { profileKey } from "../../src/serve/state/state.ts";
import { HOUR_MS, openHouse, type House } from "./house.ts";

let house: House;

beforeEach(async () => {
  house = await openHouse();
  await house.grant();
  await house.run();
});
afterEach(() => house.stop());

/** Whether the changelog's last word of the profile is one. */
async function isKept(userId: string): Promise<boolean> {
  let kept = false;
  for (const { partition, start } of await house.client.ranges("state"))
    for await (const batch of house.client.read("state", partition, start))
      for (const { key, value } of batch)
        if (key !== null && Buffer.from(key).toString() === profileKey(userId)) kept = value !== null;
  return kept;
}

test("a profile is forgotten a month after it came, when its user never does", async () => {
  await house.profile("stranger", { visits: 5 });
  await house.run();
  await house.run(PROFILE_MS - HOUR_MS);
  expect(await isKept("stranger")).toBe(true);
  await house.run(2 * HOUR_MS);
  expect(await isKept("stranger")).toBe(false);
});

test("a profile that comes again is kept for another month", async () => {
  await house.profile("stranger", { visits: 5 });
  await house.run(PROFILE_MS - HOUR_MS);
  await house.profile("stranger", { visits: 6 });
  await house.run();
  await house.run(2 * HOUR_MS);
  expect(await isKept("stranger")).toBe(true);
});

test("a profile of a user who comes is kept, and goes after the user", async () => {
  await house.profile("guest", { visits: 5 });
  await house.run(PROFILE_MS - HOUR_MS);
  await house.session("s-1", "guest");
  await house.run();
  await house.run(2 * HOUR_MS);
  expect(await isKept("guest")).toBe(true);
  for (let month = 0; month < 3; month += 1) await house.run(PROFILE_MS + HOUR_MS);
  expect(await isKept("guest")).toBe(false);
});
