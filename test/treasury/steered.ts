// A world whose campaign is there, and what its shards then say.

import type { ReleaseManifest } from "../../src/domain/release/release.ts";
import { ARMS } from "./shard.ts";
import { campaign, manifest, World } from "./world.ts";

export function started(shards = 2): World {
  const world = new World(campaign({ ceilingMinor: 2_000_000n }), shards);
  world.command({ kind: "create", campaign: world.campaign });
  world.cycle(1_000);
  return world;
}

export function points(...pairs: [number, number][]): { atMs: number; share: number }[] {
  return pairs.map(([atMs, share]) => ({ atMs, share }));
}

/** All shards report what they have heard. */
export function reported(world: World, nowMs: number): void {
  for (const shard of world.shards) world.sendReport(shard.report(world.campaign.id, nowMs));
  world.cycle(nowMs);
}

/** A release that was trained with these prices. */
export function priced(name: string, currency: string, change: (price: Price, arm: number) => Price): ReleaseManifest {
  const prices = ARMS.map(({ faceMinor, sendMinor }) => ({
    faceMinor: Number(faceMinor),
    sendMinor: Number(sendMinor),
  }));
  return { ...manifest(0.3, name), money: { currency, prices: prices.map(change) } };
}
export type Price = { readonly faceMinor: number | null; readonly sendMinor: number };
