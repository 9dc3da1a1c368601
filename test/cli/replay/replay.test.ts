// `stipend replay` on a real embedded log that a real allocator has written, with everything on it that a day has.

import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openAllocator } from "../../../src/workflows/run/allocator.ts";
import { sendCommand } from "../../../src/workflows/control/control.ts";
import { replayTask } from "../../../src/workflows/replay/replay-task.ts";
import { parseCampaign } from "../../../src/domain/campaign/campaign.ts";
import type { PacingAction } from "../../../src/domain/campaign/control.ts";
import { seededRandom } from "../../../src/domain/random.ts";
import { codecFor } from "../../../src/log/codec/codec.ts";
import { openEmbeddedLog } from "../../../src/log/embedded/log.ts";
import type { EventLog } from "../../../src/log/event-log.ts";
import { placementOf } from "../../../src/log/placement.ts";
import { serveKind } from "../../../src/log/topics.ts";
import { publishRelease } from "../../../src/retrain/publish.ts";
import { loadClassifier, tryClassifier } from "../../../src/serve/classify/onnx.ts";
import { createReleaseCache } from "../../../src/serve/classify/release-cache.ts";
import { createServeProcessor } from "../../../src/serve/processor.ts";
import { unobserved } from "../../../src/task/observer.ts";
import { ARMS, tinyRelease } from "../../serve/tiny-release.ts";
import { openShell, type Ended } from "../shell.ts";

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 4, 1);

let log: EventLog;
let nowMs = START_MS;
const shell = openShell({}, () => nowMs);
const { folder } = shell;

beforeAll(async () => {
  let tokens = 0;
  log = await openEmbeddedLog({
    folder: path.join(folder, "log"),
    now: () => nowMs,
    newToken: () => `t-${(tokens += 1)}`,
  });
  await playMorning();
});

afterAll(async () => {
  await log.close();
  shell.close();
});

const campaign = parseCampaign(
  {
    id: "spring",
    currency: "EUR",
    budgetMinor: 60_000,
    explorationBudgetMinor: 20_000,
    explorationShare: 0.1,
    holdoutShare: 0.1,
    startMs: START_MS,
    endMs: START_MS + 24 * HOUR_MS,
    arms: ARMS,
    caps: [{ max: 2, windowMs: 6 * HOUR_MS }],
    reservation: { ttlMs: HOUR_MS },
    pacing: { expectedSessions: 1_500 },
  },
  "campaign",
);

/** Three hours: sessions, some again, profiles, outcomes early and late, commands, a second release, what cannot be read. */
async function playMorning(): Promise<void> {
  let ids = 0;
  const allocator = await openAllocator({
    log,
    application: "stipend",
    partitions: { users: 3, control: 1 },
    storeFolder: path.join(folder, "stores"),
    features: null,
    batchRecords: 50,
    clock: { nowMs: () => nowMs, sleep: () => Promise.resolve() },
    newId: () => `id-${(ids += 1)}`,
    newSecret: () => Buffer.alloc(32, 1),
    observer: unobserved,
    onTrouble: (text) => expect.unreachable(text),
  });
  const [first, second] = [tinyRelease("first"), tinyRelease("second")];
  const act = (action: PacingAction, expectedRevision: number | null = null): Promise<void> =>
    sendCommand(log, { commandId: `c-${(ids += 1)}`, campaign: "spring", atMs: nowMs, action, expectedRevision });
  const random = seededRandom("replay");
  const users = new Map<string, string>();
  await act({ kind: "create", campaign });
  for (const release of [first, second])
    await publishRelease(log, "spring", { release, evidenceText: "{}" }, nowMs, tryClassifier);
  await act({ kind: "promote_release", release: first.hash });
  for (let step = 0; step < 90; step += 1) {
    if (step === 30) await act({ kind: "set_budget", budgetMinor: 45_000n, currency: "EUR" });
    if (step === 45) await act({ kind: "promote_release", release: second.hash });
    if (step === 50) await act({ kind: "pause" }, 1); // Refused: another was quicker.
    if (step === 60) await act({ kind: "set_curve", mode: "even", points: [], controller: "pi" });
    for (let left = 8; left > 0; left -= 1) {
      const userId = `u-${random.below(400)}`;
      users.set(`s-${step}-${left}`, userId);
      await sendSession(`s-${step}-${left}`, userId, random.below(6));
    }
    if (step % 7 === 0) await sendSession(`s-${step}-1`, "u-again", 1);
    for (let left = 3; left > 0 && step > 2; left -= 1) {
      const sessionId = `s-${step - 1 - random.below(3)}-${1 + random.below(8)}`;
      await sendOutcome(sessionId, users.get(sessionId) ?? "");
    }
    await log.send([{ topic: "sessions", key: Buffer.from("u-1"), value: Buffer.from("nonsense") }]);
    for (const runner of [allocator.treasury, allocator.serve]) await runner.runUntilIdle(nowMs);
    nowMs += 2 * 60_000;
  }
  await allocator.close();
}

