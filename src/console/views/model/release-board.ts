// Release board: the releases of each campaign, with what each is for it.

import { InvalidInput } from "../../../domain/campaign/campaign.ts";
import type { ReleaseRecord } from "../../../domain/campaign/control.ts";
import { parseManifest, type ReleaseManifest } from "../../../domain/release/release.ts";

export interface ReleaseOnLog {
  readonly hash: string;
  readonly publishedAtMs: number;
  readonly manifest: ReleaseManifest;
  /** JSON for people. */
  readonly evidence: string;
}

/** Of a campaign, the newest; those that are in force go on being known longer. */
const MOST_OF_CAMPAIGN = 20;
const MOST_EVIDENCE = 256 * 1_024;

export class ReleaseBoard {
  readonly #campaigns = new Map<string, Map<string, ReleaseOnLog>>();
  readonly #inForce: (campaign: string) => readonly (string | null)[];

  /** `inForce`: hashes of a campaign's releases that are not forgotten. */
  constructor(inForce: (campaign: string) => readonly (string | null)[]) {
    this.#inForce = inForce;
  }

  /** One that calls itself a release and is none is passed over. */
  take({ campaign, hash, publishedAtMs, manifest, evidence }: ReleaseRecord): void {
    const parsed = manifestOf(manifest);
    if (parsed === null) return;
    const releases = this.#campaigns.get(campaign) ?? new Map<string, ReleaseOnLog>();
    this.#campaigns.set(campaign, releases);
    releases.set(hash, { hash, publishedAtMs, manifest: parsed, evidence: evidence.slice(0, MOST_EVIDENCE) });
    if (releases.size <= MOST_OF_CAMPAIGN) return;
    const kept = new Set(this.#inForce(campaign));
    const [oldest] = [...releases.values()].filter((each) => !kept.has(each.hash)).toSorted(byAge);
    if (oldest !== undefined) releases.delete(oldest.hash);
  }

  forget(campaign: string): void {
    this.#campaigns.delete(campaign);
  }

  get(campaign: string, hash: string | null): ReleaseOnLog | null {
    return hash === null ? null : (this.#campaigns.get(campaign)?.get(hash) ?? null);
  }

  /** Newest first. */
  of(campaign: string): readonly ReleaseOnLog[] {
    return [...(this.#campaigns.get(campaign)?.values() ?? [])].toSorted(byAge).toReversed();
  }
}

function byAge(a: ReleaseOnLog, b: ReleaseOnLog): number {
  return a.publishedAtMs - b.publishedAtMs;
}

function manifestOf(json: string): ReleaseManifest | null {
  try {
    return parseManifest(json, "release");
  } catch (error) {
    if (error instanceof InvalidInput) return null;
    throw error;
  }
}
