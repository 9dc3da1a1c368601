// Hostile campaign: a campaign with one thing in it that nobody should believe.

import type { Campaign } from "../../src/domain/campaign/campaign.ts";
import { LONGS, MOST, NUMBERS, type Draw, type Target } from "./draw.ts";

export function hostileCampaign(draw: Draw, { campaign, nowMs }: Target): Campaign {
  const arm = (id: string, minor: number) => ({
    id,
    faceMinor: BigInt(minor),
    sendMinor: BigInt(draw.one([0, minor])),
  });
  const changes: Partial<Campaign>[] = [
    {},
    { arms: [] },
    { arms: Array.from({ length: draw.one([1, 65, 30_000]) }, (_, n) => arm(`a${n}`, n)) },
    { arms: [arm("none", 0), arm("all", MOST)], budgetMinor: BigInt(MOST), explorationBudgetMinor: BigInt(MOST) },
    { budgetMinor: BigInt(draw.one(LONGS)) },
    { endMs: draw.one([0, -1, MOST, nowMs * 1_000]) },
    { startMs: -MOST, endMs: MOST },
    { holdoutShare: draw.one(NUMBERS), explorationShare: draw.one(NUMBERS) },
    { caps: [{ max: draw.one(LONGS), windowMs: draw.one(LONGS) }] },
    { reservation: { policy: "expected", risk: draw.one(NUMBERS), ttlMs: draw.one(LONGS) } },
    {
      pacing: {
        ...campaign.pacing,
        expectedSessions: draw.one(NUMBERS),
        profile: Array.from({ length: 24 }, () => draw.one(NUMBERS)),
      },
    },
    {
      pacing: { mode: "even", expectedSessions: 5, profile: Array.from({ length: 24 }, (_, n) => (n === 3 ? 1 : 0)) },
    },
    { reservation: { policy: "strict", ttlMs: draw.one(LONGS) } },
    { caps: [{ max: 1, windowMs: draw.one(LONGS) }] },
    { surfaces: [draw.id()], rewardWeights: { [draw.id()]: draw.one(NUMBERS) } },
    { timeZone: draw.id() },
    { currency: draw.id() },
    { periods: { every: "day", budgetMinor: BigInt(draw.one(LONGS)), rollover: "carry" } },
  ];
  return {
    ...campaign,
    id: draw.one([campaign.id, `f${draw.random.below(20)}`, draw.id()]),
    ...draw.one(changes),
  };
}
