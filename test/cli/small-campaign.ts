// A campaign and a release of it that are small enough to know by heart, as files that the commands take.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson } from "../../src/domain/canonical.ts";
import type { Release } from "../../src/domain/release/release.ts";
import { tinyRelease } from "../serve/tiny-release.ts";

const HOUR_MS = 3_600_000;

/** Live from an hour ago; everybody who may get something gets it. `other` takes the place of what is named in it. */
export function writeCampaign(folder: string, id = "spring", other: Readonly<Record<string, unknown>> = {}): string {
  const file = join(folder, `${id}.json`);
  const now = Date.now();
  const campaign = {
    id,
    currency: "EUR",
    budgetMinor: 1_000_000,
    startMs: now - HOUR_MS,
    endMs: now + 24 * HOUR_MS,
    arms: [
      { id: "none", faceMinor: 0 },
      { id: "small", faceMinor: 100 },
      { id: "large", faceMinor: 500, sendMinor: 3 },
    ],
    holdoutShare: 0,
    explorationShare: 0,
    reservation: { ttlMs: HOUR_MS },
    pacing: { mode: "asap", expectedSessions: 1_000 },
    ...other,
  };
  writeFileSync(file, JSON.stringify(campaign));
  return file;
}

export function writeRelease(folder: string, name: string): { readonly folder: string; readonly release: Release } {
  const release = tinyRelease(name);
  const place = join(folder, name);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "manifest.json"), canonicalJson(release.manifest));
  writeFileSync(join(place, "classifier.onnx"), release.classifier);
  writeFileSync(join(place, "evidence.json"), JSON.stringify({ text: name }));
  return { folder: place, release };
}

/** A session as a producer writes it. */
export function sessionLine(number: number, campaign = "spring"): string {
  const session = {
    sessionId: `s-${number}`,
    userId: `u-${number}`,
    atMs: Date.now(),
    surface: null,
    campaign,
    attributes: { visits: number % 7, vip: number % 2 === 0 },
  };
  return JSON.stringify(session);
}

/** An outcome for a decision as it was read: its incentive is redeemed at its face value. */
export function redemption(
  { decisionId, userId }: { readonly decisionId?: unknown; readonly userId?: unknown },
  rewards: Readonly<Record<string, number>> = {},
) {
  const of = { outcomeId: `o-${String(decisionId)}`, decisionId, userId };
  return { ...of, atMs: Date.now(), kind: "redeemed", amountMinor: null, rewards };
}