async function sendSession(sessionId: string, userId: string, visits: number): Promise<void> {
  const session = { sessionId, userId, atMs: nowMs, surface: null, campaign: "spring", attributes: { visits } };
  await log.send([{ topic: "sessions", key: Buffer.from(userId), value: codecFor("sessions").encode(session) }]);
}

async function sendOutcome(sessionId: string, userId: string): Promise<void> {
  const outcome = { outcomeId: `o-${sessionId}`, decisionId: `d-${sessionId}`, userId, atMs: nowMs, amountMinor: null };
  const value = codecFor("outcomes").encode({ ...outcome, kind: "redeemed", rewards: { converted: 1 } });
  await log.send([{ topic: "outcomes", key: Buffer.from(userId), value }]);
}

const stipend = (line: string): Promise<Ended> => shell.run(line);

interface Replayed {
  readonly same: boolean;
  readonly tasks: readonly { kind: string; firstCycle: number; cycles: number; rows: number; difference: unknown }[];
}

async function count(topic: "decisions" | "settlements"): Promise<number> {
  let rows = 0;
  for (const { partition, start } of await log.ranges(topic))
    for await (const batch of log.read(topic, partition, start)) rows += batch.length;
  return rows;
}

describe("what was recorded, decided again", () => {
  test("is byte for byte the same: every decision, settlement, and change of state, of shards and treasurer", async () => {
    const { code, out, err } = await stipend("replay");
    expect(code, out + err).toBe(0);
    expect(out).toContain("decided again, all of it is byte for byte the same");
    const { same, tasks } = JSON.parse((await stipend("replay --json")).out) as Replayed;
    expect(same).toBe(true);
    expect(tasks.map(({ kind, firstCycle }) => [kind, firstCycle])).toEqual([
      ["treasury", 1],
      ["serve", 1],
      ["serve", 1],
      ["serve", 1],
    ]);
    const rows = tasks.reduce((sum, task) => sum + task.rows, 0);
    expect(rows).toBe((await count("decisions")) + (await count("settlements")));
    expect(rows).toBeGreaterThan(700);
  });

  test("from a time on, what was before is taken as it was", async () => {
    const later = new Date(START_MS + 2 * HOUR_MS).toISOString();
    const { same, tasks } = JSON.parse((await stipend(`replay --from ${later} --json`)).out) as Replayed;
    expect(same).toBe(true);
    for (const { firstCycle, rows } of tasks.filter(({ kind }) => kind === "serve")) {
      expect(firstCycle).toBeGreaterThan(30);
      expect(rows).toBeGreaterThan(50);
    }
  });

  test("with something that was not there then, here a feature service, it differs and the row is named", async () => {
    const releaseCache = createReleaseCache({ log, codec: codecFor("releases"), load: loadClassifier });
    const features = { lookUp: () => Promise.resolve(new Map()), close: () => undefined };
    const replayed = await replayTask({
      log,
      kind: serveKind("stipend"),
      partition: 0,
      processor: createServeProcessor({ releaseCache, placement: await placementOf(log, "sessions"), features }),
      outputs: ["decisions", "settlements"],
      fromMs: 0,
    });
    expect(replayed.difference?.topic).toBe("decisions");
    expect(replayed.difference?.detail).toMatch(/^the row at \d+ is another than d-s-\d+-\d+ decided again$/);
    expect(replayed.rows).toBeLessThan(20);
    await releaseCache.close();
  });

  test("behind a compaction it begins where the cycles are whole again", async () => {
    await (log as Awaited<ReturnType<typeof openEmbeddedLog>>).maintain(nowMs);
    await stipend("replay").then(({ code, out }) => expect(code, out).toBe(0));
  });

  test("a time that is none is wrong use", async () => {
    const { code, err } = await stipend("replay --from noon");
    expect(code).toBe(2);
    expect(err).toContain("Expected a time with its offset");
  });
});

interface Column {
  readonly sessions: number;
  readonly spentMinor: number;
  readonly reasons: Readonly<Record<string, number>>;
  readonly arms: Readonly<Record<string, number>>;
  readonly curve: readonly number[];
}
type WhatIf = Readonly<Record<"asItWas" | "playedAgain" | "wouldHaveBeen", Column>>;

async function whatIf(changes: string): Promise<WhatIf> {
  const { out, err } = await stipend(`replay ${changes} --json`);
  expect(err).not.toContain("error");
  return JSON.parse(out) as WhatIf;
}

