// A user who is erased: the memory goes, the money stays right, and nothing of before comes back.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Erasure } from "../../../src/domain/session/erasure.ts";
import { MAX_FUTURE_MS } from "../../../src/domain/session/session.ts";
import { codecFor } from "../../../src/log/codec/codec.ts";
import { profileKey, stateCodec, userKey } from "../../../src/serve/state/state.ts";
import { ACTIVITY_MS } from "../../../src/serve/state/user/activity.ts";
import type { UserRecord } from "../../../src/serve/state/user/record.ts";
import { verify } from "../../../src/evaluate/verify/verify.ts";
import { HOUR_MS, START_MS, campaign, openHarness, sessionOf, type Harness } from "../harness.ts";

let harness: Harness;

beforeEach(async () => {
  harness = await openHarness();
  await harness.grant({ campaign: campaign({ caps: [{ max: 1, windowMs: 24 * HOUR_MS }] }) });
  await harness.run();
});
afterEach(() => harness.stop());

const erase = (userId: string, changes: Partial<Erasure> = {}): Promise<void> =>
  harness.send("erasures", userId, { userId, atMs: harness.nowMs, actor: "ana", reason: null, ...changes });

/** The changelog's last word. */
async function stateOf(key: string): Promise<Uint8Array | null> {
  const records = (await harness.records("state")).filter((record) => record.key?.toString() === key);
  return records.at(-1)?.value ?? null;
}

async function userOf(userId: string): Promise<UserRecord | null> {
  const bytes = await stateOf(userKey(userId));
  return bytes === null ? null : (stateCodec().decode(bytes) as UserRecord);
}

describe("what is remembered of a user", () => {
  beforeEach(async () => {
    await harness.profile("guest", { visits: 9 });
    await harness.session("s-1", "guest", { attributes: { vip: true, town: "Ulm" } });
    await harness.run();
    await harness.outcome("o-1", "guest", "s-1", { kind: "converted", rewards: { converted: 3 } });
    await harness.run(1_000);
    await erase("guest");
    await harness.run(1_000);
  });

  test("goes, but for the open incentive without attributes, and when it was erased", async () => {
    expect(await stateOf(profileKey("guest"))).toBeNull();
    expect(await userOf("guest")).toMatchObject({
      sessions: Buffer.alloc(0),
      activity: { buckets: Buffer.alloc(0), lastSessionMs: null, decayedSessions: 0 },
      received: [],
      open: [{ decisionId: "d-s-1", reservation: "held", faceMinor: 100n, drawn: false, rewards: {} }],
      erasedAtMs: START_MS + 1_000,
    });
    expect((await userOf("guest"))?.open[0]?.attributes).toHaveLength(0);
    expect(harness.counts.get("erasures/users")).toBe(1);
    expect(await harness.letters()).toEqual([]);
  });

  test.each([
    ["redeemed", "posted 100 0"],
    ["declined", "voided 0 100"],
  ] as const)("an open incentive that is %s ends as it must, and becomes no row to learn from", async (kind, end) => {
    await harness.outcome("o-2", "guest", "s-1", { kind, rewards: { converted: 1 } });
    await harness.run(1_000);
    await harness.run(HOUR_MS);
    const rows = (await harness.settlements()).map(
      ({ status, amountMinor, releasedMinor }) => `${status} ${amountMinor} ${releasedMinor}`,
    );
    expect(rows).toEqual([end]);
    expect(await harness.training()).toEqual([]);
    expect(await userOf("guest")).toMatchObject({ open: [], activity: { buckets: Buffer.alloc(0) } });
    expect((await verify(harness.client)).violations.filter(({ law }) => law !== "L2" && law !== "L3")).toEqual([]);
  });

  test("and one that nobody redeems expires, and the last of the user goes a month later", async () => {
    await harness.run(HOUR_MS);
    expect((await harness.settlements()).map(({ status }) => status)).toEqual(["expired"]);
    await harness.run(ACTIVITY_MS);
    expect(await stateOf(userKey("guest"))).toBeNull();
  });

  test("the same session again, and one from before that comes late, are left out and counted", async () => {
    const before = await harness.decisions();
    await harness.send("sessions", "guest", sessionOf("s-1", "guest", START_MS, { attributes: { vip: true } }));
    await harness.send("sessions", "guest", sessionOf("s-2", "guest", START_MS + 999));
    await harness.run(1_000);
    expect(await harness.decisions()).toEqual(before);
    expect(harness.counts.get("erasures/sessions")).toBe(2);
    expect(await harness.letters()).toEqual([]);
  });

  test("a user who comes again is a new one: no memory, no caps; the incentive that is open stays theirs", async () => {
    await harness.session("s-3", "guest", { attributes: { vip: true } });
    await harness.run(1_000);
    expect(await harness.decision("s-3")).toMatchObject({ reason: "incentive_open", degraded: true });
    await harness.run(HOUR_MS);
    await harness.session("s-4", "guest", { attributes: { visits: 1, vip: true } });
    await harness.run(1_000);
    // The cap of one a day would have refused it.
    expect(await harness.decision("s-4")).toMatchObject({ reason: "planned", degraded: false });
  });
});

