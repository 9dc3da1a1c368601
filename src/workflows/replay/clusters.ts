// Clusters: each recorded session's cluster under another release, from the attributes that the training log kept of it.

import { itemAt } from "../../domain/assert.ts";
import { InvalidInput } from "../../domain/campaign/campaign.ts";
import { compileRowEncoder } from "../../domain/session/features.ts";
import { parseRelease } from "../../domain/release/release.ts";
import type { EventLog } from "../../log/event-log.ts";
import { trainingRows } from "../../retrain/training-rows.ts";
import { loadClassifier } from "../../serve/classify/onnx.ts";
import type { RecordedCampaign } from "./recorded.ts";

const ROWS_AT_ONCE = 1_000;

/** By decision; sessions whose outcome window has not ended have no row, and no cluster. */
export async function clustersUnder(
  log: EventLog,
  campaign: string,
  named: string,
  { releases }: RecordedCampaign,
): Promise<{ readonly hash: string; readonly clusters: ReadonlyMap<string, number> }> {
  const found = releases.filter(({ record }) => record.hash.startsWith(named));
  const [only] = found;
  if (only === undefined || found.length > 1)
    throw new InvalidInput(
      `--release: ${found.length === 0 ? "no release" : "several releases"} of ${campaign} begin with ${named}; ` +
        "`stipend releases list` shows them",
    );
  const release = parseRelease(only.record.manifest, only.record.classifier, only.record.hash, `release ${named}`);
  const encoder = compileRowEncoder(release.manifest.features);
  const classifier = await loadClassifier(release, encoder.width);
  const clusters = new Map<string, number>();
  let waiting: string[] = [];
  const rows = new Float32Array(ROWS_AT_ONCE * encoder.width);
  const classify = async (): Promise<void> => {
    const answer = await classifier.classify(rows.subarray(0, waiting.length * encoder.width), waiting.length);
    waiting.forEach((decisionId, index) => clusters.set(decisionId, itemAt(answer.clusters, index)));
    waiting = [];
  };
  try {
    for await (const row of trainingRows(log)) {
      if (typeof row === "string" || row.campaign !== campaign) continue;
      encoder.encode(row.attributes, rows, waiting.length * encoder.width);
      waiting.push(row.decisionId);
      if (waiting.length === ROWS_AT_ONCE) await classify();
    }
    if (waiting.length > 0) await classify();
  } finally {
    await classifier.close();
  }
  return { hash: release.hash, clusters };
}
