// What a campaign's log says of each user since they entered: on a log that is written by hand.

import { expect, test } from "vitest";
import { readHoldout, type Holdout } from "../../../src/workflows/evaluate/rows/holdout-rows.ts";
import { must } from "../../../src/domain/assert.ts";
import type { Decision } from "../../../src/domain/decision/decision.ts";
import type { Outcome } from "../../../src/domain/session/session.ts";
import { codecFor } from "../../../src/log/codec/codec.ts";
import { createSimulatedCluster } from "../../../src/log/simulated/cluster.ts";
import { topicSpecs } from "../../../src/log/topics.ts";
import { SAMPLES } from "../../../fixtures/samples.ts";
import { campaign, START_MS } from "../../serve/harness.ts";

const USERS = 60;
const isHeldOut = (user: number): boolean => user % 3 === 0;

type Happening =
  | { readonly at: number; readonly decision: Partial<Decision> & { readonly decisionId: string } }
  | { readonly at: number; readonly outcome: Pick<Outcome, "decisionId" | "outcomeId" | "rewards"> };

/** The happenings of each user, by minutes; what `readHoldout` makes of them. */
async function holdoutOf(of: (user: number) => readonly Happening[], holdoutShare = 1 / 3): Promise<Holdout> {
  let nowMs = START_MS;
  const log = createSimulatedCluster({ now: () => nowMs }).connect("test");
  await log.ensureTopics(topicSpecs({ users: 1, control: 1 }));
  const all = Array.from({ length: USERS }, (_, user) => of(user).map((what) => ({ user, what }))).flat();
  for (const { user, what } of all.toSorted((a, b) => a.what.at - b.what.at)) {
    nowMs = START_MS + what.at * 60_000;
    const userId = `user-${user}`;
    const topic = "decision" in what ? "decisions" : "outcomes";
    const value =
      "decision" in what
        ? codecFor("decisions").encode({
            ...SAMPLES.decisions,
            ...{ campaign: "spring", reason: isHeldOut(user) ? "holdout" : "planned_control", reservationId: null },
            ...{ userId, decidedAtMs: nowMs, holdout: isHeldOut(user) },
            ...what.decision,
          })
        : codecFor("outcomes").encode({ ...SAMPLES.outcomes, ...what.outcome, userId, atMs: nowMs });
    await log.send([{ topic, key: Buffer.from(userId), value }]);
  }
  return await readHoldout({
    log,
    campaign: campaign({ holdoutShare }),
    bootstrap: { replicates: 100, seed: 1, confidence: 0.9 },
    progress: { report() {} } as unknown as Parameters<typeof readHoldout>[0]["progress"],
  });
}

const decided = (at: number, decisionId: string, more: Partial<Decision> = {}): Happening => ({
  at,
  decision: { decisionId, ...more },
});
const brought = (at: number, decisionId: string, converted: number, outcomeId = `o-${decisionId}`): Happening => ({
  at,
  outcome: { decisionId, outcomeId, rewards: { converted } },
});

test("each user counts once, from the first session in the campaign on, with all that came of the campaign's decisions", async () => {
  const { value, sessions } = await holdoutOf((user) => [
    decided(0, `a-${user}`),
    ...(isHeldOut(user) ? [] : [decided(10, `b-${user}`), brought(11, `b-${user}`, 2)]),
    brought(5, `a-${user}`, 1),
    // The same outcome again; one of the same id for another decision is another.
    brought(6, `a-${user}`, 1),
    ...(isHeldOut(user) ? [] : [brought(12, `b-${user}`, 4, `o-a-${user}`)]),
  ]);
  const found = must(value, "value");
  expect(sessions).toBe(100);
  expect(found.served).toEqual({ users: 40, sessions: 80, rewardPerUser: 7, rewardPerSession: 3.5 });
  expect(found.heldOut).toEqual({ users: 20, sessions: 20, rewardPerUser: 1, rewardPerSession: 1 });
  expect(found.total.value).toBeCloseTo(240, 9);
});

test("what a user brought before entering counts as that; what came after, or of another campaign since, as nothing", async () => {
  const liking = (user: number): number => user % 7;
  const { value } = await holdoutOf((user) => [
    decided(0, `before-${user}`, { campaign: "winter" }),
    brought(1, `before-${user}`, liking(user)),
    decided(2, `paused-${user}`, { reason: "campaign_paused" }),
    decided(10, `in-${user}`),
    // Of what was before, but after the campaign had begun with the user.
    brought(11, `paused-${user}`, 100),
    decided(12, `beside-${user}`, { campaign: "winter" }),
    brought(13, `beside-${user}`, 100),
    brought(14, `in-${user}`, liking(user) + (isHeldOut(user) ? 0 : 1)),
  ]);
  const found = must(value, "value");
  expect(found.served.users + found.heldOut.users).toBe(USERS);
  // All that users differ in is what they had brought before: then the campaign's doing is known exactly.
  const adjusted = must(found.adjusted, "adjusted");
  expect(adjusted.perUser.value).toBeCloseTo(1, 9);
  expect(adjusted.perUser.se).toBeLessThan(1e-9);
  expect(found.perUser.se).toBeGreaterThan(0.1);
});

test("another share of users held out than the campaign's is told by its chance", async () => {
  const { value } = await holdoutOf((user) => [decided(0, `a-${user}`)], 0.05);
  expect(must(value, "value").sampleRatio).toMatchObject({ expected: 0.05, heldOutUsers: 20, users: USERS });
  expect(must(value, "value").sampleRatio.p).toBeLessThan(1e-6);
});
