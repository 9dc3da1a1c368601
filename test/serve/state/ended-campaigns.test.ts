// An ended campaign leaves the shard when nothing will come of it any more, and not before.

import { afterEach, beforeEach, expect, test } from "vitest";
import { must } from "../../../src/domain/assert.ts";
import { stateCodec } from "../../../src/serve/state/state.ts";
import { campaign, HOUR_MS, openHarness, type Harness } from "../harness.ts";

let harness: Harness;
beforeEach(async () => {
  harness = await openHarness();
  await harness.grant({ grantedMinor: { plan: 1_500n, exploration: 0n } });
  await harness.run();
  await harness.run();
});
afterEach(() => harness.stop());

/** The last value of each key of the changelog. */
async function state(): Promise<Map<string, Uint8Array | null>> {
  const found = new Map<string, Uint8Array | null>();
  for (const { key, value } of await harness.records("state"))
    found.set(Buffer.from(must(key, "a key")).toString(), value);
  return found;
}

async function campaigns(): Promise<readonly string[]> {
  const head = stateCodec().decode(must((await state()).get("h") ?? null, "the head"));
  return head.kind === "shard_head" ? head.campaigns : [];
}

const DAY_MS = 24 * HOUR_MS;

test("its holds end first, what is free goes back and is reported, and a day later it is gone; another stays", async () => {
  const autumn = campaign({ id: "autumn" });
  await harness.grant({ campaign: autumn, release: null });
  await harness.session("s1", "u1");
  await harness.run();
  expect(await harness.decision("s1")).toMatchObject({ reason: "planned", campaign: "spring" });
  await harness.grant({ state: "ended", revision: 2, returnTargetMinor: { plan: 1_400n, exploration: 0n } });
  // The hold lives for an hour, and is redeemed in it.
  await harness.run(HOUR_MS / 2);
  expect(await campaigns()).toEqual(["spring", "autumn"]);
  await harness.outcome("o1", "u1", "s1");
  await harness.run(2_000);
  expect((await harness.reports()).at(-1)?.totals.plan).toMatchObject({
    granted: 1_500n,
    returned: 1_400n,
    settled: 100n,
  });
  await harness.run(DAY_MS);
  expect(await campaigns()).toEqual(["spring", "autumn"]);
  await harness.run(2 * HOUR_MS);
  // A quiet shard has nothing to write; the next cycle that does leaves it out.
  await harness.session("s2", "u2");
  await harness.run(1_000);
  expect(await campaigns()).toEqual(["autumn"]);
  expect(await harness.decision("s2")).toMatchObject({ reason: "invalid_campaign", campaign: null });
  const letters = await harness.letters();
  expect(letters).toEqual([]);
  await harness.session("s3", "u3", { campaign: "autumn" });
  await harness.run(1_000);
  expect(await harness.decision("s3")).toMatchObject({ campaign: "autumn" });
  // Control speaks of it again: it is as it was.
  await harness.grant({ campaign: campaign(), state: "ended", revision: 3 });
  await harness.run(2_000);
  expect(await campaigns()).toEqual(["autumn", "spring"]);
  expect((await harness.reports()).at(-1)).toMatchObject({
    campaign: "spring",
    totals: { plan: { granted: 1_500n, returned: 1_400n, settled: 100n } },
  });
});

test("while money lies free, or has not been told of, it stays", async () => {
  await harness.grant({ state: "ended", revision: 2 });
  await harness.run(10 * DAY_MS);
  await harness.run(10 * DAY_MS);
  expect(await campaigns()).toEqual(["spring"]);
});
