// Profiles of users who never come are forgotten like users; those of users who are known are kept.

import { afterEach, beforeEach, expect, test } from "vitest";
import { PROFILE_MS } from "../../../src/serve/state/campaign/records.ts";
import { profileKey } from "../../../src/serve/state/state.ts";
import { HOUR_MS, openHarness, type Harness } from "../harness.ts";

let harness: Harness;

beforeEach(async () => {
  harness = await openHarness();
  await harness.grant();
  await harness.run();
});
afterEach(() => harness.stop());

/** Whether the changelog's last word of the profile is one. */
async function isKept(userId: string): Promise<boolean> {
  let kept = false;
  for (const { partition, start } of await harness.client.ranges("state"))
    for await (const batch of harness.client.read("state", partition, start))
      for (const { key, value } of batch)
        if (key !== null && Buffer.from(key).toString() === profileKey(userId)) kept = value !== null;
  return kept;
}

test("a profile is forgotten a month after it came, when its user never does", async () => {
  await harness.profile("stranger", { visits: 5 });
  await harness.run();
  await harness.run(PROFILE_MS - HOUR_MS);
  expect(await isKept("stranger")).toBe(true);
  await harness.run(2 * HOUR_MS);
  expect(await isKept("stranger")).toBe(false);
});

test("a profile that comes again is kept for another month", async () => {
  await harness.profile("stranger", { visits: 5 });
  await harness.run(PROFILE_MS - HOUR_MS);
  await harness.profile("stranger", { visits: 6 });
  await harness.run();
  await harness.run(2 * HOUR_MS);
  expect(await isKept("stranger")).toBe(true);
});

test("a profile of a user who comes is kept, and goes after the user", async () => {
  await harness.profile("guest", { visits: 5 });
  await harness.run(PROFILE_MS - HOUR_MS);
  await harness.session("s-1", "guest");
  await harness.run();
  await harness.run(2 * HOUR_MS);
  expect(await isKept("guest")).toBe(true);
  for (let month = 0; month < 3; month += 1) await harness.run(PROFILE_MS + HOUR_MS);
  expect(await isKept("guest")).toBe(false);
});
