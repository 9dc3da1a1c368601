// The campaign of a chaos run: a budget that runs out before the run does, and holds that end within it.

import { writeFileSync } from "node:fs";
import path from "node:path";

const HOUR_MS = 3_600_000;

export function writeChaosCampaign(folder: string, budgetMinor: number): string {
  const file = path.join(folder, "campaign.json");
  const now = Date.now();
  const campaign = {
    id: "chaos",
    currency: "EUR",
    budgetMinor,
    startMs: now - HOUR_MS,
    endMs: now + 24 * HOUR_MS,
    arms: [
      { id: "none", faceMinor: 0 },
      { id: "small", faceMinor: 100 },
      { id: "large", faceMinor: 500, sendMinor: 3 },
    ],
    holdoutShare: 0.05,
    explorationShare: 0,
    reservation: { ttlMs: 15_000 },
    pacing: { mode: "asap", expectedSessions: 1_000 },
  };
  writeFileSync(file, JSON.stringify(campaign));
  return file;
}
