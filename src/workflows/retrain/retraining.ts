// Retraining
// One round of the loop: the training log to a file, a training in a process of its own, its release on the topic as a
// candidate. `retrain` and `day` both go this way.

import { join } from "node:path";
import type { Campaign } from "../../domain/campaign/campaign.ts";
import { InvalidInput } from "../../domain/campaign/campaign.ts";
import type { Release } from "../../domain/release/release.ts";
import { parseRelease } from "../../domain/release/release.ts";
import { readTopic } from "../../log/codec/reading.ts";
import type { EventLog } from "../../log/event-log.ts";
import { exportTrainingLog, type Exported } from "../../retrain/export.ts";
import { publishRelease, readReleaseFolder } from "../../retrain/publish.ts";
import { runTraining } from "../../retrain/trainer.ts";
import { stipend } from "../run/own-process.ts";
import { tryClassifier } from "../../serve/classify/onnx.ts";

export interface RetrainingOptions {
  readonly log: EventLog;
  readonly campaign: Campaign;
  /** Whose features are learned on. */
  readonly incumbent: Release;
  /** Gets the exported log and the release; made when missing. */
  readonly folder: string;
  /** More of `train`'s options. */
  readonly trainArgs: readonly string[];
  readonly earlier: string | null;
  readonly nowMs: () => number;
  readonly onLine: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface Retrained {
  readonly candidate: Release;
  readonly exported: Exported;
  /** What `train --json` said. */
  readonly training: Readonly<Record<string, unknown>>;
  readonly folder: string;
}

export async function retrainOnce(options: RetrainingOptions): Promise<Retrained> {
  const { log, campaign, incumbent, folder } = options;
  const { features } = incumbent.manifest.features;
  const exported = await exportTrainingLog({ log, campaign, features, folder, earlier: options.earlier });
  const out = join(folder, "release");
  const training = await trainInOwnProcess({
    files: [exported.file],
    mapping: exported.mapping,
    out,
    trainArgs: options.trainArgs,
    onLine: options.onLine,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  const read = await readReleaseFolder(out);
  await publishRelease(log, campaign.id, read, options.nowMs(), tryClassifier);
  return { candidate: read.release, exported, training, folder: out };
}

export interface TrainingOptions {
  readonly files: readonly string[];
  readonly mapping: string;
  readonly out: string;
  readonly trainArgs: readonly string[];
  readonly onLine: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** `stipend train`, in a process of its own. */
export async function trainInOwnProcess(options: TrainingOptions): Promise<Readonly<Record<string, unknown>>> {
  const { files, mapping, out, trainArgs, onLine, signal } = options;
  return await runTraining({
    ...stipend(["train", "--data", ...files, "--mapping", mapping, "--out", out, "--json", "--progress", ...trainArgs]),
    onLine,
    ...(signal ? { signal } : {}),
  });
}

/** A published release of the campaign, whole. */
export async function findRelease(log: EventLog, campaign: string, hash: string): Promise<Release> {
  for await (const { value } of readTopic(log, "releases"))
    if (value?.campaign === campaign && value.hash === hash)
      return parseRelease(value.manifest, value.classifier, hash, `release ${hash}`);
  throw new InvalidInput(`release ${hash}: it is in force for ${campaign}, but not on the releases topic`);
}
