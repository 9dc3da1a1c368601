// One day of one campaign, played as pure code by the parts that serve (src/workflows/replay/paced-campaign.ts), and what can be
// said of it.

import type { Campaign, PacingController } from "../../src/domain/campaign/campaign.ts";
import type { PacingAction } from "../../src/domain/campaign/control.ts";
import { PacedCampaign, type Arriving } from "../../src/workflows/replay/paced-campaign.ts";
import { SHARDS, sessionsOf, STEP_MS, STEPS, type Coming, type Day } from "./pacing-world.ts";

/** `none`: as soon as possible. `expected`: the default controller, with holds that count with what is expected of them. */
export type Pacer = PacingController | "none" | "expected";

export interface DayFigures {
  /** Of the budget: posted when all that was held has ended. */
  readonly spent: number;
  /** Of the budget: posted and held at the day's end. */
  readonly used: number;
  /** Of the budget: the most that was ever posted and held, above it. */
  readonly overspend: number;
  /** Share of the day's sessions that had come when 99 % of the budget was posted; 1 when it never was. */
  readonly outAt: number;
  /** Mean over the day of the distance between the shares of budget posted and of sessions that came. */
  readonly curveDistance: number;
  /** Reward expected of what was given. */
  readonly reward: number;
}

export function playDay(day: Day, pacer: Pacer): DayFigures {
  const budget = Number(day.campaign.budgetMinor);
  const sessions = day.arrivals.reduce((sum, count) => sum + count, 0);
  const figures = { came: 0, distance: 0, peak: 0, outAt: 1, used: 0, reward: 0 };
  const { reward } = day.release.manifest.values;
  const paced = new PacedCampaign({
    campaign: day.campaign.id,
    shards: SHARDS,
    secret: Buffer.alloc(32),
    reportEveryMs: STEP_MS,
    onDecision: ({ arm, cluster }) => (figures.reward += reward[cluster]?.[arm] ?? 0),
  });
  begin(paced, day, pacer);
  let step = 0;
  for (const coming of sessionsOf(day)) {
    paced.step(
      step * STEP_MS,
      coming.map((session) => arrivingOf(day, session)),
    );
    figures.came += coming.length;
    const [posted, held] = [paced.postedMinor(), paced.heldMinor()];
    // Under `expected` more may be held than the budget, and must not be spent.
    figures.peak = Math.max(figures.peak, posted + (pacer === "expected" ? 0 : held));
    figures.used = (posted + held) / budget;
    figures.distance += Math.abs(posted / budget - figures.came / sessions) / STEPS;
    if (figures.outAt === 1 && posted >= 0.99 * budget) figures.outAt = figures.came / sessions;
    step += 1;
  }
  paced.endAll();
  const spent = paced.postedMinor() / budget;
  return {
    spent,
    used: figures.used,
    overspend: Math.max(0, figures.peak / budget - 1, spent - 1),
    outAt: figures.outAt,
    curveDistance: figures.distance,
    reward: figures.reward,
  };
}

function begin(paced: PacedCampaign, { campaign, release }: Day, pacer: Pacer): void {
  const { hash, json, manifest } = release;
  const act = (commandId: string, action: PacingAction): void =>
    paced.command({ commandId, campaign: campaign.id, atMs: 0, expectedRevision: null, dryRun: false, action });
  paced.release({ campaign: campaign.id, hash, publishedAtMs: 0, manifest: json, evidence: "{}" }, manifest);
  act("create", { kind: "create", campaign: pacedBy(campaign, pacer) });
  act("promote", { kind: "promote_release", release: hash });
}

function pacedBy(campaign: Campaign, pacer: Pacer): Campaign {
  const { pacing, reservation } = campaign;
  switch (pacer) {
    case "none":
      return { ...campaign, pacing: { ...pacing, mode: "asap" } };
    case "expected":
      return { ...campaign, reservation: { ...reservation, policy: "expected" } };
    default:
      return { ...campaign, pacing: { ...pacing, controller: pacer } };
  }
}

function arrivingOf({ truth, campaign }: Day, { id, shard, cluster, redeems, after }: Coming): Arriving {
  return {
    ...{ id, shard, cluster },
    redeems: (arm) =>
      redeems < (truth[cluster]?.[arm] ?? 0)
        ? { amountMinor: null, afterMs: after * campaign.reservation.ttlMs }
        : null,
  };
}
