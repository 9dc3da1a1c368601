// A user's record is bounded, whatever its user does, and what the bounds cost is never money.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MAX_EVENT_BYTES } from "../../../src/domain/session/session.ts";
import { TOPICS } from "../../../src/log/topics.ts";
import { stateCodec, userKey, dueOfState } from "../../../src/serve/state/state.ts";
import { ACTIVITY_MS, BUCKETS_MAX } from "../../../src/serve/state/user/activity.ts";
import {
  AGAIN_MAX,
  CAP_CAMPAIGNS_MAX,
  ENDED_MAX,
  OPEN_MAX,
  OUTCOMES_MAX,
  type UserRecord,
} from "../../../src/serve/state/user/record.ts";
import { RECENT_SESSIONS_MAX } from "../../../src/serve/state/user/recent-sessions.ts";
import { campaign, HOUR_MS, openHarness, START_MS, type Harness } from "../harness.ts";

const DOUBLE = 8;
const codec = stateCodec();
let harness: Harness;
beforeEach(async () => {
  harness = await openHarness();
});
afterEach(() => harness.stop());

/** The user's record as the changelog has it last; null when it was forgotten. */
async function recordOf(userId: string): Promise<{ readonly record: UserRecord; readonly bytes: number } | null> {
  const mine = (await harness.records("state")).filter(
    ({ key }) => Buffer.from(key ?? []).toString() === userKey(userId),
  );
  const value = mine.at(-1)?.value ?? null;
  if (value === null) return null;
  const record = codec.decode(value);
  if (record.kind !== "user_record") throw new Error(`a ${record.kind} under ${userId}`);
  return { record, bytes: value.length };
}

const big = (name: string): Record<string, string> => ({ [name]: "x".repeat(MAX_EVENT_BYTES - 1_000) });

describe("a record", () => {
  test("fits on its topic with all its lists full and everything in it as large as it may be", async () => {
    for (let n = 0; n < 40; n += 1) {
      const id = `campaign-${"x".repeat(80)}-${n}`;
      const caps = [{ max: 64, windowMs: 3 * HOUR_MS }];
      // Some hold money, the others were drawn and hold none.
      await harness.grant({ campaign: campaign({ id, caps }), planRow: n < 24 ? 0 : 1 });
    }
    await harness.run();
    const userId = "u".repeat(256);
    await harness.profile(userId, big("profile"));
    const padded = (n: number): string => `${n}-${"s".repeat(250)}`.slice(0, 254);
    for (let n = 0; n < 40; n += 1) {
      const id = `campaign-${"x".repeat(80)}-${n}`;
      await harness.session(padded(n), userId, { campaign: id, attributes: big("session") });
      await harness.run(1);
      for (let again = 0; n >= 24 && again < 3; again += 1)
        await harness.session(padded(100 * n + 50 + again), userId, { campaign: id });
      await harness.run(1);
    }
    for (let n = 0; n < OUTCOMES_MAX; n += 1) {
      const rewards = Object.fromEntries(Array.from({ length: 40 }, (_, m) => [`${m}-${"r".repeat(250)}`, 1]));
      for (let about = 0; about < 40; about += 1)
        await harness.outcome(`${n}-${"o".repeat(250)}`, userId, padded(about), { kind: "converted", rewards });
    }
    await harness.run(1);
    const full = await recordOf(userId);
    expect(full?.record.open).toHaveLength(OPEN_MAX);
    expect(full?.bytes).toBeGreaterThan(OPEN_MAX * 2 * (MAX_EVENT_BYTES - 1_000));
    expect(full?.bytes).toBeLessThan(TOPICS.state.maxRecordBytes / 2);
    await harness.run(4 * HOUR_MS);
    expect((await recordOf(userId))?.record.ended).toHaveLength(ENDED_MAX);
  }, 60_000);

  test("keeps its lists to their lengths over months of a very busy user", async () => {
    await harness.grant({ grantedMinor: { plan: 10_000_000n, exploration: 0n } });
    await harness.run();
    for (let day = 0; day < 70; day += 1) {
      for (let n = 0; n < 12; n += 1) {
        await harness.session(`s-${day}-${n}`, "u1");
        await harness.run(HOUR_MS * 2);
      }
    }
    const busy = await recordOf("u1");
    expect((busy?.record.sessions.length ?? 0) / DOUBLE / 4).toBeLessThanOrEqual(RECENT_SESSIONS_MAX + 1);
    expect((busy?.record.activity.buckets.length ?? 0) / DOUBLE / 6).toBeLessThanOrEqual(BUCKETS_MAX);
    expect(busy?.record.ended.length).toBeLessThanOrEqual(ENDED_MAX);
    expect(busy?.bytes).toBeLessThan(16 * 1024);
  }, 60_000);

  test("is a tombstone when its user has been idle for as long as anything in it could matter", async () => {
    await harness.grant();
    await harness.run();
    await harness.session("s1", "u1");
    await harness.run();
    await harness.run(ACTIVITY_MS - 1);
    expect(await recordOf("u1")).not.toBeNull();
    await harness.run(1);
    expect(await recordOf("u1")).toBeNull();
    const records = (await harness.records("state")).length;
    await harness.run(HOUR_MS);
    expect((await harness.records("state")).length, "and then nothing more is written").toBe(records);
  });

  test("lives as long as a cap looks back", async () => {
    const windowMs = 2 * ACTIVITY_MS;
    await harness.grant({ campaign: campaign({ caps: [{ max: 1, windowMs }], endMs: START_MS + 10 * windowMs }) });
    await harness.run();
    await harness.session("s1", "u1");
    await harness.run();
    await harness.run(windowMs - 1);
    await harness.session("s2", "u1");
    await harness.run();
    expect((await harness.decision("s2")).reason).toBe("user_cap");
  });
});

