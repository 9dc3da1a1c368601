// Risk: how far beyond its budget a campaign's holds may go under the reservation policy `expected`, by the formulas of
// src/treasury/SPEC.md, with what was seen alone: the treasurer, who also asks the release, may lend less and never more.

import type { Campaign } from "../../../src/domain/campaign.ts";

export interface Seen {
  readonly held: number;
  readonly settled: number;
  readonly ended: number;
}

const STATED = 0.01;
const LOOKS_A_SECOND = 1;

export function mostOverbooked(campaign: Campaign, { held, settled, ended }: Seen): number {
  const face = Math.max(...campaign.arms.map((arm) => Number(arm.faceMinor)));
  const holds = ended / face;
  if (holds <= 1) return 0;
  const looks = Math.max(1, ((campaign.endMs - campaign.startMs) / 1_000) * LOOKS_A_SECOND);
  const log = Math.log((2 * looks) / (campaign.reservation.risk ?? STATED));
  const mean = settled / ended;
  // Maurer and Pontil 2009: the mean is above this with a probability of exp(−log) at most.
  const share = mean + Math.sqrt((2 * mean * (1 - mean) * log) / holds) + (7 * log) / (3 * (holds - 1));
  if (share >= 1) return 0;
  // Bernstein: the sum is further above its mean than this with a probability of exp(−log) at most.
  const third = (face * log) / 3;
  const reserve = third + Math.sqrt(third ** 2 + 2 * face * held * share * (1 - share) * log);
  return Math.max(0, held * (1 - share) - reserve);
}
