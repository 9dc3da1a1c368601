// The campaign of a chaos run: a budget that runs out before the run does, and holds that end within it.

import { writeCampaign } from "../cli/small-campaign.ts";

export function writeChaosCampaign(folder: string, budgetMinor: number): string {
  return writeCampaign(folder, "chaos", { budgetMinor, holdoutShare: 0.05, reservation: { ttlMs: 15_000 } });
}
