// Open releases
// Releases as a command line names them, each with its classifier loaded: a folder, or, where there is a log, the
// beginning of a hash that is on it.

import { existsSync } from "node:fs";
import path from "node:path";
import { InvalidInput } from "../../domain/campaign/campaign.ts";
import { rowWidth } from "../../domain/session/features.ts";
import { parseRelease, type Release } from "../../domain/release/release.ts";
import type { EventLog } from "../../log/event-log.ts";
import { readReleaseFolder, type ReleaseFolder } from "../../retrain/publish.ts";
import { loadClassifier, type Classifier } from "../../serve/classify/onnx.ts";
import { pickRelease } from "../control/release-list.ts";

export interface OpenRelease {
  /** What it is called here: its folder's own name where that is enough, else as it was named. */
  readonly label: string;
  readonly release: Release;
  readonly classifier: Classifier;
  readonly evidenceText: string;
}

export interface OnLog {
  readonly log: EventLog;
  readonly campaign: string;
}

/** Opens them for `use`, and closes them after it. */
export async function withReleases<T>(
  names: readonly string[],
  onLog: OnLog | null,
  use: (releases: readonly OpenRelease[]) => Promise<T>,
): Promise<T> {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new InvalidInput(`--release: ${twice} is named twice`);
  const opened: OpenRelease[] = [];
  try {
    for (const name of names) opened.push(await openRelease(name, labelOf(name, names), onLog));
    return await use(opened);
  } finally {
    for (const { classifier } of opened) await classifier.close();
  }
}

function labelOf(name: string, names: readonly string[]): string {
  const own = path.basename(name);
  return names.filter((other) => path.basename(other) === own).length > 1 ? name : own;
}

async function openRelease(name: string, label: string, onLog: OnLog | null): Promise<OpenRelease> {
  const found = onLog === null || existsSync(name) ? await readReleaseFolder(name) : await findOnLog(name, onLog);
  const classifier = await loadClassifier(found.release, rowWidth(found.release.manifest.features));
  return { label, classifier, ...found };
}

async function findOnLog(begins: string, { log, campaign }: OnLog): Promise<ReleaseFolder> {
  const { record } = await pickRelease(log, begins, campaign);
  const release = parseRelease(record.manifest, record.classifier, record.hash, `release ${record.hash}`);
  return { release, evidenceText: record.evidence };
}
