// Prepare: all that `process` has to know of the world and of the batch, before anything is changed: the records decoded and
// checked, the campaigns with the batch's grants, the releases in force, the answer of the feature service, the view of
// the batch (batch-view.ts), and its sessions classified.

import { maxMinor } from "../../domain/money/money.ts";
import { NO_TOTALS } from "../../domain/money/totals.ts";
import type { LogRecord } from "../../log/event-log.ts";
import type { Placement } from "../../log/partitioner.ts";
import type { CycleContext, StateView } from "../../task/processor.ts";
import type { ReadyRelease, ReleaseCache } from "../classify/release-cache.ts";
import { readRecord, rejected, type DecodedRecord, type InputCodecs } from "./contract.ts";
import type { FeaturesByUser, FeatureService } from "../enrich/feature-service.ts";
import { BatchView, type BatchEvent, type BatchUser } from "./batch-view.ts";
import { CampaignShard } from "../state/campaign/campaign-shard.ts";
import type { CampaignCounts, ShardHead, StoredProfile } from "../state/campaign/records.ts";
import { moneyBreach } from "./grant-contract.ts";
import { isLive, withGrant, type InForce } from "../state/campaign/settings.ts";
import type { StateCodec } from "../state/state.ts";
import { StateReader, type DecodedCache } from "../state/state-reader.ts";
import type { RunExclusive } from "../mutex.ts";

export interface ServeFacts {
  /** In the batch's order; grants and profiles are not among them. */
  readonly events: readonly BatchEvent[];
  readonly head: ShardHead;
  readonly campaigns: ReadonlyMap<string, InForce>;
  readonly counts: ReadonlyMap<string, CampaignCounts | null>;
  /** Campaigns of which nothing will come any more: they leave the head. What is known of them stays, should another grant come. */
  readonly left: readonly string[];
  /** Campaigns that the batch brought a grant of. */
  readonly granted: ReadonlySet<string>;
  /** By hash: those in force that could be had. */
  readonly releases: ReadonlyMap<string, ReadyRelease>;
  readonly users: ReadonlyMap<string, BatchUser>;
  /** Profiles to be kept; null to be forgotten. */
  readonly profiles: ReadonlyMap<string, StoredProfile | null>;
}

export interface PrepareDependencies {
  readonly codecs: InputCodecs;
  readonly placement: Placement;
  readonly state: StateCodec;
  readonly decoded: DecodedCache;
  readonly releaseCache: ReleaseCache;
  readonly features: Pick<FeatureService, "lookUp"> | null;
  readonly exclusively: RunExclusive;
}

export async function prepare(
  dependencies: PrepareDependencies,
  view: StateView,
  batch: readonly LogRecord[],
  context: CycleContext,
): Promise<ServeFacts> {
  const read = batch.map((record) => readRecord(dependencies.codecs, dependencies.placement, record, context));
  const reader = new StateReader(dependencies.state, view, dependencies.decoded);
  const head = reader.head();
  const { campaigns, granted, decoded } = campaignsOf(reader, head, read);
  const counts = new Map([...campaigns.keys()].map((id) => [id, reader.counts(id)]));
  const left = [...campaigns].flatMap(([id, inForce]) => {
    if (inForce.settings.grant.state !== "ended" || granted.has(id)) return [];
    return new CampaignShard(inForce, counts.get(id) ?? null).isOver(context.nowMs) ? [id] : [];
  });
  for (const id of left) campaigns.delete(id);
  reader.forgetAllBut(campaigns);
  const [releases, external] = await Promise.all([
    releasesInForce(dependencies.releaseCache, campaigns, counts, decoded, context.nowMs),
    lookUp(dependencies.features, decoded),
  ]);
  return await dependencies.exclusively(async () => {
    const batchView = new BatchView(reader, campaigns, releases, external, context.nowMs);
    for (const record of decoded) batchView.add(record);
    await batchView.rows.classify();
    const { events, users, profiles } = batchView;
    return { events, head, campaigns, counts, left, granted, releases, users, profiles };
  });
}

function campaignsOf(
  reader: StateReader,
  head: ShardHead,
  read: readonly DecodedRecord[],
): {
  readonly campaigns: Map<string, InForce>;
  readonly granted: Set<string>;
  readonly decoded: readonly DecodedRecord[];
} {
  const campaigns = new Map(head.campaigns.map((id) => [id, reader.settings(id)]));
  const granted = new Set<string>();
  const decoded = read.map((item) => {
    if (item.kind !== "grant") return item;
    const { grant, record } = item;
    const { id } = grant.campaign;
    const before = granted.has(id) ? (campaigns.get(id) ?? null) : null;
    const breach = moneyBreach(grant, knownMoney(reader.counts(id), before));
    if (breach !== null) return rejected(record, "contract", breach);
    const known = campaigns.get(id) ?? reader.settingsOrNull(id);
    campaigns.set(id, withGrant(known, grant, record.offset));
    granted.add(id);
    return item;
  });
  return { campaigns, granted, decoded };
}

/** What a shard has on the plan account, with what the batch's grants before this one bring. */
function knownMoney(counts: CampaignCounts | null, before: InForce | null): Parameters<typeof moneyBreach>[1] {
  const { granted, returned } = counts?.plan ?? NO_TOTALS;
  return { granted: maxMinor(granted, before?.settings.grant.grantedMinor.plan ?? 0n), returned };
}

/** Those that this cycle's sessions need, and those that wait to take effect. */
async function releasesInForce(
  releaseCache: ReleaseCache,
  campaigns: ReadonlyMap<string, InForce>,
  counts: ReadonlyMap<string, CampaignCounts | null>,
  decoded: readonly DecodedRecord[],
  nowMs: number,
): Promise<Map<string, ReadyRelease>> {
  const busy = decoded.some((item) => item.kind === "session");
  const wanted = new Set<string>();
  for (const [id, { release, settings }] of campaigns) {
    if (release === null || settings.grant.state === "ended") continue;
    if ((busy && isLive(settings, nowMs)) || counts.get(id)?.release !== release) wanted.add(release);
  }
  const ready = await Promise.all([...wanted].map(async (hash) => await releaseCache.get(hash)));
  return new Map(ready.flatMap((release) => (release === null ? [] : [[release.hash, release]])));
}

/** Null without a service. */
async function lookUp(
  features: PrepareDependencies["features"],
  decoded: readonly DecodedRecord[],
): Promise<FeaturesByUser | null> {
  if (features === null) return null;
  const userIds = new Set(decoded.flatMap((item) => (item.kind === "session" ? [item.session.userId] : [])));
  return userIds.size === 0 ? new Map() : await features.lookUp([...userIds]);
}
