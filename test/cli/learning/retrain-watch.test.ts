// When a watch of the training log starts a training: what counts as learned is what the log says, also after a restart.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { watchTrainingLog } from "../../../src/workflows/retrain/retrain-watch.ts";
import { parseCampaign } from "../../../src/domain/campaign/campaign.ts";
import type { CampaignState } from "../../../src/domain/campaign/control.ts";
import { codecFor } from "../../../src/log/codec/codec.ts";
import { openEmbeddedLog, type EmbeddedLog } from "../../../src/log/embedded/log.ts";
import { topicSpecs } from "../../../src/log/topics.ts";
import type { RetrainPolicy } from "../../../src/retrain/trigger.ts";
import { ARMS, releaseRecord, tinyRelease } from "../../serve/tiny-release.ts";

const POLICY: RetrainPolicy = { newRows: 100, everyMs: null, minRows: 50 };

let folder: string;
let log: EmbeddedLog;
let nowMs: number;
let tokens = 0;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "stipend-watch-"));
  log = await openEmbeddedLog({ folder: join(folder, "log"), now: () => nowMs, newToken: () => `t${(tokens += 1)}` });
  nowMs = 1_000;
  await log.ensureTopics(topicSpecs({ users: 2, control: 1 }));
  await serving("spring");
});

afterEach(async () => {
  await log.close();
  rmSync(folder, { recursive: true, force: true });
});

async function serving(id: string, state: CampaignState = "live", release: string | null = "r0"): Promise<void> {
  const none = { plan: 0n, exploration: 0n };
  const campaign = parseCampaign(
    {
      id,
      currency: "EUR",
      budgetMinor: 1_000,
      startMs: 0,
      endMs: 5e12,
      arms: ARMS,
      reservation: { ttlMs: 1_000 },
      pacing: { expectedSessions: 10 },
    },
    id,
  );
  const grant = {
    ...{ campaign, shard: 0, atMs: 0, state, revision: 1, release, planRow: 0, shadowPrice: 0, throttle: 1 },
    ...{ grantedMinor: none, returnTargetMinor: none, ungrantedMinor: none, secret: Buffer.alloc(32) },
  };
  const value = codecFor("grants").encode(grant);
  await log.send([{ topic: "grants", partition: 0, key: Buffer.from(id), value }]);
}

async function rows(count: number, campaign = "spring", propensity = 0.5): Promise<void> {
  const codec = codecFor("training-log");
  await log.send(
    Array.from({ length: count }, (_, index) => ({
      topic: "training-log",
      key: Buffer.from(`u${index}`),
      value: codec.encode({
        ...{ decisionId: `d${index}`, userId: `u${index}`, campaign, decidedAtMs: 0, endedAtMs: 0, release: "r0" },
        ...{ cluster: 0, arm: 1, armId: "small", propensities: [1 - propensity, propensity, 0], exploration: false },
        ...{ holdout: false, attributes: {}, rewards: {}, redeemed: false, costMinor: 0n },
      }),
    })),
  );
}

async function published(name: string, campaign = "spring"): Promise<void> {
  const record = { ...releaseRecord(campaign, tinyRelease(name)), publishedAtMs: nowMs };
  await log.send([
    { topic: "releases", key: Buffer.from(`${campaign}/${record.hash}`), value: codecFor("releases").encode(record) },
  ]);
}

interface Told {
  readonly rounds: string[];
  readonly failures: string[];
}

/** Looks once before each step and once after the last; a step happens while the watch sleeps. */
async function watching(
  steps: readonly (() => Promise<void>)[],
  {
    policy = POLICY,
    fails = false,
    owns = () => true,
  }: { policy?: RetrainPolicy; fails?: boolean; owns?: () => boolean } = {},
): Promise<Told> {
  const told: Told = { rounds: [], failures: [] };
  const ending = new AbortController();
  let step = 0;
  await watchTrainingLog({
    log,
    policy,
    owns,
    retrain: async ({ campaign }, reason) => {
      told.rounds.push(`${step} ${campaign.id} ${reason}`);
      if (fails) throw new Error("out of memory");
      await published(`round-${told.rounds.length}`, campaign.id);
    },
    onFailure: (campaign, error) => told.failures.push(`${campaign}: ${error instanceof Error ? error.message : ""}`),
    sleep: async () => {
      nowMs += 1_000;
      await steps[step]?.();
      step += 1;
      if (step > steps.length) ending.abort();
    },
    nowMs: () => nowMs,
    everyMs: 1_000,
    signal: ending.signal,
  });
  return told;
}

const nothing = async () => undefined;

test("so many new rows start one training, and the next only after so many more", async () => {
  const told = await watching([() => rows(99), () => rows(1), nothing, () => rows(99), () => rows(1)]);
  expect(told.rounds).toEqual(["2 spring new_rows", "5 spring new_rows"]);
});

test("rows that nothing can be learned from do not count", async () => {
  expect(await watching([() => rows(500, "spring", 1), () => rows(500, "autumn")])).toMatchObject({ rounds: [] });
});

test("a restart does not learn again what the newest release has learned from, and does what is new since", async () => {
  await rows(300);
  nowMs += 1_000;
  await published("before");
  nowMs += 1_000;
  await rows(60);
  expect((await watching([nothing])).rounds).toEqual([]);
  await rows(40);
  expect((await watching([nothing])).rounds).toEqual(["0 spring new_rows"]);
});

test("a release that somebody else publishes meanwhile counts as well", async () => {
  const told = await watching([() => rows(80), () => published("by-hand"), () => rows(80), () => rows(20)]);
  expect(told.rounds).toEqual(["4 spring new_rows"]);
});

test("a training that failed is said, and not tried again before there is a new reason", async () => {
  const told = await watching([() => rows(100), nothing, nothing, () => rows(100)], { fails: true });
  expect(told.rounds).toEqual(["1 spring new_rows", "4 spring new_rows"]);
  expect(told.failures).toEqual(["spring: out of memory", "spring: out of memory"]);
});

test("time alone starts one when there is anything new", async () => {
  const policy = { ...POLICY, newRows: null, everyMs: 2_500 };
  const told = await watching([() => rows(60), nothing, nothing, nothing, nothing, nothing, () => rows(1)], { policy });
  expect(told.rounds).toEqual(["3 spring period", "7 spring period"]);
});

test.each<[string, () => Promise<void>]>([
  ["has no release in force", () => serving("spring", "live", null)],
  ["is paused", () => serving("spring", "paused")],
  ["has ended", () => serving("spring", "ended")],
])("a campaign that %s is left alone", async (_, change) => {
  await change();
  expect((await watching([() => rows(200)])).rounds).toEqual([]);
});

test("a campaign is another instance's business while that one has its treasury task", async () => {
  expect((await watching([() => rows(200)], { owns: () => false })).rounds).toEqual([]);
});