test("whose window was over in the same cycle is no row to learn from either", async () => {
  await harness.session("s-1", "guest");
  await harness.run();
  harness.nowMs += HOUR_MS;
  await erase("guest");
  await harness.run();
  expect((await harness.settlements()).map(({ status }) => status)).toEqual(["expired"]);
  expect(await harness.training()).toEqual([]);
});

test("a session that was decided under a clock ahead of the erasure's is known when it comes again", async () => {
  await harness.send("sessions", "guest", sessionOf("s-1", "guest", START_MS + MAX_FUTURE_MS));
  await harness.run();
  await erase("guest");
  await harness.run(1_000);
  await harness.send("sessions", "guest", sessionOf("s-1", "guest", START_MS + MAX_FUTURE_MS));
  await harness.run(1_000);
  expect(await harness.decisions()).toHaveLength(1);
});

test("a user that nobody knows is erased as well: what is still on its way is left out", async () => {
  await erase("stranger", { atMs: START_MS + 10 });
  await harness.session("s-1", "stranger");
  await harness.run(1_000);
  expect(await harness.decisions()).toEqual([]);
  expect(await userOf("stranger")).toMatchObject({ open: [], erasedAtMs: START_MS + 10 });
});

describe("an erasure that is none", () => {
  test.each<[string, () => Promise<void>, string, RegExp]>([
    ["no value", () => harness.raw({ topic: "erasures", key: Buffer.from("u1"), value: null }), "contract", /^value/],
    [
      "bytes",
      () => harness.raw({ topic: "erasures", key: Buffer.from("u1"), value: Buffer.from("{}") }),
      "undecodable",
      /./,
    ],
    [
      "another user's key",
      () => harness.send("erasures", "u2", { userId: "u1", atMs: START_MS, actor: null, reason: null }),
      "contract",
      /^key: differs/,
    ],
    ["an empty id", () => erase("", { userId: "" }), "contract", /^key: empty/],
    ["an id of 300 bytes", () => erase("x".repeat(300)), "contract", /^userId: 300 bytes/],
    ["a time ahead", () => erase("u1", { atMs: START_MS + MAX_FUTURE_MS + 1 }), "future", /^atMs/],
    ["an actor with an escape", () => erase("u1", { actor: "\u001b[2J" }), "contract", /^actor: has control/],
    ["a reason of two lines", () => erase("u1", { reason: "a\nb" }), "contract", /^reason: has control/],
    [
      "a megabyte",
      () => harness.raw({ topic: "erasures", key: Buffer.from("u1"), value: Buffer.alloc(1_000_000) }),
      "contract",
      /^value: 1000000 bytes/,
    ],
  ])("%s: a dead letter, and the user stays", async (_, send, reason, detail) => {
    await harness.session("s-1", "u1");
    await harness.run();
    await send();
    await harness.run();
    expect(await harness.letters()).toMatchObject([
      { topic: "erasures", reason, detail: expect.stringMatching(detail) as string },
    ]);
    expect((await userOf("u1"))?.erasedAtMs).toBe(0);
  });
});

test("an id with control characters can be erased like any other that a producer may have made", async () => {
  const odd = "a\u001b]0;x\u0007\nb";
  await harness.session("s-1", odd);
  await harness.run();
  await erase(odd);
  await harness.run(1_000);
  expect((await userOf(odd))?.erasedAtMs).toBe(START_MS);
  expect(codecFor("erasures").decode((await harness.records("erasures"))[0]?.value ?? Buffer.alloc(0)).userId).toBe(
    odd,
  );
});
