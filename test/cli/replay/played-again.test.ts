// A campaign played again whose commands and sessions follow each other within a second, as on a machine that is quick.

import { expect, test } from "vitest";
import { canonicalJson } from "../../../src/domain/canonical.ts";
import { parseCampaign } from "../../../src/domain/campaign/campaign.ts";
import type { PacingAction } from "../../../src/domain/campaign/control.ts";
import type { Decision } from "../../../src/domain/decision/decision.ts";
import type { RecordedCampaign, RecordedSession } from "../../../src/workflows/replay/recorded.ts";
import { playAgain } from "../../../src/workflows/replay/what-if.ts";
import { ARMS, tinyRelease } from "../../serve/tiny-release.ts";

const START_MS = Date.UTC(2026, 4, 1);
const { hash, manifest } = tinyRelease("first");
const campaign = parseCampaign(
  {
    id: "spring",
    currency: "EUR",
    budgetMinor: 1_000_000,
    startMs: START_MS,
    endMs: START_MS + 86_400_000,
    arms: ARMS,
    reservation: { ttlMs: 3_600_000 },
    pacing: { mode: "asap", expectedSessions: 1_000 },
  },
  "campaign",
);

const command = (afterMs: number, action: PacingAction): RecordedCampaign["commands"][number] => ({
  atMs: START_MS + afterMs,
  command: {
    ...{ commandId: `c-${afterMs}`, campaign: "spring", atMs: START_MS + afterMs, expectedRevision: null },
    ...{ dryRun: false, action },
  },
});

function session(id: string, afterMs: number): RecordedSession {
  const decision: Partial<Decision> = {
    ...{ decisionId: id, sessionId: id, userId: id, campaign: "spring", decidedAtMs: START_MS + afterMs },
    ...{ reason: "planned_control", arm: 0, armId: "none", account: null, reservationId: null, sendMinor: 0n },
    ...{ cluster: 0, release: hash, propensities: [1, 0, 0], holdout: false },
  };
  return { shard: 0, decision: decision as Decision, posted: null };
}

const record = {
  ...{ campaign: "spring", hash, manifest: canonicalJson(manifest), evidence: "", publishedAtMs: START_MS },
  classifier: new Uint8Array(0),
};

test.each([
  ["a second", 1_000],
  ["less than a second", 50],
])("sessions that come %s after their release was promoted meet it", async (_, apartMs) => {
  const sessions = [1, 2, 3].map((number) => session(`s-${number}`, 300 + apartMs + number));
  const recorded: RecordedCampaign = {
    sessions,
    erased: 0,
    commands: [
      command(0, { kind: "create", campaign }),
      command(300, { kind: "promote_release", release: hash }),
      command(400 + apartMs, { kind: "pause" }),
    ],
    releases: [{ atMs: START_MS, record, manifest }],
    shards: 1,
    secret: Buffer.alloc(32, 1),
  };
  const { sessions: drawn, reasons } = await playAgain(recorded, "spring", {});
  expect(drawn).toBe(3);
  expect(reasons).not.toHaveProperty("campaign_paused");
});

test("with another release from a time before the campaign was created, sessions meet that release", async () => {
  const recorded: RecordedCampaign = {
    sessions: [1, 2, 3].map((number) => session(`s-${number}`, 2_000 + number)),
    erased: 0,
    commands: [command(0, { kind: "create", campaign }), command(300, { kind: "promote_release", release: hash })],
    releases: [{ atMs: START_MS, record, manifest }],
    shards: 1,
    secret: Buffer.alloc(32, 1),
  };
  const clusters = new Map(recorded.sessions.map(({ decision }) => [decision.decisionId, 0]));
  const changes = { fromMs: START_MS - 60_000, release: { hash, clusters } };
  expect((await playAgain(recorded, "spring", changes)).sessions).toBe(3);
});
