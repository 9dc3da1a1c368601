// Publish a folder: what `train` wrote, checked, onto `releases` as a candidate; what would keep it from being promoted is said.

import { moneyDifferences } from "../../domain/release/release-money.ts";
import type { EventLog } from "../../log/event-log.ts";
import { publishRelease, readReleaseFolder } from "../../retrain/publish.ts";
import { tryClassifier } from "../../serve/classify/onnx.ts";
import type { Context } from "../../terminal/context.ts";
import { campaignsOn } from "./campaigns.ts";

export async function publishFolder(
  { output, nowMs }: Pick<Context, "output" | "nowMs">,
  log: EventLog,
  { folder, campaign }: { readonly folder: string; readonly campaign: string },
): Promise<{ readonly hash: string; readonly publishedAtMs: number }> {
  const read = await readReleaseFolder(folder);
  const known = (await campaignsOn(log)).find((each) => each.campaign.id === campaign);
  if (known === undefined) output.note(`there is no campaign ${campaign} yet; the release waits for it`);
  else
    for (const { text } of moneyDifferences(read.release.manifest, known.campaign))
      output.note(`warning: ${text}: it cannot be promoted so`);
  return await publishRelease(log, campaign, read, nowMs(), tryClassifier);
}
