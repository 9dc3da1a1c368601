// Releases page: of each campaign the release in force beside the others, with what their training says of them.

import type { ReleaseOnLog } from "../model/release-board.ts";
import type { LiveModel } from "../model/live-model.ts";

export interface ReleasesPage {
  readonly campaigns: readonly CampaignReleases[];
}

export interface CampaignReleases {
  readonly campaign: string;
  readonly revision: number;
  readonly state: "live" | "paused" | "ended";
  readonly pinned: boolean;
  readonly timeZone: string;
  /** Whether a rollback would bring something back. */
  readonly hasPrevious: boolean;
  /** The one in force first, then newest first. */
  readonly releases: readonly ReleaseRow[];
}

export interface ReleaseRow {
  readonly hash: string;
  readonly standing: "in force" | "previous" | "candidate";
  readonly publishedAtMs: number;
  readonly segments: number;
  readonly offers: readonly string[];
  readonly features: readonly string[];
  /** By name: what people want to know at a glance. */
  readonly summary: Readonly<Record<string, number | string>>;
  /** Of its plans, from nothing to everything, per thousand sessions. */
  readonly plans: readonly { readonly cost: number; readonly reward: number }[];
}

export function releasesPage(model: LiveModel): ReleasesPage {
  const campaigns = model.statuses().map((status): CampaignReleases => {
    const { campaign, revision, state, pinned, release, previousRelease } = status;
    const standing = (hash: string): ReleaseRow["standing"] =>
      hash === release ? "in force" : hash === previousRelease ? "previous" : "candidate";
    const rows = model.releases.of(campaign).map((each) => rowOf(each, standing(each.hash)));
    return {
      campaign,
      revision,
      state,
      pinned,
      timeZone: model.campaign(campaign)?.timeZone ?? "UTC",
      hasPrevious: previousRelease !== null,
      releases: rows.toSorted((a, b) => Number(b.standing === "in force") - Number(a.standing === "in force")),
    };
  });
  return { campaigns };
}

const THOUSAND = 1_000;

function rowOf({ hash, publishedAtMs, manifest }: ReleaseOnLog, standing: ReleaseRow["standing"]): ReleaseRow {
  const { clusters, arms, features, summary, frontier } = manifest;
  return {
    hash,
    standing,
    publishedAtMs,
    segments: clusters,
    offers: arms,
    features: features.features.map(({ name }) => name),
    summary,
    plans: frontier.rows.map(({ expectedCost, expectedReward }) => ({
      cost: THOUSAND * expectedCost,
      reward: THOUSAND * expectedReward,
    })),
  };
}
