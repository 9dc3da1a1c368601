// Train to a folder: a release from a randomised log, written with its evidence and its report.

import { stat } from "node:fs/promises";
import { InvalidInput } from "../../domain/campaign/campaign.ts";
import type { TypedAmount } from "../../domain/money/money.ts";
import type { LogPart } from "../../learn/data/row-keys.ts";
import { evidenceJson } from "../../learn/release/evidence.ts";
import { checkPlace, writeReleaseFolder } from "../../learn/release/release-folder.ts";
import type { LearnOptions } from "../../learn/train-options.ts";
import { trainRelease } from "../../learn/train.ts";
import { renderTrainingReport } from "../../report/training/training-report.ts";
import { minorInCurrency } from "../../settings/parse.ts";
import type { Config } from "../../settings/config.ts";
import { systemElapsedMs } from "../../task/system-clock.ts";
import type { Context } from "../../terminal/context.ts";
import { readMappingFile } from "../retrain/mapping-file.ts";
import { narrated } from "./narration.ts";
import { trainingReport, type Done } from "./training-output.ts";

export interface TrainToFolder {
  readonly data: readonly string[];
  readonly mapping: string;
  /** Must not be there yet, or be empty. */
  readonly out: string;
  readonly allowBadRows: number;
  /** Which of the log's rows it learns from. */
  readonly rows: LogPart;
  readonly observational: boolean;
  readonly seed: number;
  readonly backend: Config["tfBackend"] | undefined;
  readonly memory: string | undefined;
  readonly scratch: string | undefined;
  /** Say how far it is in plain lines, also where nobody watches. */
  readonly progress: boolean;
  /** What one of the reward is worth. */
  readonly value: TypedAmount | undefined;
  readonly options: LearnOptions;
}

export async function trainToFolder(context: Context, asked: TrainToFolder): Promise<Done> {
  await checkPlace(asked.out);
  if (asked.scratch !== undefined) await checkFolder(asked.scratch);
  const mapping = await readMappingFile(asked.mapping);
  const worth =
    asked.value === undefined ? undefined : Number(minorInCurrency(asked.value, mapping.currency, "--value"));
  const startedMs = systemElapsedMs();
  const progress = narrated(context, { plain: asked.progress, elapsedMs: systemElapsedMs });
  const training = await trainRelease({
    files: asked.data,
    mapping,
    allowBadRows: asked.allowBadRows,
    part: asked.rows,
    observational: asked.observational,
    seed: asked.seed,
    backend: asked.backend ?? context.config.tfBackend,
    options: asked.options,
    worth,
    progress,
    elapsedMs: systemElapsedMs,
    ...(asked.memory === undefined ? {} : { memoryLimit: asked.memory }),
    ...(asked.scratch === undefined ? {} : { scratch: asked.scratch }),
  });
  for (const source of training.evidence.data.sources) context.output.note(`read ${source}`);
  progress("report", 0, "drawing it");
  const reportHtml = await renderTrainingReport(trainingReport(training));
  const { release, evidence } = training;
  await writeReleaseFolder(asked.out, { release, evidenceJson: evidenceJson(evidence), reportHtml });
  return { training, folder: asked.out, seconds: (systemElapsedMs() - startedMs) / 1000 };
}

async function checkFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => null);
  if (found?.isDirectory() !== true) throw new InvalidInput(`--scratch ${folder}: there is no such folder`);
}