describe("what the bounds cost", () => {
  test("one decision more than a user may have open closes the oldest without money, whose training row says when", async () => {
    await harness.grant({ planRow: 0 });
    await harness.run();
    for (let n = 0; n <= OPEN_MAX; n += 1) {
      await harness.session(`s${n}`, "u1");
      await harness.run(1_000);
    }
    const rows = await harness.training();
    expect(rows.map(({ decisionId, endedAtMs }) => [decisionId, endedAtMs])).toEqual([
      ["d-s0", START_MS + (OPEN_MAX + 1) * 1_000],
    ]);
    await harness.run(HOUR_MS);
    expect(await harness.training()).toHaveLength(OPEN_MAX + 1);
  });

  test("while all that a user has open holds money, there is no further incentive, and all of it comes back", async () => {
    const ids = Array.from({ length: CAP_CAMPAIGNS_MAX }, (_, n) => `c${n}`);
    for (const id of ids)
      await harness.grant({ campaign: campaign({ id, reservation: { policy: "strict", ttlMs: 6 * HOUR_MS } }) });
    await harness.run();
    for (const round of [0, 1, 2])
      for (const id of ids) {
        await harness.session(`${id}-${round}`, "u1", { campaign: id });
        await harness.run();
        // A redemption makes room for the next incentive of the campaign.
        if (round === 0) await harness.outcome(`o-${id}`, "u1", `${id}-${round}`);
        await harness.run();
      }
    const held = (await recordOf("u1"))?.record.open.filter(({ reservation }) => reservation === "held");
    expect(held?.length).toBe(CAP_CAMPAIGNS_MAX);
    await harness.run(7 * HOUR_MS);
    const reports = await harness.reports();
    for (const id of ids) {
      const totals = reports.filter((report) => report.campaign === id).at(-1)?.totals.plan;
      expect((totals?.reserved ?? 0n) - (totals?.settled ?? 0n) - (totals?.released ?? 0n)).toBe(0n);
    }
  });

  test("a cap is never forgotten for room: a user with incentives of as many campaigns as are remembered gets none of another", async () => {
    const caps = [{ max: 1, windowMs: 10 * HOUR_MS }];
    for (let n = 0; n <= CAP_CAMPAIGNS_MAX; n += 1) await harness.grant({ campaign: campaign({ id: `c${n}`, caps }) });
    await harness.run();
    const reasonOf = async (id: string, sessionId: string) => {
      await harness.session(sessionId, "u1", { campaign: id });
      await harness.run();
      return (await harness.decision(sessionId)).reason;
    };
    for (let n = 0; n < CAP_CAMPAIGNS_MAX; n += 1) expect(await reasonOf(`c${n}`, `first-${n}`)).toBe("planned");
    await harness.run(2 * HOUR_MS);
    expect(await reasonOf(`c${CAP_CAMPAIGNS_MAX}`, "one too many")).toBe("user_cap");
    for (let n = 0; n < CAP_CAMPAIGNS_MAX; n += 1) expect(await reasonOf(`c${n}`, `second-${n}`)).toBe("user_cap");
    await harness.run(9 * HOUR_MS);
    expect(await reasonOf(`c${CAP_CAMPAIGNS_MAX}`, "later")).toBe("planned");
    expect(await reasonOf("c0", "third")).toBe("planned");
  });

  test("an incentive that was shown again more often than is remembered is still the first one's", async () => {
    await harness.grant();
    await harness.run();
    for (let n = 0; n < AGAIN_MAX + 5; n += 1) {
      await harness.session(`s${n}`, "u1");
      await harness.run(1_000);
    }
    await harness.outcome("o1", "u1", `s${AGAIN_MAX + 4}`);
    await harness.outcome("o2", "u1", "s1", { kind: "converted" });
    await harness.run();
    expect(await harness.settlements()).toMatchObject([{ decisionId: "d-s0", status: "posted" }]);
    expect((await harness.letters()).map(({ reason }) => reason)).toEqual(["unknown_decision"]);
  });
});

test("when a record is due is read from its bytes as the codec would read it", async () => {
  await harness.grant();
  await harness.run();
  for (const atMs of [0, 1, 63, 64, 8_191, 8_192, 1e6, START_MS, 2 ** 40, 2 ** 47]) {
    const base = {
      kind: "user_record",
      keepUntilMs: 0,
      sessions: new Uint8Array(0),
      received: [],
      open: [],
      ended: [],
      erasedAtMs: 0,
    } as const;
    const activity = {
      buckets: new Uint8Array(0),
      lastSessionMs: null,
      lastOrderMs: null,
      decayedSessions: 0,
      decayedOrders: 0,
      decayedAtMs: 0,
    };
    const bytes = codec.encode({ ...base, activity, dueMs: atMs });
    let decodes = 0;
    const watched = { ...codec, decode: (value: Uint8Array) => ((decodes += 1), codec.decode(value)) };
    expect(dueOfState(watched, userKey("u"), bytes)).toBe(atMs);
    expect(decodes, "without decoding the rest").toBe(0);
  }
});
