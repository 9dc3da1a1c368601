// Release list
// The releases on the log with what each is to its campaign: in force, the one before, or a candidate.

import { zonedText } from "../../domain/calendar.ts";
import { InvalidInput } from "../../domain/campaign/campaign.ts";
import { timeZonesOf } from "../../domain/campaign/time-zones.ts";
import type { ReleaseRecord } from "../../domain/campaign/control.ts";
import { parseManifest, releaseHash, type ReleaseManifest } from "../../domain/release/release.ts";
import { notePassedOver, readTopic } from "../../log/codec/reading.ts";
import type { EventLog } from "../../log/event-log.ts";
import { campaignsOn } from "./campaigns.ts";
import { latestStatuses } from "./control.ts";

/** What a rollback would bring back is `previous`; whatever is neither in force nor that is a `candidate`. */
export type Standing = "in force" | "previous" | "candidate";

export interface ListedRelease {
  readonly record: ReleaseRecord;
  readonly manifest: ReleaseManifest;
  readonly standing: Standing;
}

/** Campaign by campaign, oldest first. */
export async function listReleases(log: EventLog, campaign: string | undefined): Promise<readonly ListedRelease[]> {
  const standings = new Map(
    (await latestStatuses(log)).flatMap((status) => [
      [`${status.campaign}/${status.previousRelease}`, "previous"] as const,
      [`${status.campaign}/${status.release}`, "in force"] as const,
    ]),
  );
  const releases = new Map<string, Pick<ListedRelease, "record" | "manifest">>();
  for await (const { record, value, unreadable } of readTopic(log, "releases")) {
    const name = Buffer.from(record.key ?? []).toString("utf8");
    if (unreadable) continue;
    const manifest = value === null ? null : manifestOf(value);
    if (value === null) releases.delete(name);
    else if (manifest === null) notePassedOver(log, record, "it calls itself a release and is none");
    else releases.set(name, { record: value, manifest });
  }
  return [...releases.values()]
    .filter(({ record }) => campaign === undefined || record.campaign === campaign)
    .toSorted(({ record: a }, { record: b }) =>
      a.campaign === b.campaign ? a.publishedAtMs - b.publishedAtMs : a.campaign < b.campaign ? -1 : 1,
    )
    .map((release) => ({
      ...release,
      standing: standings.get(`${release.record.campaign}/${release.record.hash}`) ?? "candidate",
    }));
}

/** Null for a record that calls itself a release and is none. */
function manifestOf({ manifest, hash }: ReleaseRecord): ReleaseManifest | null {
  try {
    const parsed = parseManifest(manifest, `release ${hash}`);
    return releaseHash(parsed) === hash ? parsed : null;
  } catch (error) {
    if (error instanceof InvalidInput) return null;
    throw error;
  }
}

/** The one whose hash begins so; a beginning will do when it is only one's. */
export async function pickRelease(log: EventLog, begins: string, campaign: string | undefined): Promise<ListedRelease> {
  const all = await listReleases(log, campaign);
  const found = all.filter(({ record }) => record.hash.startsWith(begins));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const where = campaign === undefined ? "" : ` of ${campaign}`;
  if (only === undefined)
    throw new InvalidInput(`there is no release ${begins}${where}: \`stipend releases list\` shows those there are`);
  const same = found.every(({ record }) => record.hash === only.record.hash);
  throw new InvalidInput(
    same
      ? `--campaign: ${only.record.hash.slice(0, 12)} is a release of ${found.map(({ record }) => record.campaign).join(", ")}: name one`
      : `${begins} is the beginning of ${found.length} releases: ${found.map(({ record }) => record.hash).join(", ")}`,
  );
}

/** When it was published, by the clocks of its campaign's zone. */
export async function publishedText(
  log: EventLog,
): Promise<(record: Pick<ReleaseRecord, "campaign" | "publishedAtMs">) => string> {
  const zoneOf = timeZonesOf((await campaignsOn(log)).map(({ campaign }) => campaign));
  return ({ campaign, publishedAtMs }) => zonedText(zoneOf(campaign), publishedAtMs);
}

export function releaseJson({ record, manifest, standing }: ListedRelease) {
  return {
    campaign: record.campaign,
    hash: record.hash,
    standing,
    publishedAtMs: record.publishedAtMs,
    arms: manifest.arms,
    money: manifest.money ?? null,
    clusters: manifest.clusters,
    planRows: manifest.frontier.rows.length,
    bytes: record.classifier.length + record.manifest.length + record.evidence.length,
    summary: manifest.summary,
  };
}