describe("with one thing changed", () => {
  test("the same sessions are drawn, and played again unchanged they come to nearly what was", async () => {
    const { asItWas, playedAgain } = await whatIf("--budget 60000");
    expect(asItWas.sessions).toBeGreaterThan(300);
    expect(playedAgain.sessions).toBeGreaterThan(0.98 * asItWas.sessions);
    expect(Math.abs(playedAgain.spentMinor / asItWas.spentMinor - 1)).toBeLessThan(0.15);
    for (const never of ["holdout", "campaign_paused"]) expect(playedAgain.reasons[never], never).toBeUndefined();
    expect(playedAgain.reasons["explored"]).toBeGreaterThan(0.8 * (asItWas.reasons["explored"] ?? Infinity));
  });

  test("a small budget is not passed, and says so in the reasons", async () => {
    const { playedAgain, wouldHaveBeen } = await whatIf("--budget 3000 --curve asap");
    expect(wouldHaveBeen.spentMinor).toBeLessThanOrEqual(3_000);
    expect(wouldHaveBeen.spentMinor).toBeLessThan(playedAgain.spentMinor);
    expect(wouldHaveBeen.reasons["budget_exhausted"]).toBeGreaterThan(0);
    expect(wouldHaveBeen.arms["none"]).toBeGreaterThan(playedAgain.arms["none"] ?? 0);
    const { out } = await stipend("replay --budget 3000 --curve asap");
    expect(out).toMatch(/^refused: budget used up +\d/m);
    expect(out).not.toMatch(/\b[a-z]+_[a-z]+\b/);
  });

  test("as soon as possible spends earlier", async () => {
    const { playedAgain, wouldHaveBeen } = await whatIf("--curve asap");
    expect(wouldHaveBeen.curve[11]).toBeGreaterThan(1.2 * (playedAgain.curve[11] ?? Infinity));
  });

  test("another release gives each session the cluster that it has there", async () => {
    const { asItWas, wouldHaveBeen } = await whatIf(`--release ${tinyRelease("second").hash.slice(0, 10)}`);
    expect(wouldHaveBeen.sessions).toBeGreaterThan(0.5 * asItWas.sessions);
    expect(wouldHaveBeen.sessions).toBeLessThanOrEqual(asItWas.sessions);
  });

  test("it is shown as a table and a picture", async () => {
    const { out, code } = await stipend("replay --budget 30000 --controller pi --reservation expected");
    expect(code).toBe(0);
    expect(out).toMatch(/^spring, with a budget of 300.00 EUR, paced by pi, with the reservation policy expected$/m);
    expect(out).toMatch(/^ +as it was +played again +would have been$/m);
    expect(out).toMatch(/^spent +\d[\d,.]+ EUR +\d[\d,.]+ EUR +\d[\d,.]+ EUR$/m);
    expect(out).toMatch(/^would have been [▁▂▃▄▅▆▇█]{24}$/m);
  });

  test("from a time on, what was until then is as it is when nothing is changed", async () => {
    const at = new Date(START_MS + 1.5 * HOUR_MS).toISOString();
    const { playedAgain, wouldHaveBeen } = await whatIf(`--from ${at} --budget 90000 --curve asap`);
    // The middle of the three hours is that of the parts.
    expect(wouldHaveBeen.curve.slice(0, 12)).toEqual(playedAgain.curve.slice(0, 12));
    expect(wouldHaveBeen.curve[16]).toBeGreaterThan(1.1 * (playedAgain.curve[16] ?? Infinity));
    const release = await whatIf(`--from ${at} --release ${tinyRelease("first").hash}`);
    expect(release.wouldHaveBeen.curve.slice(0, 12)).toEqual(release.playedAgain.curve.slice(0, 12));
    // Sessions whose window is open yet have no features on the log.
    expect(release.wouldHaveBeen.sessions).toBeGreaterThan(0.5 * release.playedAgain.sessions);
    const paced = await whatIf(`--from ${at} --controller reallocation`);
    expect(paced.wouldHaveBeen.curve.slice(0, 12)).toEqual(paced.playedAgain.curve.slice(0, 12));
  });

  test("with --out, a page has the pictures; it is not written over one that is there, nor without a change", async () => {
    const page = path.join(folder, "what-if.html");
    const { code, out, err } = await stipend(`replay --budget 30000 --out ${page}`);
    expect([code, out], err).toEqual([0, expect.stringContaining(`page with pictures: ${page}`)]);
    const html = readFileSync(page, "utf8");
    expect(html.match(/<svg/g)).toHaveLength(6);
    for (const text of [
      "with a budget of 300.00 EUR",
      "Expected reward",
      "nothing by the plan",
      "would have been",
      "large",
    ])
      expect(html.includes(text), text).toBe(true);
    writeFileSync(page, "mine");
    expect(await stipend(`replay --budget 30000 --out ${page}`)).toMatchObject({
      code: 2,
      err: expect.stringContaining("--force replaces it") as string,
    });
    expect(readFileSync(page, "utf8")).toBe("mine");
    expect((await stipend(`replay --out ${page} --force`)).err).toMatch(/--out: .*change something/);
  });

  test.each([
    ["--reservation expected --from 2026-05-01T00:00:00Z", /--reservation: a campaign keeps its policy/],
    ["--budget 5 --out nowhere/page.html", /--out nowhere\/page.html: there is no folder nowhere/],
    ["--budget 5 --campaign nowhere", /--campaign: no session of nowhere was drawn yet/],
    ["--release abc", /--release: no release of spring begin with abc/],
    ["--points 2026-05-01T06:00:00Z=0.5", /--points: the last share must be 1/],
    ["--curve points", /--points: mode points needs at least one/],
  ])("replay %s is wrong use", async (line, message) => {
    const { code, err } = await stipend(`replay ${line}`);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });
});
