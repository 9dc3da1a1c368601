// Publish
// A release folder becomes a record on `releases`: a candidate, which serves nobody until it is promoted. What is read
// back from the folder is checked first (both hashes), and a release that is larger than the topic carries is refused.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CAMPAIGN_ID, InvalidInput } from "../domain/campaign/campaign.ts";
import { canonicalJson } from "../domain/canonical.ts";
import type { ReleaseRecord } from "../domain/campaign/control.ts";
import { parseRelease, type Release } from "../domain/release/release.ts";
import { errorMessage } from "../domain/error-message.ts";
import { codecFor } from "../log/codec/codec.ts";
import { RecordTooLarge, type EventLog } from "../log/event-log.ts";
import { partitionOf } from "../log/partitioner.ts";
import { placementOf } from "../log/placement.ts";

export interface ReleaseFolder {
  readonly release: Release;
  readonly evidenceText: string;
}

/** Reads and checks a folder that a training wrote. */
export async function readReleaseFolder(folder: string): Promise<ReleaseFolder> {
  const read = async (name: string): Promise<Buffer> => {
    try {
      return await readFile(join(folder, name));
    } catch (error) {
      throw new InvalidInput(
        `${folder}: no release: ${errorMessage(error)}; a release is a folder with ` +
          "manifest.json, classifier.onnx and evidence.json, as `stipend train --out` writes it",
      );
    }
  };
  const manifestText = (await read("manifest.json")).toString("utf8");
  const release = parseRelease(manifestText, await read("classifier.onnx"), null, join(folder, "manifest.json"));
  return { release, evidenceText: (await read("evidence.json")).toString("utf8") };
}

/** Throws when the release cannot be served; as the allocator will do it. */
export type ServingTrial = (release: Release) => Promise<void>;

/** Puts the release on the topic as a candidate of the campaign, when it has stood the trial. */
export async function publishRelease(
  log: EventLog,
  campaign: string,
  folder: ReleaseFolder,
  nowMs: number,
  trial: ServingTrial,
): Promise<ReleaseRecord> {
  await trial(folder.release);
  const record: ReleaseRecord = {
    campaign,
    hash: folder.release.hash,
    publishedAtMs: nowMs,
    manifest: canonicalJson(folder.release.manifest),
    classifier: folder.release.classifier,
    evidence: folder.evidenceText,
  };
  if (!CAMPAIGN_ID.test(campaign))
    throw new InvalidInput(`--campaign: ${JSON.stringify(campaign)} is no campaign's id`);
  const placement = await placementOf(log, "releases");
  const value = codecFor("releases").encode(record);
  try {
    await log.send([
      {
        topic: "releases",
        partition: partitionOf(Buffer.from(campaign), placement),
        key: Buffer.from(`${campaign}/${record.hash}`),
        value,
      },
    ]);
  } catch (error) {
    if (error instanceof RecordTooLarge)
      throw new InvalidInput(
        `release ${record.hash} is ${value.length} bytes with its evidence, more than the releases topic carries: ` +
          `train with fewer segments (--clusters) (${error.message})`,
      );
    throw error;
  }
  return record;
}
